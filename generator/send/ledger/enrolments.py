"""Clients on their way through journeys, and which reasons began one already."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    bindparam,
    case,
    literal,
    select,
    update,
)

from generator.send.ledger.bulk import among, each
from generator.send.ledger.database import CHUNK, Database, added, chunks
from generator.send.ledger.schema import enrolments, told

Course = Literal["running", "done", "expired"]


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """A client in a journey; its repr names nobody."""

    client: str
    journey: str
    version: int
    """The one that they entered; they stay on it."""
    trigger: str
    entered: datetime
    step: int
    due: datetime | None
    """When there is something to do next; None when it is over."""
    state: Course = "running"
    payload: bytes = b""
    """The entry and the reasons that it is about, as JSON."""
    reasons: tuple[str, ...] = ()
    """Digests of these reasons: none begins this journey again. Not given back by ``due``."""
    id: int = 0
    """The ledger's own."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Enrolment({self.journey!r}, {self.state})"


@dataclass(frozen=True, slots=True)
class Advance:
    """Where an enrolment stands from now on."""

    id: int
    step: int
    due: datetime | None
    state: Course = "running"


class Told(NamedTuple):
    """That a reason began a journey for a client."""

    client: str
    journey: str
    reason: str


class Enrolments:
    """Who is in which journey, and where."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enrol(self, rows: Iterable[Enrolment], now: datetime) -> int:
        """How many entered; who entered the journey for this trigger before does not again."""
        entered = 0
        with self._database.write() as connection:
            for part in chunks(rows):
                marks = [_mark(r, it) for r in part for it in r.reasons]
                unique = ["client", "journey", "trigger"]
                entered += added(connection, enrolments, (_row(r, now) for r in part), unique)
                added(connection, told, marks, list(Told._fields))
        return entered

    def fresh(self, asked: Collection[Told]) -> set[Told]:
        """Those of them that began nothing yet."""
        left = set(asked)
        clients = sorted({one.client for one in left})
        with self._database.read() as connection:
            for part in chunks(clients):
                known = select(told).where(among(connection, told.c.client, part))
                left.difference_update(map(Told._make, connection.execute(known)))
        return left

    def due(self, now: datetime) -> Iterator[Enrolment]:
        """All for whom there is something to do, each once, in the order in which they entered.

        They are read in pages: a transaction that is open while whoever asked writes would keep
        SQLite's log from being folded into its file.
        """
        last = 0
        while page := self._due(now, last):
            yield from page
            last = page[-1].id

    def _due(self, now: datetime, last: int) -> list[Enrolment]:
        running = (enrolments.c.state == "running") & (enrolments.c.due <= now)
        rows = COURSES.where(running, enrolments.c.id > last)
        with self._database.read() as connection:
            page = connection.execute(rows.order_by(enrolments.c.id).limit(CHUNK))
            return list(map(enrolment_of, page))

    def advance(self, steps: Iterable[Advance], now: datetime) -> None:
        """Note where enrolments stand now; what is over is never due again, and its values go."""
        with self._database.write() as connection:
            for part in chunks(steps):
                each(connection, _ADVANCING, [{**_step(one), "moment": now} for one in part])

    def intend(self, steps: Iterable[Advance]) -> None:
        """Note where enrolments will stand once the plan is approved that has their messages."""
        with self._database.write() as connection:
            intend(connection, steps)

    def finished(self, clients: Iterable[str]) -> set[tuple[str, str]]:
        """Who of them went through which journey to its end, whatever began it."""
        done = select(enrolments.c.client, enrolments.c.journey).where(enrolments.c.state == "done")
        with self._database.read() as connection:
            mine = done.where(among(connection, enrolments.c.client, clients))
            return {(client, journey) for client, journey in connection.execute(mine)}


def _kept(state: ColumnElement[str]) -> ColumnElement[bytes]:
    """The values of who is still on the way; a link and addresses do not lie there for ever."""
    return case((state == "running", enrolments.c.payload), else_=literal(b"", LargeBinary))


_ADVANCING = (
    update(enrolments)
    .where(enrolments.c.id == bindparam("which"), enrolments.c.state == "running")
    .values(step=bindparam("to"), due=bindparam("next"), state=bindparam("course"))
    .values(changed=bindparam("moment"), payload=_kept(bindparam("course", type_=String)))
)
_INTENDING = (
    update(enrolments)
    .where(enrolments.c.id == bindparam("which"), enrolments.c.state == "running")
    .values(next_step=bindparam("to"), next_due=bindparam("next"), next_state=bindparam("course"))
)
_NOTHING = {"next_step": None, "next_due": None, "next_state": None}
_IS_INTENDED = enrolments.c.next_state.is_not(None)
CHANGED_MIND = update(enrolments).where(_IS_INTENDED).values(_NOTHING)
"""Another plan is to be made: whoever was to go on stays where they are."""
INTENDED = (
    update(enrolments)
    .where(_IS_INTENDED)
    .values(
        step=enrolments.c.next_step,
        due=enrolments.c.next_due,
        state=enrolments.c.next_state,
        changed=bindparam("moment"),
        payload=_kept(enrolments.c.next_state),
        **_NOTHING,
    )
)
"""The plan is approved: everybody who has a message in it goes on, at ``moment``."""


def intend(connection: Connection, steps: Iterable[Advance]) -> None:
    """Note where these will stand once the plan is approved."""
    for part in chunks(steps):
        each(connection, _INTENDING, [_step(one) for one in part])


def _row(one: Enrolment, now: datetime) -> dict[str, Any]:
    return {
        "client": one.client,
        "journey": one.journey,
        "version": one.version,
        "trigger": one.trigger,
        "entered": one.entered,
        "step": one.step,
        "due": one.due,
        "state": one.state,
        "changed": now,
        "payload": one.payload,
    }


def _mark(one: Enrolment, reason: str) -> dict[str, str]:
    return {"client": one.client, "journey": one.journey, "reason": reason}


def _step(one: Advance) -> dict[str, Any]:
    due = one.due if one.state == "running" else None
    return {"which": one.id, "to": one.step, "next": due, "course": one.state}


COURSES = select(
    *(enrolments.c[name] for name in ("client", "journey", "version", "trigger", "entered")),
    *(enrolments.c[name] for name in ("step", "due", "state", "payload", "id")),
)
"""What ``enrolment_of`` takes."""


def enrolment_of(row: Sequence[Any]) -> Enrolment:
    """The enrolment in a row of ``COURSES``."""
    client, journey, version, trigger, entered, step, due, state, payload, number = row
    began = (client, journey, version, trigger, entered)
    return Enrolment(*began, step, due, state, bytes(payload), id=number)
