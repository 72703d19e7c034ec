"""Devino for tests: its API with a memory, strict about what is documented of it."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.send.channels.gateway import Asked, Said
from tests.send.channels.samples import SECRET

PATH = "/sms/messages"
KEYS = {"from", "to", "text", "validity", "scheduledTime", "priority", "callbackUrl", "options"}
QUERY = {"includeSegmentId", "shortenUrl"}
LONGEST_LIFE = 259_200  # seconds
MOST = 32_000


@dataclass
class Devino:
    """What it has taken; what it refuses."""

    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By its own id."""
    queries: list[dict[str, str]] = field(default_factory=list)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The result of a phone that it does not take."""
    broken: set[str] = field(default_factory=set)
    """Phones for which it refuses the whole call."""
    _numbers: Any = field(default_factory=lambda: count(3158611117318406144))

    def answer(self, asked: Asked) -> Said:
        """What it answers to a request."""
        url = urlsplit(asked.path)
        if (asked.method, url.path) != ("POST", PATH):
            return _failed(404)
        if asked.headers.get("authorization") != f"Key {SECRET}":
            return _failed(401)
        query = dict(parse_qsl(url.query, strict_parsing=True))
        messages = _messages(asked)
        if not query.keys() <= QUERY or messages is None or not all(map(_is_good, messages)):
            return _failed(400)
        if any(one["to"] in self.broken for one in messages):
            return _failed(400)
        self.queries.append(query)
        return _as_json(200, {"result": [self._take(one) for one in messages]})

    def _take(self, message: dict[str, Any]) -> dict[str, Any]:
        if refusal := self.refused.get(message["to"]):
            return refusal
        number = str(next(self._numbers))
        self.taken[number] = message
        return {"code": "OK", "messageId": number, "segmentsId": None}


def _messages(asked: Asked) -> list[dict[str, Any]] | None:
    if not asked.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        messages = json.loads(asked.body)["messages"]
    except (ValueError, KeyError, TypeError):
        return None
    return messages if isinstance(messages, list) and 0 < len(messages) <= MOST else None


def _is_good(message: dict[str, Any]) -> bool:
    """Whether it has what it must, and nothing that is not described."""
    options, life = message.get("options", {}), message.get("validity", 0)
    return (
        {"from", "to", "text"} <= message.keys() <= KEYS
        and message["to"].isdecimal()
        and bool(message["text"])
        and isinstance(life, int)
        and 0 <= life <= LONGEST_LIFE
        and isinstance(options, dict)
        and all(isinstance(value, str) for value in options.values())
        and str(message.get("callbackUrl", "https://")).startswith(("http://", "https://"))
    )


def _failed(status: int) -> Said:
    return _as_json(status, {"code": "ERROR", "description": "words of the server"})


def _as_json(status: int, data: object) -> Said:
    return Said(status, json.dumps(data).encode(), {"Content-Type": "application/json"})
