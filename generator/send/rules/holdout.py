"""The hold-out group: clients who are told nothing but service messages, to measure the effect."""

from decimal import Decimal
from hmac import digest

LABEL = b"hold-out\0"
"""Another use of the same key draws other clients."""
BITS = 64


def is_held_out(client: str, key: bytes, percent: Decimal) -> bool:
    """Whether this client belongs to the ``percent`` who are held out.

    Nobody without the key can tell who does. The same clients stay in it from night to night,
    and a larger percentage adds to them.
    """
    # exact: 28 digits are enough for both sides
    number = int.from_bytes(digest(key, LABEL + client.encode(), "sha256")[: BITS // 8])
    return Decimal(number) * 100 < percent * Decimal(2) ** BITS
