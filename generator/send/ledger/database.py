"""Transactions on SQLite or PostgreSQL, the same for whoever uses them.

Whoever writes waits for its turn: SQLite lets one writer in at a time, PostgreSQL locks rows. What
is committed is on the disk. No error of a driver gets out: its words may hold a row or a URI.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from generator.base.config import ENVIRONMENT, POSTGRESQL, SQLITE
from generator.base.errors import InputError, OutsideError, Problem
from generator.send.ledger.bulk import SQLITE_NAME, UNHEXED, Values, each

T = TypeVar("T")

NAME = "send.ledger"
CHUNK = 5_000
"""Rows in one go: their variables are fewer than either database takes in a statement."""
WAITING = 30  # seconds until a writer of SQLite gives up; a batch holds the file for less than one
DURABLE = (
    "cache_size=-32000",  # KB: a batch of 5,000 rows has more pages than fit into 2 MB, its usual
    "journal_mode=wal",
    "synchronous=full",
    "secure_delete=on",  # what is purged is not left in free pages of the file
    f"busy_timeout={WAITING * 1000}",
)
DEFAULTS = {
    "application_name": "sealpress send",
    "client_encoding": "UTF8",
    "connect_timeout": "5",
    "options": "-c synchronous_commit=on",  # a server may be set to forget the last second
    "tcp_user_timeout": "15000",
}
CONNECTIONS, MORE = 2, 8
BUSY = "see that no other program holds it, then run this again"
HINTS = {
    "SQLITE_FULL": "make room on its disk, then run this again",
    "SQLITE_IOERR": "look at its disk, then run this again",
    "SQLITE_READONLY": "see who may write there",
    "SQLITE_CORRUPT": "it is damaged; before you take a copy of it, stop all channels",
    "SQLITE_NOTADB": "it is no file of SQLite; see send.ledger in content/site.yaml",
}
"""By the beginning of SQLite's own names."""
AWAY = "see whether the server runs, and who may connect"


class Database:
    """A database that is open; many threads may use it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(sealpress_reads=True)
        exactly = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._exact = engine.execution_options(**exactly)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self._engine.dialect.name == SQLITE_NAME

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only looks, and holds nobody up."""
        with told(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self, *, is_exact: bool = False) -> Iterator[Connection]:
        """A transaction that is done as a whole and on the disk afterwards, or not at all.

        An exact one sees to its end what it saw first: on SQLite all do, on PostgreSQL it fails
        when somebody else changed the same rows.
        """
        engine = self._exact if is_exact else self._engine
        with told(), engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """End all connections."""
        self._engine.dispose()


def open_database(root: Path, where: str, environment: Mapping[str, str] = os.environ) -> Database:
    """The database of a setting: ``sqlite:`` and a path below ``root``, a URI, or ``env:NAME``.

    Raises:
        InputError: it is none of them, or the driver of PostgreSQL is not installed.
    """
    uri = _resolved(where, environment)
    if uri.startswith(SQLITE):
        return Database(_sqlite(root / uri.removeprefix(SQLITE)))
    return Database(_postgresql(uri))


def added(connection: Connection, table: Table, rows: Iterable[Values], unique: list[str]) -> int:
    """How many rows were put in; those whose ``unique`` columns are there already are left out.

    Without any columns all that the table has once count: whatever is there twice is left out.
    """
    statement = _adding(connection.dialect.name, table, tuple(unique))
    return sum(each(connection, statement, part) for part in chunks(rows))


def replaced(connection: Connection, table: Table, rows: Iterable[Values], key: list[str]) -> None:
    """Put rows in; one that has its ``key`` already takes the new values."""
    statement = _replacing(connection.dialect.name, table, tuple(key))
    for part in chunks(rows):
        each(connection, statement, part)


@cache
def _adding(dialect: str, table: Table, unique: tuple[str, ...]) -> Insert:
    into = sqlite.Insert if dialect == SQLITE_NAME else postgresql.Insert
    return into(table).on_conflict_do_nothing(index_elements=unique or None)


@cache
def _replacing(dialect: str, table: Table, key: tuple[str, ...]) -> Insert:
    statement = (sqlite.Insert if dialect == SQLITE_NAME else postgresql.Insert)(table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=others)


def chunks(rows: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """``rows`` in lists of at most ``size``; no list is empty."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def ordered(ids: Collection[str]) -> Iterator[list[str]]:
    """Ids in chunks, in the order in which all lock rows: so two never wait for each other."""
    return chunks(sorted(set(ids)))


@contextmanager
def told() -> Iterator[None]:
    """Errors of a database in our own words."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", "") or getattr(error.orig, "sqlite_errorname", "")
        code = f" ({state})" if state else ""
        raise OutsideError(f"{NAME}: the database refused{code}{_hint(error)}") from None
    except SQLAlchemyError as error:
        raise OutsideError(f"{NAME}: the database failed ({type(error).__name__})") from None


def _hint(error: DBAPIError) -> str:
    """What to do about it; nothing helps against a row that contradicts another."""
    name = getattr(error.orig, "sqlite_errorname", "")
    known = next((hint for start, hint in HINTS.items() if name.startswith(start)), "")
    if not known and isinstance(error, OperationalError):
        known = BUSY if name else AWAY
    return f" — hint: {known}" if known else ""


def _resolved(where: str, environment: Mapping[str, str]) -> str:
    uri = where
    if where.startswith(ENVIRONMENT):
        uri = environment.get(where.removeprefix(ENVIRONMENT), "")
    if not uri.startswith((*POSTGRESQL, SQLITE)) or uri == SQLITE:
        hint = "write sqlite:PATH, postgresql://USER@HOST/NAME, or env:NAME of a variable"
        raise InputError([Problem(NAME, "is not a database for the ledger", hint)])
    return uri


def _sqlite(path: Path) -> Engine:
    """A file that only we can read, as are those that SQLite makes beside it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise OutsideError(f"{NAME}: {error.strerror} — hint: see who may write there") from None
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # else the driver begins when it likes
    connection.create_function(UNHEXED, 1, bytes.fromhex, deterministic=True)
    for setting in DURABLE:
        connection.execute(f"pragma {setting}")


def _begin(connection: Connection) -> None:
    """Whoever writes gets the lock first: of two who read before they write one would fail."""
    is_reading = connection.get_execution_options().get("sealpress_reads")
    connection.exec_driver_sql("begin" if is_reading else "begin immediate")


def _postgresql(uri: str) -> Engine:
    """The driver reads the URI itself: it knows more forms of it than anybody else."""
    try:
        import psycopg  # noqa: PLC0415 - who has a file needs no driver
        from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415
    except ImportError:
        hint = "install it with: pip install 'sealpress[database]'"
        problem = Problem(NAME, "the driver of the database is not installed", hint)
        raise InputError([problem]) from None
    try:
        complete = make_conninfo(uri, **{**DEFAULTS, **conninfo_to_dict(uri)})
    except psycopg.ProgrammingError:
        hint = "write postgresql://USER@HOST:5432/NAME"
        raise InputError([Problem(NAME, "the URI of the database is none", hint)]) from None
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(complete),
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=MORE,
        pool_pre_ping=True,
    )
