"""The site as files: all of a build or nothing of it, wherever it dies."""

import builtins
import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from generator.base.errors import OutsideError
from generator.site import tree
from generator.site.layout import Layout
from generator.site.tree import (
    Changes,
    Stage,
    append_private,
    begin,
    commit,
    recover,
    write_private,
)
from tests.builders import write

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
OLD_PRIVATE = {"manifest.jsonl": b"old manifest", "night.json": b"old night"}
NEW_PRIVATE = {"manifest.jsonl": b"new manifest", "night.json": b"new night"}


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk costs most of the time here, and no test of these pulls the plug."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A site that was never built."""
    return Layout(tmp_path)


@pytest.fixture
def built(layout: Layout) -> Layout:
    """A site whose last build was OLD."""
    build(layout, OLD, OLD_PRIVATE)
    return layout


def staged(layout: Layout, files: Mapping[str, bytes]) -> Stage:
    """A stage that wants exactly these files."""
    stage = Stage(layout)
    for path, content in files.items():
        stage.write(path, content)
    return stage


def build(layout: Layout, files: Mapping[str, bytes], private: Mapping[str, bytes]) -> Changes:
    """A whole build."""
    begin(layout)
    return commit(layout, [staged(layout, files)], dict(private))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def state(layout: Layout) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The site, and the private files that belong to it."""
    private = {
        name: content for name, content in files_in(layout.private).items() if name in NEW_PRIVATE
    }
    return files_in(layout.site), private


def folders_in(folder: Path) -> set[str]:
    """Every folder below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir()}


# ── A build that goes well ───────────────────────────────────────────────────────────────────


def test_the_first_build(layout: Layout) -> None:
    """A first build is there with all its files, and nothing of the work is left."""
    changes = build(layout, OLD, OLD_PRIVATE)
    assert state(layout) == (OLD, OLD_PRIVATE)
    assert changes == Changes(added=tuple(sorted(OLD)))
    assert not layout.staged.exists()
    assert not layout.journal.exists()


def test_the_next_build(built: Layout) -> None:
    """What is new comes, what changed changes, what nobody wants goes, with its folders."""
    changes = build(built, NEW, NEW_PRIVATE)
    assert state(built) == (NEW, NEW_PRIVATE)
    assert changes == Changes(
        added=("assets/page.0b.css", "p/ef/new", "robots.txt"),
        changed=("p/ab/page",),
        removed=("assets/page.0a.css", "p/cd/gone", "q/gone"),
        unchanged=2,
    )
    assert folders_in(built.site) == {"assets", "p", "p/ab", "p/ef"}


def test_private_files_and_nothing_else_are_private(built: Layout) -> None:
    """The site holds what a build wants, and private files are closed to others."""
    assert set(files_in(built.private)) == set(OLD_PRIVATE)
    assert stat.S_IMODE(built.private.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in built.private.iterdir()} == {0o600}
    assert built.site not in [built.private, *built.private.parents]
    assert built.private not in built.site.parents


def test_nested_folders_go_with_their_last_file(layout: Layout) -> None:
    """When the only page of a site goes, so do all folders above it."""
    build(layout, {"p/ab/page": b"x", "a/b/c/d": b"x", "index.html": b"x"}, {})
    build(layout, {"index.html": b"x"}, {})
    assert folders_in(layout.site) == set()
    build(layout, {}, {})
    assert layout.site.is_dir()


def test_an_unchanged_file_is_not_touched(built: Layout) -> None:
    """Same content, same inode, same time: what did not change is left alone."""
    before = {path: (built.site / path).stat() for path in OLD}
    build(built, NEW, NEW_PRIVATE)
    same = [path for path in OLD if NEW.get(path) == OLD[path]]
    assert len(same) == 2
    for path in same:
        after = (built.site / path).stat()
        assert (after.st_ino, after.st_mtime_ns) == (before[path].st_ino, before[path].st_mtime_ns)
    assert (built.site / "p/ab/page").stat().st_ino != before["p/ab/page"].st_ino


def test_a_build_without_changes_says_so(built: Layout) -> None:
    """The same build again changes nothing and stages nothing."""
    begin(built)
    stage = staged(built, OLD)
    assert files_in(built.staged) == {}
    changes = commit(built, [stage], OLD_PRIVATE)
    assert not changes
    assert changes.unchanged == len(OLD)
    assert state(built) == (OLD, OLD_PRIVATE)


def test_stages_of_several_workers_are_one_build(built: Layout) -> None:
    """What any worker wants stays; what none wants goes."""
    begin(built)
    first = staged(built, {"p/ab/page": b"after", "index.html": b"loader"})
    second = staged(built, {"p/ab/same": b"same", "p/ab/more": b"more"})
    changes = commit(built, [first, second], {})
    assert set(files_in(built.site)) == {"index.html", "p/ab/page", "p/ab/same", "p/ab/more"}
    assert (changes.added, changes.changed, changes.unchanged) == (
        ("p/ab/more",),
        ("p/ab/page",),
        2,
    )


