"""16 bytes as 22 characters that no one misreads, no linkifier cuts and no URL escapes."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 22
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_TWO, _FOUR, _TEN = (len(ALPHABET) ** digits for digits in (2, 4, 10))


def encode(value: bytes) -> str:
    """22 base58 characters of 16 bytes, left-padded with ``1`` (Bitcoin's alphabet).

    Divided into pieces that fit into a machine word, it takes a third of the time.
    """
    rest, low = divmod(int.from_bytes(value, "big"), _TEN)
    first, high = divmod(rest, _TEN)
    return _PAIRS[first] + _ten(high) + _ten(low)


def _ten(number: int) -> str:
    """Ten digits."""
    number, four = divmod(number, _FOUR)
    last, eight = divmod(number, _FOUR)
    (a, b), (c, d) = divmod(eight, _TWO), divmod(four, _TWO)
    return _PAIRS[last] + _PAIRS[a] + _PAIRS[b] + _PAIRS[c] + _PAIRS[d]


def decode(text: str) -> bytes:
    """The 16 bytes of 22 base58 characters.

    Raises:
        ValueError: another length, a foreign character, or a value of 2^128 or more.
    """
    if len(text) != LENGTH or not all(character in _VALUES for character in text):
        raise ValueError
    number = 0
    for character in text:
        number = number * len(ALPHABET) + _VALUES[character]
    if number >> 128:
        raise ValueError
    return number.to_bytes(16, "big")
