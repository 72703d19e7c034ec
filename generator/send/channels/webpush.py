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

from generator.base.errors import InputError, Problem
from generator.base.sending import Channel
from generator.send.channels.posting import DAY, Now, new_pool, outcome_of, post, topic_of, utc_now
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown

ROOM = 3993
"""Octets of a message: what is left of the 4096 that every service takes (RFC 8291, 4)."""
SIGNED_FOR = timedelta(hours=12)
GONE = frozenset({404, 410})
PLACE = Problem(
    "content/site.yaml",
    "the key of web push, or vapid_subject, is not one",
    "make a key with vapid --gen; write mailto: and an address",
    "password",
)


class WebPushChannel:
    """The push services of all browsers, by the endpoints that they gave."""

    most = 100

    def __init__(self, settings: Channel, secret: str, *, now: Now = utc_now) -> None:
        self._settings, self._now = settings, now
        self._pool = new_pool(settings)
        try:
            self._key = _key(secret)
            self._signed("https://push.example")
        except (VapidException, ValueError):
            raise InputError([PLACE]) from None

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What became of each message."""
        for message in messages:
            yield message.id, self._hand_over(message)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _hand_over(self, message: Outgoing) -> Outcome:
        words = _words(message)
        if len(words) > ROOM:
            return Rejected("too long")
        try:
            pusher = WebPusher(json.loads(message.to))
            endpoint = str(pusher.subscription_info["endpoint"])
            sealed = pusher.encode(words)["body"]
        except (WebPushException, ValueError, TypeError, KeyError, AttributeError):
            return Rejected("not a subscription", is_dead=True)
        if not self._is_allowed(endpoint):
            return Rejected("not an address", is_dead=True)
        headers = self._headers(endpoint, message.collapse)
        answer = post(self._pool, endpoint, sealed, headers)
        if isinstance(answer, Later | Rejected | Unknown):
            return answer
        if answer.status in GONE:
            return Rejected(str(answer.status), is_dead=True)
        return outcome_of(answer, self._now()) or Accepted(answer.headers.get("Location", ""))

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
            "exp": int((self._now() + SIGNED_FOR).timestamp()),
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
