"""Push messages to browsers (RFC 8030), sealed for each (RFC 8291), signed with our key (RFC 8292).

The address of a client is the subscription that their browser made: JSON with an ``endpoint`` and
``keys``. It comes from outside, so only HTTPS to a named host is asked, or what begins with the
channel's ``url``. The worker in the browser gets ``title``, ``body``, ``link`` and ``tag``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from py_vapid import Vapid02, VapidException
from pywebpush import WebPusher, WebPushException

from generator.base.sending import Channel
from generator.send.channels.channel import wrong
from generator.send.channels.push import DAY, topic_of
from generator.send.channels.retry import BusyError, Waits, settle
from generator.send.channels.wire import ANSWER, Reply, Request, Wire, refused
from generator.send.values import Accepted, Outcome, Outgoing, Rejected

ROOM = 3993
"""Octets of a message: what is left of the 4096 that every service takes (RFC 8291, 4)."""
WIRES = 20  # services to which connections are kept
SIGNED_FOR = timedelta(hours=12)
GONE = frozenset({404, 410})


class WebPushChannel:
    """The push services of all browsers, by the endpoints that they gave."""

    most = 100

    def __init__(
        self,
        settings: Channel,
        secret: str,
        *,
        waits: Waits | None = None,
        patience: float = ANSWER,
    ) -> None:
        self._settings, self._waits, self._patience = settings, waits or Waits(), patience
        self._wires: dict[str, Wire] = {}
        """By scheme and host: one for each maker of browsers."""
        try:
            self._key = _key(secret)
            self._signed("https://push.example")
        except (VapidException, ValueError):
            sentence = "the key of web push, or vapid_subject, is not one"
            hint = "make a key with vapid --gen; write mailto: and an address"
            raise wrong("password", sentence, hint) from None

    def __repr__(self) -> str:
        """Nothing of the key."""
        return "WebPushChannel()"

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What became of each message."""
        yield from settle(messages, self._once, self._waits)

    def close(self) -> None:
        """Close the connections."""
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()

    def _once(self, message: Outgoing) -> Outcome:
        words = _words(message)
        if len(words) > ROOM:
            return Rejected("too long")
        try:
            pusher = WebPusher(json.loads(message.to))
            endpoint = str(pusher.subscription_info["endpoint"])
            sealed = bytes(pusher.encode(words)["body"])
        except (WebPushException, ValueError, TypeError, KeyError, AttributeError):
            return Rejected("not a subscription", is_dead=True)
        if not self._is_allowed(endpoint):
            return Rejected("not an address", is_dead=True)
        try:
            return self._posted(endpoint, sealed, message.collapse)
        except BusyError as busy:
            return busy.later  # other browsers ask other services
        except (VapidException, ValueError):
            return Rejected("not an address", is_dead=True)

    def _posted(self, endpoint: str, sealed: bytes, collapse: str) -> Outcome:
        parts = urlsplit(endpoint)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = self._headers(endpoint, collapse)
        reply = self._wire(endpoint).ask(Request(target or "/", "POST", headers, sealed))
        if not isinstance(reply, Reply):
            return reply
        if reply.status in GONE:
            return Rejected(str(reply.status), is_dead=True)
        if reply.status not in range(200, 300):
            return refused(reply, self._waits)
        return Accepted(reply.headers.get("location", ""))

    def _wire(self, endpoint: str) -> Wire:
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._wires:
            if len(self._wires) >= WIRES:
                self.close()
            self._wires[origin] = Wire(origin, patience=self._patience)
        return self._wires[origin]

    def _headers(self, endpoint: str, collapse: str) -> Mapping[str, str]:
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(self._settings.days_valid * DAY),
            "Urgency": "normal",
            "Authorization": self._signed(endpoint),
        }
        return headers | ({"Topic": topic_of(collapse)} if collapse else {})

    def _signed(self, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        claims: dict[str, Any] = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "sub": self._settings.vapid_subject,
            "exp": int((self._waits.now() + SIGNED_FOR).timestamp()),
        }
        return str(self._key.sign(claims)["Authorization"])

    def _is_allowed(self, endpoint: str) -> bool:
        ours = self._settings.url
        return endpoint.startswith(ours.rstrip("/") + "/") if ours else is_public(endpoint)


def is_public(endpoint: str) -> bool:
    """Whether an address is HTTPS at a host with a name of the public kind, on its usual port.

    A subscription is what a browser said, or somebody in its place: it must not make us ask
    machines that only we can reach.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or port not in {None, 443} or parts.username is not None:
        return False
    try:
        ip_address(host)
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
    return False


def _key(secret: str) -> Vapid02:
    if secret.lstrip().startswith("-----BEGIN"):
        return Vapid02.from_pem(secret.strip().encode())
    return Vapid02.from_string(secret.strip())


def _words(message: Outgoing) -> bytes:
    told = {"title": message.subject, "body": message.text, "link": message.link}
    told |= {"tag": topic_of(message.collapse)} if message.collapse else {}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
