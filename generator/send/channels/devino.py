"""Devino Telecom's REST API, version 2: SMS by the thousand, each with a result of its own.

From its documentation (docs.devino.online, «SMS»): ``POST /sms/messages`` with
``Authorization: Key …``; up to 32,000 messages a call; ``from``, ``to`` (E.164, in the examples
without the plus), ``text``, ``validity`` in seconds up to 259,200, ``callbackUrl``, ``options``,
which come back with every report; the query ``shortenUrl`` (links replaced by counted ones) and
``includeSegmentId``; in the answer for each message ``code``, and ``messageId`` only with ``OK``.

From what others who use it have published: the answer's list is called ``result``, a refused
message has ``reasons``, a list of ``{"key": …}``.

Our own reading, because nothing is written about it: the results stand in the order of the
messages; a code that is neither ``OK`` nor ``REJECTED`` proves nothing; an answer of 4xx means
that no message of the call was taken.
"""

import json
import ssl
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from generator.base.sending import Channel
from generator.send.channels.http import PROVIDER, code_of
from generator.send.channels.retry import Waits, patiently
from generator.send.channels.wire import ANSWER, Request, refused, wire_to
from generator.send.values import Accepted, Outcome, Outgoing, Rejected, Unknown

ADDRESS = "https://api.devino.online/sms/messages"
QUERY = "includeSegmentId=false&shortenUrl=false"  # the link's secret goes to nobody else
LONGEST_LIFE = timedelta(days=3)
FULL = 32_000  # messages that a call may have
SPLIT = frozenset({"400", "413", "422"})
"""Refusals of a whole call for which one message may be to blame."""
SPLITS = 40  # of a call's messages, before the rest is refused with it
OUR_ID = "id"
"""The key in ``options``."""


class DevinoChannel:
    """An account at Devino."""

    most = 1000
    """Far less than a call may have: if its answer is lost, so many are unknown."""

    def __init__(
        self,
        settings: Channel,
        secret: str = "",
        context: ssl.SSLContext | None = None,
        waits: Waits | None = None,
        patience: float = ANSWER,
    ) -> None:
        self._settings, self._waits = settings, waits or Waits()
        address = settings.url or ADDRESS
        self._wire = wire_to(address, f"leave it out for {ADDRESS}", context, patience)
        self._target = f"{urlsplit(address).path}?{QUERY}"
        self._headers = {
            "Authorization": f"Key {secret}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def __repr__(self) -> str:
        """Nothing of the token."""
        return "DevinoChannel()"

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """The result of each message."""
        left = [messages[at : at + FULL] for at in range(0, len(messages), FULL)]
        splits = SPLITS
        while left:
            some = left.pop()
            outcome = self._called(some)
            if splits and len(some) > 1 and _may_be_one(outcome):
                splits, half = splits - 1, len(some) // 2
                left += [some[:half], some[half:]]
            elif isinstance(outcome, list):
                yield from zip((one.id for one in some), outcome, strict=True)
            else:
                yield from ((one.id, outcome) for one in some)

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def _called(self, messages: Sequence[Outgoing]) -> list[Outcome] | Outcome:
        """What became of each, or of all of them."""
        body = json.dumps({"messages": [self._message(one) for one in messages]}).encode()
        request = Request(self._target, "POST", self._headers, body)
        return patiently(lambda: self._answered(request, len(messages)), self._waits)

    def _answered(self, request: Request, number: int) -> list[Outcome] | Outcome:
        try:
            reply = self._wire.ask(request)
        except ValueError:
            return Rejected("not a request")
        if isinstance(reply, Unknown):
            return reply
        if reply.status not in range(200, 300):
            return refused(reply, self._waits)
        results = _results(reply.body)
        if len(results) != number:
            return Unknown("not understood")
        return [_outcome(one) for one in results]

    def _message(self, outgoing: Outgoing) -> dict[str, object]:
        life = min(timedelta(days=self._settings.days_valid), LONGEST_LIFE)
        message: dict[str, object] = {
            "from": self._settings.sender,
            "to": outgoing.to.removeprefix("+"),
            "text": outgoing.text,
            "validity": int(life.total_seconds()),
            "options": {OUR_ID: outgoing.id},
        }
        if self._settings.callback:
            message["callbackUrl"] = self._settings.callback
        return message


def _may_be_one(outcome: list[Outcome] | Outcome) -> bool:
    """Whether a call was refused for what may be the fault of one of its messages."""
    return isinstance(outcome, Rejected) and outcome.code in SPLIT


def _results(body: bytes) -> list[Any]:
    try:
        data = json.loads(body)
    except ValueError:
        return []
    results = data.get("result") if isinstance(data, dict) else None
    return results if isinstance(results, list) else []


def _outcome(result: Any) -> Outcome:  # noqa: ANN401 - JSON
    if not isinstance(result, dict):
        return Unknown("not understood")
    code, provider = str(result.get("code", "")), str(result.get("messageId") or "")
    if code == "OK" and PROVIDER.fullmatch(provider):
        return Accepted(provider)
    if code == "REJECTED":
        return Rejected(_reason(result.get("reasons")) or code)
    return Unknown(code_of(code))


def _reason(reasons: Any) -> str:  # noqa: ANN401 - JSON
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    key = first.get("key") if isinstance(first, dict) else None
    return code_of(key) if isinstance(key, str) else ""
