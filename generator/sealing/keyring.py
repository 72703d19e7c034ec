"""The key ring: master keys by epoch, read from a file that only its owner may read.

``keys rotate`` adds an epoch; pages are then built under every live epoch, links are made under
the newest, and a retired epoch's pages disappear with the next build. A pseudonym key of the
ring's own names clients in records that outlive them (revocations, proofs of forgetting).
"""

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hmac import digest
from pathlib import Path
from typing import Any

from generator.base.errors import KeyRingError
from generator.sealing import base58
from generator.sealing.keyfile import read_key_file, write_key_file
from generator.sealing.secret import SecretMaker
from generator.sealing.signature import Signer
from generator.sealing.wrapping import Wrapper, wrapper_of

FORMAT = "sealpress key ring 1"
ENVIRONMENT = "SEALPRESS_KEYS"
KEY, PSEUDONYM = 32, 16
MISSING = "there is no key ring", "make one with: sealpress keys new"


@dataclass(frozen=True, slots=True, repr=False)
class Epoch:
    """One master key: its number, the day it was made, and whether pages are built under it."""

    number: int
    created: date
    master: bytes
    live: bool = True

    def __repr__(self) -> str:
        """The epoch without its key."""
        return f"Epoch({self.number}, {self.created}, live={self.live})"

    def secrets(self) -> SecretMaker:
        """The maker of this epoch's link secrets."""
        return SecretMaker(self.master)


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """All epochs, oldest first, and the pseudonym key."""

    epochs: tuple[Epoch, ...]
    pseudonym_key: bytes

    def __repr__(self) -> str:
        """The ring without its keys."""
        return f"KeyRing({self.epochs!r})"

    @property
    def live(self) -> tuple[Epoch, ...]:
        """The epochs under which pages are built, oldest first."""
        return tuple(epoch for epoch in self.epochs if epoch.live)

    @property
    def current(self) -> Epoch:
        """The newest live epoch: new links are made under it."""
        return self.live[-1]

    def rotated(self, today: date, *, leaked: bool = False) -> "KeyRing":
        """A ring with one more epoch; after a leak all earlier ones are retired at once."""
        earlier = tuple(replace(epoch, live=epoch.live and not leaked) for epoch in self.epochs)
        number = self.epochs[-1].number + 1
        return replace(self, epochs=(*earlier, Epoch(number, today, secrets.token_bytes(KEY))))

    def retired(self, number: int) -> "KeyRing":
        """A ring in which epoch ``number`` is no longer built.

        Raises:
            KeyRingError: there is no such epoch, or it is the newest.
        """
        if number not in [epoch.number for epoch in self.epochs[:-1]]:
            message = f"epoch {number} cannot be retired: it is the newest, or does not exist"
            raise KeyRingError(message)
        epochs = (replace(e, live=e.live and e.number != number) for e in self.epochs)
        return replace(self, epochs=tuple(epochs))

    def pseudonym(self, *words: str) -> str:
        """22 characters that stand for ``words`` and that nobody without the ring can undo."""
        return base58.encode(self.digest(*words))

    @property
    def naming(self) -> str:
        """The key under which clients get pseudonyms, as a text that columns can be keyed with."""
        return digest(self.pseudonym_key, b"clients", "sha256").hex()

    def client(self, client: str) -> bytes:
        """16 bytes that stand for a client: HMAC-SHA256 under ``naming``."""
        return digest(self.naming.encode(), client.encode(), "sha256")[:PSEUDONYM]

    @property
    def working_key(self) -> bytes:
        """The key that locks our own working files; none of them is ever published."""
        return digest(self.pseudonym_key, b"working files", "sha256")

    @property
    def signer(self) -> Signer:
        """Who signs receipts; the key follows from the pseudonym key and stays with it."""
        return Signer(digest(self.pseudonym_key, b"receipts", "sha256"))

    @property
    def epochs_mark(self) -> str:
        """A text that changes with the live epochs and their keys, and tells nothing of them."""
        numbers = [f"{epoch.number}" for epoch in self.live]
        proofs = [epoch.secrets().secret("epoch", "").keys().name for epoch in self.live]
        return " ".join([*numbers, *proofs])

    def digest(self, *words: str) -> bytes:
        """16 bytes that stand for ``words``, under the pseudonym key."""
        message = b"".join(len(raw := word.encode()).to_bytes(4, "big") + raw for word in words)
        return digest(self.pseudonym_key, message, "sha256")[:16]


