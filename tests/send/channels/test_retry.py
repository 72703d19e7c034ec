"""What is tried again: only what was not sent, three times, and with one pause for all."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from generator.send.channels.retry import (
    LONGEST,
    TRIES,
    BusyError,
    patiently,
    retry_after,
    settle,
)
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown
from tests.send.channels.samples import NOW, Time, id_of, sms

LATERS = st.builds(Later, st.sampled_from([0.0, 2.0, LONGEST, LONGEST + 1, 600.0]), st.just("a"))
FINAL = st.sampled_from([Accepted("1"), Rejected("2"), Unknown("3")])
STEPS = st.lists(st.lists(LATERS | FINAL, min_size=TRIES, max_size=TRIES), max_size=8)


@given(scripts=STEPS, busy=st.sets(st.integers(0, 30)))
def test_each_message_has_one_outcome(scripts: list[list[Outcome]], busy: set[int]) -> None:
    """It is its last; after one that is certain nothing of the message goes again."""
    time, tries, calls = Time(), Counter[str](), Counter[str]()

    def once(outgoing: Outgoing) -> Outcome:
        if calls.total() in busy:
            calls["busy"] += 1
            raise BusyError(Later(1.0, "b"))
        calls["done"] += 1
        outcome = scripts[int(outgoing.id)][tries[outgoing.id]]
        assert not tries[outgoing.id] or _is_soon(scripts, outgoing, tries[outgoing.id] - 1)
        tries[outgoing.id] += 1
        return outcome

    said = list(settle([sms(number) for number in range(len(scripts))], once, time.waits()))
    assert sorted(id_ for id_, _ in said) == [id_of(number) for number in range(len(scripts))]
    assert len(time.slept) < TRIES
    assert all(0 < seconds <= LONGEST + 1 for seconds in time.slept)
    for id_, outcome in said:
        assert isinstance(outcome, Later) or outcome == scripts[int(id_)][tries[id_] - 1]
        assert not isinstance(outcome, Later) or outcome.seconds > 0


def test_one_pause_is_for_all() -> None:
    """A hundred deferred letters cost what one does."""
    time = Time()
    list(settle([sms(number) for number in range(100)], lambda _: Later(0, "4"), time.waits()))
    assert time.slept == [0.375, 0.75]


def test_a_call_for_many_is_made_three_times() -> None:
    """Then it is later."""
    time = Time()

    def call() -> int:
        raise BusyError(Later(0, "busy"))

    assert patiently(call, time.waits()) == Later(60.0, "busy")
    assert time.slept == [0.375, 0.75]


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    """Whatever a gateway writes, it is a time of at most a day."""
    assert 0 <= retry_after(header, NOW) <= 86400


def _is_soon(scripts: list[list[Outcome]], outgoing: Outgoing, number: int) -> bool:
    before = scripts[int(outgoing.id)][number]
    return isinstance(before, Later) and before.seconds <= LONGEST
