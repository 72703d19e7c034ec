"""Papers with names of their own: whatever the order of requests, of some rivals at most one wins.

Each publisher makes one request when it is its turn, and only then; the order of turns is drawn, so
a failure can be repeated.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Semaphore, Thread
from typing import TYPE_CHECKING, TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.publish import TakenError
from generator.publish.papers import Paper
from generator.publish.papers_versioned import VersionedPapers

if TYPE_CHECKING:
    from generator.publish.control import Control

T = TypeVar("T")
Writer = Callable[["Rival"], None]

ORDERS = st.lists(st.integers(0, 2), max_size=60)


class Rival:
    """A publisher in a thread that makes one step when it is let."""

    def __init__(self, work: Writer) -> None:
        self._go, self._done = Semaphore(0), Semaphore(0)
        self.is_alive, self.won = True, ""
        self._thread = Thread(target=self._run, args=(work,))
        self._thread.start()
        self._done.acquire()

    def step(self, action: Callable[[], T]) -> T:
        """What an action gives, when it is our turn."""
        self._done.release()
        self._go.acquire()
        if not self.is_alive:
            raise SystemExit
        return action()

    def let(self) -> None:
        """Return when it has made its step, or has ended before."""
        if self.is_alive:
            self._go.release()
            self._done.acquire()

    def die(self) -> None:
        """End where it stands."""
        if self.is_alive:
            self.is_alive = False
            self._go.release()
            self._thread.join()

    def _run(self, work: Writer) -> None:
        with suppress(SystemExit, TakenError):
            work(self)
        self.is_alive = False
        self._done.release()


@dataclass
class Objects:
    """Control objects as one publisher meets them: what was put is listed at once."""

    rival: Rival
    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> Paper | None:
        """An object."""
        found = self.rival.step(lambda: self.kept.get(name))
        return None if found is None else Paper(found, name, 0.0)

    def put(self, name: str, content: bytes) -> str:
        """Put one."""
        self.rival.step(lambda: self.kept.update({name: content}))
        return name

    def names(self, start: str) -> list[str]:
        """Those that begin so."""
        return self.rival.step(lambda: sorted(name for name in self.kept if name.startswith(start)))

    def delete(self, name: str) -> None:
        """Take one away."""
        self.rival.step(lambda: self.kept.pop(name, None))


def writer(kept: dict[str, bytes], tag: str | None) -> Writer:
    """Who replaces the paper that has the tag, and notes the new one."""

    def write(rival: Rival) -> None:
        objects = cast("Control", Objects(rival, kept))
        papers = VersionedPapers(objects, sleep=lambda _: rival.step(lambda: None))
        rival.won = papers.write("lease", b"mine", tag)

    return write


def raced(
    kept: dict[str, bytes], tag: str | None, order: Sequence[int], dies: int | None = None
) -> list[str]:
    """The tags of those who won, of three who replace the same paper; one dies in the middle."""
    rivals = [Rival(writer(kept, tag)) for _ in range(3)]
    for number in order:
        rivals[number].let()
    if dies is not None:
        rivals[dies].die()
    while any(rival.is_alive for rival in rivals):
        for rival in rivals:
            rival.let()
    return [rival.won for rival in rivals if rival.won]


@pytest.mark.parametrize("is_new", [True, False])
@given(order=ORDERS)
def test_of_rivals_at_most_one_wins(is_new: bool, order: list[int]) -> None:  # noqa: FBT001
    """What is left is the winner's, and nothing of who withdrew."""
    before = {} if is_new else {f"lease/{1:012}-x": b"earlier"}
    kept = before.copy()
    won = raced(kept, next(iter(before), None), order)
    assert len(won) <= 1
    assert list(kept) == (won or list(before))


@given(order=ORDERS, dies=st.integers(0, 2))
def test_a_rival_that_dies_lets_no_two_win(order: list[int], dies: int) -> None:
    """And whoever reads sees one paper, over which the next one can write."""
    kept: dict[str, bytes] = {}
    assert len(raced(kept, None, order, dies)) <= 1
    tags = sorted(kept)
    if tags:
        assert len(raced(kept, tags[-1], [0] * 20)) == 1
        assert len(kept) == 1


def test_who_comes_alone_wins() -> None:
    """One after the other: the first of them, the others find it."""
    kept: dict[str, bytes] = {}
    assert len(raced(kept, None, [*[0] * 9, *[1] * 9, *[2] * 9])) == 1


def test_of_some_who_see_each_other_one_wins() -> None:
    """Nobody is left without: who is first by name waits until the others have withdrawn."""
    for _ in range(20):
        assert len(raced({}, None, [0, 1, 2] * 2)) == 1
