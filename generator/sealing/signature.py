"""Signatures of receipts: Ed25519 (RFC 8032), under a key that follows from the key ring.

Not part of the format of sealed pages. Whoever has the public key can check what this site says
that it did; only who has the ring can say it.
"""

from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """Signs under one private key, made of a seed of 32 bytes."""

    __slots__ = ("_key",)

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        """Nothing of the key."""
        return "Signer(…)"

    @property
    def public(self) -> str:
        """The public key: 32 bytes in base64."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return b64encode(raw).decode()

    def sign(self, message: bytes) -> str:
        """The signature of a message: 64 bytes in base64."""
        return b64encode(self._key.sign(message)).decode()


def is_signed(message: bytes, signature: str, public: str) -> bool:
    """Whether a signature is that of a message under a public key; both are base64."""
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True))
        key.verify(b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True
