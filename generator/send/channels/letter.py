"""A message as a letter: MIME by the standard library, the same ``Message-ID`` at every try."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

import idna

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
    """CRLF at the end of each line; 7 bits, unless ``is_international``."""
    is_international: bool
    """Whether only a server with SMTPUTF8 (RFC 6531) can take it."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Letter({len(self.content)} bytes)"


class _Policy(EmailPolicy):
    """Lists' headers are not folded: long links would become encoded words, and nobody's links."""

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - of the library
        if name.lower().startswith("list-"):
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


PLAIN = _Policy(linesep="\r\n", cte_type="7bit", raise_on_defect=False)
INTERNATIONAL = PLAIN.clone(utf8=True)


def letter_of(outgoing: Outgoing, sender: str, date: datetime) -> Letter:
    """``outgoing`` as a letter from ``sender``, an address with or without a name.

    Raises:
        ValueError: an address is none, or a header would bring another with it. It has no value
            in its text.
    """
    name, address = parseaddr(sender)
    source, to = address_of(address), address_of(outgoing.to)
    is_international = not (source + to).isascii()
    message = EmailMessage(INTERNATIONAL if is_international else PLAIN)
    message["From"] = _shown(source, name)
    message["To"] = _shown(to)
    message["Subject"] = _line(outgoing.subject)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{_line(outgoing.id)}@{source.rpartition('@')[2]}>"
    _add(message, outgoing.headers)
    _fill(message, outgoing)
    return Letter(source, to, message.as_bytes(), is_international)


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


def _shown(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _line(value: str) -> str:
    if len(value) > LINE - 100 or BREAK.search(value):
        raise ValueError("not a line")
    return value


def _add(message: EmailMessage, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        is_ours = name.lower() in OURS or name.lower().startswith(("content-", "resent-"))
        if is_ours or not NAME.fullmatch(name) or not value.isascii():
            raise ValueError("not a header")
        message[name] = _line(value)


def _fill(message: EmailMessage, outgoing: Outgoing) -> None:
    message.set_content(outgoing.text)
    if not outgoing.html:
        return
    message.add_alternative(outgoing.html, subtype="html")
    parts = message.get_payload()
    html = parts[-1] if isinstance(parts, list) else message
    for place, image in outgoing.images.items():
        if isinstance(html, EmailMessage):
            html.add_related(image, "image", "png", cid=f"<{_line(place)}>", disposition="inline")
