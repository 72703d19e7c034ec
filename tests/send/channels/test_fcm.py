"""Push messages by Firebase: what it takes, what it refuses, and when nobody knows."""

import json
import logging
from collections.abc import Iterator

import pytest

from generator.base.errors import InputError
from generator.base.sending import Channel
from generator.send.channels.fcm import FcmChannel
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown
from tests.send.channels.samples import NOW, Time
from tests.send.push_service import CUT, Answer, Firebase, refusal, running

PHONE = "phone-of-maria"
AGAIN = (Later(60.0, "429"), Later(60.0, "UNAUTHENTICATED"))
"""What is tried again within a call: nothing was sent, and nobody named a longer time."""


@pytest.fixture
def firebase() -> Iterator[Firebase]:
    """A running one, with one phone."""
    with running(Firebase()) as made:
        made.phones[PHONE] = []
        yield made


def settings_of(address: str) -> Channel:
    """The settings of a channel that goes there."""
    return Channel(
        kind="push",
        gateway="fcm",
        password="env:FCM",  # noqa: S106 - where it lies
        project="sample",
        url=address,
        days_valid=1,
    )


def opened(firebase: Firebase) -> FcmChannel:
    """A channel that goes there, and loses no time by waiting."""
    return FcmChannel(settings_of(firebase.address), firebase.account(), waits=Time().waits())


def sent(firebase: Firebase, *messages: Outgoing) -> list[Outcome]:
    """What became of each."""
    channel = opened(firebase)
    outcomes = dict(channel.hand_over(messages))
    channel.close()
    return [outcomes[one.id] for one in messages]


def message(number: int = 1, to: str = PHONE, collapse: str = "") -> Outgoing:
    """One of ours."""
    return Outgoing(
        id=f"{number:026d}",
        to=to,
        subject="Новый купон",
        text="Загляните в кабинет",
        link="https://a.example/p#k",
        collapse=collapse,
    )


def test_a_phone_shows_what_was_sent(firebase: Firebase) -> None:
    """Title, words and link; one signature gives access for many messages."""
    outcomes = sent(firebase, message(1), message(2))
    assert all(isinstance(one, Accepted) and one.provider for one in outcomes)
    shown, _ = firebase.phones[PHONE]
    assert shown["notification"] == {"title": "Новый купон", "body": "Загляните в кабинет"}
    assert shown["data"] == {"link": "https://a.example/p#k"}
    assert shown["android"]["ttl"] == "86400s"
    assert shown["apns"]["headers"]["apns-expiration"] == str(int(NOW.timestamp()) + 86_400)
    assert len(firebase.tokens) == 1


@pytest.mark.parametrize("collapse", ["coupon-7", "купон/начислен/2026-11-21/6f1c" * 4])
def test_a_second_try_replaces_the_first(firebase: Firebase, collapse: str) -> None:
    """Android and Apple have the same key; Apple's has at most 64 octets."""
    sent(firebase, message(1, collapse=collapse), message(1, collapse=collapse), message(2))
    keys = [one["android"].get("collapse_key") for one in firebase.phones[PHONE]]
    assert len(keys) == 2
    (first, _) = firebase.phones[PHONE]
    assert first["apns"]["headers"]["apns-collapse-id"] == keys[0]
    assert first["android"]["notification"]["tag"] == keys[0]
    assert len(keys[0]) <= 64


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (refusal(404, "NOT_FOUND", "UNREGISTERED"), Rejected("UNREGISTERED", is_dead=True)),
        (refusal(404, "NOT_FOUND"), Rejected("NOT_FOUND")),
        (refusal(400, "INVALID_ARGUMENT"), Rejected("INVALID_ARGUMENT")),
        (
            refusal(400, "INVALID_ARGUMENT", field_name="message.token"),
            Rejected("INVALID_ARGUMENT", is_dead=True),
        ),
        (
            refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
            Rejected("SENDER_ID_MISMATCH"),
        ),
        (refusal(401, "UNAUTHENTICATED"), Later(60.0, "UNAUTHENTICATED")),
        (
            refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
            Later(60.0, "429"),
        ),
        ((503, {"Retry-After": "7"}, b"<html>"), Later(7.0, "503")),
        (
            (503, {"Retry-After": "Sat, 28 Nov 2026 09:31:00 GMT"}, b"{}"),
            Later(60.0, "503"),
        ),
        (refusal(500, "INTERNAL", "INTERNAL"), Unknown("500")),
        ((504, {}, b"[]"), Unknown("504")),
        ((302, {"Location": "http://elsewhere.example/"}, b""), Rejected("302")),
        (CUT, Unknown("RemoteDisconnected")),
    ],
)
def test_what_is_not_taken_is_told_apart(
    firebase: Firebase, answer: Answer, outcome: Outcome
) -> None:
    """Later only where nothing was sent, unknown where something may have been."""
    channel = opened(firebase)
    assert [type(one) for _, one in channel.hand_over([message(2)])] == [Accepted]
    firebase.misbehaves, firebase.spared = answer, "/token"
    assert list(channel.hand_over([message(3)])) == [(message(3).id, outcome)]
    channel.close()
    assert len(firebase.phones[PHONE]) == 1
    messages = [path for path, *_ in firebase.asked if path != "/token"]
    assert len(messages) - 1 == (3 if outcome in AGAIN else 1)


def test_a_token_that_expired_early_is_renewed(firebase: Firebase) -> None:
    """Within the call that found it out."""
    channel = opened(firebase)
    assert [type(one) for _, one in channel.hand_over([message(1)])] == [Accepted]
    firebase.tokens.clear()
    kinds = [type(one) for _, one in channel.hand_over([message(2), message(3)])]
    assert kinds == [Accepted, Accepted]
    assert len(firebase.phones[PHONE]) == 3
    channel.close()


def test_without_access_nothing_is_sent(firebase: Firebase) -> None:
    """Google refuses the account, or cannot be reached: everything later."""
    firebase.misbehaves = 400, {}, b'{"error": "invalid_grant"}'
    assert sent(firebase, message(1)) == [Later(60.0, "RefreshError")]
    firebase.misbehaves = CUT
    assert sent(firebase, message(1)) == [Later(60.0, "TransportError")]


def test_nobody_there_puts_everything_off(firebase: Firebase) -> None:
    """Neither of the two messages was sent."""
    account, waits = firebase.account(), Time().waits()
    channel = FcmChannel(settings_of("http://127.0.0.1:9"), account, waits=waits)
    told = dict(channel.hand_over([message(1), message(2)]))
    assert set(told.values()) == {Later(60.0, "ConnectionRefusedError")}
    channel.close()


@pytest.mark.parametrize("secret", ["", "[]", "{}", "null", '{"private_key": "x"}'])
def test_a_secret_that_is_no_account_is_refused_without_showing_it(secret: str) -> None:
    """With the place where it is set."""
    with pytest.raises(InputError, match="service account") as caught:
        FcmChannel(settings_of(""), secret)
    assert caught.value.problems[0].path == "content/site.yaml"


def test_nothing_of_a_message_is_logged(
    firebase: Firebase, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where everything is logged."""
    caplog.set_level(logging.DEBUG)
    sent(firebase, message(1))
    for word in (PHONE, "купон", "#k", "token-0", json.loads(firebase.account())["private_key"]):
        assert word not in caplog.text
