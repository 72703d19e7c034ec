"""Messages in the hands of senders: once each, and nobody is forgotten."""

import pytest

from generator.send.ledger import Ledger
from generator.send.ledger.moves import TRIES
from generator.send.values import Accepted, Later, Outcome, Reason, Rejected, State, Unknown
from tests.send.ledger.samples import (
    DAY,
    HOUR,
    LEASE,
    MINUTE,
    NOW,
    SMS,
    approve,
    attempt,
    claim,
    planned,
    states,
)


def test_only_what_was_approved_and_is_due_can_be_claimed(ledger: Ledger) -> None:
    """Neither what waits for approval, nor for the morning, nor what is of no use any more."""
    approve(
        ledger,
        planned("A-1"),
        planned("A-2", not_before=NOW + HOUR),
        planned("A-3", expires=NOW),
        planned("A-4", channel="letters"),
        planned("A-5", reason=Reason.CAP),
    )
    ledger.planning.plan([planned("A-6")], NOW)
    claimed = ledger.sending.claim(SMS, "one", 10, NOW, LEASE)
    assert [it.planned.identity.client for it in claimed] == ["A-1"]
    assert claimed[0].planned == planned("A-1")


def test_a_claim_is_nobody_elses(ledger: Ledger) -> None:
    """Two senders have different messages; the longest due come first."""
    approve(ledger, *(planned(f"A-{n}", not_before=NOW - n * MINUTE) for n in range(5)))
    first = claim(ledger, "one", most=2)
    second = claim(ledger, "two")
    assert len(first) == 2
    assert len(second) == 3
    assert not set(first) & set(second)
    assert states(ledger, "A-4") == states(ledger, "A-3") == ["claimed"]
    assert not ledger.sending.attempting(first, "two", NOW, LEASE)
    assert ledger.sending.attempting(first, "one", NOW, LEASE) == set(first)


def test_a_claim_that_ran_out_is_not_attempted(ledger: Ledger) -> None:
    """Whoever was away too long lets go; another takes the message up."""
    approve(ledger, planned())
    ids = claim(ledger, "one")
    later = NOW + LEASE
    assert not ledger.sending.attempting(ids, "one", later, LEASE)
    assert ledger.sending.recover(later) == {State.PLANNED: 1, State.UNKNOWN: 0}
    assert claim(ledger, "two", later) == ids
    assert not ledger.sending.attempting(ids, "one", later, LEASE)


def test_a_crash_while_attempting_leaves_unknown(ledger: Ledger) -> None:
    """What may have been sent is never planned again by itself."""
    approve(ledger, planned())
    ids = attempt(ledger)
    assert ledger.sending.recover(NOW + LEASE - MINUTE)[State.UNKNOWN] == 0
    assert ledger.sending.recover(NOW + LEASE)[State.UNKNOWN] == 1
    assert ledger.sending.recover(NOW + DAY) == {State.PLANNED: 0, State.UNKNOWN: 0}
    assert not claim(ledger, now=NOW + HOUR)
    assert [it.id for it in ledger.sending.unknown_of(SMS)] == ids
    assert ledger.sending.unknown_of(SMS)[0].planned.payload


@pytest.mark.parametrize(
    ("outcome", "state", "is_kept"),
    [
        (Accepted("77"), "accepted", False),
        (Rejected("550"), "rejected", False),
        (Unknown("TimeoutError"), "unknown", True),
        (Later(60, "451"), "planned", True),
    ],
)
def test_an_outcome_is_settled(
    ledger: Ledger, outcome: Outcome, state: str, *, is_kept: bool
) -> None:
    """Each gives its state; the values of a text go with the last chance to need them."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    assert ledger.sending.settle({one: outcome}, "one", NOW) == 1
    assert states(ledger) == [state]
    ledger.sending.recover(NOW + DAY)
    assert bool(_payload(ledger)) == is_kept


def _payload(ledger: Ledger) -> bytes:
    """What is left of a message's values."""
    ledger.sending.again([it.id for it in ledger.sending.unknown_of(SMS)], NOW)
    claimed = ledger.sending.claim(SMS, "reader", 1, NOW + HOUR, LEASE)
    return claimed[0].planned.payload if claimed else b""


