"""When a channel behaves strangely."""

import pytest

from generator.base.sending import Breaker
from generator.send.breaker import left_today, repeated, why_stop
from generator.send.ledger import Ledger
from generator.send.values import Accepted, Later, Outcome, Rejected
from tests.send.ledger.samples import (
    DAY,
    HOUR,
    LEASE,
    MINUTE,
    NOW,
    SMS,
    approve,
    clients,
    planned,
)

LIMITS = Breaker(among=10, rejected_percent=20, same_text=2, a_day=12)


def tried(ledger: Ledger, *outcomes: Outcome | None, first: int = 0) -> None:
    """Messages that were handed over; of some nothing is known yet."""
    names = list(clients(first + len(outcomes)))[first:]
    approve(ledger, *map(planned, names))
    ids = [one.id for one in ledger.sending.claim(SMS, "one", 99, NOW, LEASE)]
    ledger.sending.attempting(ids, "one", NOW, LEASE)
    said = {one: it for one, it in zip(ids, outcomes, strict=True) if it}
    ledger.sending.settle(said, "one", NOW)


@pytest.mark.parametrize(
    ("refused", "accepted", "stops"), [(2, 8, False), (3, 7, True), (9, 0, False), (10, 0, True)]
)
def test_a_share_of_refusals(ledger: Ledger, refused: int, accepted: int, stops: bool) -> None:  # noqa: FBT001
    """More than is allowed, of as many as are looked at."""
    tried(ledger, *[Rejected("1")] * refused, *[Accepted()] * accepted)
    assert bool(why_stop(ledger, SMS, LIMITS)) is stops
    assert why_stop(ledger, "letters", LIMITS) == ""


def test_what_is_under_way_hides_nothing(ledger: Ledger) -> None:
    """Nor does what goes later: neither was refused or taken."""
    tried(ledger, *[Rejected("1")] * 10, *[None] * 50, *[Later(9, "busy")] * 9)
    assert why_stop(ledger, SMS, LIMITS) == "10 of the last 10 messages were refused"


def test_who_resumed_it_is_not_overruled(ledger: Ledger) -> None:
    """By what was refused before; what comes since counts."""
    tried(ledger, *[Rejected("1")] * 10)
    ledger.channels.stop(SMS, "refused", NOW)
    ledger.channels.resume(SMS, NOW + MINUTE)
    assert why_stop(ledger, SMS, LIMITS) == ""


def test_so_many_are_left_today(ledger: Ledger) -> None:
    """Of a limit; without one there is none."""
    tried(ledger, *[Accepted()] * 9)
    assert left_today(ledger, SMS, LIMITS, NOW + HOUR) == 3
    assert left_today(ledger, SMS, LIMITS, NOW + DAY + HOUR) == 12
    assert left_today(ledger, "letters", LIMITS, NOW) == 12
    assert left_today(ledger, SMS, Breaker(), NOW) is None
    tried(ledger, *[Accepted()] * 9, first=9)
    assert left_today(ledger, SMS, LIMITS, NOW + HOUR) == 0


def test_its_own_second_try_is_no_repetition(ledger: Ledger) -> None:
    """Of a message that a gateway put off; two others of the same text were enough."""
    two = (planned(one, to=b"a phone", text="a text") for one in ("A-1", "A-2"))
    approve(ledger, *two, planned("A-3"))
    first = ledger.sending.claim(SMS, "one", 99, NOW, LEASE)
    assert repeated(ledger, first, LIMITS, NOW) == []
    ids = [one.id for one in first]
    ledger.sending.attempting(ids, "one", NOW, LEASE)
    ledger.sending.settle(dict.fromkeys(ids, Later(60, "busy")), "one", NOW)
    later = NOW + HOUR
    second = ledger.sending.claim(SMS, "one", 99, later, LEASE)
    assert repeated(ledger, second[:1], LIMITS, later) == []
    assert len(second) == 3
