"""A client who is to be forgotten: no row of theirs stays, only how much was sent.

The digest of an address that asked not to be disturbed stays: it names nobody, and the wish holds
also if the client comes back under another id.
"""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, delete

from generator.send.ledger.database import Database, added, ordered
from generator.send.ledger.schema import (
    addresses,
    changes,
    consents,
    counts,
    enrolments,
    messages,
    reports,
    seen,
    stages,
    told,
)
from generator.send.ledger.writing import locked
from generator.send.values import State

BY_CLIENT = (enrolments, told, stages, consents, addresses, messages)
BY_MESSAGE = ((changes, "message"), (reports, "about"), (seen, "message"))
KEY = ["day", "channel", "journey", "segment", "state"]


def forget(database: Database, client: str) -> int:
    """How many rows of the client were removed.

    What is in a sender's hands just now goes too: it is theirs no more, and is not handed over.
    """
    with database.write() as connection:
        rows = locked(connection, messages.c.client == client)
        _count(connection, Counter(filter(None, map(_key, rows))))
        gone = sum(
            connection.execute(delete(table).where(table.c[name].in_(part))).rowcount
            for part in ordered([row.id for row in rows])
            for table, name in BY_MESSAGE
        )
        mine = (delete(table).where(table.c.client == client) for table in BY_CLIENT)
        return gone + sum(connection.execute(one).rowcount for one in mine)


def _key(row: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - a row of messages
    """Under what it is counted; what never was tried nor withheld did not happen."""
    if row.attempted is None and row.state != State.WITHHELD:
        return None
    day = (row.attempted or row.planned).date()
    return day, row.channel, row.journey, row.segment, row.state


def _count(connection: Connection, numbers: Counter[tuple[Any, ...]]) -> None:
    for key, number in sorted(numbers.items()):
        row = dict(zip(KEY, key, strict=True))
        added(connection, counts, [{**row, "number": 0}], KEY)
        chosen = [counts.c[name] == value for name, value in row.items()]
        more = counts.update().where(*chosen).values(number=counts.c.number + number)
        connection.execute(more)
