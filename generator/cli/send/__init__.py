"""``sealpress send``: from a night's manifest to messages, once each."""

import click

from generator.cli.send.asking import state, why
from generator.cli.send.going import approve, nightly, plan, recall, run_messages, test
from generator.cli.send.hearing import listen, receipts, reports
from generator.cli.send.noticing import seen
from generator.cli.send.ruling import addresses, consent, forget, resolve, resume, stop
from generator.cli.send.wishes import suppress, unsubscribe


@click.group()
def send() -> None:
    """Make messages of manifests, have them approved, and hand each over once.

    \b
    Examples:
      sealpress send plan              what would go, to how many, and why to others not
      sealpress send approve 3f9a41    these very messages may go
      sealpress send run               hand over what was approved
      sealpress send why A-100001      what one client was told, or not, and why
    """


for command in (
    plan, approve, recall, run_messages, nightly, test, why, state, stop, resume, resolve, consent,
    addresses, suppress, forget, reports, unsubscribe, receipts, seen, listen,
):  # fmt: skip
    send.add_command(command)
