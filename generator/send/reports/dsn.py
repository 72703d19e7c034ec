"""Letters that came back: what a mail server says became of one of ours.

The words are read where they are machines' words (RFC 3464); else flufl.bounce judges, which knows
how servers wrote before there were any. A letter is known by its Message-ID, which begins with our
id: in the original that comes back with it, or among the words.

Source: RFC 3464, 2.3 (action, status), RFC 3463 (codes).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.iterators import typed_subpart_iterator
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TypeAlias, cast

from flufl.bounce import all_failures

from generator.send.reports.fields import NAMED
from generator.send.reports.http import ReportError
from generator.send.reports.smpp import Status
from generator.send.values import Report

CODE = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
NOBODY = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox, host or address, moved, one that takes no mail, one that is closed."""
TOO_LATE = "4.4.7"
LEAVE = re.compile(r"unsubscribe ([0-9A-Za-z]{26})", re.IGNORECASE)
HEADERS = ("In-Reply-To", "References", "X-Failed-Message-Id")
SEARCHED = 20_000  # characters of words in which a Message-ID is looked for
Parts: TypeAlias = Iterator[Message]


def dsn_report(octets: bytes, channel: str, at: datetime) -> Report | None:
    """What a letter that came back tells; None for a delay, or for somebody who is on leave.

    Raises:
        ReportError: it is not about a letter of ours.
    """
    letter = message_from_bytes(octets)
    ours = _our_id(letter)
    if not ours:
        raise ReportError("not about a letter of ours")
    judged = _judged(letter) or _guessed(letter)
    if not judged:
        return None
    status, code = judged
    return Report(channel, status, at, ours, code=code)


def unsubscribed(octets: bytes) -> str:
    """Our id of the message whose reader asks by mail for no more; empty for any other letter.

    That is what a mail program sends by itself to the ``mailto:`` of ``List-Unsubscribe``.
    """
    subject = _header(message_from_bytes(octets), "Subject")
    match = LEAVE.fullmatch(" ".join(subject.split()))
    return match[1] if match else ""


def written_at(octets: bytes) -> datetime | None:
    """When a letter was written, as it says itself."""
    text = _header(message_from_bytes(octets), "Date")
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _judged(letter: Message) -> tuple[Status, str] | None:
    """By the words of RFC 3464; the worst of them, where there are more."""
    for block in _blocks(letter):
        action = _header(block, "Action").lower()
        match = CODE.search(_header(block, "Status"))
        code = match[1] if match else ""
        if action.startswith(("fail", "error")):
            return _status(code), code or "failed"
        if action.startswith("delivered"):
            return "delivered", code or "delivered"
    return None


def _status(code: str) -> Status:
    if code in NOBODY:
        return "dead"
    return "expired" if code == TOO_LATE else "failed"


def _guessed(letter: Message) -> tuple[Status, str] | None:
    if any(True for _ in _blocks(letter)):
        return None  # machines' words that tell of a delay
    try:
        _, permanent = all_failures(letter)
    except Exception:  # noqa: BLE001 - it reads what anybody may send, and has many readers
        return None
    return ("failed", "bounced") if permanent else None


def _blocks(letter: Message) -> Parts:
    """Those of each recipient, in each report."""
    for part in cast("Parts", typed_subpart_iterator(letter, "message", "delivery-status")):
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else ():
            if isinstance(block, Message) and block.get("Action"):
                yield block


def _our_id(letter: Message) -> str:
    for words in _places(letter):
        if match := NAMED.search(words):
            return match[1]
    return ""


def _places(letter: Message) -> Iterator[str]:
    """Where a Message-ID of ours may stand, the surest first."""
    for part in letter.walk():
        if part is not letter:
            yield _header(part, "Message-ID")
    for part in cast("Parts", typed_subpart_iterator(letter, "text")):
        words = part.get_payload(decode=True)
        if isinstance(words, bytes):
            yield " ".join(_named_lines(words[:SEARCHED].decode("latin-1")))
    yield from (_header(letter, name) for name in HEADERS)


def _named_lines(words: str) -> Iterator[str]:
    for line in words.splitlines():
        name, _, value = line.strip(" >\t").partition(":")
        if name.lower() == "message-id":
            yield value


def _header(part: Message, name: str) -> str:
    """A header as text; a damaged one is no text to the library."""
    return str(part.get(name, ""))
