"""Events from a table in PostgreSQL; the tables are made by ``postgres.sql`` beside this file.

Rows are deleted when they are acknowledged, by their numbers and not up to a number: one that was
begun early and committed late is not passed over.
"""

from __future__ import annotations

from pathlib import Path
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, TypeVar

from generator.base.errors import InputError, Problem
from generator.events.event import Columns, Line, read_line
from generator.events.source import MOST, Bursts, LostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.events.session import Session

T = TypeVar("T")

POLL = 5.0  # seconds: for what was not heard, and for a connection that is dead
PATIENCE = 60.0  # seconds: a server's restart, or its change to a stand-by
AT_FIRST = 3.0  # seconds: a watcher that was killed holds its lock for a moment
SHORTEST, LONGEST_PAUSE = 0.1, 5.0


class PostgresEvents(Bursts):
    """A table of events in PostgreSQL, heard through LISTEN.

    A lost connection is made again for ``patience`` seconds. It must lead to the server itself:
    a pooler that shares connections keeps neither LISTEN nor the lock.

    Raises:
        InputError: the driver, the table or a right is missing, or the URI is none.
        OutsideError: the server does not answer, or another process watches the table.
    """

    def __init__(
        self, uri: str, columns: Columns, most: int = MOST, patience: float = PATIENCE
    ) -> None:
        super().__init__(most)
        self._uri, self._columns, self._patience = uri, columns, patience
        self._session: Session | None = None
        self._last = 0
        self._insist(lambda _: None, min(AT_FIRST, patience))

    def close(self) -> None:
        """Let go of the table; what is open comes again."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _stir(self, seconds: float) -> None:
        try:
            self._connected().wait(min(seconds, POLL))
        except LostError:
            self.close()  # whoever reads next connects again, and reads what came meanwhile

    def _read(self, most: int) -> list[Line]:
        rows = self._insist(lambda session: session.read(self._last, most), self._patience)
        lines = [
            read_line(text.encode(), "sealpress_events", number, self._columns)
            for number, text in rows
        ]
        self._last = lines[-1].number if lines else self._last
        return lines

    def _settle(self) -> None:
        numbers = [line.number for line in self._lines]
        refused = (line for line in self._lines if line.problems)
        reasons = {line.number: "\n".join(map(str, line.problems)) for line in refused}
        self._insist(lambda session: session.settle(numbers, reasons), self._patience)
        self._last = 0  # what was begun early and committed late has a smaller number

    def _insist(self, work: Callable[[Session], T], patience: float) -> T:
        """What ``work`` answers, over as many connections as it takes.

        Raises:
            OutsideError: the server was away, or another process had the table, for too long.
        """
        for pause in self._pauses(patience):
            try:
                return work(self._connected())
            except LostError:
                self.close()
                sleep(pause)
        return work(self._connected())

    def _pauses(self, patience: float) -> Iterator[float]:
        """Pauses that double, each shorter by chance, lest all clients come back at once."""
        end, pause = self._clock() + patience, SHORTEST
        while self._clock() + pause < end:
            yield uniform(pause / 2, pause)  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connected(self) -> Session:
        if self._session is None:
            self._session = _driver()(self._uri)
        return self._session


def _driver() -> type[Session]:
    """The module that knows the driver, which is an extra of the package."""
    try:
        from generator.events.session import Session  # noqa: PLC0415 - only who needs it
    except ImportError:
        hint = "install it with: pip install 'sealpress[database]'"
        problem = Problem("sealpress_events", "the driver for PostgreSQL is missing", hint)
        raise InputError([problem]) from None
    return Session


def ddl() -> str:
    """The statements that make the tables of events, for ``psql``."""
    return Path(__file__).with_name("postgres.sql").read_text(encoding="utf-8")
