"""A lot of files by name: what is new, changed and gone, in order, and how it is remembered."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.publish import Files, inventory_file, load_inventory
from generator.publish.files import FORMAT, UNSURE
from tests.publish.conftest import SITE, Memory, inventory_of

INVENTORIES = st.dictionaries(
    st.sampled_from(["index.html", "404.html", "p/aa/b", "p/bb/c", "q/x", "assets/y"]),
    st.sampled_from(["1", "2", UNSURE]),
)


@given(wanted=INVENTORIES, store=INVENTORIES)
def test_every_file_is_one_of_four(wanted: dict[str, str], store: dict[str, str]) -> None:
    """Added, changed, unchanged or gone: each file exactly one of them, the unsure changed."""
    wanted = {path: digest or "3" for path, digest in wanted.items()}  # what is wanted is known
    lot = Files(wanted, store)
    assert set(lot.added) == wanted.keys() - store.keys()
    assert set(lot.gone) == store.keys() - wanted.keys()
    assert set(lot.changed) == {
        path for path, digest in wanted.items() if store.get(path, digest) != digest
    }
    assert lot.unchanged == len(wanted.items() & store.items())
    assert len(lot.added) + len(lot.changed) + lot.unchanged == len(wanted)


def test_what_others_point_to_comes_first() -> None:
    """Assets, sealed files, stage pages, the rest, the loader last."""
    wanted = inventory_of(SITE)
    in_order = [
        *("assets/page.0a.css", "p/1a/new", "p/zz/page", "q/stage", "404.html", "robots.txt"),
        "index.html",
    ]
    assert Files(wanted, {}).added == in_order
    assert Files(wanted, dict.fromkeys(SITE, UNSURE)).changed == in_order


def test_what_is_remembered_at_each_step() -> None:
    """First that anything may have come, then what came, then that what is gone is gone."""
    memory = Memory(inventory_of({"a": b"same", "b": b"before", "gone": b"x"}))
    lot = memory.lot({"a": b"same", "b": b"after", "c": b"new"})
    old = inventory_of({"a": b"same", "gone": b"x"})
    lot.begin()
    assert memory.inventory == {**old, "b": UNSURE, "c": UNSURE, "gone": UNSURE}
    lot.sent()
    assert memory.inventory == {**old, **inventory_of({"b": b"after", "c": b"new"})}
    lot.end()
    assert memory.inventory == inventory_of({"a": b"same", "b": b"after", "c": b"new"})


def test_who_remembers_nothing_is_not_asked_to() -> None:
    """A lot without a memory goes through the same steps."""
    lot = Files({"a": "1"}, {"b": "1"})
    for step in (lot.begin, lot.sent, lot.end):
        step()
    assert (lot.added, lot.gone) == (["a"], ["b"])


# ── Its file ─────────────────────────────────────────────────────────────────────────────────


@given(inventory=INVENTORIES)
def test_an_inventory_comes_back(
    inventory: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a publication writes down is what the next one reads, the same bytes in any order."""
    path = tmp_path_factory.mktemp("inventory") / "common.json"
    path.write_bytes(inventory_file(inventory))
    assert load_inventory(path) == inventory
    assert inventory_file(dict(reversed(inventory.items()))) == path.read_bytes()


def test_before_the_first_publication_there_is_none(tmp_path: Path) -> None:
    """Without a file the store has nothing."""
    assert load_inventory(tmp_path / "none.json") == {}


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b"\xff"),
        json.dumps({"format": "sealpress inventory 1", "files": {}}).encode(),
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
    (tmp_path / "common.json").write_bytes(raw)
    with pytest.raises(OutsideError, match=r"^common\.json: the inventory is damaged.*published"):
        load_inventory(tmp_path / "common.json")
