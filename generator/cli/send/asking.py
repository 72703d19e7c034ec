"""What became of it: of one client's messages, and of all channels."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click

from generator.cli.options import Run, site_command
from generator.cli.send.moment import clock_of
from generator.send.ledger import Chapter, Story
from generator.send.sender import open_sender
from generator.send.values import State

WEEK = timedelta(days=7)
LISTED = 10  # unknown messages that are shown one by one
MINUTE = "%Y-%m-%d %H:%M"


@click.command()
@click.argument("client")
@site_command
def why(run: Run, client: str) -> None:
    """Tell what CLIENT was told and what not, when, and why.

    \b
    Example:  sealpress send why A-100001
    """
    with open_sender(run.root) as sender:
        story = sender.ledger.story(client)
    run.voice.result(_data(story), dict(_rows(story)))


@click.command()
@site_command
def state(run: Run) -> None:
    """Show the channels: what they sent in a week, which are stopped, what nobody knows.

    \b
    Example:  sealpress send state
    """
    now = clock_of(run)()
    with open_sender(run.root) as sender:
        counts = sender.ledger.counting.states(now - WEEK)
        stops = sender.ledger.channels.stopped()
        unknown = {
            name: [one.id for one in sender.ledger.sending.unknown_of(name)]
            for name in sender.settings.channels
        }
        names = list(sender.settings.channels)
    data: dict[str, Any] = {
        name: {
            "states": {one.value: n for (of, one), n in sorted(counts.items()) if of == name},
            "stopped": stops[name].why if name in stops else "",
            "unknown": unknown[name],
        }
        for name in names
    }
    run.voice.result(data, {name: tuple(_told(name, found)) for name, found in data.items()})


def _told(name: str, found: dict[str, Any]) -> Iterator[str]:
    yield ", ".join(f"{n:,} {state}" for state, n in found["states"].items()) or "nothing in a week"
    if found["stopped"]:
        yield f"STOPPED: {found['stopped']}"
        yield f"  find out why; then: sealpress send resume {name}"
    if found["unknown"]:
        yield f"{len(found['unknown']):,} unknown: ask the gateway, then of each:"
        yield f"  sealpress send resolve {found['unknown'][0]} sent (or not-sent)"
    yield from (f"  {one}" for one in found["unknown"][1:LISTED])
    if len(found["unknown"]) > LISTED:
        yield "  all of them: --json"


def _data(story: Story) -> dict[str, Any]:
    return {
        "journeys": [
            {
                "journey": one.journey,
                "version": one.version,
                "trigger": one.trigger,
                "entered": one.entered.isoformat(),
                "state": one.state,
                "step": one.step,
                "due": one.due.isoformat() if one.due else None,
            }
            for one in story.enrolments
        ],
        "messages": [
            {
                "id": one.id,
                "journey": one.identity.journey,
                "message": one.message,
                "channel": one.identity.channel,
                "state": one.state.value,
                "reason": one.reason.value if one.reason else "",
                "planned": one.planned.isoformat(),
                "approved": one.approved.isoformat() if one.approved else None,
                "changes": [
                    {"state": it.state.value, "at": it.at.isoformat(), "code": it.code}
                    for it in one.changes
                ],
                "seen": [
                    {"what": what, "at": at.isoformat(), "value": value}
                    for what, at, value in one.seen
                ],
            }
            for one in story.chapters
        ],
    }


def _rows(story: Story) -> Iterator[tuple[str, object]]:
    if not story.enrolments and not story.chapters:
        yield "nothing", "the ledger has nothing of this client"
    for number, one in enumerate(story.enrolments, 1):
        standing = f"next {_at(one.due)}" if one.due else one.state
        yield (
            f"journey {number}",
            f"{one.journey} (version {one.version}), entered {_at(one.entered)}, {standing}",
        )
    for number, chapter in enumerate(story.chapters, 1):
        yield f"message {number}", tuple(_lines(chapter))


def _lines(one: Chapter) -> Iterator[str]:
    mine = one.identity
    yield f"{one.message} over {mine.channel}, step {mine.step} of {mine.journey}"
    why_not = f": {one.reason}" if one.reason else ""
    if one.state == State.WITHHELD and not one.changes:
        yield f"{_at(one.planned)}  withheld{why_not}"
    else:
        yield f"{_at(one.planned)}  planned, not before {_at(one.not_before)}"
    for it in one.changes:
        code = f" ({it.code})" if it.code else ""
        yield f"{_at(it.at)}  {it.state}{code}{why_not if it.state == one.state else ''}"
    for what, at, value in one.seen:
        yield f"{_at(at)}  the client: {what} {value}".rstrip()


def _at(moment: datetime | None) -> str:
    return moment.strftime(MINUTE) if moment else "—"
