"""A publication: what changed and nothing else, in an order in which every reader finds all."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError, OutsideError
from generator.publish import DirectoryStore, Publication, publish
from tests.publish.conftest import (
    SITE,
    Failing,
    Memory,
    Notes,
    files_in,
    inventory_of,
    published,
    silent,
    site_of,
)

WHOLE = inventory_of(SITE)


def test_the_first_publication_brings_everything(tmp_path: Path) -> None:
    """The store has exactly the site's files, and the inventory their digests."""
    memory = Memory()
    done = published(tmp_path, DirectoryStore(tmp_path / "store"), memory, SITE)
    assert done == Publication(added=len(SITE))
    assert memory.inventory == WHOLE
    assert files_in(tmp_path / "store") == SITE


def test_deletions_come_after_all_else(tmp_path: Path) -> None:
    """No lot deletes anything before every lot has sent what is new, in the lots' order."""
    notes, site = Notes(), site_of(tmp_path, SITE)
    first = {path: SITE[path] for path in ("assets/page.0a.css", "p/1a/new")}
    middle = {"p/zz/page": SITE["p/zz/page"]}
    last = {path: SITE[path] for path in SITE if path not in {**first, **middle}}
    gone = iter(["assets/gone", "p/aa/gone", "q/gone"])
    memories = [Memory({next(gone): "x"}) for _ in range(3)]
    lots = [
        (lambda memory=memory, files=files: memory.lot(files))
        for memory, files in zip(memories, (first, middle, last), strict=True)
    ]
    done = publish(site, notes, lots, silent)
    assert notes.asked == [
        ("put", "assets/page.0a.css"),
        ("put", "p/1a/new"),
        ("put", "p/zz/page"),
        ("put", "q/stage"),
        ("put", "404.html"),
        ("put", "robots.txt"),
        ("put", "index.html"),
        ("delete", "assets/gone"),
        ("delete", "p/aa/gone"),
        ("delete", "q/gone"),
    ]
    assert done == Publication(added=len(SITE), deleted=3)
    assert [memory.inventory for memory in memories] == [
        inventory_of(files) for files in (first, middle, last)
    ]


def test_new_parts_are_there_before_the_pages_that_name_them(tmp_path: Path) -> None:
    """A page that changed may name a part that is new: new files come before changed ones."""
    notes = Notes()
    files = {
        "p/1a/page": b"names zz",
        "p/zy/page": b"names zz",
        "p/zz/part": b"",
        "index.html": b"",
    }
    known = {"p/1a/page": "old", "p/zy/page": "old", "index.html": "old"}
    published(tmp_path, notes, Memory(known), files)
    assert [path for _, path in notes.asked] == [
        *("p/zz/part", "p/1a/page", "p/zy/page", "index.html"),
    ]


def test_what_did_not_change_is_not_sent(tmp_path: Path) -> None:
    """A second publication asks the store for nothing, and writes nothing down."""
    notes, memory = Notes(), Memory(dict(WHOLE))
    known = memory.inventory
    done = published(tmp_path, notes, memory, SITE)
    assert notes.asked == []
    assert done == Publication(unchanged=len(SITE))
    assert memory.inventory is known


def test_changes_are_counted(tmp_path: Path) -> None:
    """Added, changed, deleted and unchanged files are told apart."""
    notes, memory = Notes(), Memory(dict(WHOLE))
    files = {**SITE, "p/zz/page": b"another page", "p/zz/more": b"x"}
    del files["q/stage"]
    done = published(tmp_path, notes, memory, files)
    assert notes.asked == [("put", "p/zz/more"), ("put", "p/zz/page"), ("delete", "q/stage")]
    assert done == Publication(added=1, changed=1, deleted=1, unchanged=len(SITE) - 2)
    assert memory.inventory == inventory_of(files)


def test_progress_counts_lots(tmp_path: Path) -> None:
    """Progress is told for each lot, those without a change too."""
    seen: list[tuple[int, int]] = []
    memory = Memory(dict(WHOLE))
    lots = [lambda: memory.lot(SITE)] * 3
    publish(site_of(tmp_path, SITE), Notes(), lots, lambda *told: seen.append(told))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_without_lots_nothing_happens(tmp_path: Path) -> None:
    """A publication of nothing asks for nothing."""
    assert publish(tmp_path, Notes(), [], silent) == Publication()


