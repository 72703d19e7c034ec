"""The key ring: for its owner's eyes only, never replaced by accident, refused when unsure."""

import json
import os
import stat
from base64 import b64encode
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import KeyRingError
from generator.sealing import KeyRing, load_key_ring, new_key_ring, save_key_ring
from generator.sealing.keyring import ENVIRONMENT
from tests.builders import ROOT, make_ring

TODAY = date(2026, 11, 21)
RING = make_ring(bytes(range(32)), bytes(range(1, 33)))
MINE = stat.S_IRUSR | stat.S_IWUSR


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a saved ring lies, in a folder that is made for it."""
    path = tmp_path / "keys/ring.json"
    save_key_ring(RING, path)
    return path


def mode(path: Path) -> int:
    """The permissions of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def altered(path: Path, **changes: object) -> dict[str, str]:
    """The ring at ``path`` as an environment, with something about it changed."""
    return {ENVIRONMENT: json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes})}


def test_a_ring_comes_back(path: Path) -> None:
    """What was saved is loaded, keys and all."""
    assert load_key_ring(path, {}) == RING


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_it(tmp_path: Path, mask: int) -> None:
    """File and folder are closed to others, however open the system's default is."""
    path = tmp_path / "keys/ring.json"
    earlier = os.umask(mask)
    try:
        save_key_ring(RING, path)
    finally:
        os.umask(earlier)
    assert mode(path) == MINE == 0o600
    assert mode(path.parent) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["ring.json"]


def test_a_ring_is_never_replaced_by_accident(path: Path) -> None:
    """A second ring in its place is refused, and the first is as it was."""
    before = path.read_bytes()
    with pytest.raises(KeyRingError, match=r"already there.*keys rotate"):
        save_key_ring(new_key_ring(TODAY), path)
    assert path.read_bytes() == before


def test_a_ring_is_replaced_when_that_is_meant(path: Path) -> None:
    """A rotated ring takes the place of the earlier one, and stays closed."""
    rotated = RING.rotated(TODAY)
    save_key_ring(rotated, path, replace_earlier=True)
    assert load_key_ring(path, {}) == rotated
    assert mode(path) == MINE


def test_a_failure_leaves_the_ring_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk fails in the middle, the earlier ring is whole and no draft lies about."""

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        save_key_ring(RING.rotated(TODAY), path, replace_earlier=True)
    assert load_key_ring(path, {}) == RING
    assert [each.name for each in path.parent.iterdir()] == ["ring.json"]


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o620, 0o644, 0o601, 0o777])
def test_a_ring_that_others_may_touch_is_refused(path: Path, bits: int) -> None:
    """A ring open to group or others is not used, and the way to close it is told."""
    path.chmod(bits)
    with pytest.raises(KeyRingError, match=r"other users can read.*chmod 600"):
        load_key_ring(path, {})


def test_a_missing_ring_says_how_to_make_one(tmp_path: Path) -> None:
    """Without a ring the command that makes one is named."""
    with pytest.raises(KeyRingError, match=r"there is no key ring.*sealpress keys new"):
        load_key_ring(tmp_path / "keys/ring.json", {})


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    """A folder in the ring's place is told."""
    with pytest.raises(KeyRingError, match="cannot be read"):
        load_key_ring(tmp_path, {})


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not a sealpress key ring"),
        (b"{", "not a sealpress key ring"),
        (b"[]", "not a sealpress key ring"),
        (b"null", "not a sealpress key ring"),
        (b'"text"', "not a sealpress key ring"),
        (b"{}", "not a sealpress key ring"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused(path: Path, raw: bytes, words: str) -> None:
    """What is not a ring is not taken for one."""
    path.write_bytes(raw)
    with pytest.raises(KeyRingError, match=words):
        load_key_ring(path, {})


def epoch(**changes: object) -> dict[str, object]:
    """An epoch as it stands in the file."""
    key = b64encode(bytes(32)).decode()
    return {"epoch": 1, "created": "2026-01-01", "live": True, "key": key, **changes}


NO_RING = "not a sealpress key ring"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "sealpress key ring 2"}, NO_RING),
        ({"format": None}, NO_RING),
        ({"epochs": None}, NO_RING),
        ({"epochs": "text"}, NO_RING),
        ({"epochs": [1]}, NO_RING),
        ({"epochs": [{}]}, NO_RING),
        ({"epochs": [epoch(key=None)]}, NO_RING),
        ({"epochs": [epoch(key="ключ")]}, NO_RING),
        ({"epochs": [epoch(key="A" * 43 + "\n=")]}, NO_RING),
        ({"epochs": [epoch(key="AAA")]}, NO_RING),
        ({"epochs": [epoch(created="yesterday")]}, NO_RING),
        ({"epochs": [epoch(created=None)]}, NO_RING),
        ({"epochs": [epoch(epoch="one")]}, NO_RING),
        ({"epochs": [epoch(epoch=None)]}, NO_RING),
        ({"epochs": [epoch(epoch=float("inf"))]}, NO_RING),
        ({"epochs": [epoch(live="false")]}, NO_RING),
        ({"epochs": [epoch(live=None)]}, NO_RING),
        ({"epochs": [epoch(), epoch()]}, NO_RING),
        ({"epochs": [epoch(epoch=2), epoch()]}, NO_RING),
        ({"pseudonym_key": None}, NO_RING),
        ({"epochs": [epoch(key=b64encode(bytes(31)).decode())]}, "not 32 bytes long"),
        ({"epochs": [epoch(key=b64encode(bytes(33)).decode())]}, "not 32 bytes long"),
        ({"epochs": [epoch(key="")]}, "not 32 bytes long"),
        ({"pseudonym_key": ""}, "not 32 bytes long"),
        ({"epochs": []}, "newest epoch of the key ring is not live"),
        ({"epochs": [epoch(live=False)]}, "newest epoch of the key ring is not live"),
        ({"epochs": [epoch(), epoch(epoch=2, live=False)]}, "newest epoch of the key ring is not"),
    ],
)
def test_a_ring_with_something_wrong_is_refused(
    path: Path, changes: dict[str, object], words: str
) -> None:
    """Keys of another length, epochs out of order and foreign types are not used."""
    with pytest.raises(KeyRingError, match=words):
        load_key_ring(path, altered(path, **changes))


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    field=st.sampled_from(["format", "epochs", "pseudonym_key"]),
    inner=st.sampled_from([None, "epoch", "created", "live", "key"]),
    value=JSON,
)
def test_no_value_does_anything_but_load_or_be_refused(
    field: str, inner: str | None, value: object
) -> None:
    """Whatever stands in a ring's field, no other error comes out and no unusable ring."""
    pseudonyms = b64encode(bytes(32)).decode()
    data: dict[str, object] = {"format": "sealpress key ring 1", "epochs": [epoch()]}
    data["pseudonym_key"] = pseudonyms
    data = {**data, "epochs": [epoch(**{inner: value})]} if inner else {**data, field: value}
    try:
        ring = load_key_ring(ROOT, {ENVIRONMENT: json.dumps(data)})
    except KeyRingError:
        return
    assert all(len(each.master) == 32 for each in ring.epochs)
    assert type(ring.current.live) is bool


