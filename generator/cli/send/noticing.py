"""What clients did, told by whoever counts it."""

from pathlib import Path

import click

from generator.base.errors import InputError, Problem
from generator.cli.options import Run, site_command
from generator.send.sender import open_sender
from generator.send.sightings import sightings


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@site_command
def seen(run: Run, file: Path) -> None:
    """Take what clients did out of FILE: lines of JSON that say who opened or followed a link.

    Conditions of journeys ask for it, as ``if: {not: page opened}``. What is known already, and
    what is of no message of ours, changes nothing.

    \b
    Example:  sealpress send seen events.jsonl
    """
    problems = list[Problem]()
    rows = list(sightings(file.read_bytes().splitlines(), file.name, problems))
    if problems:
        raise InputError(problems)
    with open_sender(run.root) as sender:
        fresh = sender.ledger.journeys.note_seen(rows)
    run.voice.result(
        {"lines": len(rows), "new": fresh}, {"lines": f"{len(rows):,}", "new": f"{fresh:,}"}
    )
