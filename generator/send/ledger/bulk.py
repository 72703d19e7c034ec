"""One statement for many rows, or about many values, as the drivers take it.

SQLAlchemy asks of each value of each row what it is, which costs more than the databases need to
put the row in. Here it is asked once, for each column: a plan has a hundred thousand rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple, cast

from msgspec.json import encode
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    LargeBinary,
    Update,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
Row = tuple[Any, ...]
SQLITE_NAME = "sqlite"
UNHEXED = "sealpress_unhexed"
"""A function that each connection to SQLite has: older releases of it have none of their own."""
REMEMBERED = 128  # statements; to write one costs as much as half a hundred rows


class _Written(NamedTuple):
    """A statement as a driver takes it."""

    text: str
    values: Callable[[Values], Row]
    """Of a row, in the order of the text."""
    fixed: list[tuple[int, Any]]
    """What is the same for all rows, and where."""
    binds: list[tuple[int, Callable[[Any], Any]]]
    """How the driver wants a value, and where it does not take it as it is."""


def each(
    connection: Connection, statement: Insert | Update | Delete, rows: Sequence[Values]
) -> int:
    """How many rows it touched; it is done with the values of each of ``rows``.

    All of these have the same names. The statement itself is remembered: it is to be one that
    stays.
    """
    if not rows:
        return 0
    written = _written(connection.dialect, statement, tuple(rows[0]))
    done = connection.exec_driver_sql(
        written.text, _bound(rows, written), execution_options={"preserve_rowcount": True}
    )
    return done.rowcount


def among(
    connection: Connection, column: ColumnElement[Any], some: Iterable[Any]
) -> ColumnElement[bool]:
    """Whether a column has one of ``some`` values, which go to the database as one.

    SQLAlchemy needs ten times as long to name each as the database needs to look it up.
    """
    if connection.dialect.name != SQLITE_NAME:
        return column == any_(literal(list(some), ARRAY(column.type)))
    is_binary = isinstance(column.type, LargeBinary)
    texts = encode([one.hex() for one in some] if is_binary else list(some)).decode()
    value = func.json_each(texts).table_valued("value").c.value
    return column.in_(select(getattr(func, UNHEXED)(value) if is_binary else value))


def _bound(rows: Sequence[Values], written: _Written) -> list[Row]:
    """The rows as the driver wants them; it is column by column that they are gone through."""
    columns: list[Iterable[Any]] = list(zip(*map(written.values, rows), strict=True))
    for place, value in written.fixed:
        columns.insert(place, repeat(value, len(rows)))
    for place, bind in written.binds:
        columns[place] = map(bind, columns[place])
    return list(zip(*columns, strict=True))


@lru_cache(REMEMBERED)
def _written(
    dialect: Dialect, statement: Insert | Update | Delete, names: tuple[str, ...]
) -> _Written:
    if not dialect.positional:  # PostgreSQL's: values go by their names elsewhere
        dialect = cast("Any", type(dialect))(paramstyle="format")
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    order = cast("list[str]", compiled.positiontup)
    given = [name for name in order if name in names]
    single = itemgetter(given[0])
    return _Written(
        str(compiled),
        itemgetter(*given) if len(given) > 1 else lambda row: (single(row),),
        [(place, compiled.params[name]) for place, name in enumerate(order) if name not in names],
        list(_binds([compiled.binds[name].type for name in order], dialect)),
    )


def _binds(
    types: Iterable[TypeEngine[Any]], dialect: Dialect
) -> Iterator[tuple[int, Callable[[Any], Any]]]:
    """Where a value is turned into another; most rows have the moments and states of others."""
    for place, kind in enumerate(types):
        bind = kind.dialect_impl(dialect).bind_processor(dialect)
        if bind and not isinstance(kind, LargeBinary):  # both drivers take bytes as they are
            yield place, lru_cache(REMEMBERED)(bind)
