"""Events from a folder into which other systems rename files of JSON lines.

A file that is read is moved into ``taken/`` first, so a new file of its name is another file, and
those of an earlier process come again in the order in which they were taken. Acknowledged files
are deleted; refused lines go to ``refused/``, with a file that says why.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.base.errors import InputError, OutsideError, Problem
from generator.events.doorbell import POLL, Doorbell
from generator.events.event import Columns, Line
from generator.events.source import MOST, Bursts, LostError
from generator.events.taken import Taken, sync

ENDING = ".jsonl"


class DirectoryEvents(Bursts):
    """The embedded default: a folder on this machine or on a network drive.

    Raises:
        InputError: there is no such folder, or everybody may write to it.
        OutsideError: another process watches it, or the disk does not let us.
    """

    def __init__(
        self, folder: Path, columns: Columns, most: int = MOST, poll: float = POLL
    ) -> None:
        super().__init__(most)
        _check(folder)
        self._folder, self._columns = folder, columns
        self._place, self._aside = folder / "taken", folder / "refused"
        with _told(folder):
            for place in (self._place, self._aside):
                _close_folder(place)
            self._lock = _locked(self._place / ".lock", folder)
            self._files = _earlier(self._place)
            self._number = max(_numbers(self._place, self._aside), default=0)
        self._walk = self._unread()
        self._bell = Doorbell(folder, poll)

    def close(self) -> None:
        """Let go of the folder; what is open comes again."""
        self._bell.close()
        os.close(self._lock)

    def _stir(self, seconds: float) -> None:
        self._bell.wait(seconds)

    def _read(self, most: int) -> list[Line]:
        with _told(self._folder):
            lines = self._next(most)
            if not lines:  # the walk has ended, and files may have come since it began
                self._walk = self._unread()
                lines = self._next(most)
        return lines

    def _next(self, most: int) -> list[Line]:
        """Lines of the file at which the walk stands, or of the next one that has any."""
        for file in self._walk:
            lines = file.next(most, self._columns)
            if lines:
                return lines
        return []

    def _unread(self) -> Iterator[Taken]:
        """Those already taken, then those that came since, each taken when it is asked for."""
        for file in [*self._files]:
            yield from _until_read(file)
        for name in _names(self._folder):
            self._number += 1
            taken = Taken.take(self._folder / name, self._place, self._number)
            if taken:
                self._files.append(taken)
                yield from _until_read(taken)

    def _settle(self) -> None:
        with _told(self._folder):
            while self._files and self._files[0].is_read:
                self._files[0].settle(self._aside)
                self._files.pop(0)
            if self._files:
                self._files[0].remember()
            sync(self._place)


def _until_read(file: Taken) -> Iterator[Taken]:
    """The file, again and again until all its lines were read."""
    while not file.is_read:
        yield file


def _names(folder: Path) -> list[str]:
    """The files that came, by name; drafts, folders and empty files are left alone."""
    with os.scandir(folder) as found:
        return sorted(
            entry.name
            for entry in found
            if entry.name.endswith(ENDING)
            and not entry.name.startswith(".")
            and not entry.is_dir(follow_symlinks=False)
            and _has_content(entry)
        )


def _has_content(entry: os.DirEntry[str]) -> bool:
    """Whether there is more than a name, which a writer that renames nothing makes first."""
    try:
        about = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return about.st_size > 0 or not stat.S_ISREG(about.st_mode)


def _earlier(place: Path) -> list[Taken]:
    """The files that an earlier process took and did not settle, in their order."""
    found = (Taken.of(path) for path in place.iterdir())
    return sorted((file for file in found if file), key=lambda file: file.number)


def _numbers(*places: Path) -> Iterator[int]:
    """Every number that stands in a name."""
    for place in places:
        starts = (path.name.partition(".")[0] for path in place.iterdir())
        yield from (int(start) for start in starts if start.isdecimal())


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError([Problem(folder.name, "there is no such folder", "make it first")])
    if folder.stat().st_mode & stat.S_IWOTH:
        hint = "close it to them with: chmod o-w"
        raise InputError([Problem(folder.name, "everybody may write to this folder", hint)])


def _close_folder(place: Path) -> None:
    """Make ``place`` where it is missing, and close it to other users."""
    if place.is_symlink():
        hint = "make it a folder; files are moved there and back"
        raise InputError([Problem(place.name, "the folder is a link", hint)])
    place.mkdir(mode=0o700, exist_ok=True)
    place.chmod(0o700)


def _locked(path: Path, folder: Path) -> int:
    """The handle that holds the folder; the kernel lets go of it with the process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        hint = "let only one run"
        raise LostError(f"{folder.name}: another process watches it — hint: {hint}") from None
    return handle


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What the disk does not let us do, as an error of the house."""
    try:
        yield
    except OSError as error:
        sentence = f"{folder.name}: cannot be read or written: {error.strerror}"
        raise OutsideError(f"{sentence} — hint: free room, and let this user write there") from None
