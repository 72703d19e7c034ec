"""Writing the site: only what changed, and all of it or nothing.

A build stages new and changed files beside the site. Then it writes a journal: from that moment
the change is decided, and whoever comes next (``recover``) finishes it. A build that dies before
leaves the earlier site whole; one that dies after is completed. No file is ever half there.

Rewriting a file costs 164 µs, comparing it and leaving it 6, and knowing its digest nothing.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from mmap import PAGESIZE
from pathlib import Path

from generator.base.errors import OutsideError
from generator.site.layout import Layout
from generator.site.private import opened, unwritten, where, write_private
from generator.site.spares import Spares

READERS_FIRST = ("assets", "p", "q")
"""What others point to comes first, the loader last."""

LOADER = "index.html"
MANIFEST = ".jsonl"
"""How the name of a manifest ends."""
NEXT = ".next"
"""What is to take the place of a private file or folder has its name and this."""
ASIDE = ".going"
"""A private file or folder that is about to go has its name and this."""


@dataclass(slots=True)
class Changes:
    """What a build did to the site, in files."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.changed or self.removed)

    def add(self, other: "Changes") -> None:
        """Count what another part of the build did as well."""
        self.added += other.added
        self.changed += other.changed
        self.removed += other.removed
        self.unchanged += other.unchanged


@dataclass(slots=True)
class Stage:
    """Stages files in one process."""

    layout: Layout
    changes: Changes = field(default_factory=Changes)
    _site: str = ""
    _staged: str = ""
    _spares: Spares = field(init=False)
    _is_first: bool = False
    """Whether there is no site yet, in which a file could lie."""

    def __post_init__(self) -> None:
        """Spell the folders out once: joining paths costs 25 µs a page."""
        self._site, self._staged = str(self.layout.site), str(self.layout.staged)
        self._is_first = not self.layout.site.exists()
        self._spares = Spares(self.layout)

    def write(self, path: str, content: bytes, earlier: bytes = b"") -> bytes:
        """Stage ``content`` for ``path`` unless the site has the very same there; its SHA-256.

        ``earlier`` is the digest of what the site has there; without it the file is read.

        Raises:
            OutsideError: the disk is full, or does not let us read or write.
        """
        digest = sha256(content).digest()
        there = earlier or (b"" if self._is_first else self.earlier(path))
        if there == digest:
            self.changes.unchanged += 1
            return digest
        try:
            self._put(path, content)
        except OSError as error:
            raise unwritten("build/staged", error) from None
        if there:
            self.changes.changed += 1
        else:
            self.changes.added += 1
        return digest

    def earlier(self, path: str) -> bytes:
        """The digest of what the site has at ``path``; nothing where it has nothing.

        Raises:
            OutsideError: the disk does not let us read it.
        """
        try:
            with open(f"{self._site}/{path}", "rb") as file:  # noqa: PTH123 - half the cost
                return sha256(file.read()).digest()
        except FileNotFoundError:
            return b""
        except OSError as error:
            sentence = f"build/site: cannot be read: {error.strerror}"
            raise OutsideError(f"{sentence} — hint: let its owner read all of it") from None

    def finish(self) -> None:
        """Nothing more to do: each file was written at once."""

    def _put(self, path: str, content: bytes) -> None:
        place = f"{self._staged}/{path}"
        try:
            self._write(place, content)
        except FileNotFoundError:  # the first file of its folder
            os.makedirs(place.rpartition("/")[0], exist_ok=True)  # noqa: PTH103
            self._write(place, content)

    def _write(self, place: str, content: bytes) -> None:
        """Write a file by a few calls of the system; ``open`` makes six, half a page's writing."""
        is_spare, size = self._spares.take(place), len(content)
        new = 0 if is_spare else os.O_CREAT | os.O_TRUNC
        if is_spare:  # of a page that is not written whole the disk is asked for the rest
            content += bytes(-size % PAGESIZE)
        handle = os.open(place, os.O_WRONLY | new, 0o666)
        try:
            while content:  # a disk that is nearly full takes a part
                content = content[os.write(handle, content) :]
            if is_spare:
                os.ftruncate(handle, size)
        finally:
            os.close(handle)


def begin(layout: Layout) -> None:
    """Finish what an earlier run decided, and throw away what it only staged.

    Raises:
        OutsideError: the disk is full, or does not let us write.
    """
    recover(layout)
    try:
        _remove(layout.staged)
        layout.staged.mkdir(parents=True)
        for pattern in (f"*{NEXT}", ".*.draft"):
            for left in list(layout.private.rglob(pattern)):
                _remove(left)
    except OSError as error:
        raise unwritten("build", error) from None


def draft(layout: Layout, name: str) -> Path:
    """Where a private file or folder is written that is to take the place of ``name``."""
    return layout.private / f"{name}{NEXT}"


