"""Changes of messages as they are written: each with its time, in the order of the ids."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, literal, select, update

from generator.send.ledger.bulk import each
from generator.send.ledger.database import chunks, ordered
from generator.send.ledger.moves import Move, Standing
from generator.send.ledger.schema import changes, messages
from generator.send.values import State


def standing(row: Row[Any]) -> Standing:
    """Where the message in a row stands."""
    return Standing(row.state, row.holder, row.tries, row.attempted)


def locked(connection: Connection, where: ColumnElement[bool]) -> list[Row[Any]]:
    """Where messages stand of which it is true, and nobody else changes them meanwhile."""
    rows = _STANDING.where(where).order_by(messages.c.id).with_for_update()
    return list(connection.execute(rows))


def locked_of(connection: Connection, ids: Iterable[str]) -> list[Row[Any]]:
    """The same, of those ids that there are."""
    parts = ordered(list(ids))
    return [row for part in parts for row in locked(connection, messages.c.id.in_(part))]


def shift(
    connection: Connection, ids: Iterable[str], state: State, now: datetime, **values: object
) -> None:
    """Bring all of these messages into the same state, and add that to the history."""
    words = literal(str(values.get("code", "")))
    for part in chunks(ids):
        mine = messages.c.id.in_(part)
        connection.execute(update(messages).where(mine).values(state=state, **values))
        history = select(messages.c.id, messages.c.state, literal(now, changes.c.at.type), words)
        connection.execute(insert(changes).from_select(_HISTORY, history.where(mine)))


def write(connection: Connection, moves: Mapping[str, Move], now: datetime) -> None:
    """Bring messages where they stand now; what nobody renders any more loses its values."""
    together: dict[Move, list[str]] = defaultdict(list)
    for one, move in moves.items():
        together[move].append(one)
    for move, ids in together.items():
        gone = {"payload": b""} if move.is_final else {}
        shift(connection, ids, move.state, now, due=move.due, code=move.code, **gone)


def name(connection: Connection, providers: Mapping[str, str]) -> None:
    """Keep by which id a gateway knows each message; the first that it gave stays."""
    rows = [{"which": one, "theirs": name} for one, name in sorted(providers.items()) if name]
    for part in chunks(rows):
        each(connection, _NAMING, part)


_STANDING = select(
    messages.c.id,
    messages.c.channel,
    messages.c.journey,
    messages.c.segment,
    messages.c.state,
    messages.c.holder,
    messages.c.due,
    messages.c.tries,
    messages.c.attempted,
    messages.c.planned,
    messages.c.plan,
    messages.c.address,
)
"""Without texts and values: whoever judges states needs none."""
_HISTORY = ["message", "state", "at", "code"]
_NAMING = (
    update(messages)
    .where(messages.c.id == bindparam("which"), messages.c.provider == "")
    .values(provider=bindparam("theirs"))
)
