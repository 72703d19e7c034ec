"""What all sources share: one open batch, and bursts, on a clock that the tests turn."""

import pytest

from generator.base.errors import OutsideError
from generator.events.event import Line, read_line
from generator.events.source import Batch, Bursts
from tests.events.conftest import COLUMNS, event, ids, lines


def line(number: int) -> Line:
    """The line of an event."""
    return read_line(lines(event(number)), "crm.jsonl", number, COLUMNS)


class Scripted(Bursts):
    """A source in which events come at times that a test has chosen; its clock only waits."""

    def __init__(self, comes: dict[float, int], most: int = 500) -> None:
        self.now = 0.0
        super().__init__(most, lambda: self.now)
        self.comes = dict(sorted(comes.items()))
        self.settled: list[int] = []
        self.fails_at: float | None = None

    def close(self) -> None:
        """Nothing to let go of."""

    def _stir(self, seconds: float) -> None:
        later = [time for time in self.comes if time > self.now]
        self.now = min([*later, self.now + seconds])

    def _read(self, most: int) -> list[Line]:
        if self.fails_at is not None and self.now >= self.fails_at:
            raise OutsideError("the disk is full")
        there = [time for time in self.comes if time <= self.now][:1]
        return [line(self.comes.pop(time)) for time in there][:most]

    def _settle(self) -> None:
        if self.fails_at is not None and self.now >= self.fails_at:
            raise OutsideError("the disk is full")
        self.settled += [one.number for one in self._lines]


def test_nothing_came() -> None:
    """After the time that it was given the batch is empty, and there is nothing to acknowledge."""
    source = Scripted({9.0: 1})
    batch = source.wait(3)
    assert (bool(batch), batch, source.now) == (False, Batch(), 3)
    source.acknowledge(batch)
    assert source.settled == []


def test_what_is_there_needs_no_time() -> None:
    """With no seconds to wait, what is there is found."""
    assert ids(Scripted({0: 1}).wait(0).events) == ["crm-1"]


def test_a_burst_ends_when_nothing_comes() -> None:
    """What comes within a twentieth of a second belongs to it, what comes later does not."""
    source = Scripted({1: 1, 1.04: 2, 1.08: 3, 1.2: 4})
    assert ids(source.wait(5).events) == ["crm-1", "crm-2", "crm-3"]
    assert source.now == pytest.approx(1.13)


def test_a_burst_that_goes_on_is_handed_on() -> None:
    """After three tenths of a second nobody waits for the end of it."""
    source = Scripted({k / 100: k for k in range(1, 101)})
    assert len(source.wait(5).events) == 31
    assert source.now == pytest.approx(0.31)


def test_a_batch_has_at_most_so_many() -> None:
    """A full batch is handed on at once; the rest is the next one."""
    source = Scripted({0: 1, 0.01: 2, 0.02: 3}, most=2)
    batch = source.wait(5)
    assert (ids(batch.events), source.now) == (["crm-1", "crm-2"], 0.01)
    source.acknowledge(batch)
    assert ids(source.wait(5).events) == ["crm-3"]


def test_an_open_batch_comes_again() -> None:
    """Until it is acknowledged there is no other, however long somebody waits."""
    source = Scripted({0: 1, 2: 2})
    batch = source.wait(0)
    assert source.wait(9) is batch
    assert source.settled == []
    source.acknowledge(batch)
    assert source.settled == [1]
    assert ids(source.wait(9).events) == ["crm-2"]


def test_only_the_open_batch_can_be_acknowledged() -> None:
    """Another one is a mistake of the caller, even when it looks alike."""
    source = Scripted({0: 1})
    batch = source.wait(0)
    with pytest.raises(ValueError, match="only the batch that is open"):
        source.acknowledge(Batch(batch.events))
    source.acknowledge(batch)
    with pytest.raises(ValueError, match="only the batch that is open"):
        source.acknowledge(batch)


def test_a_batch_that_could_not_be_acknowledged_stays_open() -> None:
    """When the disk has room again the same batch is acknowledged."""
    source = Scripted({0: 1})
    batch = source.wait(0)
    source.fails_at = 0
    with pytest.raises(OutsideError):
        source.acknowledge(batch)
    source.fails_at = None
    assert source.wait(0) is batch
    source.acknowledge(batch)
    assert source.settled == [1]


def test_what_was_read_before_a_failure_is_kept() -> None:
    """A burst that breaks off goes on with the next wait."""
    source = Scripted({0: 1, 0.01: 2})
    source.fails_at = 0.01
    with pytest.raises(OutsideError):
        source.wait(5)
    source.fails_at = None
    assert ids(source.wait(5).events) == ["crm-1", "crm-2"]


def test_refused_lines_are_problems_of_the_batch() -> None:
    """A batch with nothing but refused lines must be acknowledged too."""
    source = Scripted({})
    source._lines = [read_line(b"{", "crm.jsonl", 3, COLUMNS)]  # noqa: SLF001 - as if read
    batch = source.wait(0)
    assert (batch.events, [problem.line for problem in batch.refused]) == ((), [3])
    assert batch
