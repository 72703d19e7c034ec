"""Names of columns in which several rooms put down what they know of a client."""

WHO = "who"
"""The pseudonym: 16 bytes of HMAC-SHA256 that stand for a client."""

DEAL = "deal"
"""The 16 bits by which clients are dealt into buckets."""

SIZE = 16  # bytes of a pseudonym
WORD = 16  # bits of DEAL

OWN, PAGE, SERIES, STAGES, EXTRAS = "own", "page", "series", "stages", "extras"
"""Digests of what makes a client's page: the first is of their own rows."""

SHARED = (PAGE, SERIES, STAGES, EXTRAS)
"""What the quick digests are of: the page around all, strategies, stages, bank and offers."""
