"""Stores: every one of them keeps these promises."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish import DirectoryStore, Store
from tests.publish.conftest import files_in

STORES: dict[str, Callable[[Path], Store]] = {"directory": DirectoryStore}
"""How each kind of store is made over a folder; a new kind is added here."""


@pytest.fixture(params=STORES.values(), ids=list(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store over ``tmp_path / "store"``."""
    made: Store = request.param(tmp_path / "store")
    return made


def test_what_was_put_is_there(store: Store, tmp_path: Path) -> None:
    """Files arrive whole, in folders that are made for them."""
    files = {"index.html": b"a", "p/ab/cd": b"\x00\xff" * 9999, "q/x": b""}
    for path, content in files.items():
        store.put(path, content)
    assert files_in(tmp_path / "store") == files


def test_putting_again_replaces(store: Store, tmp_path: Path) -> None:
    """The last put wins, and a shorter file has nothing of a longer one."""
    for content in (b"long content", b"short", b""):
        store.put("p/ab/cd", content)
        assert files_in(tmp_path / "store") == {"p/ab/cd": content}


def test_what_was_deleted_is_gone(store: Store, tmp_path: Path) -> None:
    """A deletion takes that file only."""
    for path in ("p/ab/cd", "p/ab/ce", "index.html"):
        store.put(path, b"x")
    store.delete("p/ab/cd")
    assert set(files_in(tmp_path / "store")) == {"p/ab/ce", "index.html"}


def test_deleting_what_is_not_there_does_nothing(store: Store) -> None:
    """A deletion can be repeated, also in a folder that is gone, and before the first put."""
    store.delete("p/ab/cd")
    store.put("p/ab/cd", b"x")
    store.delete("p/ab/cd")
    store.delete("p/ab/cd")
    store.delete("other")


def test_a_file_can_come_back(store: Store, tmp_path: Path) -> None:
    """Where everything was deleted, a file can be put again."""
    store.put("p/ab/cd", b"1")
    store.delete("p/ab/cd")
    store.put("p/ab/cd", b"2")
    assert files_in(tmp_path / "store") == {"p/ab/cd": b"2"}


# ── The folder ───────────────────────────────────────────────────────────────────────────────


def test_an_empty_folder_goes(tmp_path: Path) -> None:
    """With its last file a folder goes too; the store's own folder stays."""
    store = DirectoryStore(tmp_path / "store")
    store.put("p/ab/cd", b"x")
    store.put("index.html", b"x")
    store.delete("p/ab/cd")
    assert not (tmp_path / "store/p/ab").exists()
    store.delete("index.html")
    assert (tmp_path / "store").is_dir()


def full_disk(_: Path, content: bytes) -> int:
    """Stands for ``write_bytes`` on a disk that is full."""
    raise OSError(errno.ENOSPC, "No space left on device", repr(len(content)))


def test_no_reader_meets_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is written its earlier content is read; when that fails it stays, alone."""
    store = DirectoryStore(tmp_path / "store")
    store.put("p/ab/cd", b"earlier")
    target = tmp_path / "store/p/ab/cd"
    write_bytes = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        write_bytes(path, content[:3])
        assert path != target
        assert target.read_bytes() == b"earlier"
        return full_disk(path, content)

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OutsideError, match="the store cannot be written: No space left on device"):
        store.put("p/ab/cd", b"the new content")
    assert files_in(tmp_path / "store") == {"p/ab/cd": b"earlier"}


def test_a_store_that_cannot_be_written_is_outside(tmp_path: Path) -> None:
    """Where a file stands in a folder's place, put and delete say so; a rerun may help."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store/p").write_bytes(b"a file")
    store = DirectoryStore(tmp_path / "store")
    with pytest.raises(OutsideError, match="the store cannot be written"):
        store.put("p/ab/cd", b"x")
    with pytest.raises(OutsideError, match="the store cannot be written"):
        store.delete("p/ab/cd")


def test_errors_do_not_tell_the_path(tmp_path: Path) -> None:
    """An error's words are the system's reason, not an address."""
    (tmp_path / "store").write_bytes(b"a file")
    with pytest.raises(OutsideError) as caught:
        DirectoryStore(tmp_path / "store").put("p/ab/cd", b"x")
    assert "ab" not in str(caught.value).removeprefix("the store cannot be written")
