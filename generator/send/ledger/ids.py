"""Ids of messages, and the tags behind links: random, so that nobody guesses another's."""

import os
from collections.abc import Callable, Collection, Iterator
from itertools import count

from msgspec.json import encode

from generator.sealing.base58 import ALPHABET
from generator.send.ledger.keyed import Keyed
from generator.send.values import Identity

Draw = Callable[[int], bytes]
"""Gives so many random bytes."""
ID_BYTES = 16
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
"""Source: RFC 4648, clause 6; in small letters."""
PAIRS = [f"{one}{two}" for one in BASE32 for two in BASE32]
"""What two characters say; ``base64`` goes through them one by one, for thrice as long."""
TWO, FILLED = 1023, 2  # their bits, and how many the last two have too many
PLACES = tuple(range(ID_BYTES * 8 + FILLED - 10, -1, -10))
TAG_LENGTH = 3
EVEN = 256 - 256 % len(ALPHABET)
"""Bytes from here on would make the first characters likelier than the others."""
TAGS = len(ALPHABET) ** TAG_LENGTH
UNEVEN = bytes(range(EVEN, 256))
CHARACTERS = "".join([ALPHABET[byte % len(ALPHABET)] for byte in range(256)]).encode()
"""Of each byte; those of uneven ones are never looked up."""


def new_id(draw: Draw = os.urandom) -> str:
    """26 characters: small letters and digits, as they may stand in a Message-ID and in a path."""
    return _written(draw(ID_BYTES))


def name_of(keyed: Keyed, identity: Identity, taken: Collection[str]) -> tuple[str, str]:
    """A message's id, and a tag of its own that is not taken; for a message the same again.

    Nobody guesses them without the ledger's key.

    Raises:
        OverflowError: the client has had nearly two hundred thousand messages.
    """
    if len(taken) >= TAGS:
        raise OverflowError("no tag is left")
    drawn = _drawn(keyed, "name", identity)
    tag = _tag(drawn[ID_BYTES:])
    if len(tag) < TAG_LENGTH or tag in taken:
        tag = next(other for other in tags_of(keyed, identity) if other not in taken)
    return _written(drawn[:ID_BYTES]), tag


def tags_of(keyed: Keyed, identity: Identity) -> Iterator[str]:
    """More tags for a message without an end, in the order in which they are to be tried."""
    tags = (_tag(_drawn(keyed, f"tag {number}", identity)) for number in count())
    return (tag for tag in tags if len(tag) == TAG_LENGTH)


def _tag(drawn: bytes) -> str:
    """3 characters of base58; less where too few of the bytes are even."""
    return drawn.translate(CHARACTERS, UNEVEN)[:TAG_LENGTH].decode()


def _written(drawn: bytes) -> str:
    """16 bytes in base32."""
    number = int.from_bytes(drawn) << FILLED
    return "".join([PAIRS[number >> place & TWO] for place in PLACES])


def _drawn(keyed: Keyed, what: str, identity: Identity) -> bytes:
    return keyed(encode((what, *identity)))
