"""The sealed file: header, nonce, ciphertext, tag. Seals and opens it; nothing else.

An auditor reads this module beside ``docs/format.md``: each function is one paragraph of it.
"""

import zlib
from hmac import digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from deflate import deflate_compress

from generator.base.errors import InputError, OpenError, Problem
from generator.sealing.secret import Keys

MAGIC = b"SP\x01"
STORED, DEFLATED = b"\x00", b"\x01"
HEADER, NONCE, TAG, LENGTH = 4, 12, 16, 4
SMALLEST_PAYLOAD = 512  # a page of a few words looks like any other short page
LARGEST_CONTENT = 8 * 1024 * 1024  # bounds what a hostile file may inflate to
QUICK, BEST = 1, 10
"""libdeflate's levels: for what one person reads, a third of zlib's time and 2 % more bytes; for
what thousands read, 4 % fewer (12 takes twice as long for a byte in a thousand)."""

RAW = -15


def padme(size: int) -> int:
    """``size`` rounded up so that its length tells at most O(log log size) bits.

    Source: Nikitin et al., Reducing Metadata Leakage from Encrypted Files and Communication with
    PURBs, PETS 2019, algorithm 1.
    """
    exponent = size.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (size + mask) & ~mask


def seal(content: bytes, keys: Keys, *, deflate: bool, level: int = QUICK) -> bytes:
    """The sealed file of ``content`` (UTF-8) under ``keys``; ``level`` is of the deflating.

    Raises:
        InputError: the content is larger than a browser will agree to open.
    """
    if len(content) > LARGEST_CONTENT:
        hint = "shorten what it is made of"
        raise InputError([Problem("a page", "is larger than 8 MiB", hint)])
    header = MAGIC + (DEFLATED if deflate else STORED)
    payload = _padded(deflated(content, level) if deflate else content)
    nonce = digest(keys.nonce_key, header + payload, "sha256")[:NONCE]
    sealed = AESGCM(keys.seal_key).encrypt(nonce, payload, header + keys.address)
    return header + nonce + sealed


def open_sealed(file: bytes, keys: Keys) -> bytes:
    """The content of a sealed file.

    Raises:
        OpenError: ``format`` or ``authentication``, in the order of the format's refusals.
    """
    header = file[:HEADER]
    if len(file) < HEADER + NONCE + TAG or header not in (MAGIC + STORED, MAGIC + DEFLATED):
        raise OpenError("format")
    nonce, sealed = file[HEADER : HEADER + NONCE], file[HEADER + NONCE :]
    try:
        payload = AESGCM(keys.seal_key).decrypt(nonce, sealed, header + keys.address)
    except InvalidTag:
        raise OpenError("authentication") from None
    content = _unpadded(payload)
    return _text(_inflated(content) if header[3:] == DEFLATED else content)


def deflated(content: bytes, level: int = QUICK) -> bytes:
    """``content`` as a raw DEFLATE stream."""
    return bytes(deflate_compress(content, level))


def _padded(content: bytes) -> bytes:
    size = LENGTH + len(content)
    zeros = padme(max(size, SMALLEST_PAYLOAD)) - size
    return len(content).to_bytes(LENGTH, "big") + content + bytes(zeros)


def _unpadded(payload: bytes) -> bytes:
    end = LENGTH + int.from_bytes(payload[:LENGTH], "big")
    if end > len(payload) or any(payload[end:]):
        raise OpenError("format")
    if len(payload) != padme(max(end, SMALLEST_PAYLOAD)):
        raise OpenError("format")
    return payload[LENGTH:end]


def _inflated(content: bytes) -> bytes:
    stream = zlib.decompressobj(RAW)
    try:
        page = stream.decompress(content, LARGEST_CONTENT + 1)
    except zlib.error:
        raise OpenError("format") from None
    if len(page) > LARGEST_CONTENT or not stream.eof or stream.unused_data:
        raise OpenError("format")
    return page


def _text(content: bytes) -> bytes:
    try:
        content.decode()
    except UnicodeDecodeError:
        raise OpenError("format") from None
    return content
