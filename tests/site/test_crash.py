"""A build that dies, or whose disk fails: all of it or nothing of it, wherever that happens."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.site.layout import Layout
from generator.site.tree import Stage, begin, recover
from tests.site.builds import (
    AFTER,
    BEFORE,
    NEW,
    NEW_PRIVATE,
    OLD,
    OLD_PRIVATE,
    Crash,
    build,
    committed,
    drafted,
    failing_at,
    files_in,
    folders_in,
    full,
    staged,
    state,
    steps_of,
)

EARLIER = pytest.mark.parametrize("earlier", [None, OLD], ids=["first", "next"])
Ready = tuple[Layout, Stage, set[str]]


def ready(folder: Path, earlier: Mapping[str, bytes] | None) -> Ready:
    """A site after a build of ``earlier`` (None: never built), with NEW staged and drafted."""
    layout = Layout(folder)
    if earlier is not None:
        build(layout, earlier, OLD_PRIVATE)
    begin(layout)
    return layout, staged(layout, NEW), drafted(layout, NEW_PRIVATE)


def commit_of(one: Ready) -> None:
    """Commit what is ready."""
    layout, stage, names = one
    committed(layout, stage, NEW, names)


def commit_steps(folder: Path, earlier: Mapping[str, bytes] | None) -> int:
    """How often a commit that goes well changes the disk."""
    one = ready(folder, earlier)
    steps = steps_of(lambda: commit_of(one))
    assert state(one[0]) == AFTER
    return steps


@EARLIER
def test_a_build_that_dies_before_it_is_decided_leaves_the_earlier_site(
    tmp_path: Path, earlier: Mapping[str, bytes] | None
) -> None:
    """What was only staged and drafted is thrown away by the next build, and never seen."""
    layout, _, _ = ready(tmp_path, earlier)
    old = BEFORE if earlier else ({}, {})
    recover(layout)
    assert state(layout) == old
    begin(layout)
    assert files_in(layout.staged) == {}
    assert (files_in(layout.site), files_in(layout.private)) == old


@EARLIER
def test_a_crash_at_any_step_of_a_commit(
    tmp_path: Path, earlier: Mapping[str, bytes] | None
) -> None:
    """Wherever a commit dies, what follows finds the earlier site or makes the new one, whole."""
    old = BEFORE if earlier else ({}, {})
    steps = commit_steps(tmp_path / "whole", earlier)
    assert steps > 15
    outcomes = []
    for step in range(steps):
        one = ready(tmp_path / f"{step}", earlier)
        layout = one[0]
        with failing_at(step), pytest.raises(Crash):
            commit_of(one)
        is_decided = layout.journal.exists()
        if not is_decided:
            assert state(layout) == old
        recover(layout)
        assert state(layout) == (AFTER if is_decided else old)
        outcomes.append(is_decided)
        again = build(layout, NEW, NEW_PRIVATE)
        assert again.removed == (0 if is_decided or not earlier else 3)
        assert bool(again) != is_decided
        assert (files_in(layout.site), files_in(layout.private)) == AFTER
        assert folders_in(layout.site) == {"assets", "p", "p/ab", "p/ef"}
        assert not layout.staged.exists()
    assert set(outcomes) == {False, True}
    assert outcomes == sorted(outcomes)  # once decided, it stays decided


def test_a_crash_while_recovering_from_a_crash(tmp_path: Path) -> None:
    """A recovery that dies at any step is finished by the next one, and nothing is left over."""
    seen = 0
    steps = commit_steps(tmp_path / "whole", OLD)
    for first in range(0, steps, 8):
        for second in range(steps):
            one = ready(tmp_path / f"{first}-{second}", OLD)
            layout = one[0]
            with failing_at(first), pytest.raises(Crash):
                commit_of(one)
            if not layout.journal.exists():
                break
            with failing_at(second) as recovery, suppress(Crash):
                recover(layout)
            seen += recovery.failed
            recover(layout)
            assert (files_in(layout.site), files_in(layout.private)) == AFTER
            assert folders_in(layout.site) == {"assets", "p", "p/ab", "p/ef"}
            if not recovery.failed:  # it had no more steps
                break
    assert seen > 30


def test_a_site_whose_last_page_goes_keeps_no_empty_folder(tmp_path: Path) -> None:
    """Folders are dropped upwards, also when the drop itself was broken off."""
    for step in range(40):
        layout = Layout(tmp_path / f"{step}")
        build(layout, {"p/ab/page": b"x", "index.html": b"x"}, {})
        begin(layout)
        stage = staged(layout, {"index.html": b"x"})
        with failing_at(step) as steps, suppress(Crash):
            committed(layout, stage, {"index.html": b"x"}, set())
        is_decided = layout.journal.exists()
        recover(layout)
        if is_decided:
            assert folders_in(layout.site) == set()
        if not steps.failed:
            return
    pytest.fail("a commit has more steps than this test tries")


def test_a_reader_finds_every_file_whole_at_every_step(tmp_path: Path) -> None:
    """While a commit goes on, a file of the site is as it was or as it will be."""
    for step in range(commit_steps(tmp_path / "whole", OLD)):
        one = ready(tmp_path / f"{step}", OLD)
        with failing_at(step), pytest.raises(Crash):
            commit_of(one)
        found = files_in(one[0].site)
        assert all(content in {OLD.get(path), NEW.get(path)} for path, content in found.items())
        assert set(found) >= OLD.keys() & NEW.keys()


def test_a_full_disk_at_any_step_of_a_commit(tmp_path: Path) -> None:
    """A disk that fails in a commit is outside; either site is then whole, with its manifest."""
    told = []
    for step in range(200):
        one = ready(tmp_path / f"{step}", OLD)
        layout = one[0]
        with failing_at(step, full) as steps:
            try:
                commit_of(one)
            except OutsideError as error:
                told.append(str(error))
        is_decided = layout.journal.exists() or files_in(layout.site) == NEW
        recover(layout)
        assert state(layout) == (AFTER if is_decided else BEFORE)
        if not steps.failed:
            break
    assert len(told) > 20
    assert all("No space left on device" in words for words in told)
    assert {words.partition(" — ")[2] for words in told} == {
        "hint: the earlier site is whole; free room, or files (df -i)",
        "hint: run it again, and it is finished first",
    }
    assert all(words.startswith("build") for words in told)


def test_a_full_disk_at_any_step_of_a_whole_build(tmp_path: Path) -> None:
    """Wherever room runs out, the earlier site is whole, and the next build is complete."""
    told = 0
    for step in range(200):
        layout = Layout(tmp_path / f"{step}")
        build(layout, OLD, OLD_PRIVATE)
        with failing_at(step, full) as steps:
            try:
                build(layout, NEW, NEW_PRIVATE)
            except OutsideError:
                told += 1
                if not layout.journal.exists() and files_in(layout.site) != NEW:
                    assert state(layout) == BEFORE
        build(layout, NEW, NEW_PRIVATE)
        assert (files_in(layout.site), files_in(layout.private)) == AFTER
        if not steps.failed:
            break
    assert told > 30
