"""Messages that are to go: put down once, shown as a plan, approved as exactly that plan.

The hash of a plan is over every row that nobody approved yet, in one fixed order. Whoever approves
says the hash; if a row has come, gone or changed since, it is another hash and nothing goes.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from msgspec.json import encode
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    delete,
    func,
    select,
    type_coerce,
    update,
)

from generator.base.sending import Kind
from generator.send.ledger.bulk import among
from generator.send.ledger.database import CHUNK, Database, added, chunks
from generator.send.ledger.enrolments import CHANGED_MIND, INTENDED, Advance, intend
from generator.send.ledger.ids import Draw, name_of, new_id
from generator.send.ledger.keyed import Keyed
from generator.send.ledger.schema import IDENTITY, messages, plans
from generator.send.values import Identity, Planned, Reason, State

Mode = Literal["person", "automatic", ""]
"""Who approved a plan; nobody yet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody approved, or may yet."""

    hash: str
    made: datetime
    summary: Mapping[str, Any]
    approved: datetime | None = None
    approved_by: str = ""
    mode: Mode = ""


class Total(NamedTuple):
    """How many rows of a plan agree in all of this; no client, no text."""

    journey: str
    channel: str
    segment: str
    message: str
    kind: Kind
    reason: Reason | None
    number: int
    parts: int


class Planning:
    """The messages that are to go, before anybody hands them over."""

    def __init__(self, database: Database, draw: Draw, key: bytes) -> None:
        self._database, self._draw, self._keyed = database, draw, Keyed(key)

    def named(self, identities: Iterable[Identity]) -> list[tuple[str, str]]:
        """An id and a free tag for each message: made again, a plan names its messages the same."""
        return [name for part in chunks(identities) for name in self._named(part)]

    def _named(self, identities: list[Identity]) -> Iterator[tuple[str, str]]:
        taken = self._taken({one.client for one in identities})
        for one in identities:
            name, tag = name_of(self._keyed, one, taken[one.client])
            taken[one.client].add(tag)
            yield name, tag

    def _taken(self, clients: Collection[str]) -> dict[str, set[str]]:
        taken: dict[str, set[str]] = {client: set() for client in clients}
        tags = select(messages.c.client, messages.c.tag).where(messages.c.tag != "")
        with self._database.read() as connection:
            mine = tags.where(among(connection, messages.c.client, taken))
            for client, tag in connection.execute(mine):
                taken[client].add(tag)
        return taken

    def plan(self, rows: Iterable[Planned], now: datetime) -> int:
        """How many messages are new; one that is there, in whatever state, is left as it is."""
        made = (self._row(one, now) for one in rows)
        return sum(self._add(part) for part in chunks(made))

    def draft(self, rows: Iterable[Planned], steps: Iterable[Advance], now: datetime) -> int:
        """The same, and where clients stand once these are approved: both, or neither.

        Else a run that dies in between leaves messages that can be approved while their clients
        stay where they are, and are told again over another channel.
        """
        made = [self._row(one, now) for one in rows]
        with self._database.write() as connection:
            intend(connection, steps)
            return added(connection, messages, made, IDENTITY)

    def _add(self, part: list[dict[str, Any]]) -> int:
        with self._database.write() as connection:
            return added(connection, messages, part, IDENTITY)

    def _row(self, one: Planned, now: datetime) -> dict[str, Any]:
        is_going = one.reason is None
        return {
            "id": one.id or new_id(self._draw),
            **dict(zip(IDENTITY, one.identity, strict=True)),
            "kind": one.kind,
            "purpose": one.purpose,
            "message": one.message,
            "segment": one.segment,
            "not_before": one.not_before,
            "expires": one.expires,
            "tag": one.tag,
            "address": one.to,
            "digest": one.text,
            "parts": one.parts,
            "reason": one.reason,
            "payload": one.payload if is_going else b"",
            "planned": now,
            "state": State.PLANNED if is_going else State.WITHHELD,
            "due": one.not_before if is_going else None,
            "holder": "",
            "tries": 0,
            "provider": "",
            "code": "",
        }

    def totals(self) -> list[Total]:
        """The plan in numbers, as far as nobody approved it yet."""
        alike = [messages.c[name] for name in Total._fields[:-2]]
        counted = select(*alike, func.count(), func.sum(messages.c.parts).cast(Integer))
        with self._database.read() as connection:
            rows = connection.execute(counted.where(messages.c.plan.is_(None)).group_by(*alike))
            return sorted(map(Total._make, rows), key=str)

    def clients(self) -> int:
        """How many clients are to be told something by the plan that nobody approved yet."""
        going = messages.c.plan.is_(None) & messages.c.reason.is_(None)
        with self._database.read() as connection:
            return (
                connection.scalar(select(func.count(messages.c.client.distinct())).where(going))
                or 0
            )

    def message(self, one: str) -> Planned | None:
        """The message of an id; None if there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(messages).where(messages.c.id == one)).first()
            return planned_of(row) if row else None

    def waiting_in(self, plan: str) -> list[str]:
        """The ids of the messages of an approved plan that are still to go."""
        number = select(plans.c.id).where(plans.c.hash == plan).scalar_subquery()
        early = messages.c.state.in_([State.PLANNED, State.CLAIMED])
        with self._database.read() as connection:
            return list(
                connection.scalars(select(messages.c.id).where(messages.c.plan == number, early))
            )

    def waiting_of(self, client: str) -> list[Planned]:
        """The messages of a client that are to go, approved or not, the first due first."""
        mine = (messages.c.client == client) & (messages.c.state == State.PLANNED)
        with self._database.read() as connection:
            rows = connection.execute(select(messages).where(mine).order_by(messages.c.due))
            return list(map(planned_of, rows))

    def drop_unapproved(self) -> int:
        """How many were dropped: another plan is to be made."""
        with self._database.write() as connection:
            connection.execute(CHANGED_MIND)
            return connection.execute(delete(messages).where(messages.c.plan.is_(None))).rowcount

    def propose(self, summary: Mapping[str, Any], now: datetime) -> str:
        """The hash of what nobody approved yet; its summary is kept beside it."""
        text = json.dumps(summary, ensure_ascii=False, sort_keys=True)
        with self._database.write(is_exact=True) as connection:
            found = _hash(connection)
            row = {"hash": found, "approved_by": "", "mode": "", "made": now, "summary": text}
            if not added(connection, plans, [row], ["hash"]):
                again = update(plans).where(plans.c.hash == found)
                connection.execute(again.values(made=now, summary=text))
        return found

    def approve(self, plan: str, by: str, now: datetime, mode: Mode = "person") -> int | None:
        """How many rows may go now; None if there is no such plan, or the rows are others."""
        with self._database.write(is_exact=True) as connection:
            mine = plans.c.hash == plan
            number = connection.scalar(select(plans.c.id).where(mine).with_for_update())
            if number is None or _hash(connection) != plan:
                return None
            values = {"approved": now, "approved_by": by, "mode": mode}
            connection.execute(update(plans).where(mine).values(values))
            connection.execute(INTENDED, {"moment": now})
            open_rows = messages.c.plan.is_(None)
            done = connection.execute(update(messages).where(open_rows).values(plan=number))
            return done.rowcount

    def plans(self, most: int = 14) -> list[Plan]:
        """The newest plans, the newest first."""
        newest = select(plans).order_by(plans.c.made.desc(), plans.c.id.desc()).limit(most)
        with self._database.read() as connection:
            return [_plan(row) for row in connection.execute(newest)]


