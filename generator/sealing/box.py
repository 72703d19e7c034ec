"""Locks our own working files, so that no client's value lies readable on a disk.

Not the format of sealed pages: nobody but the machine that wrote these files reads them.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from generator.base.errors import OpenError

NONCE = 12
KEY = 32


class Box:
    """AES-256-GCM under one key; every lock has a fresh nonce."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        """Nothing of the key."""
        return "Box(…)"

    def lock(self, data: bytes, place: str) -> bytes:
        """``data``, readable only by ``unlock`` for the same place."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, data, place.encode())

    def unlock(self, data: bytes, place: str) -> bytes:
        """What was locked.

        Raises:
            OpenError: it was locked under another key or for another place, or was altered.
        """
        try:
            return self._cipher.decrypt(data[:NONCE], data[NONCE:], place.encode())
        except (InvalidTag, ValueError):  # the latter where not even the nonce is whole
            raise OpenError("authentication") from None


def throwaway_box() -> Box:
    """A box whose key nobody keeps: what it locked can be read until this process ends."""
    return Box(secrets.token_bytes(KEY))
