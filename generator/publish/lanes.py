"""Many things at once, by threads that take from one source: nothing waits in a queue."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

TWICE = 2  # all lanes must have waited before more are begun: a machine that stalls does so once


def at_once(
    function: Callable[[T], bool | None], items: Iterable[T], lanes: int, most: int = 0
) -> None:
    """Call ``function`` with each item, in so many threads, which take the items in their order.

    Where ``function`` answers again and again that it waited, more are begun, up to ``most``.
    After the first error nothing more is begun; it is raised when what was begun has ended.
    """
    source = iter(items)
    first = list(islice(source, lanes))
    _Lanes(function, source, most).run(first)


@dataclass(slots=True)
class _Lanes(Generic[T]):
    function: Callable[[T], bool | None]
    source: Iterator[T]
    most: int
    threads: list[Thread] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    waits: int = 0
    """How many items in a row waited, since a lane was begun."""

    def run(self, first: Iterable[T]) -> None:
        """Return when all is done, or was given up."""
        with self.lock:  # none of them begins others before all have begun
            self._begin(first)
        try:
            for thread in self.threads:  # those that are begun meanwhile too
                thread.join()
        except BaseException as error:  # Ctrl+C: the lanes end after what they are at
            self.errors.append(error)
            raise
        if self.errors:
            raise self.errors[0]

    def _begin(self, items: Iterable[T]) -> None:
        for item in items:
            self.threads.append(Thread(target=self._work, args=(item,)))
            self.threads[-1].start()

    def _work(self, item: T) -> None:
        try:
            while not self.errors:
                has_waited = self.function(item)
                with self.lock:
                    self._heed(has_waited=bool(has_waited))
                    item = next(self.source)
        except StopIteration:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self.errors.append(error)

    def _heed(self, *, has_waited: bool) -> None:
        """Begin half as many lanes again when all have waited."""
        self.waits = self.waits + 1 if has_waited else 0
        lanes = len(self.threads)
        if self.waits >= TWICE * lanes and lanes < self.most:
            self.waits = 0
            self._begin(islice(self.source, min((lanes + 1) // 2, self.most - lanes)))
