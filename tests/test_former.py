"""What is kept of the publication before: over any nights, it is what was true then."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.former import Former, FormerLot
from generator.inventory import COMMON
from generator.publish import DirectoryStore, Files, Lot, inventory_file, load_inventory, publish
from generator.site.layout import Layout
from generator.site.private import write_private
from tests.publish.conftest import Failing, files_in, inventory_of, silent, site_of

FILES = st.dictionaries(
    st.sampled_from(["index.html", "p/aa/b", "p/aa/c", "q/x", "assets/y"]),
    st.binary(max_size=2),
    min_size=1,
)
NIGHTS = st.lists(st.tuples(FILES, st.integers(0, 9)), min_size=1, max_size=5)


def lot_of(layout: Layout, files: Mapping[str, bytes]) -> Callable[[], Lot]:
    """These files as a lot whose record lies where that of common files does."""
    place = layout.published / COMMON[1]

    def make() -> Lot:
        return Files(
            inventory_of(files),
            load_inventory(place).files,
            lambda found: write_private(place, inventory_file(found)),
        )

    return make


def a_night(root: Path, store: DirectoryStore, files: Mapping[str, bytes]) -> None:
    """Publish a site of these files, keeping what was before."""
    former = Former(Layout(root))
    lots = former.keeping(store, [lot_of(former.layout, files)])
    publish(site_of(root, files), store, lots, silent)
    former.end()


def brought_back(former: Former, store: DirectoryStore) -> None:
    """Bring back all that was before, lot by lot."""

    def file(one: FormerLot, path: str) -> bytes:
        content = store.earlier(path, one.digests[path])
        assert content is not None
        return content

    for one in former.lots():
        found = [(path, file(one, path)) for path in one.back]
        one.lot.begin()
        store.put_all(found)
        store.delete_all(one.lot.gone)
        one.lot.end()


@given(nights=NIGHTS)
def test_after_any_nights_the_last_can_be_undone(
    nights: list[tuple[Mapping[str, bytes], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever came, went and broke off, what comes back is what the last whole one had before."""
    root = tmp_path_factory.mktemp("nights")
    (root / "site").mkdir()
    store, former = root / "store", Former(Layout(root))
    before: dict[str, bytes] = {}
    for files, fail_at in nights:
        there = files_in(store)
        if former.state in {"none", "published"} and there != files:
            before = there
        with suppress(OutsideError):
            a_night(root, Failing(store, fail_at), files)
    if former.state == "none":
        return
    brought_back(former, DirectoryStore(store))
    assert files_in(store) == before


def test_nothing_is_kept_of_a_publication_of_nothing(tmp_path: Path) -> None:
    """A publication that changes nothing is none: what was before stays as it was."""
    (tmp_path / "site").mkdir()
    former, store = Former(Layout(tmp_path)), DirectoryStore(tmp_path / "store")
    assert former.state == "none"
    for content in (b"1", b"2", b"2"):
        a_night(tmp_path, store, {"index.html": content})
    assert Former(former.layout).state == "published"
    brought_back(former, store)
    assert files_in(tmp_path / "store") == {"index.html": b"1"}


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    """It says what to remove, and what that costs."""
    layout = Layout(tmp_path)
    write_private(layout.former / "about.json", b"{")
    with pytest.raises(OutsideError, match="remove build/private/former"):
        _ = Former(layout).state


def test_a_disk_without_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There the record is copied, closed to others."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", refuse)
    (tmp_path / "site").mkdir()
    former, store = Former(Layout(tmp_path)), DirectoryStore(tmp_path / "store")
    for content in (b"1", b"2"):
        a_night(tmp_path, store, {"index.html": content})
    place = former.layout.former / COMMON[1]
    assert load_inventory(place).files == inventory_of({"index.html": b"1"})
    assert place.stat().st_mode & 0o777 == 0o600
