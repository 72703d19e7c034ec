"""One run at a time: two builds of one site would stage into each other."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from generator.base.errors import OutsideError
from generator.site.layout import Layout
from generator.site.private import close_folder


@contextmanager
def only_run(layout: Layout) -> Iterator[None]:
    """Hold the site for a command that changes it.

    The lock is the kernel's: it ends with the process, however the process ends.

    Raises:
        OutsideError: another command is changing the site.
    """
    with _opened(layout) as handle:
        _take(handle)
        yield


@contextmanager
def turn(layout: Layout) -> Iterator[None]:
    """Like ``only_run``, and wait while another command has the site, were it a whole night."""
    with _opened(layout) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(layout: Layout) -> Iterator[int]:
    """The handle that holds the site once it is locked; closing it lets go."""
    close_folder(layout.lock.parent)
    handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "wait until it ends"
        raise OutsideError(f"another command is changing this site — hint: {hint}") from None
