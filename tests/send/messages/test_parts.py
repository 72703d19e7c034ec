"""Parts of an SMS, held against the tables of 3GPP TS 23.038."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.messages.parts import (
    BASIC,
    EXTENSION,
    ROOM,
    ROOM_OF_PART,
    Reference,
    cost,
    encoding_of,
    parts_of,
    split,
)

TABLE = (
    "0040 00A3 0024 00A5 00E8 00E9 00F9 00EC 00F2 00C7 000A 00D8 00F8 000D 00C5 00E5 "
    "0394 005F 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E 001B 00C6 00E6 00DF 00C9 "
    "0020 0021 0022 0023 00A4 0025 0026 0027 0028 0029 002A 002B 002C 002D 002E 002F "
    "0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003A 003B 003C 003D 003E 003F "
    "00A1 0041 0042 0043 0044 0045 0046 0047 0048 0049 004A 004B 004C 004D 004E 004F "
    "0050 0051 0052 0053 0054 0055 0056 0057 0058 0059 005A 00C4 00D6 00D1 00DC 00A7 "
    "00BF 0061 0062 0063 0064 0065 0066 0067 0068 0069 006A 006B 006C 006D 006E 006F "
    "0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 00E4 00F6 00F1 00FC 00E0"
)
"""Clause 6.2.1 as code points, a row for each eight columns."""
SECOND = "000C 005E 007B 007D 005C 005B 007E 005D 007C 20AC"
"""Clause 6.2.1.1."""
LINK = "https://clients.bank.ru/#7KqXn4mRb2vTz9LcW3sYdE"  # 47 characters, as short as ours are


def test_the_alphabet_is_that_of_the_standard() -> None:
    """Both tables hold the standard's characters in its order."""
    assert [ord(one) for one in BASIC] == [int(code, 16) for code in TABLE.split()]
    assert {ord(one) for one in EXTENSION} == {int(code, 16) for code in SECOND.split()}


@pytest.mark.parametrize(
    ("text", "encoding", "count", "left"),
    [
        ("", "GSM", 1, 160),
        ("a" * 160, "GSM", 1, 0),
        ("a" * 161, "GSM", 2, 145),
        ("a" * 306, "GSM", 2, 0),
        ("a" * 307, "GSM", 3, 152),
        ("€" * 80, "GSM", 1, 0),
        ("€" * 81, "GSM", 2, 143),  # 76 fit into the first part: its last place stays empty
        ("я" * 70, "UCS-2", 1, 0),
        ("я" * 71, "UCS-2", 2, 63),
        ("я" * 134, "UCS-2", 2, 0),
        ("😀" * 35, "UCS-2", 1, 0),
        ("😀" * 36, "UCS-2", 2, 61),  # 33 pairs in the first part
        ("a\x1bb", "UCS-2", 1, 67),  # an escape is no character of a text
        ("line\n", "GSM", 1, 155),
    ],
)
def test_parts_are_counted_as_operators_do(text: str, encoding: str, count: int, left: int) -> None:
    """At each limit, and one over it."""
    parts = parts_of(text)
    assert (parts.encoding, parts.count, parts.left) == (encoding, count, left)


def test_our_link_leaves_room_in_one_cyrillic_part() -> None:
    """A link of ours takes 47 places of 70."""
    assert parts_of("я" * 23 + LINK).count == 1
    assert parts_of("я" * 24 + LINK).count == 2


@pytest.mark.parametrize("reference", [8, 16])
@given(text=st.text(alphabet=st.sampled_from("ab €[я😀\n"), max_size=700))
def test_what_is_split_can_be_joined_and_fits(reference: Reference, text: str) -> None:
    """Parts give the text again, none is too long, and none has room for what follows it."""
    pieces = split(text, reference)
    encoding = encoding_of(text)
    room = ROOM[encoding] if len(pieces) == 1 else ROOM_OF_PART[encoding, reference]

    def length(piece: str) -> int:
        if encoding == "UCS-2":
            return len(piece.encode("utf-16-be")) // 2
        return len(piece) + sum(one in EXTENSION for one in piece)

    assert "".join(pieces) == text
    assert all(length(piece) <= room for piece in pieces)
    for piece, following in pairwise(pieces):
        assert length(piece + following[0]) > room
    assert parts_of(text, reference).left == room - length(pieces[-1])


@given(text=st.text(max_size=300))
def test_no_pair_is_torn(text: str) -> None:
    """Each part of any text is text by itself."""
    assert all(piece.encode("utf-16-be", "strict") is not None for piece in split(text))
    assert "".join(split(text)) == text


def test_a_text_costs_its_parts() -> None:
    """The price is that of a part."""
    assert cost("я" * 71, Decimal("3.20")) == Decimal("6.40")