def new_key_ring(today: date) -> KeyRing:
    """A ring with one fresh epoch."""
    return KeyRing((Epoch(1, today, secrets.token_bytes(KEY)),), secrets.token_bytes(KEY))


def save_key_ring(ring: KeyRing, path: Path, *, replace_earlier: bool = False) -> None:
    """Write the ring so that only its owner can read it (0600, its folder 0700).

    Raises:
        KeyRingError: a ring is already there and must not be replaced: its links would die.
    """
    if path.exists() and not replace_earlier:
        message = f"{path}: a key ring is already there; to change keys: sealpress keys rotate"
        raise KeyRingError(message)
    wrapper = wrapping_of(path) if path.exists() else None
    write_key_file(path, wrapper.wrapped(_as_json(ring)) if wrapper else _as_json(ring))


def rewrap_key_ring(ring: KeyRing, path: Path, wrapper: Wrapper | None) -> None:
    """Write the ring as one that only ``wrapper`` opens; plain without one.

    Raises:
        KeyRingError: it cannot be wrapped so.
        OutsideError: KMS failed; the earlier file is whole.
    """
    data: dict[str, object] = _as_json(ring)
    if wrapper:
        data = wrapper.wrapped(data)
        if _opened(json.dumps(data), str(path)) != ring:  # before the plain one is gone
            raise KeyRingError(f"{path}: KMS gave another ring back than it was given")
    write_key_file(path, data)


def wrapping_of(path: Path) -> Wrapper | None:
    """What opens the ring in a file; None where it lies plain.

    Raises:
        KeyRingError: the file is missing, or others can read it.
    """
    found = wrapper_of(read_key_file(path, "key ring", *MISSING))
    return found[0] if found else None


def load_key_ring(path: Path, environment: Mapping[str, str]) -> KeyRing:
    """The ring in the environment variable ``SEALPRESS_KEYS``, or else in the file ``path``.

    Raises:
        KeyRingError: it is missing, readable by others, too short or damaged.
        OutsideError: it lies wrapped, and KMS failed.
    """
    if environment.get(ENVIRONMENT):
        return _opened(environment[ENVIRONMENT], ENVIRONMENT)
    return _opened(read_key_file(path, "key ring", *MISSING), str(path))


def _opened(text: str, where: str) -> KeyRing:
    if found := wrapper_of(text):
        wrapper, sealed = found
        return _from_json(wrapper.unwrapped(sealed, where), where)
    return _from_json(text, where)


def _as_json(ring: KeyRing) -> dict[str, object]:
    epochs = [
        {
            "epoch": epoch.number,
            "created": epoch.created.isoformat(),
            "live": epoch.live,
            "key": b64encode(epoch.master).decode(),
        }
        for epoch in ring.epochs
    ]
    pseudonyms = b64encode(ring.pseudonym_key).decode()
    return {"format": FORMAT, "epochs": epochs, "pseudonym_key": pseudonyms}


def _from_json(text: str, where: str) -> KeyRing:
    ring = _parsed(text)
    if ring is None:
        message = f"{where}: this is not a sealpress key ring"
        raise KeyRingError(message)
    _refuse_unusable(ring, where)
    return ring


def _parsed(text: str) -> KeyRing | None:
    """The ring in ``text``, or None.

    The error of a parser quotes the text, which holds the keys. ``from None`` would only hide it:
    some libraries send an error's context along when they send the error to another machine.
    """
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            return None
        ring = KeyRing(tuple(map(_epoch, data["epochs"])), _key(data["pseudonym_key"]))
    except (ValueError, KeyError, TypeError):
        return None
    numbers = [epoch.number for epoch in ring.epochs]
    return ring if numbers == sorted(set(numbers)) else None


def _epoch(entry: Mapping[str, Any]) -> Epoch:
    number, live = entry["epoch"], entry["live"]
    if type(number) is not int or type(live) is not bool:  # "false" would be true
        raise TypeError
    return Epoch(number, date.fromisoformat(entry["created"]), _key(entry["key"]), live)


def _key(text: str) -> bytes:
    return b64decode(text, validate=True)  # else a damaged character is passed over


def _refuse_unusable(ring: KeyRing, where: str) -> None:
    if any(len(key) != KEY for key in [*(e.master for e in ring.epochs), ring.pseudonym_key]):
        message = f"{where}: a key in the ring is not 32 bytes long — hint: restore the backup"
        raise KeyRingError(message)
    if not ring.epochs or not ring.epochs[-1].live:
        message = f"{where}: the newest epoch of the key ring is not live"
        raise KeyRingError(message)
