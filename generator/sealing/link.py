"""Links: ``https://HOST/#`` + 22 characters of the secret + the tag of a message."""

import re
from dataclasses import dataclass

from generator.base.errors import LinkError
from generator.sealing import base58
from generator.sealing.secret import Secret

_FRAGMENT = re.compile(f"([{base58.ALPHABET}]{{{base58.LENGTH}}})([{base58.ALPHABET}]*)")


@dataclass(frozen=True, slots=True)
class Link:
    """A parsed link: the secret, and the tag that names the message which carried it."""

    secret: Secret
    tag: str = ""


def link_fragment(secret: Secret, tag: str = "") -> str:
    """What stands after ``/#`` in the link."""
    return secret.text + tag


def parse_link(text: str) -> Link:
    """The link in ``text``: a whole link or only its fragment.

    Whatever follows the first character outside the alphabet is ignored (``&utm_source=sms``).

    Raises:
        LinkError: fewer than 22 valid characters, or a value of 2^128 or more.
    """
    match = _FRAGMENT.match(text.partition("#")[2] if "#" in text else text)
    if not match:
        raise LinkError(LinkError.reason)
    try:
        return Link(Secret(base58.decode(match[1])), match[2])
    except ValueError:
        raise LinkError(LinkError.reason) from None