def test_later_is_later_until_it_is_too_late(ledger: Ledger) -> None:
    """It is tried when the gateway says, ever more seldom; that a relay is away loses nobody."""
    approve(ledger, planned(expires=NOW + DAY))
    now, waits = NOW, list[int]()
    for _ in range(12):
        ids = attempt(ledger, now=now)
        ledger.sending.settle(dict.fromkeys(ids, Later(60, "451")), "one", now)
        waits.append(next(it for it in range(61) if claim(ledger, now=now + it * MINUTE)))
        now += waits[-1] * MINUTE
        ledger.sending.release(ids, "one", now)
    assert waits == [1, 1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert states(ledger) == ["planned"]
    assert ledger.sending.expire(NOW + DAY) == 1
    assert states(ledger) == ["expired"]


def test_that_it_was_taken_counts_whenever_it_is_said(ledger: Ledger) -> None:
    """After the lease, and also if another has the message now: it was sent."""
    approve(ledger, planned())
    ids = attempt(ledger)
    ledger.sending.recover(NOW + LEASE)
    ledger.sending.again(ids, NOW + LEASE)
    assert claim(ledger, "two", NOW + LEASE) == ids
    assert ledger.sending.settle({ids[0]: Accepted("77")}, "one", NOW + LEASE) == 1
    assert not ledger.sending.attempting(ids, "two", NOW + LEASE, LEASE)
    assert states(ledger) == ["accepted"]


@pytest.mark.parametrize("outcome", [Rejected("1"), Later(0, "2"), Unknown("3")])
def test_any_other_word_counts_only_of_whom_has_it(ledger: Ledger, outcome: Outcome) -> None:
    """A sender of before says nothing about the try of another."""
    approve(ledger, planned())
    ids = attempt(ledger)
    ledger.sending.recover(NOW + LEASE)
    ledger.sending.again(ids, NOW + LEASE)
    assert attempt(ledger, "two", NOW + LEASE) == ids
    assert ledger.sending.settle({ids[0]: outcome}, "one", NOW + LEASE) == 0
    assert states(ledger) == ["attempting"]


@pytest.mark.parametrize("outcome", [Rejected("1"), Later(0, "2"), Unknown("3")])
def test_what_is_known_is_never_unlearnt(ledger: Ledger, outcome: Outcome) -> None:
    """That a gateway took it stands, whatever its own sender says afterwards."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    assert ledger.sending.settle({one: Accepted("77")}, "one", NOW) == 1
    assert ledger.sending.settle({one: outcome}, "one", NOW) == 0
    assert ledger.sending.resolve({one: outcome}, NOW) == 0
    assert states(ledger) == ["accepted"]


def test_what_nobody_claimed_in_time_is_left_out(ledger: Ledger) -> None:
    """Overdue messages do not flood anybody; the row says why."""
    approve(ledger, planned("A-1"), planned("A-2", expires=NOW + 2 * DAY))
    assert ledger.sending.expire(NOW + DAY) == 1
    assert states(ledger, "A-1") == ["expired"]
    assert ledger.story("A-1").chapters[0].reason == Reason.OVERDUE
    assert states(ledger, "A-2") == ["planned"]


def test_a_message_can_be_withheld_until_it_is_tried(ledger: Ledger) -> None:
    """A consent that was taken back counts up to the last moment; then it is too late."""
    approve(ledger, planned("A-1"))
    ids = claim(ledger)
    assert ledger.sending.withhold(ids, Reason.NO_CONSENT, NOW) == 1
    assert not ledger.sending.attempting(ids, "one", NOW, LEASE)
    approve(ledger, planned("A-2"))
    assert ledger.sending.withhold(attempt(ledger), Reason.NO_CONSENT, NOW) == 0
    assert states(ledger, "A-1") == ["withheld"]
    assert states(ledger, "A-2") == ["attempting"]


def test_what_never_was_tried_is_no_try(ledger: Ledger) -> None:
    """However often it is taken back, it goes; only the holder can know it."""
    approve(ledger, planned())
    for _ in range(TRIES + 1):
        ids = attempt(ledger)
        assert ledger.sending.take_back(ids, "two", NOW) == 0
        assert ledger.sending.take_back(ids, "one", NOW) == 1
    assert ledger.counting.by_day(NOW) == {}
    ledger.sending.settle(dict.fromkeys(attempt(ledger), Accepted()), "one", NOW)
    assert states(ledger) == ["accepted"]


def test_a_stopped_channel_gives_nothing_out(ledger: Ledger) -> None:
    """The others go on; a claim can be given back."""
    approve(ledger, planned("A-1"), planned("A-2", channel="letters"))
    ids = claim(ledger)
    assert ledger.sending.release(ids, "two", NOW) == 0
    assert ledger.sending.release(ids, "one", NOW) == 1
    ledger.channels.stop(SMS, "too many refused", NOW)
    assert not claim(ledger)
    assert len(ledger.sending.claim("letters", "one", 9, NOW, LEASE)) == 1
    assert ledger.channels.resume(SMS, NOW)
    assert claim(ledger) == ids


def test_a_lease_of_a_clock_that_was_wrong(ledger: Ledger) -> None:
    """Whoever claimed in a year to come and died holds nothing when the clock is right again."""
    approve(ledger, planned(expires=NOW + 999 * DAY))
    assert claim(ledger, now=NOW + 365 * DAY)
    assert ledger.sending.recover(NOW)[State.PLANNED] == 1
    ids = attempt(ledger, now=NOW + 365 * DAY)
    assert ledger.sending.recover(NOW)[State.UNKNOWN] == 1
    assert [it.id for it in ledger.sending.unknown_of(SMS)] == ids


def test_who_is_still_at_it_says_so(ledger: Ledger) -> None:
    """It stays in their hands; of what was taken over meanwhile they learn that."""
    approve(ledger, planned("A-1"), planned("A-2"))
    (first, second) = attempt(ledger)
    keep = ledger.sending.keep
    assert keep([first], "one", NOW + LEASE - MINUTE, LEASE) == {first}
    assert keep([first, second], "two", NOW, LEASE) == set()
    assert ledger.sending.recover(NOW + LEASE)[State.UNKNOWN] == 1
    assert keep([first, second], "one", NOW + LEASE, LEASE) == {first}


def test_again_is_bounded(ledger: Ledger) -> None:
    """What stays unknown after some tries stays so."""
    approve(ledger, planned())
    now = NOW
    for _ in range(TRIES):
        ids = attempt(ledger, now=now)
        now += LEASE
        ledger.sending.recover(now)
        ledger.sending.again(ids, now)
    assert states(ledger) == ["unknown"]


def test_a_person_says_what_became_of_it(ledger: Ledger) -> None:
    """Only of what is unknown; what is known is not for anybody to change."""
    approve(ledger, *(planned(f"A-{n}") for n in range(4)))
    ids = attempt(ledger)
    ledger.sending.settle({ids[0]: Accepted("1")}, "one", NOW)
    ledger.sending.recover(NOW + LEASE)
    words: list[Outcome] = [Rejected("x"), Accepted("2"), Rejected("y"), Later(0, "not there")]
    said = dict(zip(ids, words, strict=True))
    assert ledger.sending.resolve(said, NOW + LEASE) == 3
    found = sorted(states(ledger, f"A-{n}")[0] for n in range(4))
    assert found == ["accepted", "accepted", "planned", "rejected"]


def test_every_change_has_its_time(ledger: Ledger) -> None:
    """The history of a message, in order."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    ledger.sending.settle({one: Later(60, "451")}, "one", NOW + MINUTE)
    ids = attempt(ledger, now=NOW + HOUR)
    ledger.sending.settle(dict.fromkeys(ids, Accepted("77")), "one", NOW + HOUR)
    told = [
        (it.state.value, it.at - NOW, it.code) for it in ledger.story("A-1").chapters[0].changes
    ]
    assert told == [
        ("claimed", 0 * MINUTE, ""),
        ("attempting", 0 * MINUTE, ""),
        ("planned", MINUTE, "451"),
        ("claimed", HOUR, ""),
        ("attempting", HOUR, ""),
        ("accepted", HOUR, ""),
    ]
