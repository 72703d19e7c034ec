"""The pace: no faster than the store permits, and nearly as fast."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.publish.pace import SLOWEST, Pace


class Clock:
    """Time that passes when somebody sleeps, or when it is let pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds > 0
        self.now += seconds


class Permits:
    """A store that permits so many requests a second, with a bucket of tokens as they have."""

    def __init__(self, clock: Callable[[], float], rate: float) -> None:
        self.clock, self.rate = clock, rate
        self.tokens, self.last = rate / 10, clock()

    def asked(self) -> bool:
        """Whether a request is let through."""
        self.tokens = min(self.rate / 10, self.tokens + (self.clock() - self.last) * self.rate)
        self.last = self.clock()
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def run(pace: Pace, store: Permits, clock: Clock, number: int, fastest: float) -> int:
    """How many requests it took until so many went well, where a machine makes at most so many."""
    done = asked = 0
    while done < number:
        pace.wait()
        clock.now += 1 / fastest
        asked += 1
        if store.asked():
            pace.accepted()
            done += 1
        else:
            pace.refused()
    return asked


@pytest.mark.parametrize("permitted", [50, 300, 1000])
def test_nearly_as_fast_as_the_store_permits(permitted: int) -> None:
    """Everything arrives, at nine tenths of what is permitted or better, with few refusals."""
    clock = Clock()
    pace, store = Pace(0, clock, clock.sleep), Permits(clock, permitted)
    began, number = clock(), 60 * permitted
    asked = run(pace, store, clock, number, 5000)
    assert number / (clock() - began) >= 0.9 * permitted
    assert asked <= 1.035 * number


def test_without_a_refusal_nobody_waits() -> None:
    """A store that takes all is asked as fast as requests can be made."""
    clock = Clock()
    pace, store = Pace(0, clock, clock.sleep), Permits(clock, 10**9)
    began = clock()
    assert run(pace, store, clock, 10_000, 5000) == 10_000
    assert clock() - began == pytest.approx(2.0)


def test_a_time_that_the_store_names_is_kept() -> None:
    """After a refusal with a time nothing goes until it has passed."""
    clock = Clock()
    pace = Pace(0, clock, clock.sleep)
    pace.accepted()
    pace.refused(pause=7)
    pace.wait()
    assert clock() >= 1007


@given(st.integers(1, 500), st.integers(1, 100))
def test_never_faster_than_is_set(most: int, number: int) -> None:
    """A bound that an operator sets holds from the first request on."""
    clock = Clock()
    pace = Pace(most, clock, clock.sleep)
    began = clock()
    for _ in range(number + 1):
        pace.wait()
        pace.accepted()
    assert clock() - began >= number / most - 1e-6


def test_a_store_that_refuses_all() -> None:
    """It is asked now and then, so that it is noticed when it is well again."""
    clock = Clock()
    pace = Pace(0, clock, clock.sleep)
    for _ in range(20):
        pace.wait()
        pace.refused()
    assert pace.rate == SLOWEST
