"""Addresses at which nothing is to arrive any more."""

from pathlib import Path
from typing import get_args

import click

from generator.base.errors import InputError, Problem
from generator.base.sending import Kind
from generator.cli.options import Run, site_command
from generator.cli.send.moment import clock_of
from generator.send.answers import LedgerAnswers
from generator.send.reports import wishes_in
from generator.send.rules import mail_of, phone_of
from generator.send.sender import open_sender
from generator.send.values import Reason

FORMS = {"sms": phone_of, "email": mail_of}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(get_args(Kind)), required=True, help="Of what.")
@click.option("--evidence", default="", help="What shows the wish, such as the number of a letter.")
@click.option("--release", is_flag=True, help="Take them off the list again.")
@site_command
def suppress(run: Run, file: Path, kind: Kind, evidence: str, *, release: bool) -> None:
    """Put addresses on the suppression list: FILE has one a line.

    Nothing goes there any more, whichever client has the address. Only keyed digests are kept;
    remove the file afterwards.

    \b
    Example:  sealpress send suppress wishes.txt --kind sms --evidence "letter of 3 May"
    """
    if not (release or evidence):
        raise click.UsageError("say with --evidence what shows the wish")
    addresses = _addresses(file, kind)
    now = clock_of(run)()
    with open_sender(run.root) as sender:
        digests = [sender.ledger.addresses.digest(kind, one) for one in addresses]
        for digest in digests:
            if release:
                sender.ledger.addresses.release(digest, Reason.SUPPRESSED)
            else:
                sender.ledger.addresses.suppress(digest, now, evidence)
    done = "taken off the list" if release else "suppressed"
    run.voice.result({"addresses": len(digests), "released": release}, {done: f"{len(digests):,}"})


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@site_command
def unsubscribe(run: Run, path: Path) -> None:
    """Take wishes for no more letters out of PATH: the mailbox that send.unsubscribe_mail names.

    Mail programs write there when their user presses unsubscribe. Files stay where they are; what
    was taken before changes nothing, nor does an old wish of who agreed again since.

    \b
    Example:  sealpress send unsubscribe ~/Maildir/new
    """
    now = clock_of(run)()
    with open_sender(run.root) as sender:
        answers, count = LedgerAnswers(sender.ledger, lambda: now), 0
        for message, at in wishes_in(path, now):
            answers.unsubscribe(message, at)
            count += 1
    run.voice.result({"wishes": count}, {"wishes": f"{count:,}"})


def _addresses(file: Path, kind: Kind) -> list[str]:
    """The addresses, in one form; every line that is none is told, by its number."""
    form = FORMS.get(kind, str)
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    found = [(number, form(line.strip())) for number, line in lines if line.strip()]
    hint = "write +79990001234" if kind == "sms" else "write name@example.org"
    wrong = [
        Problem(file.name, "the line is no address", hint, line=number)
        for number, address in found
        if not address
    ]
    if wrong:
        raise InputError(wrong)
    return [address for _, address in found]
