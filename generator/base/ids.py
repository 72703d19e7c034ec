"""Identifiers: how ours look, and how those of other systems are brought to one form."""

import re
import unicodedata

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_HINT = "use small Latin letters, digits and single hyphens, as in property-sale"


def is_slug(text: str) -> bool:
    """Whether ``text`` can name a stage, a question, a series, a bank or an offer."""
    return SLUG.fullmatch(text) is not None


def normalised(identifier: str) -> str:
    """A foreign system's id without outer spaces and in Unicode form C.

    Two spellings that a person cannot tell apart must not give two addresses.
    """
    return unicodedata.normalize("NFC", identifier.strip())
