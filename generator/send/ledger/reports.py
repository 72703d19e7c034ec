"""What gateways say later: each word on record once, whatever it is about.

Reports come twice, in the wrong order, for messages of other systems, and before the sender itself
has written down that the gateway took the message. None of that is an error.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, bindparam, select, update

from generator.send.ledger.addresses import bury
from generator.send.ledger.columns import EPOCH
from generator.send.ledger.database import Database, added, chunks, ordered
from generator.send.ledger.moves import Move, reported
from generator.send.ledger.schema import messages, reports
from generator.send.ledger.writing import locked_of, standing, write
from generator.send.values import Report

UNIQUE = ["channel", "message", "provider", "status", "code"]
RECENT = timedelta(days=1)
"""Reports of other systems are not looked at again and again for ever."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a lot of reports."""

    new: int = 0
    repeated: int = 0
    unknown: int = 0
    """Of the new ones: about messages that are not in the ledger."""
    changed: int = 0
    """Messages of which more is known now."""


class Reports:
    """The words of gateways."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, lot: Iterable[Report], now: datetime) -> Noted:
        """Record reports, and what they say of messages."""
        done = Noted()
        for part in chunks(lot):
            one = self._note(part, now)
            done = Noted(
                done.new + one.new,
                done.repeated + one.repeated,
                done.unknown + one.unknown,
                done.changed + one.changed,
            )
        return done

    def _note(self, lot: list[Report], now: datetime) -> Noted:
        with self._database.write() as connection:
            known = _known(connection, lot)
            rows = sorted((_row(one, known, now) for one in lot), key=_place)
            new = [row for row in rows if added(connection, reports, [row], UNIQUE)]
            about = {row["about"] for row in new if row["about"]}
            changed = apply(connection, about, now)
        strange = sum(not row["about"] for row in new)
        return Noted(len(new), len(lot) - len(new), strange, changed)

    def adopt(self, now: datetime) -> int:
        """How many messages changed by reports that came while they were being written down."""
        mine = (reports.c.channel == messages.c.channel) & (
            reports.c.provider == messages.c.provider
        )
        orphans = (
            select(reports.c.id, messages.c.id.label("about"))
            .join(messages, mine & (messages.c.provider != ""))
            .where(reports.c.about.is_(None), reports.c.noted > now - RECENT)
        )
        with self._database.write() as connection:
            pairs = [(row.id, row.about) for row in connection.execute(orphans)]
            return _assign(connection, pairs, now)


def overtaken(connection: Connection, taken: Mapping[str, str], now: datetime) -> None:
    """Apply reports that came before the gateway's id was known; ``taken`` has it by ours."""
    by_provider = {provider: one for one, provider in taken.items() if provider}
    channels = dict(_chosen(connection, [messages.c.id, messages.c.channel], "id", taken))
    columns = [reports.c.provider, reports.c.id, reports.c.channel, reports.c.about]
    pairs = [
        (number, by_provider[provider])
        for provider, number, channel, about in _chosen(
            connection, columns, "provider", by_provider
        )
        if about is None and channels.get(by_provider[provider]) == channel
    ]
    _assign(connection, pairs, now)


def apply(connection: Connection, ids: Collection[str], now: datetime) -> int:
    """How many of these messages changed by all that was reported of them."""
    said = _said(connection, ids)
    moves: dict[str, Move] = {}
    dead: set[bytes] = set()
    for row in locked_of(connection, ids):
        if move := reported(standing(row), said[row.id]):
            moves[row.id] = move
        if row.attempted and any(one.status == "dead" for one in said[row.id]):
            dead.add(row.address)
    write(connection, moves, now)
    bury(connection, dead, now)
    return len(moves)


def _assign(connection: Connection, pairs: list[tuple[int, str]], now: datetime) -> int:
    if not pairs:
        return 0
    found = update(reports).where(reports.c.id == bindparam("which")).values(about=bindparam("who"))
    connection.execute(found, [{"which": number, "who": who} for number, who in pairs])
    return apply(connection, {who for _, who in pairs}, now)


def _said(connection: Connection, ids: Collection[str]) -> dict[str, list[Report]]:
    """All reports of each message."""
    found: dict[str, list[Report]] = {one: [] for one in ids}
    columns = [reports.c[name] for name in ("about", "channel", "status", "at", "code")]
    for about, channel, status, at, code in _chosen(connection, columns, "about", ids):
        found[about].append(Report(channel, status, at, code=code))
    return found


def _known(connection: Connection, lot: list[Report]) -> dict[tuple[str, str], str]:
    """Messages by channel and id, ours or the gateway's; of one that it gave twice the newest."""
    known: dict[tuple[str, str], str] = {}
    columns = [messages.c[name] for name in ("provider", "channel", "id", "attempted")]
    providers = {one.provider for one in lot if one.provider}
    rows = _chosen(connection, columns, "provider", providers)
    for provider, channel, one, _ in sorted(rows, key=lambda row: row[3] or EPOCH):
        known[channel, provider] = one
    ours = {one.id for one in lot if one.id}
    for _, channel, one, _ in _chosen(connection, columns, "id", ours):
        known[channel, one] = one
    return known


def _chosen(
    connection: Connection, columns: list[Column[Any]], by: str, keys: Collection[str]
) -> Iterator[tuple[Any, ...]]:
    """These columns of all rows that have one of the keys."""
    column = columns[0].table.c[by]
    for part in ordered(keys):
        yield from connection.execute(select(*columns).where(column.in_(part)))


def _row(one: Report, known: Mapping[tuple[str, str], str], now: datetime) -> dict[str, Any]:
    about = known.get((one.channel, one.id)) or known.get((one.channel, one.provider))
    return {
        "channel": one.channel,
        "message": one.id,
        "provider": one.provider,
        "status": one.status,
        "code": one.code,
        "at": one.at,
        "noted": now,
        "about": about,
    }


def _place(row: Mapping[str, Any]) -> list[str]:
    """All put rows in in the same order: so two never wait for each other."""
    return [row[name] for name in UNIQUE]
