"""The channel for a message: the first that may be used, else why the last may not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from generator.base.sending import Cap, Channel, Send
from generator.send.rules import Choice, Known, Refusal, Sent, Wish, choose, choose_each
from generator.send.values import Entry, Reason
from tests.send.entries import entry_of

DAY = timedelta(days=1)
NIGHT = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 10, 6, tzinfo=UTC)
"""Nine in Moscow."""
SETTINGS = Send(
    channels={
        "push": Channel(kind="push"),
        "sms": Channel(kind="sms"),
        "email": Channel(kind="email", quiet=None),
    },
    caps=(Cap(most=1, days=7),),
)
WISH = Wish(("push", "sms", "email"), "service", NIGHT, NIGHT + 3 * DAY)
PROMOTION = replace(WISH, purpose="promotion")
AGREED = ["sms", "sms/promotion", "email", "email/promotion", "push", "push/promotion"]


def marked(*addresses: str) -> Any:  # noqa: ANN401 - what the ledger answers
    """A mark against these addresses."""
    return lambda _, address: address in addresses


def over(channel: str, wish: Wish = WISH) -> Wish:
    """The same wish for one channel."""
    return replace(wish, channels=(channel,))


def test_the_first_that_may_be_used() -> None:
    """A push where there is a token, else a text message when the client is awake."""
    entry = entry_of()
    push = choose(entry, WISH, Known(push="token"), SETTINGS)
    assert push == Choice("push", "push", "token", MORNING)
    assert choose(entry, WISH, Known(), SETTINGS) == Choice("sms", "sms", "+79990001234", MORNING)
    letter = choose(entry, over("email"), Known(), SETTINGS)
    assert letter == Choice("email", "email", "c-1@example.org", NIGHT)


def test_the_first_obstacle_is_passed_and_the_last_told() -> None:
    """Without consent to text messages a letter goes; without a mailbox nothing does."""
    entry = entry_of(consents=["push", "email"])
    assert choose(entry, WISH, Known(), SETTINGS) == Choice(
        "email", "email", "c-1@example.org", NIGHT
    )
    nowhere = entry_of(consents=["push", "email"], addresses={"phone": "", "email": "x"})
    refusal = Refusal("email", "email", Reason.NO_ADDRESS)
    assert choose(nowhere, WISH, Known(), SETTINGS) == refusal


@pytest.mark.parametrize(
    ("fields", "known", "stopped", "reason"),
    [
        ({"consents": []}, Known(), (), Reason.NO_CONSENT),
        ({"consents": ["sms"]}, Known(), (), Reason.NO_CONSENT),
        ({}, Known(said={("sms", "promotion"): False}), (), Reason.NO_CONSENT),
        ({"addresses": {"phone": "8 800", "email": ""}}, Known(), (), Reason.NO_ADDRESS),
        ({}, Known(is_suppressed=marked("+79990001234")), (), Reason.SUPPRESSED),
        ({}, Known(is_dead=marked("+79990001234")), (), Reason.DEAD_ADDRESS),
        ({}, Known(is_held_out=True), (), Reason.HOLD_OUT),
        ({}, Known(sent=[Sent("email", NIGHT - DAY)]), (), Reason.CAP),
        ({}, Known(), ("sms",), Reason.STOPPED),
    ],
)
def test_each_reason(
    fields: dict[str, Any], known: Known, stopped: tuple[str, ...], reason: Reason
) -> None:
    """Every rule is asked, and tells its own reason."""
    entry = entry_of(**{"consents": AGREED, **fields})
    found = choose(entry, over("sms", PROMOTION), known, SETTINGS, stopped)
    assert found == Refusal("sms", "sms", reason)
    assert isinstance(
        choose(entry_of(consents=AGREED), over("sms", PROMOTION), Known(), SETTINGS), Choice
    )


def test_reasons_are_told_in_their_order() -> None:
    """Of several the one that ``Reason`` names first: the others do not matter then."""
    everything = Known(
        said={("sms", "promotion"): False},
        sent=[Sent("sms", NIGHT)],
        is_held_out=True,
        is_suppressed=marked("+79990001234"),
        is_dead=marked("+79990001234"),
    )
    late = replace(PROMOTION, expires=MORNING)
    entry = entry_of(consents=AGREED)
    gone: list[Reason] = []
    mended = [
        everything,
        replace(everything, said={}),
        replace(everything, said={}, is_suppressed=marked()),
        replace(everything, said={}, is_suppressed=marked(), is_dead=marked()),
        Known(sent=everything.sent),
        Known(),
    ]
    for known in mended:
        found = choose(entry, over("sms", late), known, SETTINGS, ("sms",))
        assert isinstance(found, Refusal)
        gone.append(found.reason)
    assert gone == [
        Reason.NO_CONSENT,
        Reason.SUPPRESSED,
        Reason.DEAD_ADDRESS,
        Reason.HOLD_OUT,
        Reason.CAP,
        Reason.OVERDUE,
    ]
    assert gone == [reason for reason in Reason if reason in gone]


def test_service_messages_are_told_all_the_same() -> None:
    """Neither the hold-out group nor a cap keeps what a client has to know."""
    known = Known(is_held_out=True, sent=[Sent("sms", NIGHT)])
    assert isinstance(choose(entry_of(), over("sms"), known, SETTINGS), Choice)


def test_what_would_come_too_late_does_not_come() -> None:
    """Quiet hours end when the message is of no use any more."""
    wish = replace(over("sms"), expires=MORNING)
    assert choose(entry_of(), wish, Known(), SETTINGS) == Refusal("sms", "sms", Reason.OVERDUE)
    wish = replace(wish, expires=MORNING + timedelta(seconds=1))
    assert isinstance(choose(entry_of(), wish, Known(), SETTINGS), Choice)


def test_a_channel_that_is_gone_counts_as_stopped() -> None:
    """Somebody is in a journey of last month, and the channel was taken out of the settings."""
    found = choose(entry_of(), over("viber"), Known(), SETTINGS)
    assert found == Refusal("viber", None, Reason.STOPPED)
    assert isinstance(
        choose(entry_of(), replace(WISH, channels=("viber", "sms")), Known(), SETTINGS), Choice
    )


def test_a_step_may_want_each_channel() -> None:
    """Each is judged by itself."""
    found = choose_each(entry_of(), WISH, Known(), SETTINGS)
    assert found == [
        Refusal("push", "push", Reason.NO_ADDRESS),
        Choice("sms", "sms", "+79990001234", MORNING),
        Choice("email", "email", "c-1@example.org", NIGHT),
    ]


def test_a_shared_phone_serves_both() -> None:
    """Two clients of one family with one number each get their own message."""
    people: list[Entry] = [entry_of(client=client) for client in ("C-1", "C-2")]
    found = [choose(entry, over("sms"), Known(), SETTINGS) for entry in people]
    assert found == [Choice("sms", "sms", "+79990001234", MORNING)] * 2


def test_nothing_of_a_client_is_shown() -> None:
    """Not in a traceback either."""
    known = Known(push="token", sent=[Sent("sms", NIGHT)])
    choice = choose(entry_of(), WISH, known, SETTINGS)
    assert repr(choice) == "Choice('push')"
    assert repr(known) == "Known(1 sent)"
