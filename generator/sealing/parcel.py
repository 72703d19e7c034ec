"""Parcels: lines on their way to one recipient, sealed one by one and read as a stream.

Not part of the format of sealed pages. HPKE (RFC 9180; base mode, X25519, HKDF-SHA256, AES-256-GCM)
seals a fresh key to the recipient; each line is a frame of its own under that key::

    MAGIC | HPKE(key), 80 bytes | frame… | end
    frame  flag 0 (1) | number (8) | length of the note (2) | of the sealed (4) | note | sealed
    end    flag 1, the number of all frames that there were, no note, nothing but a tag

Integers are big-endian. A frame's nonce is its number in 12 bytes; flag, number, lengths and note
are its associated data. So no bit can be flipped, no frame moved, doubled, brought from another
parcel, and none added; the end cannot be cut off. ``bound`` goes into HPKE's info: a parcel of one
site is none of another.

Whoever sealed it cannot open it, and yet must take one person's frames out of it: a frame is
whole, so it can go, and its note, which stays readable, tells the sealer whose it is. That a frame
is gone is therefore not seen by who opens the parcel: the signed digest of the whole file is there
for that. HPKE's base mode does not say who sealed either; the signature does.
"""

import secrets
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, compress
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from generator.base.errors import OpenError
from generator.sealing.recipient import SEALED_KEY, SenderKey, sealed_to

MAGIC = b"sealpress parcel 1\n"
HEAD = struct.Struct(">BQHI")
KEY, NONCE, TAG = 32, 12, 16
LINE, END = 0, 1
LARGEST = 1 << 20  # sealed bytes of a frame: bounds what a hostile file takes of memory
LARGEST_FRAME = HEAD.size + (1 << 16) + LARGEST
BLOCK = 1 << 22  # bytes: to read frame by frame costs half as much again as to open them


class Piece(NamedTuple):
    """A line to be sealed, and the note that goes beside it readable by anybody."""

    note: bytes
    line: bytes


class _Frame(NamedTuple):
    """A frame as it lies in the file."""

    flag: int
    number: int
    about: bytes
    """Its head and its note."""
    sealed: bytes

    @property
    def raw(self) -> bytes:
        return self.about + self.sealed

    @property
    def note(self) -> bytes:
        return self.about[HEAD.size :]


def seal_parcel(pieces: Iterable[Piece], recipient: str, bound: bytes) -> Iterator[bytes]:
    """The bytes of a parcel, piece by piece; ``recipient`` is a public key in base64.

    Raises:
        ValueError: it is no such key, or a piece is too large.
    """
    key, number = secrets.token_bytes(KEY), 0
    yield MAGIC + sealed_to(recipient, key, MAGIC + bound)
    cipher = AESGCM(key)
    for number, piece in enumerate(pieces, 1):
        yield _sealed(cipher, LINE, number - 1, *piece)
    yield _sealed(cipher, END, number, b"", b"")


def open_parcel(
    file: BinaryIO, key: SenderKey, bound: bytes, wanted: Iterable[int] | None = None
) -> Iterator[bytes]:
    """The lines of a parcel; each is right, but only at the end is it known that none is cut off.

    ``wanted`` has a truth for each line: those where it is false are passed over unopened.

    Raises:
        OpenError: ``format``, or ``authentication``: it was altered, or is for another recipient.
    """
    header = _header(file)
    decrypt = AESGCM(key.opened(header[len(MAGIC) :], MAGIC + bound)).decrypt
    frames = _frames(file)
    if wanted is not None:
        frames = compress(frames, chain(wanted, [True]))  # the last is the end
    try:
        for flag, number, about, sealed in frames:
            line = decrypt(number.to_bytes(NONCE, "big"), sealed, about)
            if flag == LINE:
                yield line
    except InvalidTag:
        raise OpenError("authentication") from None


def notes_of(file: BinaryIO) -> Iterator[bytes]:
    """The notes of a parcel, which need no key, in order; nobody vouches for them.

    Raises:
        OpenError: ``format``.
    """
    _header(file)
    return (frame.note for frame in _frames(file) if frame.flag == LINE)


def parcel_without(file: BinaryIO, is_gone: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The bytes of a parcel without the frames whose notes are to go.

    Raises:
        OpenError: ``format``.
    """
    yield _header(file)
    for frame in _frames(file):
        if frame.flag == END or not is_gone(frame.note):
            yield frame.raw


def is_parcel(file: BinaryIO) -> bool:
    """Whether a file begins as parcels do; it is read from its start again afterwards."""
    start = file.read(len(MAGIC))
    file.seek(0)
    return start == MAGIC


def _sealed(cipher: AESGCM, flag: int, number: int, note: bytes, line: bytes) -> bytes:
    if len(line) > LARGEST - TAG or len(note) >> 16:
        raise ValueError("a piece is too large for a parcel")
    head = HEAD.pack(flag, number, len(note), len(line) + TAG)
    about = head + note
    return about + cipher.encrypt(number.to_bytes(NONCE, "big"), line, about)


def _header(file: BinaryIO) -> bytes:
    header = file.read(len(MAGIC) + SEALED_KEY)
    if len(header) != len(MAGIC) + SEALED_KEY or not header.startswith(MAGIC):
        raise OpenError("format")
    return header


def _frames(file: BinaryIO) -> Iterator[_Frame]:
    """Every frame in the order of its number, the end the last, and nothing behind it."""
    buffer, place, expected, flag, is_more = b"", 0, 0, LINE, True
    while flag == LINE:
        if is_more and len(buffer) - place < LARGEST_FRAME:
            block = file.read(BLOCK)
            buffer, place, is_more = buffer[place:] + block, 0, bool(block)
        if len(buffer) - place < HEAD.size:
            raise OpenError("format")
        flag, number, noted, size = HEAD.unpack_from(buffer, place)
        begin = place + HEAD.size + noted
        end = begin + size
        if size > LARGEST or number < expected or flag > END or end > len(buffer):
            raise OpenError("format")
        yield _Frame(flag, number, buffer[place:begin], buffer[begin:end])
        expected, place = number + 1, end
    if place != len(buffer) or file.read(1):
        raise OpenError("format")
