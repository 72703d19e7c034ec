"""Reports that a gateway brings by HTTP: in the query, as a form, or as JSON, one or a list.

Devino's (docs.devino.online, «SMS»): to the ``callbackUrl`` of a message goes a state, with the
``options`` that came with the message, among them our id. The names of the keys are our reading of
what others have published; ``CLICKED`` and states on the way are none of ours.

Everybody else's: ``id`` (ours) or ``provider`` (theirs), ``status``, ``code``. For Kannel that is a
``dlr-url`` that ends in ``?id=…&provider=%F&status=%d``, where the states are numbers.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from generator.send.reports.fields import our_id, plain_code, provider_id
from generator.send.reports.smpp import Status
from generator.send.values import Report

MOST = 10_000  # reports in one request
STATES: Mapping[str, Status] = {
    "delivered": "delivered",
    "delivrd": "delivered",
    "1": "delivered",
    "failed": "failed",
    "undelivered": "failed",
    "undeliv": "failed",
    "rejected": "failed",
    "rejectd": "failed",
    "deleted": "failed",
    "2": "failed",
    "16": "failed",
    "expired": "expired",
    "dead": "dead",
}
"""By small letters; numbers are Kannel's (its user guide, «Delivery reports»). Others tell that a
message is on its way."""


class ReportError(ValueError):
    """Not a report; says nothing of what it is."""


def http_reports(query: str, body: bytes, channel: str, at: datetime) -> list[Report]:
    """What a request reports; nothing final is nothing.

    Raises:
        ReportError: it is neither JSON nor a form, or names no message.
    """
    reports = []
    for fields in _lots(query, body):
        ours, provider = _ids(fields)
        if not ours and not provider:
            raise ReportError("names no message")
        word = str(_first(fields, "status", "state")).lower()
        if status := STATES.get(word):
            code = plain_code(_first(fields, "code", "error", "err")) or plain_code(word)
            reports.append(Report(channel, status, at, ours, provider, code))
    return reports


def _ids(fields: Mapping[str, Any]) -> tuple[str, str]:
    options = fields.get("options")
    inner = options.get("id") if isinstance(options, dict) else None
    ours = our_id(inner) or our_id(_first(fields, "id", "clientId", "extra_id"))
    return ours, provider_id(_first(fields, "provider", "messageId", "message_id"))


def _first(fields: Mapping[str, Any], *keys: str) -> Any:  # noqa: ANN401 - JSON
    return next((fields[key] for key in keys if fields.get(key) not in (None, "")), "")


def _lots(query: str, body: bytes) -> list[Mapping[str, Any]]:
    """Each message that a request speaks of, as its keys; those of the query hold for all."""
    common = dict(parse_qsl(query))
    text = body.strip()
    if not text:
        return [common]
    if text[:1] not in {b"{", b"["}:
        return [common | dict(parse_qsl(text.decode("latin-1")))]
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise ReportError("not JSON") from None
    lots = read if isinstance(read, list) else read.get("result") or [read]
    if not isinstance(lots, list) or len(lots) > MOST:
        raise ReportError("not a list of reports")
    if not all(isinstance(one, dict) for one in lots):
        raise ReportError("not a list of reports")
    return [common | one for one in lots]
