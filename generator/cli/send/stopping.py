"""Being asked to stop: what is under way comes to its end, so that nobody has to find out of it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


class Wish:
    """Whether somebody asked to stop; whoever sleeps wakes up then."""

    def __init__(self) -> None:
        self._asked = Event()

    def __call__(self) -> bool:
        """Whether somebody did."""
        return self._asked.is_set()

    def sleep(self, seconds: float) -> None:
        """Sleep so long, or until somebody asks."""
        self._asked.wait(seconds)

    def ask(self, name: int, _: FrameType | None = None) -> None:
        """Ask; whoever asks twice does not want to wait."""
        if self._asked.is_set():
            signal.default_int_handler(name, None)
        self._asked.set()


@contextmanager
def wished() -> Iterator[Wish]:
    """Listen to the signals that ask a command to stop."""
    wish = Wish()
    earlier = {name: signal.signal(name, wish.ask) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield wish
    finally:
        for name, handler in earlier.items():
            signal.signal(name, handler)
