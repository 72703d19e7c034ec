"""Many things at once: each once, no more than so many at a time, and an error ends it."""

from collections.abc import Iterator
from threading import Barrier, Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.publish.lanes import at_once


@given(st.integers(0, 50), st.integers(1, 8))
def test_every_item_once(items: int, lanes: int) -> None:
    """Whatever the numbers, each item is done once."""
    done: list[int] = []
    at_once(done.append, range(items), lanes)
    assert sorted(done) == list(range(items))


def test_as_many_at_a_time_as_there_are_lanes() -> None:
    """Four wait for each other: it only ends if all of them are at work together."""
    meet = Barrier(4, timeout=30)
    done: list[int] = []

    def work(item: int) -> None:
        meet.wait()
        done.append(item)

    at_once(work, range(8), 4)
    assert sorted(done) == [*range(8)]


def test_nothing_is_taken_that_nobody_does() -> None:
    """However many items there are, no more are taken from the source than lanes are at work."""
    taken, done, lock = [0], [0], Lock()

    def source() -> Iterator[int]:
        for number in range(200):
            taken[0] += 1
            assert taken[0] - done[0] <= 3 + 1
            yield number

    def work(_: int) -> None:
        with lock:
            done[0] += 1

    at_once(work, source(), 3)
    assert (taken, done) == ([200], [200])


def test_an_error_ends_it() -> None:
    """After the first error no further item is begun, and it is raised."""
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 5:
            raise ValueError(item)

    with pytest.raises(ValueError, match="5"):
        at_once(work, range(10_000), 2)
    assert len(begun) < 10_000


def test_what_was_taken_is_done_after_an_error() -> None:
    """Each lane does its first item, though the one before it failed at once."""
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        at_once(work, range(100), 4)
    assert sorted(begun) == [0, 1, 2, 3]


def test_a_source_that_fails() -> None:
    """What goes wrong while items are made is raised as well."""

    def source() -> Iterator[int]:
        yield from range(3)
        raise LookupError(3)

    with pytest.raises(LookupError, match="3"):
        at_once(lambda _: None, source(), 2)
