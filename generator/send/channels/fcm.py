"""Push messages to phones by Firebase Cloud Messaging (HTTP v1), which hands to Apple's as well.

The address of a client is the token of their installation of the app. Google's own library signs
with the service account and renews the access; a message is one request, as the API wants it.

Source: the REST reference of FCM at firebase.google.com: ``projects.messages`` and ``ErrorCode``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from google.auth.exceptions import GoogleAuthError, TransportError
from google.oauth2.service_account import Credentials

from generator.base.sending import Channel
from generator.send.channels.channel import wrong
from generator.send.channels.push import DAY, topic_of
from generator.send.channels.retry import BusyError, Waits, settle
from generator.send.channels.wire import ANSWER, Reply, Request, Wire, refused, wire_to
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected

ADDRESS = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
UNAUTHENTICATED = 401
DEAD = "UNREGISTERED"
"""The app is gone from the phone. A token of another project's may as well be a wrong project in
the settings, for which no client's address is given up."""


class FcmChannel:
    """One project at Firebase."""

    most = 100

    def __init__(
        self,
        settings: Channel,
        secret: str,
        *,
        waits: Waits | None = None,
        patience: float = ANSWER,
    ) -> None:
        base = settings.url or ADDRESS
        self._settings, self._waits, self._patience = settings, waits or Waits(), patience
        self._target = f"/v1/projects/{settings.project}/messages:send"
        self._wire = wire_to(base, f"leave it out for {ADDRESS}", patience=patience)
        self._account = _account(secret)

    def __repr__(self) -> str:
        """Nothing of the account."""
        return "FcmChannel()"

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What became of each message."""
        yield from settle(messages, self._once, self._waits)

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _once(self, message: Outgoing) -> Outcome:
        if not self._account.valid:
            self._renew()
        until = self._waits.now() + timedelta(days=self._settings.days_valid)
        told = _told(message, self._settings.days_valid * DAY, until)
        headers = {
            "Authorization": f"Bearer {self._account.token}",
            "Content-Type": "application/json; charset=UTF-8",
        }
        body = json.dumps({"message": told}).encode()
        try:
            reply = self._wire.ask(Request(self._target, "POST", headers, body))
        except ValueError:
            return Rejected("not a request")
        return self._outcome(reply) if isinstance(reply, Reply) else reply

    def _renew(self) -> None:
        """Get access.

        Raises:
            BusyError: nobody gets it now.
        """
        try:
            self._account.refresh(_Transport(self._patience))  # type: ignore[no-untyped-call] # likewise
        except GoogleAuthError as error:
            raise BusyError(Later(0.0, type(error).__name__)) from None

    def _outcome(self, reply: Reply) -> Outcome:
        data = _data(reply)
        if reply.status in range(200, 300):
            return Accepted(_text(data.get("name")))
        code = _code(data)
        if reply.status == UNAUTHENTICATED:
            # all messages would fail alike, and none of them for its own fault
            self._account.token = None
            raise BusyError(Later(0.0, code or str(reply.status)))
        outcome = refused(reply, self._waits)
        if isinstance(outcome, Rejected):
            is_dead = code == DEAD or _is_about_token(data)
            return Rejected(code or outcome.code, is_dead=is_dead)
        return outcome


@dataclass(frozen=True, slots=True)
class _Given:
    """What Google's library reads of an answer."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Transport:
    """Google's library asks for access over our wire, which logs nothing."""

    def __init__(self, patience: float) -> None:
        self._patience = patience

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Given:
        parts = urlsplit(url)
        target = parts.path or "/"
        try:
            wire = Wire(url, patience=self._patience)
            reply = wire.ask(Request(target, method, headers or {}, body or b""))
            wire.close()
        except (BusyError, ValueError):
            raise TransportError from None
        if not isinstance(reply, Reply):
            raise TransportError
        return _Given(reply.status, reply.headers, reply.body)


def _told(message: Outgoing, seconds: int, until: datetime) -> dict[str, Any]:
    """The message as the API wants it; a second one with the same key replaces the first."""
    android: dict[str, Any] = {"ttl": f"{seconds}s", "priority": "HIGH"}
    apple = {"apns-expiration": str(int(until.timestamp())), "apns-priority": "10"}
    if message.collapse:
        key = topic_of(message.collapse)
        android |= {"collapse_key": key, "notification": {"tag": key}}
        apple |= {"apns-collapse-id": key}
    return {
        "token": message.to,
        "notification": {"title": message.subject, "body": message.text},
        "data": {"link": message.link},
        "android": android,
        "apns": {"headers": apple},
    }


def _account(secret: str) -> Credentials:
    try:
        read = json.loads(secret)
        return Credentials.from_service_account_info(read, scopes=[SCOPE])  # type: ignore[no-any-return, no-untyped-call] # the library is not typed
    except (ValueError, TypeError, AttributeError, GoogleAuthError):
        sentence = "the secret of fcm is not a service account"
        hint = "let it name the JSON file that Firebase gave"
        raise wrong("password", sentence, hint) from None


def _data(reply: Reply) -> Mapping[str, Any]:
    try:
        read = json.loads(reply.body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _details(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    error = data.get("error")
    details = error.get("details") if isinstance(error, dict) else None
    for one in details if isinstance(details, list) else ():
        if isinstance(one, dict):
            yield one


def _code(data: Mapping[str, Any]) -> str:
    """FCM's own code where it gives one, else Google's common one."""
    for one in _details(data):
        if str(one.get("@type", "")).endswith("FcmError"):
            return _text(one.get("errorCode"))
    error = data.get("error")
    return _text(error.get("status")) if isinstance(error, dict) else ""


def _is_about_token(data: Mapping[str, Any]) -> bool:
    """Whether the token itself is what is wrong with a request."""
    for one in _details(data):
        violations = one.get("fieldViolations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict) and violation.get("field") == "message.token":
                return True
    return False


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""
