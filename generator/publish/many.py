"""Many requests at once, in one thread: nothing waits in a queue, and no lock is asked for.

Some lines to begin with, since each is a connection. Where nothing comes for a moment although all
of them are busy the store is far away, and twice as many are taken: with 30 ms each two hundred
lines are six thousand requests a second. What may go well is asked again; see ``Tries``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

import pycurl

from generator.publish.pace import Pace
from generator.publish.tries import Tries
from generator.publish.wire import NO_ANSWER, Answer, Line, Request, Wire

LINES = 16  # to begin with: enough for a store that answers at once
MOST_LINES = 256  # by select, with which libcurl waits here, no more than a thousand can be watched
QUIET = 0.002  # seconds in which nothing comes from a store that is far away
LOOK = 1.0  # seconds after which it is looked again, whatever is waited for
MS = 1000  # milliseconds a second


class Many:
    """Lines to a bucket that are kept for the next requests; one thread at a time may use them."""

    def __init__(self, wire: Wire, pace: Pace) -> None:
        self.wire, self.pace = wire, pace
        self.multi, self.idle = pycurl.CurlMulti(), list[Line]()
        self.multi.setopt(pycurl.M_MAXCONNECTS, MOST_LINES)
        self.lines = LINES
        """How many requests may be under way."""

    def ask(self, requests: Iterable[Request], done: Callable[[Request], object]) -> None:
        """Make all requests, begun in their order; ``done`` is told of each.

        After the first error nothing more is begun; it is raised when what was begun has ended.

        Raises:
            OutsideError: the store failed.
        """
        run = _Run(self, iter(requests), done)
        try:
            run.run()
        finally:
            run.hang_up()


_Next = tuple[Request, Tries | None]
"""What is asked for next, and what it has been through."""


class _Busy(NamedTuple):
    """What is under way over a line."""

    line: Line
    request: Request
    tries: Tries | None
    """None of what never failed."""


@dataclass(slots=True)
class _Run:
    many: Many
    source: Iterator[Request]
    done: Callable[[Request], object]
    busy: dict[pycurl.Curl, _Busy] = field(default_factory=dict)
    again: list[tuple[float, int, Request, Tries]] = field(default_factory=list)
    """What is to be asked again, and when; the next one first."""
    numbers: Iterator[int] = field(default_factory=count)
    held: _Next | None = None
    """What was taken from the source, and waits for its turn."""
    turn: float = 0.0
    slept: float = 0.0
    """Until when; a test's clock does not know."""
    answers: int = 0
    """Since there were other lines."""
    error: Exception | None = None

    def run(self) -> None:
        """Return when all is done, or given up and what was begun has ended."""
        while True:
            pause = self._begin_some()
            if self.busy:
                self._wait(pause)
                self._take()
            elif pause is None:
                break
            else:
                self.slept = self._now() + pause
                self.many.pace.sleep(pause)
        if self.error:
            raise self.error

    def hang_up(self) -> None:
        """End what is under way, where it was not waited for."""
        for curl in self.busy:
            self.many.multi.remove_handle(curl)
        self.busy.clear()

    def _begin_some(self) -> float | None:
        """Begin what can be begun; the seconds until more can, None where that is not known."""
        try:
            while len(self.busy) < self.many.lines and not self.error:
                self.held = self.held or self._next()
                if self.held is None:
                    return self.again[0][0] - self._now() if self.again else None
                if (pause := self.turn - self._now()) > 0:
                    return pause
                request, tries = self.held
                self.held = None
                self._begin(request, tries)
        except Exception as error:  # noqa: BLE001 - it is raised when what was begun has ended
            self.error = error
        return None

    def _next(self) -> _Next | None:
        """What is to be asked next, or asked again if it is time; its turn is known then."""
        pace = self.many.pace
        if self.again and self.again[0][0] <= self._now():
            held: _Next = heappop(self.again)[2:]
        else:
            try:
                held = next(self.source), None
            except StopIteration:
                return None
        self.turn = pace.turn()
        return held

    def _begin(self, request: Request, tries: Tries | None) -> None:
        many = self.many
        line = many.idle.pop() if many.idle else Line(many.wire)
        line.load(request)
        many.multi.add_handle(line.curl)
        self.busy[line.curl] = _Busy(line, request, tries)

    def _wait(self, pause: float | None) -> None:
        """Return when something came, or ``pause`` is over; take more lines where nothing comes."""
        multi, lines = self.many.multi, self.many.lines
        wait = LOOK if pause is None else min(LOOK, max(pause, 0))
        may_grow = len(self.busy) == lines < MOST_LINES and self.answers >= lines
        if may_grow:
            wait = min(wait, QUIET)
        if (curls := multi.timeout()) >= 0:  # until libcurl itself has something to do
            wait = min(wait, curls / MS)
        if not multi.select(wait) and may_grow and wait == QUIET:
            self.many.lines, self.answers = min(2 * lines, MOST_LINES), 0
        multi.perform()

    def _take(self) -> None:
        """Look at what came."""
        left = 1
        while left:
            left, good, bad = self.many.multi.info_read()
            came = [(curl, self.busy[curl].line.answer()) for curl in good]
            came += [(curl, NO_ANSWER) for curl, *_ in bad]
            # before a refusal among them asks how many there were
            self.many.pace.accepted(sum(answer.is_good for _, answer in came))
            for curl, answer in came:
                self._end(curl, answer)

    def _end(self, curl: pycurl.Curl, answer: Answer) -> None:
        line, request, tries = self.busy.pop(curl)
        self.many.multi.remove_handle(curl)
        self.many.idle.append(line)
        self.answers += 1
        try:
            if answer.is_good:
                self.done(request)
            else:
                tries = tries or Tries(self.many.pace, self.many.pace.clock())
                due = self._now() + tries.pause(answer.failure())
                heappush(self.again, (due, next(self.numbers), request, tries))
        except Exception as error:  # noqa: BLE001 - as above
            self.error = self.error or error

    def _now(self) -> float:
        return max(self.many.pace.clock(), self.slept)
