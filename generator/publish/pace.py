"""How fast requests go: as fast as a store lets them, and no faster.

A store that is asked too much answers 503 or 429. What it accepted in the second before is what it
permits; from there the rate grows slowly, and falls again at the next refusal.
"""

import time
from collections import deque
from collections.abc import Callable
from itertools import repeat
from threading import Lock

SECOND = 1.0  # over which accepted requests are counted
DOWN = 0.97  # of what was accepted in the last second
UP = 0.15  # of the rate, a second
SLOWEST = 1.0  # requests a second
DEAF = 0.25  # seconds after a slowdown in which refusals tell nothing new: they were on their way


class Pace:
    """The pace of all threads of a process; made once a store."""

    def __init__(
        self,
        most: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``most`` requests a second at any time; 0 sets no bound until a store refuses."""
        self.clock, self.sleep, self._lock = clock, sleep, Lock()
        self._most = most
        self.rate = most
        """Requests a second; 0 is as fast as they go."""
        self._next = self._raised = self._slowed = self._heard = clock()
        self._accepted: deque[float] = deque()

    def wait(self) -> None:
        """Return when the next request may go."""
        if (pause := self.turn() - self.clock()) > 0:
            self.sleep(pause)

    def turn(self) -> float:
        """When the next request may go, by the clock; it is counted as gone then."""
        if not self.rate:
            return self._next  # which is over: without a bound no request makes another wait
        with self._lock:
            now = self.clock()
            self._raise(now)
            start = max(now, self._next)
            self._next = start + (1 / self.rate if self.rate else 0)
            return start

    def accepted(self, requests: int = 1) -> None:
        """Note that so many requests went well."""
        with self._lock:
            now = self.clock()
            self._heard = now
            self._accepted.extend(repeat(now, requests))
            self._forget(now)

    def silence(self) -> float:
        """Seconds since a request went well, or since the beginning."""
        with self._lock:
            return self.clock() - self._heard

    def refused(self, pause: float = 0.0) -> None:
        """Slow down; for ``pause`` seconds, if the store named a time, nothing goes at all."""
        with self._lock:
            now = self.clock()
            self._next = max(self._next, now + pause)
            if self._slowed and now < self._slowed + DEAF and self.rate:
                return
            self._forget(now)
            span = min(SECOND, max(now - self._accepted[0], DEAF)) if self._accepted else SECOND
            self.rate = max(SLOWEST, DOWN * len(self._accepted) / span)
            self._slowed = self._raised = now

    def _raise(self, now: float) -> None:
        """Let the rate grow by the time that went without a refusal."""
        if self.rate:
            self.rate *= 1 + UP * (now - self._raised)
            if self._most:
                self.rate = min(self.rate, self._most)
        self._raised = now

    def _forget(self, now: float) -> None:
        while self._accepted and self._accepted[0] <= now - SECOND:
            self._accepted.popleft()
