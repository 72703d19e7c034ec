"""What happened to one client: for people who ask why somebody was told something, or was not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from generator.base.sending import Kind
from generator.send.ledger.database import Database
from generator.send.ledger.enrolments import COURSES, Enrolment, enrolment_of
from generator.send.ledger.schema import IDENTITY, changes, enrolments, messages, plans, reports
from generator.send.ledger.schema import seen as seen_table
from generator.send.values import Identity, Purpose, Reason, Report, State


@dataclass(frozen=True, slots=True)
class Change:
    """A message came into a state."""

    state: State
    at: datetime
    code: str


@dataclass(frozen=True, slots=True, repr=False)
class Chapter:
    """One message of a client, from its plan to the last that is known."""

    id: str
    identity: Identity
    kind: Kind
    purpose: Purpose
    message: str
    state: State
    reason: Reason | None
    code: str
    tries: int
    planned: datetime
    not_before: datetime
    expires: datetime
    approved: datetime | None
    changes: tuple[Change, ...]
    reports: tuple[Report, ...]
    seen: tuple[tuple[str, datetime, str], ...]
    """What the client did with it, when, and what they said."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Chapter({self.id}, {self.state})"


@dataclass(frozen=True, slots=True, repr=False)
class Story:
    """All that the ledger knows of a client's messages."""

    enrolments: tuple[Enrolment, ...]
    chapters: tuple[Chapter, ...]

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Story({len(self.chapters)} messages)"


def tell(database: Database, client: str) -> Story:
    """The story of a client; an empty one where nothing ever was planned."""
    entered = COURSES.where(enrolments.c.client == client)
    mine = (
        select(messages, plans.c.approved)
        .outerjoin(plans, plans.c.id == messages.c.plan)
        .where(messages.c.client == client)
        .order_by(messages.c.planned, messages.c.id)
    )
    with database.read() as connection:
        journeys = map(enrolment_of, connection.execute(entered.order_by(enrolments.c.id)))
        return Story(
            tuple(journeys), tuple(_chapter(connection, row) for row in connection.execute(mine))
        )


def _chapter(connection: Connection, row: Row[Any]) -> Chapter:
    history = _rows(connection, changes, changes.c.message == row.id)
    said = _rows(connection, reports, reports.c.about == row.id)
    done = _rows(connection, seen_table, seen_table.c.message == row.id)
    return Chapter(
        row.id,
        Identity(*(getattr(row, name) for name in IDENTITY)),
        row.kind,
        row.purpose,
        row.message,
        row.state,
        row.reason,
        row.code,
        row.tries,
        row.planned,
        row.not_before,
        row.expires,
        row.approved,
        tuple(Change(one.state, one.at, one.code) for one in history),
        tuple(
            Report(it.channel, it.status, it.at, it.message, it.provider, it.code) for it in said
        ),
        tuple((one.what, one.at, one.value) for one in done),
    )


def _rows(connection: Connection, table: Table, where: Any) -> Iterable[Row[Any]]:  # noqa: ANN401
    key = table.c.id if "id" in table.c else table.c.at
    return connection.execute(select(table).where(where).order_by(key)).all()
