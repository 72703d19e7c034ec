"""Many things at once, by threads that take from one source: nothing waits in a queue."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


def at_once(function: Callable[[T], object], items: Iterable[T], lanes: int) -> None:
    """Call ``function`` with each item, in so many threads, which take the items in their order.

    After the first error nothing more is begun; it is raised when what was begun has ended.
    """
    source = iter(items)
    first = list(islice(source, lanes))
    _Lanes(function, source).run(first)


@dataclass(slots=True)
class _Lanes(Generic[T]):
    function: Callable[[T], object]
    source: Iterator[T]
    errors: list[BaseException] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def run(self, first: Iterable[T]) -> None:
        """Return when all is done, or was given up."""
        threads = [Thread(target=self._work, args=(item,)) for item in first]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException as error:  # Ctrl+C: the lanes end after what they are at
            self.errors.append(error)
            raise
        if self.errors:
            raise self.errors[0]

    def _work(self, item: T) -> None:
        try:
            while True:  # what was taken is done, also after an error of another lane
                self.function(item)
                with self.lock:
                    if self.errors:
                        return
                    item = next(self.source)
        except StopIteration:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self.errors.append(error)
