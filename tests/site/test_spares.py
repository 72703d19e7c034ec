"""Pages are written over files that others took the place of, and over no other."""

import os
from pathlib import Path

import pytest

from generator.site import spares
from generator.site.layout import Layout
from generator.site.spares import Spares
from tests.site.builds import (
    AFTER,
    BEFORE,
    NEW,
    NEW_PRIVATE,
    OLD,
    OLD_PRIVATE,
    build,
    files_in,
    full,
    state,
)

PAGE = "p/ab/page"


@pytest.mark.parametrize("content", [b"", b"x", b"much longer than before" * 999])
def test_a_page_is_written_over_one_that_was_replaced(built: Layout, content: bytes) -> None:
    """It is the same file on the disk, and nothing of the earlier page is left in it."""
    first = (built.site / PAGE).stat().st_ino
    build(built, NEW, NEW_PRIVATE)
    assert state(built) == AFTER
    assert files_in(built.spare) == {"page": OLD[PAGE]}
    again = {**NEW, PAGE: content}
    build(built, again, NEW_PRIVATE)
    assert files_in(built.site) == again
    assert (built.site / PAGE).stat().st_ino == first
    assert files_in(built.spare) == {"page": NEW[PAGE]}


def test_only_what_is_replaced_is_kept(built: Layout) -> None:
    """What goes is gone: a withdrawn page leaves nothing, nor do those that it replaced."""
    build(built, NEW, NEW_PRIVATE)
    without = {path: content for path, content in NEW.items() if path != PAGE}
    build(built, without, NEW_PRIVATE)
    assert files_in(built.site) == without
    assert files_in(built.spare) == {}


def test_only_so_many_are_kept(built: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A theme that changes replaces a million files: a disk need not hold them twice for good."""
    monkeypatch.setattr(spares, "MOST", 3)
    many = [f"p/ab/{n}" for n in range(9)]
    for content in (b"1", b"22", b"333", b"4"):
        build(built, dict.fromkeys(many, content), {})
        assert files_in(built.site) == dict.fromkeys(many, content)
        assert len(files_in(built.spare)) <= 3
    assert len(files_in(built.spare)) == 3


def test_a_disk_without_links(built: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file goes when it is replaced."""

    def refused(*_: object) -> None:
        raise full()

    monkeypatch.setattr(os, "link", refused)
    build(built, NEW, NEW_PRIVATE)
    assert state(built) == AFTER
    assert files_in(built.spare) == {}


def test_a_copy_that_is_made_of_links_stays_as_it_is(built: Layout, tmp_path: Path) -> None:
    """A backup may share the site's files: nothing is written over them."""
    backup = tmp_path / "backup"
    os.link(built.site / PAGE, backup)
    build(built, NEW, NEW_PRIVATE)
    build(built, OLD, OLD_PRIVATE)
    assert state(built) == BEFORE
    assert backup.read_bytes() == OLD[PAGE]


def test_nobody_else_may_look_at_them(built: Layout) -> None:
    """Their folder is the owner's own."""
    build(built, NEW, NEW_PRIVATE)
    assert built.spare.stat().st_mode & 0o777 == 0o700


def test_of_two_who_take_one_gets_it(built: Layout, tmp_path: Path) -> None:
    """Both looked before either took; a folder that is not there is told."""
    build(built, NEW, NEW_PRIVATE)
    one, other = Spares(built), Spares(built)
    with pytest.raises(FileNotFoundError):
        Spares(built).take(f"{tmp_path}/none/page")
    assert one.take(f"{tmp_path}/one")
    assert not other.take(f"{tmp_path}/other")
    assert not one.take(f"{tmp_path}/more")
    assert files_in(built.spare) == {}
