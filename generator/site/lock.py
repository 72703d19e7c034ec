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
    close_folder(layout.lock.parent)
    handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle)
        yield
    finally:
        os.close(handle)


@contextmanager
def turn(layout: Layout) -> Iterator[None]:
    """Like ``only_run``, and wait while another command has the site, were it a whole night."""
    close_folder(layout.lock.parent)
    handle = os.open(layout.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "wait until it ends"
        raise OutsideError(f"another command is changing this site — hint: {hint}") from None
