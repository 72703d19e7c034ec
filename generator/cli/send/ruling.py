"""What people decide: channels that stop, messages nobody knows of, wishes of clients."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click

from generator.base.errors import InputError, Problem
from generator.base.sending import Kind
from generator.cli.options import Run, site_command
from generator.cli.send.moment import clock_of
from generator.send.ledger import Address, Consent
from generator.send.sender import open_sender
from generator.send.values import Accepted, Outcome, Purpose, Rejected

KINDS, PURPOSES = click.Choice(get_args(Kind)), click.Choice(get_args(Purpose))


@click.command()
@click.argument("channel")
@click.option("--why", default="by a person", help="What is wrong with it.")
@site_command
def stop(run: Run, channel: str, why: str) -> None:
    """Stop CHANNEL: nothing more goes over it until it is resumed.

    \b
    Example:  sealpress send stop sms --why "wrong text"
    """
    with open_sender(run.root) as sender:
        sender.must_have(channel)
        sender.ledger.channels.stop(channel, why, clock_of(run)())
    run.voice.result({"stopped": channel}, {"stopped": channel})


@click.command()
@click.argument("channel")
@site_command
def resume(run: Run, channel: str) -> None:
    """Let CHANNEL go on.

    \b
    Example:  sealpress send resume sms
    """
    with open_sender(run.root) as sender:
        sender.must_have(channel)
        was_stopped = sender.ledger.channels.resume(channel, clock_of(run)())
    told = "goes on" if was_stopped else "was not stopped"
    run.voice.result({"resumed": was_stopped}, {channel: told})


@click.command()
@click.argument("message")
@click.argument("outcome", type=click.Choice(["sent", "not-sent"]))
@site_command
def resolve(run: Run, message: str, outcome: str) -> None:
    """Say of an unknown MESSAGE, by its id, what the gateway's own records show.

    \b
    Example:  sealpress send resolve k3q…7a sent
    """
    known: Outcome = Accepted() if outcome == "sent" else Rejected("said by a person")
    with open_sender(run.root) as sender:
        changed = sender.ledger.sending.resolve({message: known}, clock_of(run)())
    if not changed:
        hint = "see the unknown ones with: sealpress send state"
        raise InputError([Problem("message", "there is no unknown message of this id", hint)])
    run.voice.result({"resolved": changed}, {"resolved": outcome})


@click.command()
@click.argument("client")
@click.option("--kind", type=KINDS, required=True, help="Over what.")
@click.option("--purpose", type=PURPOSES, default="service", show_default=True, help="For what.")
@click.option("--withdraw", is_flag=True, help="The client took it back.")
@click.option("--evidence", required=True, help="What shows it, such as the number of a call.")
@site_command
def consent(
    run: Run, client: str, kind: Kind, purpose: Purpose, evidence: str, *, withdraw: bool
) -> None:
    """Put down that CLIENT agreed to messages, or took that back; nothing is ever overwritten.

    \b
    Example:  sealpress send consent A-100001 --kind sms --withdraw --evidence "call 4711"
    """
    row = Consent(client, kind, purpose, not withdraw, clock_of(run)(), evidence)
    with open_sender(run.root) as sender:
        sender.ledger.consents.add([row])
    run.voice.result({"given": not withdraw}, {"on record": "withdrawn" if withdraw else "given"})


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@site_command
def addresses(run: Run, file: Path) -> None:
    """Take addresses for push messages: FILE has lines of JSON with client and address.

    \b
    Example:  sealpress send addresses subscriptions.jsonl
    """
    now = clock_of(run)()
    problems = list[Problem]()
    rows = [Address(client, "push", one, now) for client, one in _subscriptions(file, problems)]
    if problems:
        raise InputError(problems)
    with open_sender(run.root) as sender:
        sender.ledger.addresses.add(rows)
    run.voice.result({"addresses": len(rows)}, {"addresses": f"{len(rows):,}"})


@click.command()
@click.argument("client")
@click.option("--yes", is_flag=True, help="Do not ask.")
@site_command
def forget(run: Run, client: str, *, yes: bool) -> None:
    """Remove all that the ledger knows of CLIENT; numbers that name nobody stay.

    \b
    Example:  sealpress send forget A-100001
    """
    if not yes:
        click.confirm("Everything about this client will be gone. Go on?", abort=True, err=True)
    with open_sender(run.root) as sender:
        rows = sender.ledger.forget(client)
    run.voice.result({"rows": rows}, {"removed": f"{rows:,} rows"})


def _subscriptions(file: Path, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    """Client and address of each line; an address that is JSON itself is kept as its text."""
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            data = json.loads(line)
            client, address = data["client"], data["address"]
            if not isinstance(client, str) or not client or not address:
                raise ValueError
            yield client, address if isinstance(address, str) else json.dumps(address)
        except (ValueError, KeyError, TypeError):
            hint = 'write {"client": "…", "address": …}'
            problems.append(Problem(file.name, "the line is not as expected", hint, line=number))
