"""A file that was taken: its lines, how far they are acknowledged, and what becomes of it.

Its name tells all that a later process must know: ``000000000017.000000250.crm.jsonl`` is the
seventeenth file, and 250 of its lines are acknowledged. So each step is one rename.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from generator.base.errors import Problem
from generator.events.event import Columns, Line, read_line

NAME = re.compile(r"(\d{12})\.(\d{9})\.(.+)", re.DOTALL)
LARGEST = 16 * 1024 * 1024  # bytes: some fifty thousand events, read at once
ROOM = 200  # bytes of the name that it came with; the numbers before it need 23 of 255


class UnusableError(Exception):
    """A file that is refused as a whole, and why."""

    def __init__(self, sentence: str, hint: str) -> None:
        self.sentence, self.hint = sentence, hint
        super().__init__(sentence)


@dataclass(slots=True)
class Taken:
    """A file in the folder of taken files; lines count from 0 here, in problems from 1."""

    folder: Path
    number: int
    done: int
    """How many of its lines are acknowledged."""
    name: str
    """The name under which it came."""
    read: int = 0
    lines: list[Line] | None = field(default=None, repr=False)
    is_whole: bool = False
    """Whether it is refused as a whole."""

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """The file at ``path``, or None when it was not put there by us."""
        match = NAME.fullmatch(path.name)
        if not match:
            return None
        done = int(match[2])
        return cls(path.parent, int(match[1]), done, match[3], done)

    @classmethod
    def take(cls, path: Path, folder: Path, number: int) -> Self | None:
        """Move the file at ``path`` into ``folder``; None when somebody took it away before.

        From now on a new file of the same name is another file.
        """
        name = os.fsdecode(os.fsencode(path.name)[-ROOM:])
        taken = cls(folder, number, 0, name)
        try:
            path.rename(taken.path)
        except FileNotFoundError:
            return None
        return taken

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / f"{self.number:012}.{self.done:09}.{self.name}"

    @property
    def shown(self) -> str:
        """Its name in problems, which must not break a log's line."""
        return self.name if self.name.isprintable() else f"file {self.number}"

    def next(self, most: int, columns: Columns) -> list[Line]:
        """At most ``most`` of the lines that were not read yet."""
        if self.lines is None:
            self.lines = self._load(columns)
        lines = self.lines[self.read : self.read + most]
        self.read += len(lines)
        return lines

    @property
    def is_read(self) -> bool:
        """Whether all its lines were read."""
        return self.lines is not None and self.read >= len(self.lines)

    def remember(self) -> None:
        """Note that what was read is acknowledged."""
        if self.read != self.done:
            with suppress(FileNotFoundError):  # somebody took it away; its lines are in memory
                self.path.rename(replace(self, done=self.read).path)
            self.done = self.read

    def settle(self, aside: Path) -> None:
        """Delete it, when what was refused of it lies in the folder ``aside``.

        The names there follow from its own: done again after a crash, nothing is there twice.
        """
        refused = [line for line in self.lines or () if line.problems]
        target = aside / f"{self.number:012}.{self.name}"
        if refused:
            reasons = "".join(f"{problem}\n" for line in refused for problem in line.problems)
            write_closed(target.with_name(f"{target.name}.txt"), reasons.encode())
        if self.is_whole:
            self._move(target)
            return
        if refused:
            write_closed(target, b"".join(line.raw + b"\n" for line in refused))
        self.path.unlink(missing_ok=True)

    def _move(self, target: Path) -> None:
        with suppress(FileNotFoundError):  # it was moved, or somebody took it away
            if stat.S_ISREG(self.path.lstat().st_mode):
                self.path.chmod(0o600)
            self.path.rename(target)
        sync(target.parent)

    def _load(self, columns: Columns) -> list[Line]:
        try:
            content = _content(self.path)
        except UnusableError as error:
            self.is_whole = True
            return [Line(0, None, (Problem(self.shown, error.sentence, error.hint),))]
        except FileNotFoundError:
            return []
        return [read_line(raw, self.shown, line, columns) for line, raw in _split(content)]


def _content(path: Path) -> bytes:
    """What the file holds.

    Raises:
        UnusableError: it is a link, a pipe, too large, or closed to us.
    """
    try:
        # a link could point to any file of ours, and nobody writes to a pipe that waits here
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnusableError("the file is a link", "write the file itself") from None
        if error.errno in {errno.EACCES, errno.ENXIO}:
            raise UnusableError("the file cannot be read", "let this user read it") from None
        raise
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise UnusableError("this is no file", "write a file of JSON lines")
        if about.st_size > LARGEST:
            raise UnusableError("the file is too large", "give so much to the tables of the night")
        return file.read(LARGEST)


def _split(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number from 1."""
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if raw.strip():
            yield number, raw.rstrip(b"\r")


def write_closed(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, so that it survives a power cut right after."""
    draft = path.with_name(f".{path.name}.draft")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Wait until the names in ``folder`` are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
