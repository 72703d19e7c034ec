"""``sealpress send``: from a night's manifest to messages, once each."""

import click

from generator.cli.lazy import Lazy

WHERE = {
    "addresses": "ruling.addresses",
    "approve": "proposing.approve",
    "consent": "ruling.consent",
    "forget": "ruling.forget",
    "listen": "hearing.listen",
    "nightly": "going.nightly",
    "plan": "proposing.plan",
    "recall": "proposing.recall",
    "receipts": "hearing.receipts",
    "reports": "hearing.reports",
    "resolve": "ruling.resolve",
    "resume": "ruling.resume",
    "run": "going.run_messages",
    "seen": "noticing.seen",
    "state": "asking.state",
    "stop": "ruling.stop",
    "suppress": "wishes.suppress",
    "test": "going.test",
    "unsubscribe": "wishes.unsubscribe",
    "why": "asking.why",
}
"""Of each command the module of this folder, and what it is called there."""


@click.group(cls=Lazy, package=__name__, where=WHERE)
def send() -> None:
    """Make messages of manifests, have them approved, and hand each over once.

    \b
    Examples:
      sealpress send plan              what would go, to how many, and why to others not
      sealpress send approve 3f9a41    these very messages may go
      sealpress send run               hand over what was approved
      sealpress send why A-100001      what one client was told, or not, and why
    """
