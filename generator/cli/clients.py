"""Commands about one client: their link, what they see, revoking, forgetting."""

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getuser

import click

from generator.base.errors import InputError, LinkError, NotFoundError, Problem
from generator.base.ids import normalised
from generator.cli.options import Run, site_command
from generator.inputs import inputs_to_look_at
from generator.keys import keys_of
from generator.partition import CLIENT
from generator.receipts import NOT_ASKED
from generator.sealing import link_fragment
from generator.sealing.generations import Why
from generator.site.layout import Layout
from generator.site.private import append_private
from generator.site.reader import open_page
from generator.site.tree import recover
from generator.withdraw import Receipt, receipt_of, withdraw


@click.command()
@click.argument("client")
@click.option("--reason", default="", help="Why it is asked for; stands in the audit log.")
@site_command
def link(run: Run, client: str, reason: str) -> None:
    """Print the link of CLIENT, and note in the audit log that it was asked for.

    Whoever holds the link reads the page: hand it to the client and to nobody else.

    \b
    Example:  sealpress link A-100001 --reason "call 4711"
    """
    site, client = run.site(), normalised(client)
    ring, generations = keys_of(run.root, site)
    with inputs_to_look_at(run.root, run.clock, run.today) as inputs:
        is_there = inputs.base.find(client) is not None
    if not is_there or generations.is_forgotten(client):
        raise NotFoundError("there is no such client in the tables")
    secret = ring.current.secrets().secret(CLIENT, client, generations.of(client))
    _note(Layout(run.root), generations.who(client), reason)
    address = f"{site.base_url}/#{link_fragment(secret)}"
    run.voice.result({"link": address}, {"link": address})


@click.command(name="open")
@click.argument("link_text", metavar="LINK")
@click.option("--published", is_flag=True, help="Open it from the published site, not the built.")
@site_command
def open_link(run: Run, link_text: str, *, published: bool) -> None:
    """Print the page behind LINK as HTML, with its parts in place.

    A link given as - is read from standard input, so that it stands in no shell history.

    \b
    Example:  sealpress open - < link.txt
    """
    text = sys.stdin.readline().strip() if link_text == "-" else link_text
    layout = Layout(run.root)
    recover(layout)
    try:
        page = open_page(text, run.fetch(published=published))
    except LinkError:
        hint = "copy all of it; 22 letters and digits follow the #"
        raise InputError([Problem("LINK", "the link is not whole", hint)]) from None
    if run.voice.as_json:
        run.voice.result({"html": page}, {})
    else:
        click.echo(page)


@click.command()
@click.argument("client")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@site_command
def revoke(run: Run, client: str, *, dry_run: bool) -> None:
    """Make every link of CLIENT dead, now; the next night makes a new page and a new link.

    \b
    Example:  sealpress revoke A-100001
    """
    _withdraw(run, client, "revoked", dry_run=dry_run)


@click.command()
@click.argument("client")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; it cannot be undone.")
@site_command
def forget(run: Run, client: str, *, dry_run: bool, yes: bool) -> None:
    """Forget CLIENT: their page, state and manifest lines are deleted and never made again.

    What remains is a pseudonymous proof in the journal beside the keys. Take the client out of
    the tables too: the nights count rows of forgotten clients and build nothing for them.

    \b
    Example:  sealpress forget A-100001 --yes
    """
    if not (dry_run or yes):
        click.confirm("This cannot be undone. Forget the client?", abort=True, err=True)
    _withdraw(run, client, "forgotten", dry_run=dry_run)


def _withdraw(run: Run, client: str, why: Why, *, dry_run: bool) -> None:
    site = run.site()
    now = datetime.now(UTC).replace(microsecond=0)
    found = withdraw(run.root, site, client, why, now, dict(os.environ), dry_run=dry_run)
    receipt = found.receipt
    if not receipt.files:
        run.voice.warn("no page of this client was there: is the id right?")
    if not dry_run and receipt.readers == NOT_ASKED:
        run.voice.warn("nobody answers at base_url: that the old link is dead there is not proved")
    done = f"would be {why}" if dry_run else why
    place = run.shown(receipt_of(run.root / site.keys, receipt))
    run.voice.result(
        found.signed or {**asdict(receipt), "dry_run": dry_run},
        {
            done: f"client {receipt.who} (pseudonym)",
            "files deleted": receipt.files,
            "versions erased": receipt.versions,
            "manifest lines": receipt.manifest_lines,
            "notes of what was told": receipt.told_marks,
            **({} if dry_run else {"old address": _answered(receipt), "receipt": place}),
            "next": "publish the next night to bring the change to every copy",
        },
    )


def _answered(receipt: Receipt) -> str:
    """What was answered to whoever asked for the old addresses."""
    asked = {"store": receipt.store, "origin": receipt.origin, "readers": receipt.readers}
    return ", ".join(f"{who}: {proof.answer}" for who, proof in asked.items())


def _note(layout: Layout, who: str, reason: str) -> None:
    """Write into the audit log who asked for whose link; the link itself is never in it."""
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "operator": getuser(),
        "client": who,
        "reason": reason,
    }
    append_private(layout.audit_log, json.dumps(entry, ensure_ascii=False))
