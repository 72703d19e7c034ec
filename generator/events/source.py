"""Sources of events: what all have in common, and how a burst becomes one batch.

A source hands out one batch at a time. Until it is acknowledged ``wait`` answers with the same
batch, and a new process begins with the same events: so nothing is lost between the two, whoever
fails. What was acknowledged never comes again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, Self

from generator.base.errors import OutsideError, Problem
from generator.events.event import Event, Line

MOST = 500
QUIET = 0.05  # seconds without news that end a burst
LASTING = 0.3  # seconds after which a burst is handed on though it goes on


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the order in which they came, and what was wrong with those that are none."""

    events: tuple[Event, ...] = ()
    refused: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything in it, and so anything to acknowledge."""
        return bool(self.events or self.refused)


class EventSource(Protocol):
    """Where events come from; one thread uses it at a time."""

    def wait(self, seconds: float) -> Batch:
        """What came, or after ``seconds`` an empty batch; an open batch comes again at once."""

    def acknowledge(self, batch: Batch) -> None:
        """Take the batch that was waited for out of the source; refused events are put aside."""

    def close(self) -> None:
        """Let go of the source; what is open comes again."""

    def __enter__(self) -> Self:
        """The source itself."""

    def __exit__(self, *_: object) -> None:
        """Close it."""


class LostError(OutsideError):
    """The source is away or another process has it; it may come back."""


class Bursts(ABC):
    """What all sources share: the open batch, and waiting until a burst is over."""

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock = most, clock
        self._lines: list[Line] = []
        self._open = Batch()

    def wait(self, seconds: float) -> Batch:
        """What came, or after ``seconds`` an empty batch; an open batch comes again at once.

        After the first event it goes on until nothing came for a twentieth of a second, or three
        tenths are over, or the batch is full.

        Raises:
            OutsideError: the source cannot be read; what was read so far is kept.
        """
        if not self._open:
            self._begin(seconds)
            self._follow()
            self._open = _batch(self._lines)
        return self._open

    def acknowledge(self, batch: Batch) -> None:
        """Take the open batch out of the source; refused events are put aside with the reason.

        Raises:
            OutsideError: the source cannot be written; the batch stays open, try again.
            ValueError: another batch is open, a mistake of the caller.
        """
        if not batch:
            return
        if batch is not self._open:
            raise ValueError("only the batch that is open can be acknowledged")
        self._settle()
        self._lines, self._open = [], Batch()

    def __enter__(self) -> Self:
        """The source itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _begin(self, seconds: float) -> None:
        """Wait for the first line."""
        end = self._clock() + seconds
        self._gather()
        while not self._lines and (left := end - self._clock()) > 0:
            self._stir(left)
            self._gather()

    def _follow(self) -> None:
        """Collect the rest of a burst."""
        latest = self._clock() + LASTING
        end = self._clock() + QUIET
        while 0 < len(self._lines) < self._most and (left := end - self._clock()) > 0:
            self._stir(left)
            if self._gather():
                end = min(latest, self._clock() + QUIET)

    def _gather(self) -> bool:
        """Read what is there while there is room; whether anything was there."""
        before = len(self._lines)
        while (room := self._most - len(self._lines)) > 0 and (more := self._read(room)):
            self._lines += more
        return len(self._lines) > before

    @abstractmethod
    def close(self) -> None:
        """Let go of the source; what is open comes again."""

    @abstractmethod
    def _stir(self, seconds: float) -> None:
        """Come back when something may have come, at the latest after ``seconds``."""

    @abstractmethod
    def _read(self, most: int) -> list[Line]:
        """Some lines that were not read yet, at most ``most``; none when no more are there.

        What it raises, it raises before anything that it has read counts as read.
        """

    @abstractmethod
    def _settle(self) -> None:
        """Take all that was read out of the source."""


def _batch(lines: list[Line]) -> Batch:
    """Blank places are none of the lines, so what is no event has a problem."""
    events = tuple(line.event for line in lines if line.event is not None)
    return Batch(events, tuple(problem for line in lines for problem in line.problems))
