"""The key ring: for its owner's eyes only, never replaced by accident, refused when unsure."""

import json
import os
import stat
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import KeyRingError
from generator.data import Vault
from generator.data.vault import pseudonym
from generator.sealing import (
    KeyRing,
    load_key_ring,
    new_key_ring,
    save_key_ring,
    throwaway_box,
)
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


# ── Names of clients, and our own files ──────────────────────────────────────────────────────

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(clients=st.lists(TEXTS, max_size=6))
def test_one_client_is_named_as_columns_name_them(
    clients: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The ring, the vault one by one and the vault in columns give the same pseudonym."""
    vault = Vault(tmp_path_factory.getbasetemp(), throwaway_box(), RING.naming)
    frame = pl.DataFrame({"client_id": clients}, {"client_id": pl.String})
    columns = frame.select(vault.pseudonyms("client_id")).to_series().to_list()
    assert columns == [RING.client(client) for client in clients]
    assert columns == [pseudonym(RING.naming, client) for client in clients]
    assert columns == [vault.who(client) for client in clients]
    assert all(len(who) == 16 for who in columns)


@given(one=TEXTS, other=TEXTS)
def test_no_two_clients_share_a_name(one: str, other: str) -> None:
    """Two clients have one pseudonym only if they are one client."""
    assert (RING.client(one) == RING.client(other)) == (one == other)


def test_names_of_clients_need_the_ring() -> None:
    """Another pseudonym key names everybody otherwise; master keys have no part in it."""
    other = KeyRing(RING.epochs, bytes(32))
    assert RING.client("A-1") != other.client("A-1")
    assert RING.rotated(TODAY, leaked=True).client("A-1") == RING.client("A-1")


DERIVED: dict[str, Callable[[KeyRing], bytes]] = {
    "naming": lambda ring: ring.naming.encode(),
    "naming as bytes": lambda ring: bytes.fromhex(ring.naming),
    "working key": lambda ring: ring.working_key,
    "a client": lambda ring: ring.client("A-1"),
    "words": lambda ring: ring.digest("clients"),
}


def test_each_key_has_one_use() -> None:
    """No key made of the pseudonym key is another one, or the beginning of another one."""
    made = {name: make(RING) for name, make in DERIVED.items()}
    made["the key itself"] = RING.pseudonym_key
    begun = {value[:16] for value in made.values()}
    assert len(begun) == len(made)
    assert len(RING.naming) == 64
    assert len(RING.working_key) == 32


@pytest.mark.parametrize("make", DERIVED.values(), ids=DERIVED)
def test_what_is_derived_stays_through_a_rotation(make: Callable[[KeyRing], bytes]) -> None:
    """Records of earlier nights are read after a rotation, and by no other ring."""
    assert make(RING.rotated(TODAY)) == make(RING.retired(1)) == make(RING)
    assert make(KeyRing(RING.epochs, bytes(32))) != make(RING)


def marks(*rings: KeyRing) -> list[str]:
    """The marks of the rings' epochs."""
    return [ring.epochs_mark for ring in rings]


def test_a_mark_tells_live_epochs_apart() -> None:
    """Another epoch, another key, one more, one less or another number: another mark."""
    rings = [
        RING,
        RING.rotated(TODAY),
        RING.retired(1),
        RING.rotated(TODAY, leaked=True),
        make_ring(bytes(range(32))),
        make_ring(bytes(range(1, 33))),
        make_ring(bytes(range(1, 33)), bytes(range(32))),
        KeyRing((replace(RING.epochs[0], number=7), RING.epochs[1]), RING.pseudonym_key),
    ]
    assert len(set(marks(*rings))) == len(rings)


def test_a_mark_is_of_live_epochs_alone() -> None:
    """The same epochs give the same mark, whenever they were made and whatever was before them."""
    dated = KeyRing(
        tuple(replace(epoch, created=TODAY) for epoch in RING.epochs), RING.pseudonym_key
    )
    without = KeyRing(RING.epochs[1:], RING.pseudonym_key)
    other_names = KeyRing(RING.epochs, bytes(32))
    assert set(marks(RING, dated, other_names)) == {RING.epochs_mark}
    assert RING.retired(1).epochs_mark == without.epochs_mark


def test_a_mark_tells_nothing_of_a_key() -> None:
    """Numbers and addresses under which nothing lies: no key, no secret, no client's address."""
    mark = RING.epochs_mark
    numbers, proofs = mark.split(" ")[:2], mark.split(" ")[2:]
    assert numbers == ["1", "2"]
    for epoch, proof in zip(RING.epochs, proofs, strict=True):
        secret = epoch.secrets().secret("epoch", "")
        keys = secret.keys()
        assert proof == keys.name
        hidden = (epoch.master, secret.value, keys.seal_key, keys.nonce_key, RING.pseudonym_key)
        assert not [value for value in hidden if value.hex() in mark]
        assert not [value for value in hidden if b64encode(value).decode().rstrip("=") in mark]
        assert secret.text not in mark
        assert epoch.secrets().secret("client", "").keys().name not in mark
