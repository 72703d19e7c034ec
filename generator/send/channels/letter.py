"""A message as a letter: envelope and headers, the same ``Message-ID`` at every try."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import format_datetime, getaddresses
from functools import lru_cache

import idna

from generator.send.channels.parts import body_of, place_of
from generator.send.values import Outgoing

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
LOCAL = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x20\x7f-\x9f]{1,64}")
OURS = frozenset({
    "bcc", "cc", "date", "dkim-signature", "from", "message-id", "mime-version", "received",
    "return-path", "sender", "subject", "to",
})  # fmt: skip
"""Headers that are of this module alone: nothing that was written elsewhere sets them."""
LINE = 998  # characters that RFC 5322 permits
BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A letter on its way: envelope and content."""

    sender: str
    to: str
    content: bytes
    """CRLF at the end of each line; 7 bits, unless ``is_international``. Every try has the same."""
    is_international: bool
    """Whether only a server with SMTPUTF8 (RFC 6531) can take it."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Letter({len(self.content)} bytes)"


PLAIN = EmailPolicy(linesep="\r\n", cte_type="7bit")
INTERNATIONAL = PLAIN.clone(utf8=True)


def letter_of(outgoing: Outgoing, sender: str, date: datetime) -> Letter:
    """``outgoing`` as a letter from ``sender``, an address with or without a name.

    Raises:
        ValueError: an address is none, or a header would bring another with it. It has no value
            in its text.
    """
    name, source = source_of(sender)
    to = address_of(outgoing.to)
    is_international = not (source + to).isascii()
    lines = [
        _from(name, source, is_international=is_international),
        f"To: {to}\r\n".encode(),
        _folded("Subject", outgoing.subject, is_international=is_international),
        f"Date: {format_datetime(date)}\r\n".encode("ascii"),
        f"Message-ID: <{place_of(outgoing.id)}@{source.rpartition('@')[2]}>\r\n".encode("ascii"),
        *(_added(name, value) for name, value in outgoing.headers.items()),
        body_of(outgoing),
    ]
    return Letter(source, to, b"".join(lines), is_international)


def address_of(text: str) -> str:
    """An address whose domain is ASCII (IDNA 2008).

    Raises:
        ValueError: it is not one address.
    """
    local, at, domain = text.rpartition("@")
    if not at or not LOCAL.fullmatch(local) or local.startswith("-"):
        raise ValueError("not an address")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        raise ValueError("not an address") from None


@lru_cache(maxsize=8)  # a channel has one, and it is half of the work for a letter's headers
def source_of(sender: str) -> tuple[str, str]:
    """Name and address of a sender.

    Raises:
        ValueError: it is not one; a name with a comma lacks its quotes, for example.
    """
    found = getaddresses([sender])
    if len(found) != 1:
        raise ValueError("not one address")
    name, address = found[0]
    return name, address_of(address)


@lru_cache(maxsize=8)
def _from(name: str, source: str, *, is_international: bool) -> bytes:
    local, _, domain = source.rpartition("@")
    return _folded("From", str(Address(name, local, domain)), is_international=is_international)


def _folded(name: str, value: str, *, is_international: bool) -> bytes:
    """A header that may have any words, as the standard library encodes and folds it."""
    policy = INTERNATIONAL if is_international else PLAIN
    return policy.fold_binary(*policy.header_store_parse(name, _line(value)))


def _added(name: str, value: str) -> bytes:
    """A header as it is: folded, a list's long link would become encoded words, and no link."""
    is_ours = name.lower() in OURS or name.lower().startswith(("content-", "resent-"))
    if is_ours or not NAME.fullmatch(name) or not value.isascii():
        raise ValueError("not a header")
    return f"{name}: {_line(value)}\r\n".encode("ascii")


def _line(value: str) -> str:
    if len(value) > LINE - 100 or BREAK.search(value):
        raise ValueError("not a line")
    return value
