"""``sealpress messages``: what clients are told, checked and looked at before it goes out."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import cast, get_args

import click
from rich.table import Table

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.base.sending import Kind, Send
from generator.cli.options import Run, site_command
from generator.send.messages import load_messages
from generator.send.messages.samples import SIZES, samples
from generator.send.messages.sizes import Row, notices, sizes
from generator.send.values import Entry

KINDS = get_args(Kind)
HEADINGS = ("message", "locale", "client", "alphabet", "parts", "characters", "left", "cost")
CHART = re.compile(r'src="cid:[^"]*"')
PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 536 300'%3E"
    "%3Crect width='536' height='300' fill='%23dde4ea'/%3E%3C/svg%3E"
)
"""Stands for a chart in a letter that is only looked at: an invented client's page has none."""
FIELDS = frozenset(Entry.__dataclass_fields__)


@click.group()
def messages() -> None:
    """Check the texts that clients are sent, and look at them.

    \b
    Example:  sealpress messages check
    """


@messages.command()
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Measure with the clients of this manifest.  [default: invented ones]",
)
@site_command
def check(run: Run, *, manifest: Path | None) -> None:
    """Check every message, and say what each SMS costs.

    \b
    Example:  sealpress messages check --manifest build/private/manifest.jsonl
    """
    site = run.site()
    send = _send(site)
    found = load_messages(run.root, site, send)
    for notice in notices(found, site):
        run.voice.warn(notice)
    price, currency = _price(send)
    entries = _entries(manifest) if manifest else ()
    rows = sizes(found, site, price, entries)
    if run.voice.as_json:
        data = {"messages": list(found.names), "sms": [_plain(row) for row in rows]}
        run.voice.result({**data, "currency": currency}, {})
        return
    names = ", ".join(found.names) or "there are none in content/messages"
    run.voice.say(f"{len(found.all)} messages are right: {names}")
    run.voice.out.print(_table(rows, currency))


@messages.command()
@click.argument("name")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--locale", help="The language.  [default: the site's first]")
@click.option(
    "--size",
    type=click.Choice(SIZES),
    default="median",
    show_default=True,
    help="With a usual name and figures, or with long ones.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it here.")
@site_command
def show(
    run: Run, name: str, kind: str, *, locale: str | None, size: str, out: Path | None
) -> None:
    """Show message NAME of a KIND (sms, email, push) as an invented client gets it.

    A letter is shown as plain text, and written as HTML to a file that a browser opens.

    \b
    Examples:
      sealpress messages show coupon-accrued sms
      sealpress messages show digest email --locale en --out digest.html
    """
    site = run.site()
    found = load_messages(run.root, site, _send(site))
    message = found.of(name, cast("Kind", kind), locale or site.locales[0])
    tried = samples(site, message.front.reason, message.key.locale)
    rendered = message.rendered(next(one.values for one in tried if one.size == size))
    shown = rendered.html or rendered.text
    if out:
        out.write_text(CHART.sub(f'src="{PICTURE}"', shown), encoding="utf-8")
    rows = {"subject": rendered.subject, "title": rendered.title, "preheader": rendered.preheader}
    told = {name: text for name, text in rows.items() if text}
    where = {"file": str(out)} if out else {"text": tuple(rendered.text.splitlines())}
    run.voice.result({**told, "text": rendered.text, "html": rendered.html}, {**told, **where})


def _send(site: Site) -> Send | None:
    """The settings of the sender, if the site has any."""
    return getattr(site, "send", None)


def _price(send: Send | None) -> tuple[Decimal, str]:
    """What a part of an SMS costs: over the dearest of the channels."""
    channels = [one for one in send.channels.values() if one.kind == "sms"] if send else []
    dearest = max(channels, key=lambda one: one.price, default=None)
    return (dearest.price, dearest.currency) if dearest else (Decimal(0), "")


def _entries(path: Path) -> Iterator[Entry]:
    """The lines of a manifest, one at a time."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                yield Entry(**{name: row[name] for name in FIELDS})
            except (ValueError, KeyError, TypeError):
                hint = "give build/private/manifest.jsonl"
                problem = Problem(path.name, "this is no line of a manifest", hint, line=number)
                raise InputError([problem]) from None


def _plain(row: Row) -> dict[str, object]:
    named = {"name": row.name, "locale": row.locale, "size": row.size, "cost": str(row.cost)}
    return {**named, **row.measure._asdict()}


def _table(rows: list[Row], currency: str) -> Table:
    table = Table(*HEADINGS, box=None)
    for row in rows:
        parts, characters, encoding, left = row.measure
        values = [row.name, row.locale, row.size, encoding, parts, characters, left]
        table.add_row(*map(str, values), f"{row.cost} {currency}".strip())
    return table
