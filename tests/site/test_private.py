"""Private files: closed to others, replaced whole, and told by their place and no other's."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.site.private import append_private, open_private, where, write_private
from tests.builders import write
from tests.site.builds import Crash, failing_at, files_in, full, steps_of


def fill(path: Path) -> None:
    """Write a file as the manifest is written."""
    with open_private(path) as file:
        file.write(b"x")


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_private_files_are_closed(tmp_path: Path, mask: int) -> None:
    """Whatever the system's default is, private files and their folder are their owner's."""
    folder = tmp_path / "private"
    earlier = os.umask(mask)
    try:
        write_private(folder / "state.json", b"x")
        append_private(folder / "audit.log", "who")
        fill(folder / "manifest.jsonl")
    finally:
        os.umask(earlier)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(("state.json", "audit.log", "manifest.jsonl"), 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "touch",
    [lambda path: write_private(path, b"x"), lambda path: append_private(path, "x"), fill],
    ids=["written", "added to", "opened"],
)
def test_a_folder_left_open_is_closed(tmp_path: Path, touch: Callable[[Path], None]) -> None:
    """A private folder that somebody opened is closed again."""
    write(tmp_path, {"private/other": "x"})
    (tmp_path / "private").chmod(0o755)
    touch(tmp_path / "private/state.json")
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


def test_an_opened_file_takes_the_place_of_an_open_one(tmp_path: Path) -> None:
    """What lay there before, readable by all, is another file and does not lend its rights."""
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b"earlier")
    path.chmod(0o644)
    other = tmp_path / "other"
    other.hardlink_to(path)
    fill(path)
    assert (path.read_bytes(), other.read_bytes()) == (b"x", b"earlier")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_is_only_added_to(tmp_path: Path) -> None:
    """Each line of a log stays, in its order."""
    for line in ("first", "second"):
        append_private(tmp_path / "audit.log", line)
    assert (tmp_path / "audit.log").read_text(encoding="utf-8") == "first\nsecond\n"


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    """Wherever writing a private file dies, it has its earlier content or the new one."""
    path = tmp_path / "state.json"
    write_private(path, b"earlier")
    steps = steps_of(lambda: write_private(path, b"earlier"))
    assert steps >= 4
    contents = []
    for step in range(steps):
        write_private(path, b"earlier")
        with failing_at(step), pytest.raises(Crash):
            write_private(path, b"later")
        contents.append(path.read_bytes())
    assert set(contents) == {b"earlier", b"later"}
    assert contents == sorted(contents)  # once it is there it stays
    write_private(path, b"later")
    assert files_in(tmp_path) == {"state.json": b"later"}


def test_a_full_disk_leaves_the_earlier_file_and_no_draft(tmp_path: Path) -> None:
    """A private file that cannot be written is told by its place, and its draft is gone."""
    path = tmp_path / "build/private/told/00.arrow"
    write_private(path, b"earlier")
    told = []
    for step in range(steps_of(lambda: write_private(path, b"earlier"))):
        with failing_at(step, full):
            try:
                write_private(path, b"later")
            except OutsideError as error:
                told.append(str(error))
                assert files_in(path.parent) == {path.name: b"earlier"}
        write_private(path, b"earlier")
    assert len(told) >= 4
    place, hint = "build/private/told/00.arrow", "free room, or files (df -i)"
    words = f"{place}: cannot be written: No space left on device"
    assert set(told) == {f"{words} — hint: the earlier site is whole; {hint}"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/srv/build/private/site/build/private/told/00", "build/private/told/00"),
        ("/srv/site/build/private/state.json", "build/private/state.json"),
        ("/srv/private/state.json", "state.json"),
    ],
)
def test_a_message_names_no_place_outside_the_build(path: str, words: str) -> None:
    """A file is called by its place below ``build/private``, not by that of the site."""
    assert where(Path(path)) == words
