"""Changes of messages as they are written: each with its time, in the order of the ids."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, select, update

from generator.send.ledger.database import chunks, ordered
from generator.send.ledger.moves import Move, Standing
from generator.send.ledger.schema import changes, messages
from generator.send.values import State


def standing(row: Row[Any]) -> Standing:
    """Where the message in a row stands."""
    return Standing(row.state, row.holder, row.tries, row.attempted)


def locked(connection: Connection, where: ColumnElement[bool]) -> list[Row[Any]]:
    """The messages of which it is true, and nobody else changes them meanwhile."""
    rows = select(messages).where(where).order_by(messages.c.id).with_for_update()
    return list(connection.execute(rows))


def locked_of(connection: Connection, ids: Iterable[str]) -> list[Row[Any]]:
    """The same, of those ids that there are."""
    parts = ordered(list(ids))
    return [row for part in parts for row in locked(connection, messages.c.id.in_(part))]


def shift(
    connection: Connection, ids: Iterable[str], state: State, now: datetime, **values: object
) -> None:
    """Bring all of these messages into the same state."""
    for part in chunks(ids):
        chosen = update(messages).where(messages.c.id.in_(part))
        connection.execute(chosen.values(state=state, **values))
        note(connection, [(one, state, "") for one in part], now)


def write(connection: Connection, moves: Mapping[str, Move], now: datetime) -> None:
    """Bring messages where they stand now; what nobody renders any more loses its values."""
    for is_final in (False, True):
        chosen = [(one, move) for one, move in moves.items() if move.is_final == is_final]
        statement = _PURGING if is_final else _MOVING
        for part in chunks(chosen):
            connection.execute(statement, [_row(one, move) for one, move in part])
    note(connection, [(one, move.state, move.code) for one, move in moves.items()], now)


def name(connection: Connection, providers: Mapping[str, str]) -> None:
    """Keep by which id a gateway knows each message; the first that it gave stays."""
    rows = [{"which": one, "theirs": name} for one, name in sorted(providers.items()) if name]
    for part in chunks(rows):
        connection.execute(_NAMING, part)


def note(connection: Connection, rows: Iterable[tuple[str, State, str]], now: datetime) -> None:
    """Add to the history."""
    for part in chunks(rows):
        values = [
            {"message": one, "state": state, "at": now, "code": code} for one, state, code in part
        ]
        connection.execute(insert(changes), values)


_MOVING = (
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(
        state=bindparam("to_state"),
        due=bindparam("next"),
        tries=bindparam("so_often"),
        code=bindparam("why"),
    )
)
_NAMING = (
    update(messages)
    .where(messages.c.id == bindparam("which"), messages.c.provider == "")
    .values(provider=bindparam("theirs"))
)
_PURGING = _MOVING.values(payload=b"")


def _row(one: str, move: Move) -> dict[str, Any]:
    return {
        "which": one,
        "to_state": move.state,
        "next": move.due,
        "so_often": move.tries,
        "why": move.code,
    }
