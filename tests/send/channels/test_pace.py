"""Many messages in lanes: one outcome each, none goes unpermitted, what is left is left."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Barrier, Lock, current_thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.send.channels.pace import hand_over_all
from generator.send.values import Accepted, Outcome, Outgoing, Unknown
from tests.send.channels.samples import id_of, sms


@dataclass
class Told:
    """A channel that takes everything, and notes what; ``first`` is done in each call."""

    most: int = 5
    first: Callable[[Sequence[Outgoing]], None] = lambda _: None
    is_deaf: bool = False
    batches: list[int] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    closed: int = 0
    lock: Lock = field(default_factory=Lock)

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """Each is accepted, some twice."""
        with self.lock:
            self.batches.append(len(messages))
            self.threads.add(current_thread().name)
        self.first(messages)
        for one in messages[1 if self.is_deaf else 0 :]:
            yield one.id, Accepted()
            yield one.id, Unknown("again")

    def close(self) -> None:
        """Note it."""
        self.closed += 1


class Bucket:
    """Permits of a second's worth, and a clock that goes when somebody sleeps."""

    def __init__(self, rate: int) -> None:
        self.rate, self.left, self.now = rate, rate, 0.0

    def permits(self, wanted: int) -> tuple[int, float]:
        """As many as there are."""
        granted = min(wanted, self.left)
        self.left -= granted
        return granted, 1.0

    def sleep(self, seconds: float) -> None:
        """Another second, other permits."""
        self.now += seconds
        self.left = self.rate


def free(wanted: int) -> tuple[int, float]:
    """All of them at once."""
    return wanted, 0.0


def never(_seconds: float) -> None:
    """Nobody needs to wait."""
    pytest.fail("slept")


@given(
    number=st.integers(0, 60),
    most=st.integers(1, 9),
    lanes=st.integers(1, 6),
    rate=st.integers(1, 30),
)
def test_each_message_gets_one_outcome(number: int, most: int, lanes: int, rate: int) -> None:
    """Whatever the lanes and the permits; and no batch is larger than a channel takes."""
    channel, bucket = Told(most), Bucket(rate)
    messages = [sms(one) for one in range(number)]
    said = list(hand_over_all(lambda: channel, messages, bucket.permits, bucket.sleep, lanes))
    assert sorted(said) == [(id_of(one), Accepted()) for one in range(number)]
    assert max(channel.batches, default=0) <= most
    assert bucket.now >= (number - 1) // rate
    assert channel.closed == lanes


def test_lanes_work_at_once() -> None:
    """Four batches are under way together: none would end if they were not."""
    barrier = Barrier(4, timeout=30)
    channel = Told(1, first=lambda _: _pass(barrier))
    said = list(hand_over_all(lambda: channel, map(sms, range(8)), free, never, 4))
    assert len(said) == 8
    assert len(channel.threads) == 4


def test_messages_and_permits_stay_in_the_callers_thread() -> None:
    """The ledger's connection is of one thread."""
    threads = set()

    def messages() -> Iterator[Outgoing]:
        for number in range(20):
            threads.add(current_thread().name)
            yield sms(number)

    def permits(wanted: int) -> tuple[int, float]:
        threads.add(current_thread().name)
        return wanted, 0.0

    assert len(list(hand_over_all(Told, messages(), permits, never, 3))) == 20
    assert threads == {current_thread().name}


def test_nothing_is_taken_before_it_may_go() -> None:
    """What nobody permitted is not even looked at: the ledger has not begun it."""
    bucket, taken = Bucket(2), []

    def messages() -> Iterator[Outgoing]:
        for number in range(10):
            taken.append(bucket.now)
            yield sms(number)

    list(hand_over_all(Told, messages(), bucket.permits, bucket.sleep, 2))
    assert all(taken.count(second) <= 2 for second in taken)


def test_what_is_under_way_is_told_after_a_stop() -> None:
    """No more is taken, and no outcome is lost."""
    source = iter([sms(number) for number in range(100)])
    said: list[tuple[str, Outcome]] = []
    for one in hand_over_all(Told, source, free, never, 2, lambda: len(said) > 10):
        said.append(one)  # noqa: PERF402 - it is counted while it grows
    left = len(list(source))
    assert len(said) + left == 100
    assert 10 < len(said) < 40


def test_what_a_channel_does_not_tell_is_unknown() -> None:
    """Nobody may guess that it was not sent."""
    channel = Told(is_deaf=True)
    said = list(hand_over_all(lambda: channel, [sms(1), sms(2)], free, never, 1))
    assert said == [(id_of(2), Accepted()), (id_of(1), Unknown("no outcome"))]


def test_a_channel_that_fails_is_told_after_the_outcomes() -> None:
    """Its messages are unknown, those of others have their outcome, and then it is raised."""

    def fail(messages: Sequence[Outgoing]) -> None:
        if messages[0].id == id_of(0):
            raise LookupError("of +79990000001")

    said: list[tuple[str, Outcome]] = []
    channel = Told(1, first=fail)
    with pytest.raises(OutsideError, match=r"^the channel failed \(LookupError\)$"):
        said.extend(hand_over_all(lambda: channel, [sms(0), sms(1)], free, never, 2))
    assert (id_of(0), Unknown("LookupError")) in said
    assert channel.closed == 2


def test_a_channel_that_cannot_be_made_takes_nothing() -> None:
    """It is raised before the first message is taken."""
    source = iter([sms(1)])

    def factory() -> Told:
        raise LookupError

    with pytest.raises(LookupError):
        list(hand_over_all(factory, source, free, never, 2))
    assert len(list(source)) == 1


def _pass(barrier: Barrier) -> None:
    barrier.wait()
