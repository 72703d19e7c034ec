"""Base58: 16 bytes and 22 characters are one another, and nothing else passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.sealing.base58 import ALPHABET, decode, encode

VALUES = st.binary(min_size=16, max_size=16)


@given(value=VALUES)
def test_round_trip(value: bytes) -> None:
    """Any 16 bytes come back."""
    text = encode(value)
    assert len(text) == 22
    assert set(text) <= set(ALPHABET)
    assert decode(text) == value


@given(first=VALUES, second=VALUES)
def test_order_is_kept(first: bytes, second: bytes) -> None:
    """Texts sort as their values do, since zeros are written."""
    as_values = [ALPHABET.index(character) for character in encode(first)]
    assert (first < second) == (as_values < [ALPHABET.index(c) for c in encode(second)])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "1" * 22),
        (1, "1" * 21 + "2"),
        (57, "1" * 21 + "z"),
        (58, "1" * 20 + "21"),
        (58**2, "1" * 19 + "211"),
        (2**128 - 1, "YcVfxkQb6JRzqk5kF2tNLv"),
    ],
)
def test_left_padding(number: int, text: str) -> None:
    """Small values are padded with the digit of zero, and the largest still has 22."""
    assert encode(number.to_bytes(16, "big")) == text
    assert decode(text) == number.to_bytes(16, "big")


def test_the_alphabet_is_bitcoins() -> None:
    """58 characters without 0, O, I and l, in the order of their codes."""
    assert len(set(ALPHABET)) == 58
    assert set("0OIl").isdisjoint(ALPHABET)
    assert sorted(ALPHABET) == list(ALPHABET)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1" * 21, "1" * 23, "z" * 22, "YcVfxkQb6JRzqk5kF2tNLw"),
        *("1" * 21 + character for character in "0OIl +/-_=.\n\0йé１"),
    ],
)
def test_decode_refuses(text: str) -> None:
    """Another length, a foreign character, or a value of 2^128 or more is no address."""
    with pytest.raises(ValueError, match=r"^$"):
        decode(text)
