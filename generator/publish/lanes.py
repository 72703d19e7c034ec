"""Many things at once, by threads that take from one source: nothing waits in a queue."""

from collections.abc import Callable, Iterable, Iterator
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")


def at_once(function: Callable[[T], None], items: Iterable[T], lanes: int) -> None:
    """Call ``function`` with each item, in so many threads, which take the items in their order.

    After the first error nothing more is begun; it is raised when what was begun has ended.
    """
    source, lock, errors = iter(items), Lock(), list[BaseException]()
    first = list(_some(source, lanes))

    def work(item: T) -> None:
        try:
            function(item)
            while not errors:
                with lock:
                    item = next(source)
                function(item)
        except StopIteration:
            return
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            errors.append(error)

    threads = [Thread(target=work, args=(item,)) for item in first]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException as error:  # Ctrl+C: the lanes end after what they are at
        errors.append(error)
        raise
    if errors:
        raise errors[0]


def _some(source: Iterator[T], most: int) -> Iterator[T]:
    for _ in range(most):
        try:
            yield next(source)
        except StopIteration:
            return