def test_what_is_kept_stays_as_it_is(built: Layout) -> None:
    """A page that cannot be built tonight keeps its earlier content, if it ever had any."""
    begin(built)
    stage = Stage(built)
    assert stage.keep("p/ab/page")
    assert not stage.keep("p/xx/never")
    changes = commit(built, [stage], {})
    assert files_in(built.site) == {"p/ab/page": b"before"}
    assert changes.unchanged == 1


def test_files_are_moved_in_the_order_of_their_readers(
    built: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assets come before pages, the loader comes last."""
    moved: list[str] = []
    replace = os.replace

    def noting(source: Any, target: Any) -> None:  # noqa: ANN401 - as os.replace takes it
        moved.append(str(target))
        replace(source, target)

    begin(built)
    stage = staged(built, {path: content + b"!" for path, content in NEW.items()})
    monkeypatch.setattr(os, "replace", noting)
    commit(built, [stage], {})
    site = f"{built.site}/"
    assert [path.removeprefix(site) for path in moved if path.startswith(site)] == [
        *("assets/page.0b.css", "p/ab/page", "p/ab/same", "p/ef/new", "robots.txt", "index.html"),
    ]


# ── A build that dies ────────────────────────────────────────────────────────────────────────


class Crash(BaseException):
    """The process is killed: nothing in it may handle this."""


STEPS = ("replace", "rename", "unlink", "rmdir", "mkdir", "open", "fsync", "chmod")
"""What changes a disk."""


@contextmanager
def dying_at(step: int, error: Callable[[], BaseException] = Crash) -> Iterator[list[int]]:
    """Fail instead of the step-th change of the disk, counted from 0; yields [changes made]."""
    made = [0]

    def dying(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def called(*arguments: object, **named: object) -> object:
            if made[0] == step:
                raise error()
            made[0] += 1
            return real(*arguments, **named)

        return called

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, dying(name))
        yield made


NEVER = 10**9


def changes_of(work: Callable[[], object]) -> int:
    """How often a piece of work changes the disk."""
    with dying_at(NEVER) as made:
        work()
    return made[0]


def after(folder: Path, old: Mapping[str, bytes] | None) -> tuple[Layout, Stage]:
    """A site after a build of ``old`` (None: never built), with NEW staged and uncommitted."""
    layout = Layout(folder)
    if old is not None:
        build(layout, old, OLD_PRIVATE)
    begin(layout)
    return layout, staged(layout, NEW)


@pytest.mark.parametrize("earlier", [None, OLD], ids=["first", "next"])
def test_a_build_that_dies_before_it_is_decided_leaves_the_earlier_site(
    tmp_path: Path, earlier: Mapping[str, bytes] | None
) -> None:
    """What was only staged is thrown away by the next build, and never seen."""
    layout, _ = after(tmp_path, earlier)
    recover(layout)
    assert files_in(layout.site) == dict(earlier or {})
    begin(layout)
    assert files_in(layout.staged) == {}
    assert files_in(layout.site) == dict(earlier or {})


@pytest.mark.parametrize("earlier", [None, OLD], ids=["first", "next"])
def test_a_crash_at_any_step_of_a_commit(
    tmp_path: Path, earlier: Mapping[str, bytes] | None
) -> None:
    """Wherever a commit dies, what follows finds the earlier site or makes the new one, whole."""
    old = (dict(earlier or {}), dict(OLD_PRIVATE if earlier else {}))
    layout, stage = after(tmp_path / "whole", earlier)
    steps = changes_of(lambda: commit(layout, [stage], NEW_PRIVATE))
    assert state(layout) == (NEW, NEW_PRIVATE)
    assert steps > 15
    outcomes = []
    for step in range(steps):
        layout, stage = after(tmp_path / f"{step}", earlier)
        with dying_at(step), pytest.raises(Crash):
            commit(layout, [stage], NEW_PRIVATE)
        is_decided = layout.journal.exists()
        if not is_decided and step < steps - 1:
            assert state(layout) == old
        recover(layout)
        assert state(layout) == ((NEW, NEW_PRIVATE) if is_decided else old)
        outcomes.append(is_decided)
        assert build(layout, NEW, NEW_PRIVATE).removed == (
            () if is_decided or not earlier else (*("assets/page.0a.css", "p/cd/gone", "q/gone"),)
        )
        assert state(layout) == (NEW, NEW_PRIVATE)
        assert folders_in(layout.site) == {"assets", "p", "p/ab", "p/ef"}
    assert set(outcomes) == {False, True}
    assert outcomes == sorted(outcomes)  # once decided, it stays decided


def test_a_crash_while_recovering_from_a_crash(tmp_path: Path) -> None:
    """A recovery that dies at any step is finished by the next one."""
    layout, stage = after(tmp_path / "whole", OLD)
    steps = changes_of(lambda: commit(layout, [stage], NEW_PRIVATE))
    seen = 0
    for first in range(0, steps, 8):
        for second in range(steps):
            layout, stage = after(tmp_path / f"{first}-{second}", OLD)
            with dying_at(first), pytest.raises(Crash):
                commit(layout, [stage], NEW_PRIVATE)
            if not layout.journal.exists():
                break
            with dying_at(second) as made:
                try:
                    recover(layout)
                except Crash:
                    seen += 1
            recover(layout)
            assert state(layout) == (NEW, NEW_PRIVATE)
            assert not layout.journal.exists()
            if made[0] < second:  # the recovery had no more steps
                break
    assert seen > 30


def test_a_reader_finds_every_file_whole_at_every_step(tmp_path: Path) -> None:
    """While a commit goes on, a file of the site is as it was or as it will be."""
    layout, stage = after(tmp_path / "whole", OLD)
    steps = changes_of(lambda: commit(layout, [stage], NEW_PRIVATE))
    for step in range(steps):
        layout, stage = after(tmp_path / f"{step}", OLD)
        with dying_at(step), pytest.raises(Crash):
            commit(layout, [stage], NEW_PRIVATE)
        for path, content in files_in(layout.site).items():
            assert content in {OLD.get(path), NEW.get(path)}
        assert set(files_in(layout.site)) >= OLD.keys() & NEW.keys()


# ── A disk that fails ────────────────────────────────────────────────────────────────────────


def full() -> OSError:
    """What a full disk answers."""
    return OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_while_staging(built: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full while pages are written, the earlier site is whole and this is told."""
    begin(built)
    stage = Stage(built)
    real = builtins.open

    def opened(path: str, mode: str) -> Any:  # noqa: ANN401 - whatever open returns
        if "w" in mode:
            raise full()
        return real(path, mode)

    monkeypatch.setattr(tree, "open", opened, raising=False)
    with pytest.raises(OutsideError, match=r"No space left on device.*the earlier site is whole"):
        stage.write("p/ab/page", b"after")
    monkeypatch.undo()
    assert state(built) == (OLD, OLD_PRIVATE)
    assert build(built, NEW, NEW_PRIVATE)
    assert state(built) == (NEW, NEW_PRIVATE)


def test_a_full_disk_at_any_step_of_a_commit(tmp_path: Path) -> None:
    """A disk that fails in a commit is outside; either site is then whole, with its manifest."""
    layout, stage = after(tmp_path / "whole", OLD)
    steps = changes_of(lambda: commit(layout, [stage], NEW_PRIVATE))
    told = []
    for step in range(steps):
        layout, stage = after(tmp_path / f"{step}", OLD)
        with dying_at(step, full):
            try:
                commit(layout, [stage], NEW_PRIVATE)
            except OutsideError as error:
                told.append(str(error))
        is_decided = layout.journal.exists() or files_in(layout.site) == NEW
        recover(layout)
        assert state(layout) == ((NEW, NEW_PRIVATE) if is_decided else (OLD, OLD_PRIVATE))
    assert len(told) > 20
    assert all("No space left on device" in words for words in told)
    assert {words.partition(" — ")[2] for words in told} == {
        "hint: the earlier site is whole; free room",
        "hint: run it again, and it is finished first",
    }


# ── Private files ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_private_files_are_closed(tmp_path: Path, mask: int) -> None:
    """Whatever the system's default is, private files and their folder are their owner's."""
    earlier = os.umask(mask)
    try:
        write_private(tmp_path / "private/state.json", b"x")
        append_private(tmp_path / "private/audit.log", "who")
    finally:
        os.umask(earlier)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "private").iterdir()
    }
    assert modes == {"state.json": 0o600, "audit.log": 0o600}
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


def test_a_folder_left_open_is_closed(tmp_path: Path) -> None:
    """A private folder that somebody opened is closed again."""
    write(tmp_path, {"private/other": "x"})
    (tmp_path / "private").chmod(0o755)
    write_private(tmp_path / "private/state.json", b"x")
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


def test_a_log_is_only_added_to(tmp_path: Path) -> None:
    """Each line of a log stays, in its order."""
    for line in ("first", "second"):
        append_private(tmp_path / "audit.log", line)
    assert (tmp_path / "audit.log").read_text(encoding="utf-8") == "first\nsecond\n"


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    """Wherever writing a private file dies, it has its earlier content or the new one."""
    path = tmp_path / "state.json"
    write_private(path, b"earlier")
    steps = changes_of(lambda: write_private(path, b"earlier"))
    assert steps >= 4
    for step in range(steps):
        with dying_at(step), pytest.raises(Crash):
            write_private(path, b"later")
        assert path.read_bytes() == b"earlier"
    write_private(path, b"later")
    assert files_in(tmp_path) == {"state.json": b"later"}