def test_a_missing_file_stops_the_publication(tmp_path: Path) -> None:
    """A file of the site that somebody took away is told without its address, with a remedy."""
    notes, memory = Notes(), Memory()
    site = site_of(tmp_path, {})
    (tmp_path / "site").mkdir(exist_ok=True)
    with pytest.raises(InputError) as caught:
        publish(site, notes, [lambda: memory.lot({"p/ab/page": b"x"})], silent)
    assert str(caught.value) == (
        "build/site: a file of the built site is missing — hint: run: sealpress build --full"
    )
    assert notes.asked == []


def test_a_site_that_cannot_be_read_is_outside(tmp_path: Path) -> None:
    """What lies where a file should and cannot be read is told; a rerun may help."""
    site = site_of(tmp_path, {"p/ab/page/x": b""})
    with pytest.raises(OutsideError, match=r"^build/site: cannot be read: Is a directory$"):
        publish(site, Notes(), [lambda: Memory().lot({"p/ab/page": b"x"})], silent)


# ── A publication that breaks off ────────────────────────────────────────────────────────────

BEFORE = {
    "assets/old.css": b"old",
    "p/zz/page": b"before",
    "p/yy/gone": b"gone",
    "index.html": b"1",
}
REQUESTS = len(SITE) + 2  # every file of the new site differs, and two are gone


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """What is remembered after BEFORE was published."""
    memory = Memory()
    published(tmp_path, DirectoryStore(tmp_path / "store"), memory, BEFORE)
    return memory


@pytest.mark.parametrize("fail_at", range(REQUESTS))
def test_a_second_run_sends_the_rest(tmp_path: Path, memory: Memory, fail_at: int) -> None:
    """A publication that fails at any request is completed by the next one."""
    folder = tmp_path / "store"
    with pytest.raises(OutsideError, match="the network is gone"):
        published(tmp_path, Failing(folder, fail_at), memory, SITE)
    half = files_in(folder)
    assert all(content in {SITE.get(path), BEFORE.get(path)} for path, content in half.items())
    assert set(BEFORE) <= set(half) or fail_at > len(SITE)
    assert set(half) <= set(memory.inventory)
    published(tmp_path, DirectoryStore(folder), memory, SITE)
    assert files_in(folder) == SITE
    assert memory.inventory == WHOLE


def test_nothing_fails_beyond_the_last_request(tmp_path: Path, memory: Memory) -> None:
    """The test above fails a publication at every request that it makes, and at no more."""
    published(tmp_path, Failing(tmp_path / "store", REQUESTS), memory, SITE)
    assert files_in(tmp_path / "store") == SITE


@pytest.mark.parametrize("fail_at", range(REQUESTS))
def test_nothing_stays_behind_a_broken_publication(
    tmp_path: Path, memory: Memory, fail_at: int
) -> None:
    """A file that a broken run had sent is taken away when the next site lacks it."""
    folder = tmp_path / "store"
    with pytest.raises(OutsideError, match="the network is gone"):
        published(tmp_path, Failing(folder, fail_at), memory, SITE)
    published(tmp_path, DirectoryStore(folder), memory, BEFORE)
    assert files_in(folder) == BEFORE


FILES = st.dictionaries(
    st.sampled_from(["index.html", "404.html", "p/aa/b", "p/aa/c", "p/bb/c", "q/x", "assets/y"]),
    st.binary(max_size=2),
)


@given(nights=st.lists(st.tuples(FILES, st.integers(0, 12)), min_size=1, max_size=5))
def test_after_any_nights_the_store_is_the_site(
    nights: list[tuple[Mapping[str, bytes], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever came, went and broke off: a publication that ends leaves the site and no more."""
    root = tmp_path_factory.mktemp("nights")
    (root / "site").mkdir()
    (root / "store").mkdir()
    memory = Memory()
    for files, fail_at in nights:
        try:
            published(root, Failing(root / "store", fail_at), memory, files)
        except OutsideError:
            assert set(files_in(root / "store")) <= set(memory.inventory)
        else:
            assert files_in(root / "store") == files
            assert memory.inventory == inventory_of(files)
    published(root, DirectoryStore(root / "store"), memory, nights[-1][0])
    assert files_in(root / "store") == nights[-1][0]
