"""16 bytes as 22 characters that no one misreads, no linkifier cuts and no URL escapes."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH = 22
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def encode(value: bytes) -> str:
    """22 base58 characters of 16 bytes, left-padded with ``1`` (Bitcoin's alphabet)."""
    number = int.from_bytes(value, "big")
    pairs = []
    for _ in range(LENGTH // 2):
        number, pair = divmod(number, len(_PAIRS))  # two digits a step: half the long divisions
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))


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
