"""Ids of messages, and the tags behind links: random, so that nobody guesses another's."""

import os
from collections.abc import Callable, Collection, Iterator
from hmac import digest
from itertools import count

from msgspec.json import encode

from generator.sealing.base58 import ALPHABET
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


def new_id(draw: Draw = os.urandom) -> str:
    """26 characters: small letters and digits, as they may stand in a Message-ID and in a path."""
    number = int.from_bytes(draw(ID_BYTES)) << FILLED
    return "".join([PAIRS[number >> place & TWO] for place in PLACES])


def id_of(key: bytes, identity: Identity) -> str:
    """The id of a message: nobody guesses it without the ledger's key."""
    return new_id(lambda size: _keyed(key, "id", identity)[:size])


def free_tag(key: bytes, identity: Identity, taken: Collection[str]) -> str:
    """3 characters of base58 that none of the client's messages has; for a message the same again.

    Raises:
        OverflowError: the client has had nearly two hundred thousand messages.
    """
    if len(taken) >= TAGS:
        raise OverflowError("no tag is left")
    return next(tag for tag in tags_of(key, identity) if tag not in taken)


def tags_of(key: bytes, identity: Identity) -> Iterator[str]:
    """Tags for a message without an end, in the order in which they are to be tried."""
    for number in count():
        drawn = _keyed(key, f"tag {number}", identity)
        yield "".join(
            [ALPHABET[byte % len(ALPHABET)] for byte in drawn if byte < EVEN][:TAG_LENGTH]
        )


def _keyed(key: bytes, what: str, identity: Identity) -> bytes:
    return digest(key, encode((what, *identity)), "sha256")
