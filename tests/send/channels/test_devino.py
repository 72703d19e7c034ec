"""Devino: a result for each message of a call, and nobody's link shortened."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from generator.send.channels.devino import SPLITS, DevinoChannel
from generator.send.channels.retry import AGAIN
from generator.send.values import Accepted, Later, Outcome, Rejected, Unknown
from tests.send.channels.devino import PATH, Devino
from tests.send.channels.gateway import CUT, Gateway, Said, gateway
from tests.send.channels.samples import (
    SECRET,
    TEXT,
    TOKEN,
    Time,
    id_of,
    outcomes,
    settings,
    sms,
)

REFUSAL = {"code": "REJECTED", "messageId": None, "reasons": [{"key": "INVALID_DESTINATION"}]}


@pytest.fixture
def fake() -> Devino:
    """An account with nothing sent."""
    return Devino()


@pytest.fixture
def server(fake: Devino) -> Iterator[Gateway]:
    """It, on this machine."""
    with gateway() as made:
        made.usual = fake.answer
        yield made


def channel_to(
    server: Gateway,
    time: Time | None = None,
    secret: str = SECRET,
    **keys: Any,  # noqa: ANN401
) -> DevinoChannel:
    """A channel to it, which waits for nothing."""
    known: dict[str, Any] = {"url": server.address + PATH, "sender": "Insurer", "password": TOKEN}
    made = settings(kind="sms", gateway="devino", **{**known, **keys})
    return DevinoChannel(made, secret, waits=(time or Time()).waits())


def test_a_call_has_many_messages(fake: Devino, server: Gateway) -> None:
    """Each with our id, its life and where reports go; each gets its own result."""
    callback = "https://sender.example/devino"
    channel = channel_to(server, callback=callback, days_valid=7)
    said = outcomes(channel, *(sms(n, to=f"+7000000{n:04d}") for n in range(300)))
    assert len(server.asked) == 1
    assert said == [Accepted(number) for number in fake.taken]
    assert list(fake.taken.values())[7] == {
        "from": "Insurer",
        "to": "70000000007",
        "text": TEXT,
        "validity": 259_200,
        "options": {"id": id_of(7)},
        "callbackUrl": callback,
    }


def test_links_are_neither_shortened_nor_counted(fake: Devino, server: Gateway) -> None:
    """It is said so in every call, whatever the account's habit is."""
    outcomes(channel_to(server), sms())
    assert fake.queries == [{"includeSegmentId": "false", "shortenUrl": "false"}]


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (REFUSAL, Rejected("INVALID_DESTINATION")),
        ({"code": "REJECTED"}, Rejected("REJECTED")),
        ({"code": "REJECTED", "reasons": [{"key": "+70000000000 is none"}]}, Rejected("error")),
        ({"code": "OK"}, Unknown("OK")),
        ({"code": "PENDING"}, Unknown("PENDING")),
        ({}, Unknown("error")),
        ("OK", Unknown("not understood")),
    ],
)
def test_a_message_is_refused_alone(
    fake: Devino, server: Gateway, result: dict[str, Any], outcome: Outcome
) -> None:
    """Those beside it are taken."""
    fake.refused["70000000002"] = result or {"code": ""}
    said = outcomes(channel_to(server), sms(1), sms(2, to="+70000000002"), sms(3))
    first, second = fake.taken
    assert said == [Accepted(first), outcome, Accepted(second)]


def test_one_broken_message_does_not_refuse_the_others(fake: Devino, server: Gateway) -> None:
    """A call that is refused as a whole is halved until the message is alone."""
    fake.broken.add("70000000077")
    said = outcomes(channel_to(server), *(sms(n, to=f"+700000000{n:02d}") for n in range(100)))
    assert [number for number, one in enumerate(said) if one == Rejected("400")] == [77]
    assert len(fake.taken) == 99


def test_calls_are_not_halved_for_ever(server: Gateway) -> None:
    """What is wrong with all of them is found out soon."""
    server.usual = lambda _: Said(400)
    said = outcomes(channel_to(server), *map(sms, range(500)))
    assert said == [Rejected("400")] * 500
    assert len(server.asked) == 2 * SPLITS + 1


def test_a_wrong_token_is_told(server: Gateway) -> None:
    """Once for all; they go when the token is right again."""
    said = outcomes(channel_to(server, secret="another"), *map(sms, range(9)))  # noqa: S106
    assert said == [Later(60.0, "401")] * 9
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (CUT, Unknown("RemoteDisconnected")),
        (Said(500), Unknown("500")),
        (Said(200, b"{}"), Unknown("not understood")),
        (Said(200, b"welcome"), Unknown("not understood")),
        (Said(200, json.dumps({"result": [{"code": "OK"}]}).encode()), Unknown("not understood")),
        (Said(302, headers={"Location": "/"}), Rejected("302")),
        (Said(429, headers={"Retry-After": "60"}), Later(60, "429")),
    ],
)
def test_a_call_has_one_answer(server: Gateway, said: Said, outcome: Outcome) -> None:
    """It holds for all of its messages, and is not asked for again."""
    server.script.append(said)
    assert outcomes(channel_to(server), sms(1), sms(2)) == [outcome] * 2
    assert len(server.asked) == 1


def test_a_busy_gateway_is_asked_three_times(fake: Devino, server: Gateway) -> None:
    """Then the ledger has them; or it takes them the third time."""
    server.script.extend([Said(429), Said(503, headers={"Retry-After": "2"})])
    time = Time()
    said = outcomes(channel_to(server, time), sms(1), sms(2))
    assert said == [Accepted(number) for number in fake.taken]
    assert time.slept == [0.375, 2.5]
    server.script.extend([Said(503)] * 3)
    assert outcomes(channel_to(server), sms(3)) == [Later(AGAIN, "503")]


def test_nothing_of_it_is_shown(server: Gateway) -> None:
    """The token is in no repr."""
    assert SECRET not in repr(channel_to(server))
