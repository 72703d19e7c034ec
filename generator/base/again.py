"""Doing something again that may go well the next time."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


def again(
    action: Callable[[], T],
    error: type[E],
    pauses: Iterable[float],
    sleep: Callable[[float], object],
    may_help: Callable[[E], bool] = lambda _: True,
) -> T:
    """What ``action`` answers; it is done again after each of ``pauses`` where that ``may_help``.

    Raises:
        E: it failed to the last, or nothing can help.
    """
    for pause in pauses:
        try:
            return action()
        except error as failed:
            if not may_help(failed):
                raise
        sleep(pause)
    return action()
