"""The sender's key: manifests are sealed to it by HPKE (RFC 9180), on another machine.

The private key never leaves the sender's machine; the generator has the public one, and can seal
what it cannot open.
"""

import json
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from generator.base.errors import KeyRingError, OpenError
from generator.sealing.keyfile import read_key_file, write_key_file

FORMAT = "sealpress sender key 1"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KEY = 32
SEALED_KEY = 32 + KEY + 16
"""Bytes of a key that is sealed: what was encapsulated, the key, the tag."""
MISSING = "there is no sender's key", "make one with: sealpress keys sender"


class SenderKey:
    """Opens what was sealed to it."""

    __slots__ = ("_key",)

    def __init__(self, private: bytes) -> None:
        self._key = X25519PrivateKey.from_private_bytes(private)

    def __repr__(self) -> str:
        """Nothing of the key."""
        return "SenderKey(…)"

    @property
    def public(self) -> str:
        """The public key: 32 bytes in base64."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return b64encode(raw).decode()

    def opened(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed to this key for the same ``info``.

        Raises:
            OpenError: it was sealed to another key, for something else, or was altered.
        """
        try:
            return SUITE.decrypt(sealed, self._key, info)
        except (InvalidTag, ValueError):
            raise OpenError("authentication") from None

    def save(self, path: Path) -> None:
        """Write the key so that only its owner can read it (0600, its folder 0700).

        Raises:
            KeyRingError: one is already there; what is sealed to it would open no more.
        """
        if path.exists():
            message = f"{path}: a sender's key is already there — hint: go on using it"
            raise KeyRingError(message)
        write_key_file(path, {"format": FORMAT, "key": b64encode(self._raw).decode()})

    @property
    def _raw(self) -> bytes:
        return self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def new_sender_key() -> SenderKey:
    """A fresh key."""
    key = X25519PrivateKey.generate()
    return SenderKey(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))


def load_sender_key(path: Path) -> SenderKey:
    """The sender's key in a file.

    Raises:
        KeyRingError: it is missing, readable by others or damaged.
    """
    key = _parsed(read_key_file(path, "sender's key", *MISSING))
    if key is None:
        message = f"{path}: this is not a sender's key — hint: restore the backup"
        raise KeyRingError(message)
    return key


def sealed_to(public: str, secret: bytes, info: bytes) -> bytes:
    """A secret that only the owner of a public key (base64) can open, and for ``info`` alone.

    Raises:
        ValueError: it is no public key.
    """
    recipient = X25519PublicKey.from_public_bytes(b64decode(public, validate=True))
    return SUITE.encrypt(secret, recipient, info)


def is_public_key(text: str) -> bool:
    """Whether a text is 32 bytes in base64, as public keys are written."""
    try:
        return len(b64decode(text, validate=True)) == KEY
    except ValueError:
        return False


def _parsed(text: str) -> SenderKey | None:
    """The key in ``text``, or None: the error of a parser quotes the text, which holds the key."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            return None
        return SenderKey(b64decode(data["key"], validate=True))
    except (ValueError, KeyError, TypeError):
        return None
