"""Two builds of one small site, before and after, and what a crash or a full disk is."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.tree import Changes, Stage, begin, commit, draft, files_of

OLD = {
    "index.html": b"loader",
    "assets/page.0a.css": b"css",
    "p/ab/same": b"same",
    "p/ab/page": b"before",
    "p/cd/gone": b"gone",
    "q/gone": b"gone",
}
NEW = {
    "index.html": b"loader",
    "assets/page.0b.css": b"more css",
    "p/ab/same": b"same",
    "p/ab/page": b"after",
    "p/ef/new": b"new",
    "robots.txt": b"robots",
}
OLD_PRIVATE = {
    "manifest.jsonl": b"old manifest",
    "register/00": b"old rows",
    "register/01": b"old rows",
    "told/00": b"old marks",
}
NEW_PRIVATE = {
    "manifest.jsonl": b"new manifest",
    "register/00": b"new rows",
    "register/02": b"new rows",
    "told/00": b"new marks",
}
"""Private files; the folder ``register`` is replaced as a whole, the others file by file."""
WHOLE = "register"


def staged(layout: Layout, files: Mapping[str, bytes]) -> Stage:
    """A stage into which these files were written."""
    stage = Stage(layout)
    for path, content in files.items():
        stage.write(path, content)
    return stage


def drafted(layout: Layout, private: Mapping[str, bytes]) -> set[str]:
    """The names to commit of private files that are written as drafts."""
    for path, content in private.items():
        folder, _, name = path.partition("/")
        place = draft(layout, WHOLE) / name if folder == WHOLE else draft(layout, path)
        write_private(place, content)
    return {WHOLE if path.startswith(f"{WHOLE}/") else path for path in private}


def committed(layout: Layout, stage: Stage, files: Mapping[str, bytes], names: set[str]) -> Changes:
    """What was staged brought into the site, which has exactly ``files`` then."""
    gone = [path for path in files_of(layout.site) if path not in files]
    changes = Changes(removed=commit(layout, gone, names))
    changes.add(stage.changes)
    return changes


def build(layout: Layout, files: Mapping[str, bytes], private: Mapping[str, bytes]) -> Changes:
    """A whole build."""
    begin(layout)
    stage = staged(layout, files)
    return committed(layout, stage, files, drafted(layout, private))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {path: (folder / path).read_bytes() for path in files_of(folder)}


def folders_in(folder: Path) -> set[str]:
    """Every folder below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()}


def state(layout: Layout) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The site, and the private files that belong to it; no drafts, no journal."""
    private = {
        path: content
        for path, content in files_in(layout.private).items()
        if path in OLD_PRIVATE | NEW_PRIVATE
    }
    return files_in(layout.site), private


BEFORE, AFTER = (OLD, OLD_PRIVATE), (NEW, NEW_PRIVATE)


# ── What may happen ──────────────────────────────────────────────────────────────────────────


class Crash(BaseException):
    """The process is killed: nothing in it may handle this."""


def full() -> OSError:
    """What a full disk answers."""
    return OSError(errno.ENOSPC, "No space left on device")


STEPS = ("replace", "rename", "unlink", "rmdir", "mkdir", "open", "fsync", "chmod", "link")
"""What changes a disk."""
NEVER = 10**9


@dataclass
class Steps:
    """How often the disk was changed, and whether a change failed."""

    made: int = 0
    failed: bool = False


@contextmanager
def failing_at(step: int, error: Callable[[], BaseException] = Crash) -> Iterator[Steps]:
    """Fail instead of the step-th change of the disk, counted from 0; after a crash at all."""
    steps = Steps()

    def failing(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def called(*arguments: object, **named: object) -> object:
            if steps.made == step and (error is Crash or not steps.failed):
                steps.failed = True
                raise error()
            steps.made += 1
            return real(*arguments, **named)

        return called

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "cpu_count", lambda: 1)  # threads would change the disk in any order
        for name in STEPS:
            patch.setattr(os, name, failing(name))
        yield steps


def steps_of(work: Callable[[], object]) -> int:
    """How often a piece of work changes the disk."""
    with failing_at(NEVER) as steps:
        work()
    return steps.made
