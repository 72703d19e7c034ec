"""Receipts of an SMSC: the words in a ``deliver_sm`` and the parameters beside them.

Source: SMPP 3.4, appendix B (the words, which it calls an example and everybody writes), 5.2.28
(``message_state``) and 5.3.2.12 (``receipted_message_id``).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from generator.send.values import Report

Status = Literal["delivered", "failed", "expired", "dead"]

RECEIPTED_ID, MESSAGE_STATE, PAYLOAD = 0x001E, 0x0427, 0x0424
WORDS: Mapping[str, Status] = {
    "DELIVRD": "delivered",
    "EXPIRED": "expired",
    "DELETED": "failed",
    "UNDELIV": "failed",
    "REJECTD": "failed",
}
"""States that are final; of the others (ENROUTE, ACCEPTD, UNKNOWN) another receipt may come."""
STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
ID = re.compile(r"\bid:\s*([\x21-\x7e]{1,64})", re.IGNORECASE)
STATE = re.compile(r"\bstat:\s*([A-Z]+)", re.IGNORECASE)
ERROR = re.compile(r"\berr:\s*([0-9A-Z]{1,8})", re.IGNORECASE)


def receipt_of(
    text: bytes, parameters: Mapping[int, bytes], channel: str, at: datetime
) -> Report | None:
    """What a receipt tells; None if that is nothing final, or if it is no receipt.

    The parameters are believed before the words: an SMSC that writes an id in another way in its
    words (decimal for hexadecimal) has the right one in them.
    """
    words = (text or parameters.get(PAYLOAD, b"")).decode("latin-1")
    state = parameters.get(MESSAGE_STATE, b"")
    named = STATES.get(state[0]) if len(state) == 1 else _found(STATE, words).upper()
    provider = _string(parameters.get(RECEIPTED_ID, b"")) or _found(ID, words)
    status = WORDS.get(named or "")
    if not provider or not status:
        return None
    return Report(channel, status, at, provider=provider, code=_found(ERROR, words) or named or "")


def plain_id(written: str, base: int | None) -> str:
    """An id as a decimal number, whichever way it was written; as it is without a base.

    Some operators answer in hexadecimal and report in decimal, with zeros before it or without.
    Nobody can tell from the id alone: ``38`` is two messages.
    """
    if base is None or not written.isalnum():
        return written
    try:
        return str(int(written, base))
    except ValueError:
        return written


def _found(pattern: re.Pattern[str], words: str) -> str:
    match = pattern.search(words)
    return match[1] if match else ""


def _string(value: bytes) -> str:
    """With or without the zero at its end: both are in use."""
    text = value.rstrip(b"\0").decode("latin-1")
    return text if text.isprintable() else ""
