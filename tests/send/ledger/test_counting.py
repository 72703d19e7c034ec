"""How much was sent: to whom, in a night, lately."""

from collections import Counter
from dataclasses import replace

from generator.send.ledger import Ledger, Sent
from generator.send.values import Accepted, Outcome, Reason, Rejected, State, Unknown
from tests.send.ledger.samples import DAY, HOUR, NOW, SMS, approve, attempt, clients, planned


def sent(ledger: Ledger, *outcomes: Outcome, nights: int = 0, client: str = "A-1") -> None:
    """These outcomes of messages so many nights ago."""
    now = NOW - nights * DAY
    step = len(ledger.story(client).chapters)
    rows = (planned(client, step + number) for number in range(len(outcomes)))
    approve(ledger, *(replace(it, not_before=now, expires=now + DAY) for it in rows))
    ids = attempt(ledger, now=now)
    ledger.sending.settle(dict(zip(ids, outcomes, strict=True)), "one", now)


def test_what_reaches_a_client_counts(ledger: Ledger) -> None:
    """Also what may have, and what is going to; not what was refused or withheld."""
    sent(ledger, Accepted(), Unknown("?"), Rejected("550"))
    rows = [
        planned("A-1", 7, kind="push", purpose="promotion", not_before=NOW + HOUR),
        planned("A-1", 8, reason=Reason.CAP),
        planned("A-2"),
    ]
    ledger.planning.plan(rows, NOW)
    found = ledger.counting.sent(["A-1", "A-2", "A-3"], NOW)
    sms, push = Sent("sms", "service", NOW), Sent("push", "promotion", NOW + HOUR)
    assert found == {"A-1": [sms, sms, push], "A-2": [sms]}
    assert ledger.counting.sent(["A-1"], NOW + HOUR) == {"A-1": [push]}
    assert ledger.counting.sent(["A-2"], NOW + HOUR) == {}


def test_a_usual_night_is_the_one_in_the_middle(ledger: Ledger) -> None:
    """Of those on which the channel sent anything; what lies too far back is left out."""
    assert ledger.counting.usual(NOW) == {}
    for nights, number in ((1, 2), (2, 1), (3, 6), (20, 9)):
        sent(ledger, *[Accepted()] * number, nights=nights)
    assert ledger.counting.usual(NOW) == {SMS: 2.0}
    assert ledger.counting.by_day(NOW - 2 * DAY) == {
        (SMS, (NOW - DAY).date()): 2,
        (SMS, (NOW - 2 * DAY).date()): 1,
    }


def test_the_last_outcomes_of_a_channel(ledger: Ledger) -> None:
    """Whether it refuses too much just now."""
    sent(ledger, Rejected("1"), Rejected("2"), nights=1)
    sent(ledger, Accepted(), Rejected("3"))
    assert ledger.counting.last(SMS, 2) == {State.ACCEPTED: 1, State.REJECTED: 1}
    assert ledger.counting.last(SMS, 9) == {State.ACCEPTED: 1, State.REJECTED: 3}
    assert ledger.counting.last("letters", 9) == Counter()


def test_the_same_text_to_the_same_address_is_counted(ledger: Ledger) -> None:
    """Whoever is told the same thrice is told it by mistake."""
    same = [replace(planned(one), to=b"1", text="t") for one in clients(4)]
    approve(ledger, *same[:3], planned("B", to=b"2", text="t"))
    ledger.planning.plan(same[3:], NOW)
    attempt(ledger)
    pairs = [(b"1", "t"), (b"2", "t"), (b"1", "u")]
    found = ledger.counting.repeats(pairs, NOW)
    assert [found[pair] for pair in pairs] == [3, 1, 0]
    assert ledger.counting.repeats(pairs[:1], NOW + HOUR)[pairs[0]] == 0


def test_how_many_are_in_which_state(ledger: Ledger) -> None:
    """Of all that was planned since."""
    sent(ledger, Accepted(), Rejected("1"))
    approve(ledger, planned("A-2", reason=Reason.CAP))
    found = ledger.counting.states(NOW)
    assert found == {(SMS, it): 1 for it in (State.ACCEPTED, State.REJECTED, State.WITHHELD)}
    assert not ledger.counting.states(NOW + HOUR)
