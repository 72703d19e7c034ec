"""``sealpress doctor``: a look at the published site from outside; how to mend what is wrong."""

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.table import Table
from rich.text import Text

from generator.base.config import ADDRESS
from generator.base.errors import OutsideError
from generator.cli.console import Voice
from generator.cli.options import Run, site_command
from generator.doctor import Finding, Level, Patient, examine, expected_of
from generator.site.layout import Layout

STYLES = {
    Level.WRONG: "bold red",
    Level.WARNING: "yellow",
    Level.UNKNOWN: "cyan",
    Level.OK: "green",
}
NARROWEST, WIDEST = 60, 110
"""Columns of a table: sentences are broken where a reader can still follow."""


@click.command()
@click.option("--url", default="", metavar="URL", help="Look there, not at base_url: at an origin.")
@site_command
def doctor(run: Run, url: str) -> None:
    """Look at the published site from outside, as a stranger would, and say how to mend it.

    It asks for files that are the same for everyone, for names that must not be there, and for
    addresses that were never made; it tries to write under a name of its own. With a bucket it
    asks the store too, without credentials and with yours. It never asks for a client's page.

    Ends with 1 when something is wrong, with 3 when the site or the store cannot be reached.

    \b
    Examples:
      sealpress doctor
      sealpress doctor --url https://origin.example.org
      15 3 * * *  sealpress doctor --site /srv/clients --json >> /var/log/sealpress-doctor.json
    """
    if url and not ADDRESS.fullmatch(url):
        raise click.BadParameter("write https://clients.example.org", param_hint="--url")
    site = run.site()
    address = (url or site.base_url).rstrip("/")
    expected = expected_of(Layout(run.root), address)
    with run.voice.progress() as progress:
        findings = examine(Patient(expected, site.publish, datetime.now(UTC)), progress)
    if expected_of(Layout(run.root), address) != expected:  # what differs may be what is new
        raise OutsideError("the site was published meanwhile — hint: run it again")
    _tell(run.voice, address, findings)
    if any(finding.level is Level.WRONG for finding in findings):
        raise SystemExit(1)


def _tell(voice: Voice, address: str, findings: Sequence[Finding]) -> None:
    counts = Counter(finding.level for finding in findings)
    if voice.as_json:
        data = {
            "url": address,
            "counts": {level.value: counts[level] for level in Level},
            "findings": [_data(finding) for finding in findings],
        }
        voice.result(data, {})
        return
    width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    voice.out.print(_table(findings), width=width)
    voice.say(", ".join(f"{counts[level]} {level}" for level in Level))


def _data(finding: Finding) -> dict[str, str]:
    return {
        "level": finding.level.value,
        "check": finding.check,
        "what": finding.what,
        "mend": finding.mend,
    }


def _table(findings: Sequence[Finding]) -> Table:
    """A row for each finding, how to mend it below."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        text = Text(finding.what)
        if finding.mend:
            text.append("\n→ ", "bold").append(finding.mend)
        table.add_row(Text(finding.level.value, STYLES[finding.level]), finding.check, text)
    return table
