"""Waking up when a file comes into a folder.

The kernel's inotify tells it within a tenth of a millisecond and costs nothing while nothing
comes (docs/decisions/0011-events.md). It is silent about what other machines do on a network file
system, and there may be no watch left to have: so nobody waits for it longer than a second.
"""

from contextlib import suppress
from math import ceil
from pathlib import Path
from time import sleep

from inotify_simple import INotify, flags

POLL = 1.0  # seconds; reading a folder costs some microseconds a file


class Doorbell:
    """Rings when a file is renamed into ``folder``, and every ``poll`` seconds."""

    def __init__(self, folder: Path, poll: float = POLL) -> None:
        self._poll = poll
        self._kernel: INotify | None = None
        # too many watches, or another kernel than Linux: the poll goes on
        with suppress(OSError, AttributeError):
            self._kernel = INotify()
            # of a file that is not renamed nobody knows whether it is whole: the poll finds it
            self._kernel.add_watch(folder, flags.MOVED_TO | flags.ONLYDIR)

    def wait(self, seconds: float) -> bool:
        """Whether the kernel rang; it comes back at the latest after ``seconds``."""
        longest = min(seconds, self._poll)
        if self._kernel is None:
            sleep(longest)
            return False
        return bool(self._kernel.read(timeout=ceil(longest * 1000)))

    def close(self) -> None:
        """Give the watch back to the kernel."""
        if self._kernel is not None:
            self._kernel.close()
