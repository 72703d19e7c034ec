"""From the master key to a link's secret, and from there to an address and two keys.

HKDF (RFC 5869) with SHA-256. Every output here is at most 32 bytes, so that Expand is one HMAC;
``hmac.digest`` costs 1 µs where the general object costs 12, and a night does five a page.
"""

from dataclasses import dataclass
from hmac import digest

from generator.sealing import base58

SALT = b"sealpress/1"
EMPTY_SALT = bytes(32)


def extract(salt: bytes, key: bytes) -> bytes:
    """HKDF-Extract: a 32-byte pseudorandom key."""
    return digest(salt, key, "sha256")


def expand(prk: bytes, info: bytes, length: int = 32) -> bytes:
    """The first ``length`` (at most 32) bytes of HKDF-Expand."""
    return digest(prk, info + b"\x01", "sha256")[:length]


def prefixed(text: str) -> bytes:
    """``lp(s)``: the UTF-8 bytes behind their length as u16 big-endian."""
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What a link carries: 16 bytes. Everything about the sealed file follows from them."""

    value: bytes

    def __repr__(self) -> str:
        """Nothing of the secret: this may stand in a log."""
        return "Secret(…)"

    @property
    def text(self) -> str:
        """22 base58 characters, as in the link and in ``data-part``."""
        return base58.encode(self.value)

    @property
    def address(self) -> bytes:
        """The 16 bytes of ``keys().address``, at half the cost of all keys."""
        return _address(extract(EMPTY_SALT, self.value))

    def keys(self) -> "Keys":
        """Address, nonce key and seal key of the file under this secret."""
        prk = extract(EMPTY_SALT, self.value)
        return Keys(
            address=_address(prk),
            nonce_key=expand(prk, b"sealpress/1 nonce"),
            seal_key=expand(prk, b"sealpress/1 seal"),
        )


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The address (16 bytes) and the keys (32 bytes each) of one sealed file."""

    address: bytes
    nonce_key: bytes
    seal_key: bytes

    def __repr__(self) -> str:
        """Nothing of the keys."""
        return "Keys(…)"

    @property
    def name(self) -> str:
        """The address as 22 base58 characters."""
        return base58.encode(self.address)

    @property
    def path(self) -> str:
        """Where the sealed file lies in the site: ``p/`` 2 characters ``/`` 20 characters."""
        return path_of(self.address)


def _address(prk: bytes) -> bytes:
    return expand(prk, b"sealpress/1 id", 16)


def path_of(address: bytes) -> str:
    """Where the sealed file of an address lies in the site."""
    name = base58.encode(address)
    return f"p/{name[:2]}/{name[2:]}"


class SecretMaker:
    """Makes the secrets of one master key."""

    __slots__ = ("_prk",)

    def __init__(self, master: bytes) -> None:
        self._prk = extract(SALT, master)

    def __repr__(self) -> str:
        """Nothing of the master key."""
        return "SecretMaker(…)"

    def secret(self, kind: str, subject: str, generation: int = 0) -> Secret:
        """The secret of what is sealed: its ``kind``, its id, and how often it was revoked."""
        info = b"link" + prefixed(kind) + prefixed(subject) + generation.to_bytes(4, "big")
        return Secret(expand(self._prk, info, 16))
