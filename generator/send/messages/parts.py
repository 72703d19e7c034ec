"""How many parts an SMS has, and where it is cut: GSM 03.38 or UCS-2.

Source: 3GPP TS 23.038, clauses 6.2.1 and 6.2.1.1; TS 23.040, clause 9.2.3.24.1 (8-bit reference)
and 9.2.3.24.8 (16-bit reference). ``smsutil`` was looked at: it counts an escape character as text,
and has had no release since 2020.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Encoding = Literal["GSM", "UCS-2"]
Reference = Literal[8, 16]
"""Bits of the number that the parts of one text share; 16 take one character more of each part."""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet in the order of its codes; at 1B stands the escape, which is no character."""
ESCAPE = "\x1b"
EXTENSION = "\f^{}\\[~]|€"
"""Each takes two places: the escape, and a code of the second table."""
WIDTHS = {**dict.fromkeys(BASIC, 1), **dict.fromkeys(EXTENSION, 2)}
del WIDTHS[ESCAPE]
GSM_CHARACTERS = frozenset(WIDTHS)

ROOM: dict[Encoding, int] = {"GSM": 160, "UCS-2": 70}
"""Of a text that is alone."""
ROOM_OF_PART: dict[tuple[Encoding, Reference], int] = {
    ("GSM", 8): 153,
    ("GSM", 16): 152,
    ("UCS-2", 8): 67,
    ("UCS-2", 16): 66,
}
ASTRAL = 0x10000
"""From here on a character is a surrogate pair in UCS-2."""


@dataclass(frozen=True, slots=True)
class Parts:
    """How a text is charged for."""

    encoding: Encoding
    count: int
    left: int
    """So many places are free in the last part."""


def encoding_of(text: str) -> Encoding:
    """The alphabet that a gateway must take: one character outside GSM's makes it UCS-2."""
    return "GSM" if GSM_CHARACTERS.issuperset(text) else "UCS-2"


def parts_of(text: str, reference: Reference = 8) -> Parts:
    """How many parts ``text`` has; an empty text is one."""
    encoding = encoding_of(text)
    pieces = _pieces(text, encoding, reference)
    room = ROOM[encoding] if len(pieces) == 1 else ROOM_OF_PART[encoding, reference]
    return Parts(encoding, len(pieces), room - _length(pieces[-1], encoding))


def split(text: str, reference: Reference = 8) -> list[str]:
    """The parts of ``text``, for gateways that cannot join them: no pair or escape is torn."""
    return _pieces(text, encoding_of(text), reference)


def _pieces(text: str, encoding: Encoding, reference: Reference) -> list[str]:
    length, room = _length(text, encoding), ROOM_OF_PART[encoding, reference]
    if length <= ROOM[encoding]:
        return [text]
    if length == len(text):  # every character takes one place: a plan has a hundred thousand texts
        return [text[begin : begin + room] for begin in range(0, length, room)]
    pieces, begin, used = [], 0, 0
    for place, character in enumerate(text):
        width = _width(character, encoding)
        if used + width > room:
            pieces.append(text[begin:place])
            begin, used = place, 0
        used += width
    return [*pieces, text[begin:]]


def cost(text: str, price: Decimal, reference: Reference = 8) -> Decimal:
    """What ``text`` costs at ``price`` a part."""
    return price * parts_of(text, reference).count


def _length(text: str, encoding: Encoding) -> int:
    if encoding == "GSM":
        return len(text) + sum(map(text.count, EXTENSION))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _width(character: str, encoding: Encoding) -> int:
    if encoding == "GSM":
        return WIDTHS[character]
    return 2 if ord(character) >= ASTRAL else 1
