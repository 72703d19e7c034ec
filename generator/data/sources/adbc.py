"""A read-only connection to a database by ADBC, whose answers are Arrow batches.

The drivers are imported when a connection is wanted, since most sites need none. Words of a
database may quote a cell or an address: they are never shown, only what class they are of.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from generator.base.config import DATABASES, ENVIRONMENT, SQLITE
from generator.base.errors import InputError, OutsideError, Problem, SealpressError

BEGIN = ("set transaction read only", "set local datestyle to 'ISO'")
BATCH = {"adbc.sqlite.query.batch_rows": 50_000}  # PostgreSQL's driver gives 16 MB as it is
OUTSIDE = ("08", "40", "53", "55P03", "57", "58")
"""Classes of SQLSTATE, and a lock, about which the operator's query can do nothing."""
PASSING = ("database is locked", "canceling statement")
"""Words of the same, of SQLite and of PostgreSQL where no code comes with them."""
REFUSALS = {
    "42601": "the query is not well written",
    "42703": "the query names a column that is not there",
    "42P01": "the query names a table that is not there",
    "42501": "the query reads what this user may not read",
    "no such column": "the query names a column that is not there",
    "no such table": "the query names a table that is not there",
    "syntax error": "the query is not well written",
    "not a database": "the file is not an SQLite database",
}
"""By SQLSTATE of PostgreSQL and by fixed words of SQLite, which has no such codes."""
HINT = "run it in a client of the database to see why"


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection; ``name`` is how problems call what is read through it."""

    connection: Any
    name: str
    options: Mapping[str, int | str] = field(default_factory=dict)

    def header(self, query: str) -> dict[str, bool]:
        """The columns that ``query`` gives, and whether each holds lists or rows of its own."""
        with self._told(), self._stream(query) as stream:
            columns = stream.get_schema().children
            return {column.name: column.format.startswith("+") for column in columns}

    def frames(self, query: str) -> Iterator[pl.DataFrame]:
        """What ``query`` gives, a batch at a time.

        Raises:
            InputError: the database refuses the query.
            OutsideError: the database was lost, or cannot answer now.
        """
        with self._told(), self._stream(query) as stream:
            for batch in stream:
                yield pl.DataFrame(batch)

    @contextmanager
    def _stream(self, query: str) -> Iterator[Any]:
        with import_module("adbc_driver_manager").AdbcStatement(self.connection) as statement:
            statement.set_options(**self.options)
            statement.set_sql_query(query)
            answer, _ = statement.execute_query()
            yield import_module("nanoarrow").c_array_stream(answer)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except _failures() as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> SealpressError:
        state, words = getattr(error, "sqlstate", None) or "", str(error).partition("\nquery: ")[0]
        if state.startswith(OUTSIDE) or any(mark in words for mark in PASSING):
            return lost(self.name, state)
        known = (told for mark, told in REFUSALS.items() if mark in (state or words))
        sentence = next(known, "")
        if not sentence and not self._is_alive():
            return lost(self.name, state)
        code = f" (SQLSTATE {state})" if state else ""
        told = (sentence or "the database refused the query") + code
        return InputError([Problem(self.name, told, HINT)])

    def _is_alive(self) -> bool:
        try:
            self.connection.rollback()
            with self._stream("select 1"):
                return True
        except _failures():
            return False


@contextmanager
def connected(database: str, root: Path, name: str) -> Iterator[Session]:
    """A session with the database of a setting; paths are below ``root``.

    Raises:
        InputError: there is no such file or variable, or the driver is not installed.
        OutsideError: the database cannot be reached.
    """
    uri = _resolved(database, name)
    is_file = uri.startswith(SQLITE)
    driver = _driver("adbc_driver_sqlite" if is_file else "adbc_driver_postgresql", name)
    address = _file_uri(root / uri.removeprefix(SQLITE), name) if is_file else uri
    with _opened(driver, address, name) as connection:
        session = Session(connection, name, BATCH if is_file else {})
        for statement in () if is_file else BEGIN:
            for _ in session.frames(statement):
                pass  # such a statement gives no rows
        yield session


def lost(name: str, state: str = "") -> OutsideError:
    """The error that a database cannot answer now."""
    code = f" (SQLSTATE {state})" if state else ""
    hint = "see that it runs and lets this user in, then run this again"
    return OutsideError(f"{name}: the database does not answer{code} — hint: {hint}")


@contextmanager
def _opened(driver: ModuleType, address: str, name: str) -> Iterator[Any]:
    adbc = import_module("adbc_driver_manager")
    try:
        database = driver.connect(address)
    except adbc.Error:
        raise lost(name) from None
    with database:
        try:
            connection = adbc.AdbcConnection(database)
        except adbc.Error:
            raise lost(name) from None
        with connection:
            connection.set_autocommit(False)
            yield connection


def _failures() -> tuple[type[Exception], ...]:
    """What ADBC raises before the first batch, and nanoarrow after it: a kind of RuntimeError."""
    return import_module("adbc_driver_manager").Error, RuntimeError


def _driver(module: str, name: str) -> ModuleType:
    try:
        import_module("nanoarrow")
        return import_module(module)
    except ImportError:
        hint = "install it with: pip install 'sealpress[database]'"
        problem = Problem(name, "the driver of the database is not installed", hint)
        raise InputError([problem]) from None


def _resolved(database: str, name: str) -> str:
    """The URI itself; one from the environment may hold a password, and is shown nowhere."""
    if not database.startswith(ENVIRONMENT):
        return database
    variable = database.removeprefix(ENVIRONMENT)
    uri = os.environ.get(variable, "")
    if not uri.startswith(DATABASES):
        hint = f"set {variable} to postgresql://USER@HOST/NAME or sqlite:PATH"
        raise InputError([Problem(name, "the variable holds no URI of a database", hint)])
    return uri


def _file_uri(path: Path, name: str) -> str:
    """A URI that SQLite opens for reading only; else it would make the file that is missing."""
    if not path.is_file():
        hint = "export it there, or set its place under tables in content/site.yaml"
        raise InputError([Problem(name, "there is no such database", hint)])
    return f"{path.absolute().as_uri()}?mode=ro"
