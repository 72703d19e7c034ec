"""Identifiers: how ours look, and how those of other systems are brought to one form."""

import re
import unicodedata
from hashlib import sha256

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


def client_mark(client: str) -> str:
    """24 characters by which a page says whose it is, to whoever knows the client's id.

    The sender looks for it before a message goes. It stands under the seal: it need not be a
    secret, and says no more than the id.
    """
    return sha256(f"sealpress client\0{client}".encode()).hexdigest()[:24]
