"""A lot of files by name: what is new, changed and gone, in order, and how it is remembered."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.publish import Files, Grace, Known, inventory_file, load_inventory
from generator.publish.files import BEFORE, FORMAT, UNSURE
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


# ── The grace ────────────────────────────────────────────────────────────────────────────────

MONDAY = date(2011, 12, 5)


class Days:
    """A store's lot on one day after the other."""

    def __init__(self, days: int) -> None:
        self._days, self.known = days, Known({}, {})

    def publish(self, day: int, wanted: dict[str, str], *, for_sealed: bool = True) -> list[str]:
        """Publish so many days after Monday; what was taken away."""
        grace = Grace(MONDAY + timedelta(day), self._days, for_sealed)
        lot = Files(wanted, self.known.files, self._remember, self.known.since, grace)
        assert set(lot.gone) | set(lot.kept) == self.known.files.keys() - wanted.keys()
        assert not set(lot.gone) & set(lot.kept)
        for step in (lot.begin, lot.sent, lot.begin, lot.end):
            step()
        return lot.gone

    def _remember(self, known: Known) -> None:
        self.known = known


def test_what_nobody_wants_stays_for_the_grace() -> None:
    """Counted from the first publication without it, however many come between."""
    store = Days(7)
    store.publish(0, {"assets/a": "1", "q/x": "1"})
    assert [store.publish(day, {"q/x": "1"}) for day in (3, 4, 9)] == [[], [], []]
    assert store.known == ({"assets/a": "1", "q/x": "1"}, {"assets/a": MONDAY + timedelta(3)})
    assert store.publish(10, {"q/x": "1"}) == ["assets/a"]
    assert store.known == ({"q/x": "1"}, {})


def test_what_comes_back_within_the_grace_is_there() -> None:
    """It is not sent again, and its grace begins anew when it goes the next time."""
    store = Days(7)
    store.publish(0, {"assets/a": "1"})
    store.publish(1, {})
    back = Files({"assets/a": "1"}, store.known.files, since=store.known.since)
    assert (back.added, back.changed, back.unchanged) == ([], [], 1)
    store.publish(5, {"assets/a": "1"})
    assert store.publish(8, {}) == []
    assert store.publish(15, {}) == ["assets/a"]


def test_without_grace_it_goes_at_once() -> None:
    """0 days are none."""
    store = Days(0)
    store.publish(0, {"assets/a": "1"})
    assert store.publish(0, {}) == ["assets/a"]


def test_sealed_parts_go_at_once_when_a_key_was_retired() -> None:
    """Also those whose grace had begun; other files keep theirs."""
    store = Days(7)
    store.publish(0, {"assets/a": "1", "p/aa/b": "1", "p/bb/c": "1"})
    store.publish(1, {"p/bb/c": "1"})
    assert store.publish(2, {}, for_sealed=False) == ["p/aa/b", "p/bb/c"]
    assert store.known.files == {"assets/a": "1"}


def test_a_clock_that_was_ahead_keeps_nothing_for_ever() -> None:
    """A day that is still to come counts as today."""
    store = Days(7)
    store.publish(0, {"assets/a": "1"})
    store.publish(9999, {})
    assert store.publish(1, {}) == []
    assert store.publish(8, {}) == ["assets/a"]


# ── Its file ─────────────────────────────────────────────────────────────────────────────────


DAYS = st.dictionaries(st.sampled_from(["p/bb/c", "q/x"]), st.dates())


@given(inventory=INVENTORIES, since=DAYS)
def test_an_inventory_comes_back(
    inventory: dict[str, str], since: dict[str, date], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a publication writes down is what the next one reads, the same bytes in any order."""
    path = tmp_path_factory.mktemp("inventory") / "common.json"
    path.write_bytes(inventory_file(Known(inventory, since)))
    assert load_inventory(path) == (inventory, since)
    other = Known(dict(reversed(inventory.items())), dict(reversed(since.items())))
    assert inventory_file(other) == path.read_bytes()


def test_an_inventory_of_the_release_before_is_read(tmp_path: Path) -> None:
    """It knew of no grace: whoever updates sends nothing again, and loses sight of nothing."""
    path = tmp_path / "common.json"
    path.write_text(json.dumps({"format": BEFORE, "files": {"q/x": "1"}}), encoding="utf-8")
    assert load_inventory(path) == ({"q/x": "1"}, {})


def test_before_the_first_publication_there_is_none(tmp_path: Path) -> None:
    """Without a file the store has nothing."""
    assert load_inventory(tmp_path / "none.json") == ({}, {})


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[]", b"null", b"{}", b"\xff"),
        json.dumps({"format": "sealpress inventory 1", "files": {}}).encode(),
        json.dumps({"format": FORMAT}).encode(),
        json.dumps({"format": FORMAT, "files": {}}).encode(),
        json.dumps({"format": FORMAT, "files": {}, "since": {"q/x": "soon"}}).encode(),
        json.dumps({"format": FORMAT, "files": None, "since": {}}).encode(),
        json.dumps({"format": FORMAT, "files": 7, "since": {}}).encode(),
        json.dumps({"format": FORMAT, "files": "text", "since": {}}).encode(),
        json.dumps({"format": FORMAT, "files": ["p/aa/bb"], "since": {}}).encode(),
        json.dumps({"format": FORMAT, "files": {"p/aa/bb": "x"}, "since": {}}).encode()[:-3],
    ],
)
def test_a_damaged_inventory_is_told(tmp_path: Path, raw: bytes) -> None:
    """An inventory that cannot be read is not taken for an empty one: nothing would be deleted."""
    (tmp_path / "common.json").write_bytes(raw)
    with pytest.raises(OutsideError, match=r"^common\.json: the inventory is damaged.*published"):
        load_inventory(tmp_path / "common.json")
