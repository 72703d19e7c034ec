"""Push messages to phones by Firebase Cloud Messaging (HTTP v1), which hands to Apple's as well.

The address of a client is the token of their installation of the app. Google's own library signs
with the service account and renews the access; a message is one request, as the API wants it.

Source: firebase.google.com/docs/reference/fcm/rest/v1/projects.messages and …/v1/ErrorCode.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.urllib3 import Request
from google.oauth2.service_account import Credentials

from generator.base.errors import InputError, Problem
from generator.base.sending import Channel
from generator.send.channels.posting import (
    DAY,
    LOST_SECONDS,
    Answer,
    Now,
    new_pool,
    outcome_of,
    post,
    topic_of,
    utc_now,
)
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown

ADDRESS = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
UNAUTHENTICATED = 401
DEAD = "UNREGISTERED"
"""The app is gone from the phone. A token of another project's may as well be a wrong project in
the settings, for which no client's address is given up."""
PLACE = Problem(
    "content/site.yaml",
    "the secret of fcm is not a service account",
    "let its password name the JSON file that Firebase gave",
    "password",
)


class FcmChannel:
    """One project at Firebase."""

    most = 100

    def __init__(self, settings: Channel, secret: str, *, now: Now = utc_now) -> None:
        base = (settings.url or ADDRESS).rstrip("/")
        self._address = f"{base}/v1/projects/{settings.project}/messages:send"
        self._settings, self._now = settings, now
        self._pool = new_pool(settings)
        self._account = _account(secret)

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What became of each message."""
        for message in messages:
            yield message.id, self._hand_over(message)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _hand_over(self, message: Outgoing) -> Outcome:
        try:
            if not self._account.valid:
                self._account.refresh(Request(self._pool))  # type: ignore[no-untyped-call]
        except GoogleAuthError as error:
            return Later(LOST_SECONDS, type(error).__name__)
        until = self._now() + timedelta(days=self._settings.days_valid)
        body = json.dumps({"message": _told(message, self._settings.days_valid * DAY, until)})
        headers = {
            "Authorization": f"Bearer {self._account.token}",
            "Content-Type": "application/json; charset=UTF-8",
        }
        answer = post(self._pool, self._address, body.encode(), headers)
        return self._outcome(answer) if isinstance(answer, Answer) else answer

    def _outcome(self, answer: Answer) -> Outcome:
        data = _data(answer)
        known = outcome_of(answer, self._now())
        if known is None:
            return Accepted(_text(data.get("name")))
        code = _code(data) or str(answer.status)
        if answer.status == UNAUTHENTICATED:
            # all messages would fail alike, and none of them for its own fault
            self._account.token = None
            return Later(LOST_SECONDS, code)
        if isinstance(known, Rejected):
            return Rejected(code, is_dead=code == DEAD or _is_about_token(data))
        return Later(known.seconds, code) if isinstance(known, Later) else Unknown(code)


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
        raise InputError([PLACE]) from None


def _data(answer: Answer) -> Mapping[str, Any]:
    try:
        read = json.loads(answer.body)
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
