"""A publication: what changed and nothing else, in an order in which every reader finds all."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.publish import DirectoryStore, publish
from generator.publish.publisher import FORMAT, inventory_file, load_inventory
from tests.publish.conftest import SITE, Failing, Notes, files_in, published, silent, site_of


def digest(content: bytes) -> str:
    """The digest of a file in the inventory."""
    return blake2b(content, digest_size=20).hexdigest()


WHOLE = {path: digest(content) for path, content in SITE.items()}


def test_the_first_publication_brings_everything(tmp_path: Path) -> None:
    """The store has exactly the site's files, and the inventory their digests."""
    done = published(tmp_path, DirectoryStore(tmp_path / "store"), SITE, {})
    assert (done.added, done.changed, done.deleted, done.unchanged) == (len(SITE), 0, 0, 0)
    assert done.inventory == WHOLE
    assert files_in(tmp_path / "store") == SITE


def test_what_others_point_to_goes_first(tmp_path: Path) -> None:
    """Assets, sealed files, stage pages, the rest, the loader last; then deletions."""
    notes = Notes()
    publish(site_of(tmp_path, SITE), notes, {"p/aa/gone": "x", "assets/gone": "x"}, silent)
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
    ]


def test_new_parts_are_there_before_the_pages_that_name_them(tmp_path: Path) -> None:
    """A page that changed may name a part that is new: new files come before changed ones."""
    notes = Notes()
    earlier = {"p/1a/page": "old", "p/zy/page": "old"}
    files = {
        "p/1a/page": b"names zz",
        "p/zy/page": b"names zz",
        "p/zz/part": b"",
        "index.html": b"",
    }
    publish(site_of(tmp_path, files), notes, earlier, silent)
    assert [path for _, path in notes.asked] == [
        *("p/zz/part", "p/1a/page", "p/zy/page", "index.html"),
    ]


def test_what_did_not_change_is_not_sent(tmp_path: Path) -> None:
    """A second publication asks the store for nothing."""
    notes = Notes()
    done = publish(site_of(tmp_path, SITE), notes, WHOLE, silent)
    assert notes.asked == []
    assert (done.added, done.changed, done.deleted, done.unchanged) == (0, 0, 0, len(SITE))
    assert done.inventory == WHOLE


def test_changes_are_counted(tmp_path: Path) -> None:
    """Added, changed, deleted and unchanged files are told apart."""
    notes = Notes()
    files = {**SITE, "p/zz/page": b"another page", "p/zz/more": b"x"}
    del files["q/stage"]
    done = publish(site_of(tmp_path, files), notes, WHOLE, silent)
    assert notes.asked == [("put", "p/zz/more"), ("put", "p/zz/page"), ("delete", "q/stage")]
    assert (done.added, done.changed, done.deleted, done.unchanged) == (1, 1, 1, len(SITE) - 2)
    assert set(done.inventory) == set(files)


def test_progress_counts_every_file(tmp_path: Path) -> None:
    """Progress is told for each file, the unchanged too."""
    seen: list[tuple[int, int]] = []
    publish(site_of(tmp_path, SITE), Notes(), WHOLE, lambda done, total: seen.append((done, total)))
    assert seen == [(done, len(SITE)) for done in range(1, len(SITE) + 1)]


def test_the_inventory_comes_back(tmp_path: Path) -> None:
    """What a publication writes down is what the next one reads."""
    done = publish(site_of(tmp_path, SITE), Notes(), {}, silent)
    path = tmp_path / "published.json"
    path.write_bytes(inventory_file(done.inventory))
    assert load_inventory(path) == done.inventory
    assert load_inventory(tmp_path / "none.json") == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        json.dumps({"format": "sealpress inventory 2", "files": {}}).encode(),
        json.dumps({"format": FORMAT}).encode(),
        json.dumps({"format": FORMAT, "files": None}).encode(),
        json.dumps({"format": FORMAT, "files": 7}).encode(),
        json.dumps({"format": FORMAT, "files": "text"}).encode(),
        json.dumps({"format": FORMAT, "files": ["p/aa/bb"]}).encode(),
        json.dumps({"format": FORMAT, "files": {"p/aa/bb": "x"}}).encode()[:-3],
    ],
)
def test_a_damaged_inventory_is_told(tmp_path: Path, raw: bytes) -> None:
    """An inventory that cannot be read is not taken for an empty one: nothing would be deleted."""
    (tmp_path / "published.json").write_bytes(raw)
    with pytest.raises(OutsideError, match=r"published\.json: the inventory is damaged.*remove it"):
        load_inventory(tmp_path / "published.json")


BEFORE = {
    "assets/old.css": b"old",
    "p/zz/page": b"before",
    "p/yy/gone": b"gone",
    "index.html": b"1",
}
REQUESTS = len(SITE) + 2  # every file of the new site differs, and two are gone


@pytest.mark.parametrize("fail_at", range(REQUESTS))
def test_a_second_run_sends_the_rest(tmp_path: Path, fail_at: int) -> None:
    """A publication that fails at any request is completed by the next one."""
    folder = tmp_path / "store"
    earlier = published(tmp_path, DirectoryStore(folder), BEFORE, {}).inventory
    with pytest.raises(OutsideError, match="the network is gone"):
        published(tmp_path, Failing(folder, fail_at), SITE, earlier)
    half = files_in(folder)
    assert all(content in {SITE.get(path), BEFORE.get(path)} for path, content in half.items())
    assert set(BEFORE) <= set(half) or fail_at > len(SITE)
    done = published(tmp_path, DirectoryStore(folder), SITE, earlier)
    assert files_in(folder) == SITE
    assert done.inventory == WHOLE


def test_nothing_fails_beyond_the_last_request(tmp_path: Path) -> None:
    """The test above fails a publication at every request that it makes, and at no more."""
    folder = tmp_path / "store"
    earlier = published(tmp_path, DirectoryStore(folder), BEFORE, {}).inventory
    published(tmp_path, Failing(folder, REQUESTS), SITE, earlier)
    assert files_in(folder) == SITE


@pytest.mark.parametrize("fail_at", range(REQUESTS))
def test_nothing_stays_behind_a_broken_publication(tmp_path: Path, fail_at: int) -> None:
    """A file that a broken run had sent is taken away when the next site lacks it."""
    folder, notes = tmp_path / "store", list[Mapping[str, str]]()
    earlier = published(tmp_path, DirectoryStore(folder), BEFORE, {}).inventory
    site = site_of(tmp_path, SITE)
    with pytest.raises(OutsideError, match="the network is gone"):
        publish(site, Failing(folder, fail_at), earlier, silent, notes.append)
    publish(site_of(tmp_path, BEFORE), DirectoryStore(folder), notes[-1], silent)
    assert files_in(folder) == BEFORE


FILES = st.dictionaries(
    st.sampled_from(["index.html", "404.html", "p/aa/b", "p/aa/c", "p/bb/c", "q/x", "assets/y"]),
    st.binary(max_size=2),
)


@given(nights=st.lists(FILES, min_size=1, max_size=5))
def test_after_any_nights_the_store_is_the_site(
    nights: list[dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever came and went, after each night the store has the site's files and no others."""
    root = tmp_path_factory.mktemp("nights")
    inventory: dict[str, str] = {}
    for files in nights:
        (root / "site").mkdir(exist_ok=True)
        done = published(root, DirectoryStore(root / "store"), files, inventory)
        inventory = dict(done.inventory)
        assert files_in(root / "store") == files
        assert inventory == {path: digest(content) for path, content in files.items()}
