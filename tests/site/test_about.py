"""Whether a site is the one that is remembered: only the very folder that was built is."""

import json
import shutil
from collections.abc import Callable
from ctypes import Structure
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from generator.site import about as module
from generator.site.about import About, about, about_next, is_true
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.tree import begin, commit, draft
from tests.site.builds import NEW, NEW_PRIVATE, OLD, build, staged

DAY = date(2026, 3, 10)


def remembered(layout: Layout) -> About:
    """A build after which the site is remembered."""
    begin(layout)
    staged(layout, OLD)
    told = about_next(layout, DAY, "made of this")
    write_private(draft(layout, layout.about.name), told.as_json())
    commit(layout, (), [layout.about.name])
    return told


def test_the_first_build_is_remembered(layout: Layout) -> None:
    """What is told before a commit is true after it, though the folder came to be by it."""
    assert about(layout) is None
    told = remembered(layout)
    assert about(layout) == told
    assert is_true(layout)
    assert (told.day, told.made_of) == (DAY, "made of this")


def test_later_builds_are_remembered(layout: Layout) -> None:
    """Files may come and go in a site: it is still the same."""
    told = remembered(layout)
    build(layout, NEW, NEW_PRIVATE)
    assert about(layout) == told
    assert remembered(layout).site == told.site
    assert is_true(layout)


def removed(layout: Layout) -> None:
    """Take the site away."""
    shutil.rmtree(layout.site)


def emptied(layout: Layout) -> None:
    """Remove the site, and make its folder again."""
    shutil.rmtree(layout.site)
    layout.site.mkdir()


def copied_back(layout: Layout) -> None:
    """Restore the site from a copy of it, with all times."""
    copy = layout.root / "copy"
    shutil.copytree(layout.site, copy)
    shutil.rmtree(layout.site)
    shutil.copytree(copy, layout.site)


def moved_in(layout: Layout) -> None:
    """Put another site in its place."""
    copy = layout.root / "copy"
    shutil.copytree(layout.site, copy)
    layout.site.rename(layout.root / "earlier")
    copy.rename(layout.site)


@pytest.mark.parametrize("change", [removed, emptied, copied_back, moved_in])
def test_another_site_is_not_believed(layout: Layout, change: Callable[[Layout], None]) -> None:
    """Of a site that was removed, emptied, restored or replaced nothing is remembered."""
    remembered(layout)
    change(layout)
    assert about(layout) is None
    assert not is_true(layout)


def test_a_copy_of_everything_is_not_believed(layout: Layout, tmp_path: Path) -> None:
    """A whole site that was copied has files nobody vouches for; the original is believed."""
    remembered(layout)
    shutil.copytree(layout.root / "build", tmp_path / "other/build")
    assert not is_true(Layout(tmp_path / "other"))
    assert is_true(layout)


def test_a_site_that_was_moved_as_a_whole_is_believed(layout: Layout, tmp_path: Path) -> None:
    """Where only the place changed, all files are the same ones."""
    told = remembered(layout)
    (layout.root / "build").rename(tmp_path / "elsewhere")
    (tmp_path / "other").mkdir()
    (tmp_path / "elsewhere").rename(tmp_path / "other/build")
    assert about(Layout(tmp_path / "other")) == told


@pytest.mark.parametrize(
    "damage",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"\xff", b"{}"),
        json.dumps({"format": "sealpress register 0"}).encode(),
        json.dumps({"format": "sealpress register 1"}).encode(),
    ],
)
def test_what_cannot_be_read_is_not_believed(layout: Layout, damage: bytes) -> None:
    """A damaged memory costs a slow night, and nothing else."""
    remembered(layout)
    write_private(layout.about, damage)
    assert about(layout) is None


@pytest.mark.parametrize("change", [{"format": "x"}, {"site": "1:2"}, {"more": "x"}])
def test_what_tells_of_something_else_is_not_believed(
    layout: Layout, change: dict[str, str]
) -> None:
    """Another format, another folder or an unknown field: nothing of it is used."""
    data = json.loads(remembered(layout).as_json())
    write_private(layout.about, json.dumps({**data, **change}).encode())
    assert about(layout) is None


def no_such_call(*_: object) -> SimpleNamespace:
    """A system that cannot tell when a folder was made."""
    return SimpleNamespace()


def untold(*_: object) -> SimpleNamespace:
    """A disk that does not know when a folder was made."""

    def statx(_1: int, _2: bytes, _3: int, _4: int, answer: Structure) -> int:
        del answer  # all zeros: nothing is told
        return 0

    return SimpleNamespace(statx=statx)


def refusing(*_: object) -> SimpleNamespace:
    """A system that refuses to tell."""
    return SimpleNamespace(statx=lambda *_: -1)


@pytest.mark.parametrize("system", [no_such_call, untold, refusing])
def test_where_no_birth_is_told_the_inode_must_do(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, system: Callable[..., SimpleNamespace]
) -> None:
    """On such a disk a site is still remembered, and one moved in still refused."""
    monkeypatch.setattr(module, "CDLL", system)
    remembered(layout)
    assert is_true(layout)
    moved_in(layout)
    assert not is_true(layout)


def test_a_folder_with_the_number_of_another_is_another(layout: Layout) -> None:
    """A disk gives the number of a removed folder to the next one: they are still told apart."""
    numbers, identities, times = set(), set(), 30
    for _ in range(times):
        layout.site.mkdir(parents=True)
        numbers.add(layout.site.stat().st_ino)
        identities.add(about_next(layout, DAY, "").site)
        layout.site.rmdir()
    if len(numbers) == times:
        pytest.skip("this disk gives no number twice")
    assert len(identities) == times


def test_a_birth_is_told_in_full(layout: Layout) -> None:
    """Where the disk tells births, an identity has one, to the nanosecond, and the inode."""
    birth, _, inode = remembered(layout).site.partition(":")
    found = layout.site.stat()
    assert int(inode) == found.st_ino
    if birth == f"{found.st_dev}":
        pytest.skip("this disk does not know when a folder was made")
    seconds, _, nanoseconds = birth.partition(".")
    assert 0 < int(seconds) <= found.st_ctime
    assert len(nanoseconds) == 9