def commit(
    layout: Layout, remove: Iterable[str], private: Iterable[str], *, is_held: bool = False
) -> int:
    """Bring the staged files into the site and take others away; how many went.

    ``private`` names files and folders of ``build/private`` that belong to this very site: their
    drafts take their places in the same step, manifests last: the sender may take one as soon as it
    is there, and its receipt must be there by then. What ``is_held`` by the disk already need not
    be waited for: other programs write to it too, and all of that would be.

    Raises:
        OutsideError: the disk is full, or does not let us write.
    """
    going = sorted(path for path in set(remove) if not (layout.staged / path).exists())
    journal = json.dumps({"remove": going, "private": sorted(private, key=_handed_on_last)})
    if not is_held:
        sync(layout)
    write_private(layout.journal, journal.encode())
    recover(layout)
    return len(going)


def sync(layout: Layout) -> None:
    """Have the disk hold what was written so far: once, not for each file.

    Raises:
        OutsideError: the disk did not take it.
    """
    try:
        _sync(layout.root / "build")
    except OSError as error:
        raise unwritten("build", error) from None


def recover(layout: Layout) -> None:
    """Finish a commit that was decided; nothing to do when there is none.

    Raises:
        OutsideError: the disk does not let us; the next run goes on from there.
    """
    try:
        if layout.journal.exists():
            _finish(layout, *_decided(layout.journal))
    except OSError as error:
        sentence = f"build/site: cannot be written: {error.strerror}"
        raise OutsideError(f"{sentence} — hint: run it again, and it is finished first") from None


def files_of(site: Path) -> Iterator[str]:
    """Every file below a folder, as a path below it; nothing when it is not there."""
    base = f"{site}/"
    for place, _, names in os.walk(site):
        for name in names:
            yield f"{place}/{name}".removeprefix(base)


def _handed_on_last(name: str) -> tuple[bool, str]:
    return name.endswith(MANIFEST), name


def _decided(journal: Path) -> tuple[list[str], list[str]]:
    """The paths to remove and the names of private drafts, as a commit wrote them down."""
    try:
        decision = json.loads(journal.read_text(encoding="utf-8"))
        return list(decision["remove"]), list(decision["private"])
    except (ValueError, KeyError, TypeError):
        hint = "remove it and build/private/register.json, and everything is built anew"
        raise OutsideError(f"{where(journal)}: the file is damaged — hint: {hint}") from None


def _finish(layout: Layout, remove: list[str], private: list[str]) -> None:
    _move_all(layout)
    spares = Spares(layout)
    for path in remove:
        (layout.site / path).unlink(missing_ok=True)
        spares.drop(path)
    for folder in {(layout.site / path).parent for path in remove}:
        _drop_if_empty(folder, layout.site)
    for name in private:
        _take_place(draft(layout, name), layout.private / name)
    _remove(layout.staged)
    layout.journal.unlink()


def _move_all(layout: Layout) -> None:
    """Bring what is staged into the site, in the order in which files point to each other.

    A file costs some 16 µs of the kernel's time; two threads share it well, more gain nothing.
    """
    staged, site = layout.staged, layout.site
    if not site.exists() and staged.exists():
        staged.rename(site)
        return
    move = partial(_move, Spares(layout))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in READERS_FIRST:
            move(staged / name, site / name)
            folders = sorted((staged / name).glob("*/"))
            list(pool.map(move, folders, [site / name / one.name for one in folders]))
    for path in sorted(files_of(staged), key=lambda path: (path == LOADER, path)):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).replace(site / path)


def _move(spares: Spares, folder: Path, target: Path) -> None:
    """Move the files of one folder; all at once where the site has no such folder."""
    if not folder.is_dir():
        return
    if not target.exists():
        folder.rename(target)
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                place = f"{target}/{entry.name}"
                spares.keep(place)
                os.replace(entry.path, place)  # noqa: PTH105 - a million of them


def _take_place(new: Path, old: Path) -> None:
    aside = old.with_name(f"{old.name}{ASIDE}")
    if new.is_dir():
        _remove(aside)
        if old.exists():
            old.rename(aside)
        new.rename(old)
    elif new.exists():
        new.replace(old)
    _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _drop_if_empty(folder: Path, site: Path) -> None:
    while folder != site:
        if folder.is_dir():
            if any(folder.iterdir()):
                return
            folder.rmdir()
        folder = folder.parent


def _sync(folder: Path) -> None:
    """Have the disk of ``folder`` hold what was written there."""
    syncfs = getattr(CDLL(None), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    with opened(folder) as handle:
        if syncfs(handle):
            sentence = "build: the disk did not take what was written"
            raise OutsideError(f"{sentence} — hint: the earlier site is whole; check the disk")