_UNAPPROVED = (
    select(messages)
    .where(messages.c.plan.is_(None))
    .order_by(*(messages.c[name] for name in IDENTITY))
)


def planned_of(row: Row[Any]) -> Planned:
    """The message in a row of the table."""
    identity = Identity(*(getattr(row, name) for name in IDENTITY))
    return Planned(
        identity,
        row.kind,
        row.purpose,
        row.message,
        row.segment,
        row.not_before,
        row.expires,
        row.tag,
        bytes(row.address),
        row.digest,
        row.parts,
        row.reason,
        bytes(row.payload),
        row.id,
    )


def _hash(connection: Connection) -> str:
    """SHA-256 over all rows; each ends where it ends, since JSON says so."""
    digest = sha256()
    for *what, address, payload in connection.execute(_ESSENCE):
        blobs = (address.hex(), sha256(payload).hexdigest())
        digest.update(encode((*what, *blobs)))
    return digest.hexdigest()


def _raw(name: str) -> ColumnElement[Any]:
    """A column as it lies there: a hundred thousand rows are hashed while others wait."""
    column = messages.c[name]
    return type_coerce(column, getattr(column.type, "impl", column.type))


_ESSENTIAL = ["kind", "purpose", "message", "segment", "digest", "parts", "reason", "not_before"]
_ESSENTIAL += ["expires", "tag", "address", "payload"]
"""All that makes a message what it is; its id is ours alone."""
_ESSENCE = _UNAPPROVED.with_only_columns(*map(_raw, IDENTITY + _ESSENTIAL)).execution_options(
    yield_per=CHUNK
)


def _plan(row: Row[Any]) -> Plan:
    return Plan(
        row.hash, row.made, json.loads(row.summary), row.approved, row.approved_by, row.mode
    )
