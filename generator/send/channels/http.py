"""Any gateway that takes a message by one HTTP request, as an operator's template describes it.

Kannel's ``sendsms`` is one: ``202`` and ``0: Accepted for delivery``. Where the settings name no
place of an id, the status alone tells that it was accepted.
"""

import json
import re
import ssl
from collections.abc import Iterator, Sequence
from typing import Any

from jsonpointer import JsonPointer, JsonPointerException

from generator.base.sending import Answering, Channel
from generator.send.channels.channel import wrong
from generator.send.channels.retry import Waits, settle
from generator.send.channels.template import RequestTemplate
from generator.send.channels.wire import ANSWER, Reply, refused, wire_to
from generator.send.values import Accepted, Outcome, Outgoing, Rejected, Unknown

CODE = re.compile(r"(?!.*\d{7})[A-Za-z0-9_.:-]{1,40}")
"""What may be kept of an error: words of a gateway can hold a number or a text."""
PROVIDER = re.compile(r"[!-~]{1,200}")
NO_ERROR = frozenset({"", "0", "none", "ok", "false"})


class HttpChannel:
    """The gateway at ``settings.url``."""

    most = 20

    def __init__(
        self,
        settings: Channel,
        secret: str = "",
        context: ssl.SSLContext | None = None,
        waits: Waits | None = None,
        patience: float = ANSWER,
    ) -> None:
        self._template, self._waits = RequestTemplate(settings, secret), waits or Waits()
        self._answer = settings.answer
        self._id, self._error = _pointers(settings.answer)
        self._wire = wire_to(settings.url, "write https://gateway.example/send", context, patience)

    def __repr__(self) -> str:
        """Nothing of the address, which may hold a secret."""
        return "HttpChannel()"

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What the gateway answered to each message."""
        yield from settle(messages, self._once, self._waits)

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def _once(self, outgoing: Outgoing) -> Outcome:
        try:
            reply = self._wire.ask(self._template.request(outgoing))
        except ValueError:
            return Rejected("not a request")
        if isinstance(reply, Unknown):
            return reply
        if reply.status in self._answer.accepted:
            return self._judged(reply)
        return refused(reply, self._waits)

    def _judged(self, reply: Reply) -> Outcome:
        """What the body of a good answer says; a proxy's page of welcome says nothing."""
        if self._id is None and self._error is None:
            return Accepted()
        try:
            body = json.loads(reply.body)
        except ValueError:
            return Unknown("not JSON")
        error = _at(self._error, body)
        if error.lower() not in NO_ERROR:
            return Rejected(code_of(error))
        found = _at(self._id, body)
        if self._id is not None and not PROVIDER.fullmatch(found):
            return Unknown("no id")
        return Accepted(found)


def code_of(error: str) -> str:
    """A gateway's error as far as it is a code and no sentence."""
    return error if CODE.fullmatch(error) else "error"


def _pointers(answer: Answering) -> tuple[JsonPointer | None, JsonPointer | None]:
    try:
        return _pointer(answer.id), _pointer(answer.error)
    except JsonPointerException:
        raise wrong("answer", "is not a JSON pointer", "write /messages/0/id") from None


def _pointer(text: str) -> JsonPointer | None:
    return JsonPointer(text) if text else None


def _at(pointer: JsonPointer | None, body: Any) -> str:  # noqa: ANN401 - JSON
    """What stands there as a text; nothing for what is not there, false or empty."""
    found = pointer.resolve(body, None) if pointer else None
    if isinstance(found, bool | dict | list):
        return "error" if found else ""
    return "" if found is None else str(found)
