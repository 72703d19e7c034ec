"""Caps: a client is not told too much, whatever the order in which it is planned."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.sending import Cap
from generator.send.rules import Sent, capped
from generator.send.values import Reason

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WEEKLY = (Cap(most=2, days=7),)
SMS = (Cap(most=1, days=7, kind="sms"),)


def sent(*days: float) -> list[Sent]:
    """Text messages, so many days from now."""
    return [Sent("sms", NOW + day * DAY) for day in days]


@pytest.mark.parametrize(
    ("days", "is_capped"),
    [
        ((), False),
        ((-1,), False),
        ((-1, -2), True),
        ((-1, -7), False),
        ((-1, -6.999), True),
        ((-1, 1), True),
        ((-4, 4), False),
        ((1, 2), True),
        ((-8, -9, -10), False),
    ],
)
def test_no_span_holds_too_many(days: tuple[float, ...], *, is_capped: bool) -> None:
    """Two in any seven days: those before, those that are planned, and those around."""
    expected = Reason.CAP if is_capped else None
    assert capped("sms", "promotion", NOW, sent(*days), WEEKLY) == expected


def test_service_messages_are_never_held() -> None:
    """What a client has to know is told however much there was."""
    assert capped("sms", "service", NOW, sent(-1, -1, -1), WEEKLY) is None


def test_a_cap_of_a_kind_counts_that_kind() -> None:
    """A letter is not held by text messages, and does not hold one."""
    assert capped("sms", "promotion", NOW, sent(-1), SMS) is Reason.CAP
    assert capped("email", "promotion", NOW, sent(-1), SMS) is None
    assert capped("sms", "promotion", NOW, [Sent("email", NOW - DAY)], SMS) is None
    assert capped("push", "promotion", NOW, [*sent(-1), Sent("email", NOW)], WEEKLY) is Reason.CAP


def test_without_caps_nothing_is_too_much() -> None:
    """An operator may set none."""
    assert capped("sms", "promotion", NOW, sent(-1, -1), ()) is None


@given(st.lists(st.integers(0, 60 * 24), max_size=40), st.integers(1, 3), st.integers(1, 5))
def test_whatever_the_order_no_span_is_over(hours: list[int], most: int, days: int) -> None:
    """Planned one by one in any order, no span of the cap's length ever holds more."""
    caps = (Cap(most=most, days=days),)
    kept: list[Sent] = []
    for hour in hours:
        moment = NOW + timedelta(hours=hour)
        if not capped("sms", "promotion", moment, kept, caps):
            kept.append(Sent("sms", moment))
    times = sorted(one.at for one in kept)
    for first in times:
        assert sum(first <= other < first + days * DAY for other in times) <= most
    assert bool(kept) == bool(hours)
