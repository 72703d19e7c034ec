"""Texts as short messages carry them: octets, cut where a phone can put them together again.

Sources: 3GPP TS 23.038, 6.2.1 (the default alphabet and its extension) and TS 23.040, 9.2.3.24 (the
headers of parts). A header with a reference of 8 bits leaves room for 153 characters of a part, or
67 of UCS-2, which is what operators count and what we say that a text costs. One of 16 bits makes
it one less; it is for who sends a phone several long texts in a moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Long = Literal["udh", "udh16", "payload"]
"""How a text goes that is too long for one part: in parts with a header of 8 or 16 bits of
reference, or whole, for the operator to cut."""

GSM, UCS2 = 0, 8
"""Values of ``data_coding``: the operator's default alphabet, and UCS-2."""
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
ESCAPE = 0x1B
OCTETS = {sign: bytes([place]) for place, sign in enumerate(BASIC) if place != ESCAPE} | {
    sign: bytes([ESCAPE, place]) for sign, place in EXTENSION.items()
}
"""Of each character of the default alphabet, one octet or an escape and another."""
WHOLE = {GSM: 160, UCS2: 140}
"""Octets of a text that goes in one part; those of the alphabet are packed to 7 bits on the way."""
ROOM = {
    (GSM, "udh"): 153,
    (GSM, "udh16"): 152,
    (UCS2, "udh"): 134,
    (UCS2, "udh16"): 132,
}
"""Octets of one of several parts."""
MOST = 255  # parts


class TextError(ValueError):
    """A text that no short messages can carry; says nothing of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Pieces:
    """A text as its parts."""

    coding: int
    has_header: bool
    octets: tuple[bytes, ...]

    def __repr__(self) -> str:
        """Nothing of the text."""
        return f"Pieces({len(self.octets)})"


def pieces_of(text: str, reference: int, long: Long) -> Pieces:
    """A text in parts, none of which ends within a character.

    ``reference`` is what the parts of one text have in common; of it, as many bits as go in.

    Raises:
        TextError: half a surrogate pair, or more than 255 parts.
    """
    coding, characters = _coded(text)
    whole = b"".join(characters)
    if len(whole) <= WHOLE[coding] or long == "payload":
        return Pieces(coding, has_header=False, octets=(whole,))
    parts = list(_cut(characters, ROOM[coding, long]))
    if len(parts) > MOST:
        raise TextError("too long")
    headers = (_header(long, reference, len(parts), place) for place in range(1, len(parts) + 1))
    octets = tuple(header + part for header, part in zip(headers, parts, strict=True))
    return Pieces(coding, has_header=True, octets=octets)


def _coded(text: str) -> tuple[int, list[bytes]]:
    if all(sign in OCTETS for sign in text):
        return GSM, [OCTETS[sign] for sign in text]
    try:
        return UCS2, [sign.encode("utf-16-be") for sign in text]
    except UnicodeEncodeError:
        raise TextError("half a surrogate pair") from None


def _cut(characters: Iterable[bytes], room: int) -> Iterator[bytes]:
    part = b""
    for one in characters:
        if len(part) + len(one) > room:
            yield part
            part = b""
        part += one
    yield part


def _header(long: Long, reference: int, count: int, place: int) -> bytes:
    if long == "udh16":
        return bytes((6, 8, 4)) + (reference & 0xFFFF).to_bytes(2) + bytes((count, place))
    return bytes((5, 0, 3, reference & 0xFF, count, place))