def test_the_environment_comes_first(path: Path, tmp_path: Path) -> None:
    """A ring in the environment is used even where a file lies, or none at all."""
    other = make_ring(bytes(32))
    save_key_ring(other, tmp_path / "other.json")
    environment = {ENVIRONMENT: (tmp_path / "other.json").read_text(encoding="utf-8")}
    assert load_key_ring(path, environment) == other
    assert load_key_ring(tmp_path / "none.json", environment) == other
    assert load_key_ring(path, {ENVIRONMENT: ""}) == RING


def test_a_damaged_environment_is_not_passed_over(path: Path) -> None:
    """A broken variable is told by its name; the file is not used in its stead."""
    with pytest.raises(KeyRingError, match=f"^{ENVIRONMENT}: "):
        load_key_ring(path, {ENVIRONMENT: "{"})


def test_a_new_ring_has_keys_of_its_own() -> None:
    """Two new rings share nothing, and the two keys of a ring are two."""
    first, second = new_key_ring(TODAY), new_key_ring(TODAY)
    keys = {ring.current.master for ring in (first, second)}
    keys |= {ring.pseudonym_key for ring in (first, second)}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert (first.current.number, first.current.created, first.current.live) == (1, TODAY, True)


def test_rotation_adds_an_epoch() -> None:
    """After a rotation links are made under a new key, and earlier epochs are still built."""
    ring = RING.rotated(TODAY)
    assert ring.epochs[:2] == RING.epochs
    assert (ring.current.number, ring.current.created) == (3, TODAY)
    assert [each.number for each in ring.live] == [1, 2, 3]
    assert len({each.master for each in ring.epochs}) == 3
    assert ring.pseudonym_key == RING.pseudonym_key


def test_a_leak_retires_all_earlier_epochs() -> None:
    """After a leak nothing is built under a key that somebody else may have."""
    ring = RING.rotated(TODAY, leaked=True)
    assert [each.number for each in ring.live] == [3]
    assert [each.number for each in ring.epochs] == [1, 2, 3]
    assert [each.number for each in ring.rotated(TODAY).live] == [3, 4]


def test_an_epoch_is_retired_for_good(path: Path) -> None:
    """A retired epoch is not built, and stays retired when the ring is saved."""
    ring = RING.retired(1)
    assert [each.number for each in ring.live] == [2]
    assert ring.current == RING.current
    save_key_ring(ring, path, replace_earlier=True)
    assert load_key_ring(path, {}) == ring
    assert ring.retired(1) == ring


@pytest.mark.parametrize("number", [0, 2, 3, -1])
def test_the_newest_epoch_is_never_retired(number: int) -> None:
    """Neither the newest epoch nor one that is not there can be retired."""
    with pytest.raises(KeyRingError, match=f"epoch {number} cannot be retired"):
        RING.retired(number)


@given(
    words=st.lists(st.text(max_size=6), max_size=4),
    others=st.lists(st.text(max_size=6), max_size=4),
)
def test_pseudonyms_tell_words_apart(words: list[str], others: list[str]) -> None:
    """Two lists of words have one pseudonym only if they are one list."""
    assert (RING.pseudonym(*words) == RING.pseudonym(*others)) == (words == others)
    assert len(RING.pseudonym(*words)) == 22


def test_pseudonyms_need_the_ring() -> None:
    """Another ring gives other pseudonyms, and a rotation none."""
    other = KeyRing(RING.epochs, bytes(32))
    assert RING.pseudonym("client", "A-1") != other.pseudonym("client", "A-1")
    assert RING.rotated(TODAY).pseudonym("client", "A-1") == RING.pseudonym("client", "A-1")
