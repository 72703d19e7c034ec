"""Receipts: whoever has the public key can tell a true one from any other."""

import json
from hmac import digest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError
from generator.receipts import (
    SUFFIX,
    About,
    Vouched,
    publication_receipt,
    receipt_file,
    renewed,
    signed,
    sums_of,
    verified,
)
from generator.sealing import Signer, new_key_ring
from tests.builders import make_ring

SIGNER = make_ring().signer
OTHER = Signer(bytes(32))
VOUCHED = Vouched("directory build/published", 11)
VALUES = st.recursive(
    st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text("abc", max_size=3), some),
    max_leaves=5,
)


def about(manifest: Path) -> About:
    """What a receipt tells of a manifest."""
    return About("https://clients.example.org", "2026-03-10", 7, *sums_of(manifest))


def put(path: Path, receipt: dict[str, Any]) -> Path:
    """A receipt in a file."""
    path.write_bytes(receipt_file(receipt))
    return path


@pytest.fixture
def queued(tmp_path: Path) -> tuple[Path, Path]:
    """A manifest and its receipt, as they wait for the sender."""
    manifest = tmp_path / "2026-03-10-0a.jsonl"
    manifest.write_bytes(b"one\ntwo\n")
    receipt = tmp_path / f"{manifest.name}{SUFFIX}"
    receipt.write_bytes(publication_receipt(SIGNER, VOUCHED, about(manifest)))
    return manifest, receipt


def test_the_key_is_derived_as_the_documents_say() -> None:
    """The seed is HMAC-SHA256 of the word under the pseudonym key, for good."""
    ring = make_ring()
    assert ring.signer.public == Signer(digest(ring.pseudonym_key, b"receipts", "sha256")).public
    assert ring.signer.public == "fWwnr1YxmvWb92Rm2ydt6PDac7bbsekRnkew92/tIgY="


def test_the_same_ring_has_the_same_key() -> None:
    """The key follows from the ring, stays through a rotation, and is another for another ring."""
    ring = make_ring()
    rotated = ring.rotated(ring.epochs[0].created, leaked=True)
    other = new_key_ring(ring.epochs[0].created)
    assert ring.signer.public == make_ring().signer.public == rotated.signer.public
    assert other.signer.public != ring.signer.public
    assert repr(ring.signer) == "Signer(…)"


@given(fields=st.dictionaries(st.text("abcdef", min_size=1, max_size=6), VALUES, max_size=4))
def test_what_was_signed_is_verified(
    fields: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a receipt tells, it comes back, also from a file that is laid out anew."""
    receipt = signed(SIGNER, "withdrawal", fields)
    path = put(tmp_path_factory.mktemp("receipt") / "1.json", receipt)
    assert verified(path, SIGNER.public) == receipt
    path.write_text(json.dumps(dict(reversed(receipt.items()))), encoding="utf-8")
    assert verified(path, SIGNER.public) == receipt


@pytest.mark.parametrize("name", ["kind", "who", "statuses", "signature", "key", "format"])
def test_an_altered_receipt_is_refused(name: str, tmp_path: Path) -> None:
    """No field can be changed, dropped or added."""
    receipt = signed(SIGNER, "withdrawal", {"who": "somebody", "statuses": [404]})
    for changed in (
        {**receipt, name: "another"},
        {field: value for field, value in receipt.items() if field != name},
        {**receipt, f"{name}s": "x"},
    ):
        with pytest.raises(InputError):
            verified(put(tmp_path / "1.json", changed), SIGNER.public)


def test_anothers_receipt_is_refused(tmp_path: Path) -> None:
    """What another ring signed is not ours, whichever key it names."""
    theirs = signed(OTHER, "withdrawal", {"who": "somebody"})
    with pytest.raises(InputError, match="signed under another key"):
        verified(put(tmp_path / "1.json", theirs), SIGNER.public)
    with pytest.raises(InputError, match="the signature is wrong"):
        verified(put(tmp_path / "1.json", {**theirs, "key": SIGNER.public}), SIGNER.public)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"format": 2}', b"[" * 99_999])
def test_what_is_no_receipt(text: bytes, tmp_path: Path) -> None:
    """Another file is told by its name, and nothing of it is shown."""
    (tmp_path / "1.json").write_bytes(text)
    with pytest.raises(InputError, match=r"^1\.json: this is not a receipt of format 1"):
        verified(tmp_path / "1.json", SIGNER.public)
    with pytest.raises(InputError, match="there is no such file"):
        verified(tmp_path / "2.json", SIGNER.public)


def test_a_manifest_fits_its_receipt(queued: tuple[Path, Path]) -> None:
    """The receipt is right beside the manifest that it names, and beside no other."""
    manifest, receipt = queued
    assert verified(receipt, SIGNER.public)["lines"] == 2
    manifest.write_bytes(b"one\ntwo!\n")
    with pytest.raises(InputError, match="the manifest beside it is another"):
        verified(receipt, SIGNER.public)
    manifest.unlink()
    with pytest.raises(InputError, match="its manifest is not beside it"):
        verified(receipt, SIGNER.public)


def test_a_receipt_under_another_name(queued: tuple[Path, Path]) -> None:
    """A receipt that was renamed finds no manifest: not even itself."""
    moved = queued[1].rename(queued[1].with_name("receipt.json"))
    with pytest.raises(InputError, match="its manifest is not beside it"):
        verified(moved, SIGNER.public)


def test_a_receipt_is_renewed_only_where_it_was_ours(queued: tuple[Path, Path]) -> None:
    """After a line was taken out it names the manifest as it is now; an altered one stays so."""
    manifest, receipt = queued
    manifest.write_bytes(b"two\n")
    receipt.write_bytes(renewed(receipt, SIGNER, *sums_of(manifest)))
    found = verified(receipt, SIGNER.public)
    assert (found["lines"], found["objects"], found["day"]) == (1, 11, "2026-03-10")
    assert (found["site"], found["number"]) == ("https://clients.example.org", 7)
    put(receipt, {**found, "objects": 12})
    with pytest.raises(InputError, match="the signature is wrong"):
        renewed(receipt, SIGNER, *sums_of(manifest))
