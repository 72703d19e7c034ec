"""Writing the site: only what changed, and all of it or nothing.

A build stages new and changed files beside the site. Then it writes a journal: from that moment
the change is decided, and whoever comes next (``recover``) finishes it. A build that dies before
leaves the earlier site whole; one that dies after is completed. No file is ever half there.

Rewriting a file costs 164 µs, comparing it and leaving it 6: so files are compared.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from generator.base.errors import OutsideError
from generator.site.layout import Layout

READERS_FIRST = ("assets/", "p/", "q/")
LOADER = "index.html"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a commit did to the site, as paths below it."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.changed or self.removed)


@dataclass(slots=True)
class Stage:
    """Stages files in one process; the folders it made are remembered."""

    layout: Layout
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    _folders: set[str] = field(default_factory=set)
    _site: str = ""
    _staged: str = ""

    def __post_init__(self) -> None:
        """Spell the folders out once: joining paths costs 25 µs a page."""
        self._site, self._staged = str(self.layout.site), str(self.layout.staged)

    def write(self, path: str, content: bytes) -> None:
        """Stage ``content`` for ``path`` unless the site has the very same there.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        earlier = self._earlier(path)
        if earlier == content:
            self.unchanged.append(path)
            return
        (self.added if earlier is None else self.changed).append(path)
        try:
            self._put(path, content)
        except OSError as error:
            sentence = f"build/staged: cannot be written: {error.strerror}"
            raise OutsideError(f"{sentence} — hint: the earlier site is whole; free room") from None

    def keep(self, path: str) -> bool:
        """Whether the site has ``path``; it then stays as it is."""
        there = (self.layout.site / path).is_file()
        if there:
            self.unchanged.append(path)
        return there

    def paths(self) -> Iterator[str]:
        """Every path that this stage wants in the site."""
        yield from self.added
        yield from self.changed
        yield from self.unchanged

    def _earlier(self, path: str) -> bytes | None:
        try:
            with open(f"{self._site}/{path}", "rb") as file:  # noqa: PTH123 - half the cost
                return file.read()
        except FileNotFoundError:
            return None

    def _put(self, path: str, content: bytes) -> None:
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            (self.layout.staged / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        with open(f"{self._staged}/{path}", "wb") as file:  # noqa: PTH123
            file.write(content)


def begin(layout: Layout) -> None:
    """Finish what an earlier run decided, and throw away what it only staged."""
    recover(layout)
    shutil.rmtree(layout.staged, ignore_errors=True)
    layout.staged.mkdir(parents=True, exist_ok=True)


def commit(layout: Layout, stages: Iterable[Stage], private: dict[str, bytes]) -> Changes:
    """Bring the staged files into the site, and take away what no stage wants.

    ``private`` holds files of ``build/private`` by name that belong to this very site: they are
    replaced in the same step.

    Raises:
        OutsideError: the disk is full, or does not let us write.
    """
    stages = list(stages)
    wanted = {path for stage in stages for path in stage.paths()}
    removed = sorted(set(_files(layout.site)) - wanted)
    journal = json.dumps({"remove": removed, "private": sorted(private)})
    for name, content in private.items():
        write_private(layout.private / f"{name}.next", content)
    write_private(layout.journal, journal.encode())
    recover(layout)
    return Changes(
        tuple(sorted(path for stage in stages for path in stage.added)),
        tuple(sorted(path for stage in stages for path in stage.changed)),
        tuple(removed),
        sum(len(stage.unchanged) for stage in stages),
    )


def recover(layout: Layout) -> None:
    """Finish a commit that was decided; nothing to do when there is none.

    Raises:
        OutsideError: the disk does not let us; the next run goes on from there.
    """
    if not layout.journal.exists():
        return
    try:
        _finish(layout)
    except OSError as error:
        sentence = f"build/site: cannot be written: {error.strerror}"
        raise OutsideError(f"{sentence} — hint: run it again, and it is finished first") from None


def _finish(layout: Layout) -> None:
    journal = json.loads(layout.journal.read_text(encoding="utf-8"))
    _move_all(layout)
    for path in journal["remove"]:
        (layout.site / path).unlink(missing_ok=True)
    _drop_empty_folders(layout.site)
    for name in journal["private"]:
        if (draft := layout.private / f"{name}.next").exists():
            draft.replace(layout.private / name)
    shutil.rmtree(layout.staged, ignore_errors=True)
    layout.journal.unlink()


def _move_all(layout: Layout) -> None:
    if not layout.site.exists() and layout.staged.exists():
        layout.staged.rename(layout.site)
        return
    paths = sorted(_files(layout.staged), key=_order)
    for path in paths:
        target = layout.site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        (layout.staged / path).replace(target)


def _order(path: str) -> tuple[int, bool, str]:
    """What others point to comes first, the loader last."""
    known = [place for place, start in enumerate(READERS_FIRST) if path.startswith(start)]
    return (known[0] if known else len(READERS_FIRST)), path == LOADER, path


def _files(folder: Path) -> Iterator[str]:
    base = f"{folder}/"
    for place, _, names in os.walk(folder):
        for name in names:
            yield f"{place}/{name}".removeprefix(base)


def _drop_empty_folders(folder: Path) -> None:
    for place, _, names in os.walk(folder, topdown=False):
        # what os.walk lists as its folders may have gone a moment ago
        if not names and Path(place) != folder and not any(Path(place).iterdir()):
            Path(place).rmdir()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, so that it survives a power cut right after.

    Raises:
        OutsideError: the disk is full, or does not let us write; the earlier file is whole.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        close_folder(path.parent)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):  # the next draft takes its place
            draft.unlink(missing_ok=True)
        sentence = f"build/private/{path.name}: cannot be written: {error.strerror}"
        raise OutsideError(f"{sentence} — hint: the earlier site is whole; free room") from None


def append_private(path: Path, line: str) -> None:
    """Add a line to a log that only its owner may read."""
    close_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(line + "\n")


def close_folder(folder: Path) -> None:
    """Make ``folder`` where it is missing, and close it to other users."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
