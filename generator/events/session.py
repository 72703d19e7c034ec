"""One connection to PostgreSQL that listens for events and holds their table.

Only this module knows the driver, and it is imported when a connection is wanted. No error of
the driver gets out: its words may hold the URI or what stands in a row.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from generator.base.errors import InputError, OutsideError, Problem
from generator.events.event import LONGEST
from generator.events.source import LostError

TABLE = "sealpress_events"
DEFAULTS = {
    "application_name": "sealpress watch",
    "client_encoding": "UTF8",
    "connect_timeout": "5",
    "keepalives_idle": "10",  # a server that fell silent is noticed within half a minute
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
SERVER_SIDE = """
    set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3
"""
LISTEN = "listen sealpress_events"
LOCK = """
    select pg_try_advisory_lock(
        (1396783185::bigint << 32) | 'sealpress_events'::regclass::oid::bigint
    )
"""
READ = """
    select number, left(event::text, %s) from sealpress_events
    where number > %s order by number limit %s
"""
PUT_ASIDE = """
    insert into sealpress_events_refused (number, event, created, reason)
    select number, event, created, %s from sealpress_events where number = %s
"""
DELETE = "delete from sealpress_events where number = any(%s)"
DDL_HINT = "run generator/events/postgres.sql in the database that the URI names"
GRANT_HINT = "grant what stands at the end of generator/events/postgres.sql"


class Session:
    """A connection that listens, and that alone reads the table of events.

    Raises:
        InputError: the URI is none, or the table is missing or closed to us.
        LostError: the server does not answer, or another process watches the table.
    """

    def __init__(self, uri: str) -> None:
        with _told():
            self._connection = psycopg.connect(_complete(uri), autocommit=True)
        try:
            with _told():
                self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self._connection.execute(SERVER_SIDE)
        row = self._connection.execute(LOCK).fetchone()
        if row != (True,):
            raise LostError(f"{TABLE}: another process watches it — hint: let only one run")
        self._connection.execute(LISTEN)

    def read(self, after: int, most: int) -> list[tuple[int, str]]:
        """Number and text of at most ``most`` events behind the number ``after``."""
        with _told():
            return self._connection.execute(READ, (LONGEST + 1, after, most)).fetchall()

    def settle(self, numbers: list[int], reasons: Mapping[int, str]) -> None:
        """Take events out of the table, those with a reason into that of the refused.

        All of it or nothing; done again it does nothing, since the rows are gone.
        """
        with _told(), self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(PUT_ASIDE, [(why, number) for number, why in reasons.items()])
            cursor.execute(DELETE, (numbers,))

    def wait(self, seconds: float) -> bool:
        """Whether the server rang; it comes back at the latest after ``seconds``."""
        with _told():
            return bool([*self._connection.notifies(timeout=seconds, stop_after=1)])

    def close(self) -> None:
        """End the connection, and with it the lock."""
        self._connection.close()


def _complete(uri: str) -> str:
    """The URI with what it leaves open."""
    try:
        given = conninfo_to_dict(uri)
    except psycopg.ProgrammingError:
        hint = "write postgresql://user@host:5432/database"
        raise InputError([Problem(TABLE, "the URI of the database is none", hint)]) from None
    return make_conninfo(uri, **{**DEFAULTS, **given})


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedTable:
        problem = Problem(TABLE, "the table of events is missing", DDL_HINT)
        raise InputError([problem]) from None
    except psycopg.errors.InsufficientPrivilege:
        problem = Problem(TABLE, "the database does not let us", GRANT_HINT)
        raise InputError([problem]) from None
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        hint = "see whether the server runs, and who may connect"
        raise LostError(
            f"{TABLE}: the database cannot be reached{_code(error)} — hint: {hint}"
        ) from None
    except psycopg.Error as error:
        raise OutsideError(f"{TABLE}: the database refused{_code(error)}") from None


def _code(error: psycopg.Error) -> str:
    """PostgreSQL's code for what happened; its words are not for a log."""
    return f" ({error.sqlstate})" if error.sqlstate else ""
