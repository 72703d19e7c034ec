"""A wrapped key ring: a copy of the file opens nothing, and a slip loses nothing."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from generator.base.errors import KeyRingError, OutsideError
from generator.sealing import load_key_ring, save_key_ring
from generator.sealing.keyring import ENVIRONMENT, rewrap_key_ring, wrapping_of
from generator.sealing.wrapping import Wrapper
from tests.builders import make_ring
from tests.kms import REGION, kms
from tests.s3 import use_credentials

TODAY = date(2026, 11, 21)
RING = make_ring(bytes(range(32)), bytes(range(1, 33)))


@pytest.fixture
def wrapper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wrapper]:
    """A key of KMS."""
    use_credentials(monkeypatch)
    with kms() as (_, made):
        yield made


@pytest.fixture
def path(tmp_path: Path, wrapper: Wrapper) -> Path:
    """Where a wrapped ring lies."""
    path = tmp_path / "keys/ring.json"
    save_key_ring(RING, path)
    rewrap_key_ring(RING, path, wrapper)
    return path


def test_a_wrapped_ring_comes_back(path: Path, wrapper: Wrapper) -> None:
    """It opens as before; the file has no key of it, and is for its owner alone."""
    assert load_key_ring(path, {}) == RING
    assert load_key_ring(path, {ENVIRONMENT: path.read_text(encoding="utf-8")}) == RING
    assert wrapping_of(path) == wrapper
    text = path.read_text(encoding="utf-8")
    keys = [RING.pseudonym_key, *(epoch.master for epoch in RING.epochs)]
    assert not any(b64encode(key).decode() in text for key in keys)
    assert path.stat().st_mode & 0o077 == 0


def test_a_rotated_ring_stays_wrapped(path: Path, wrapper: Wrapper) -> None:
    """Whoever adds an epoch need not think of it."""
    rotated = RING.rotated(TODAY)
    save_key_ring(rotated, path, replace_earlier=True)
    assert (wrapping_of(path), load_key_ring(path, {})) == (wrapper, rotated)


def test_it_can_lie_plain_again(path: Path) -> None:
    """Without KMS from then on."""
    rewrap_key_ring(RING, path, None)
    assert wrapping_of(path) is None
    assert load_key_ring(path, {}) == RING


def test_a_file_that_was_altered_does_not_open(path: Path) -> None:
    """Not a bit of it, nor another context."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    sealed = bytearray(b64decode(data["ring"]))
    sealed[-1] ^= 1
    for ring in (b64encode(sealed).decode(), "no base64", ""):
        with pytest.raises(KeyRingError, match="KMS does not open"):
            load_key_ring(path, {ENVIRONMENT: json.dumps({**data, "ring": ring})})


def test_another_key_is_told(path: Path, wrapper: Wrapper) -> None:
    """Nothing is written for a key that is not there."""
    before = path.read_bytes()
    with pytest.raises(KeyRingError, match="KMS does not know the key"):
        rewrap_key_ring(RING, path, replace(wrapper, key="alias/other"))
    assert path.read_bytes() == before


def test_a_ring_of_very_many_epochs_is_too_large(path: Path, wrapper: Wrapper) -> None:
    """Told before KMS is asked; the file stays as it was."""
    before, ring = path.read_bytes(), RING
    for _ in range(60):
        ring = ring.rotated(TODAY)
    with pytest.raises(KeyRingError, match="retire old epochs"):
        rewrap_key_ring(ring, path, wrapper)
    assert path.read_bytes() == before


def test_kms_that_refuses_is_outside(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the code alone: its words may hold anything."""

    class Refusing:
        def decrypt(self, **_: object) -> None:
            error = {"Error": {"Code": "AccessDeniedException", "Message": "words"}}
            raise ClientError(error, "Decrypt")

    monkeypatch.setattr(boto3, "client", lambda *_, **__: Refusing())
    with pytest.raises(OutsideError, match=r"KMS refuses \(AccessDeniedException\)") as caught:
        load_key_ring(path, {})
    assert "words" not in str(caught.value)


def test_kms_without_a_region_is_outside(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is told by its name."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path.parent / "none"))
    data = {**json.loads(path.read_text(encoding="utf-8")), "region": ""}
    with pytest.raises(OutsideError, match="NoRegion"):
        load_key_ring(path, {ENVIRONMENT: json.dumps(data)})
    assert REGION in path.read_text(encoding="utf-8")
