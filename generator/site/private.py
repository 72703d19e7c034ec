"""Private files: only their owner reads them, and they are whole after a power cut."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from generator.base.errors import OutsideError

FULL = {errno.ENOSPC, errno.EDQUOT}


def write_private(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Write a file that only its owner may read, so that it survives a power cut right after.

    Without ``sync`` it survives one only after the next commit.

    Raises:
        OutsideError: the disk is full, or does not let us write; the earlier file is whole.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        close_folder(path.parent)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):  # the next draft takes its place
            draft.unlink(missing_ok=True)
        raise unwritten(where(path), error) from None
    if sync:
        with suppress(OSError), opened(path.parent) as folder:  # not every disk syncs folders
            os.fsync(folder)


def open_private(path: Path) -> BinaryIO:
    """A new file that only its owner may read, open for writing; it takes the place of another."""
    close_folder(path.parent)
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def second_name(place: Path, other: Path) -> None:
    """Give a private file another name; where the disk knows none, copy it."""
    try:
        os.link(place, other)
    except OSError:
        with place.open("rb") as file, open_private(other) as copy:
            copyfileobj(file, copy)


def hold(path: Path) -> None:
    """Have the disk hold a file that was written in another way, or got another name.

    Raises:
        OutsideError: the disk did not take it.
    """
    try:
        with opened(path) as file:
            os.fsync(file)
    except OSError as error:
        raise unwritten(where(path), error) from None
    with suppress(OSError), opened(path.parent) as folder:
        os.fsync(folder)


def append_private(path: Path, line: str) -> None:
    """Add a line to a log that only its owner may read."""
    close_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(line + "\n")


def close_folder(folder: Path) -> None:
    """Make ``folder`` where it is missing, and close it to other users."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def where(path: Path) -> str:
    """How a private file is called in a message: from ``build`` on."""
    _, found, below = str(path).rpartition("/build/private/")
    return f"build/private/{below}" if found else path.name


def unwritten(place: str, error: OSError) -> OutsideError:
    """What is told when the disk did not take something before a commit was decided."""
    help_ = "free room, or files (df -i)" if error.errno in FULL else "see to it, and run it again"
    sentence = f"{place}: cannot be written: {error.strerror}"
    return OutsideError(f"{sentence} — hint: the earlier site is whole; {help_}")


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """A folder's handle, or a file's, for having the disk hold what was written there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
