"""One publisher at a time, whichever machine it runs on: a lease among the papers of the store.

A lease ends by itself when it is not renewed, so that a publisher that died stops nobody for long;
the next run on the same site and machine not at all, since the site's own lock tells that it died.
How old it is tells the store's clock. Its holder counts by a clock of its own machine that goes on
while the process is stopped, from before each renewal was sent, and stops believing in it earlier
than others take over. Then only the store can say whose it is: a renewal succeeds only if nobody
had it in between. So a holder asks ``must_hold`` before each lot, and ``renew`` before the pointer.

What it does not promise: what was begun while the lease was held may end after it was lost, when a
machine stands still for minutes in the middle of a request. Two publishers then send files at once;
only one of them moves the pointer. A store's clock that jumps ahead ends a lease early: its holder
finds out when it renews, within 30 seconds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from threading import Event, Lock, Thread

from generator.base.errors import OutsideError
from generator.publish.holder import Holder, here, told, written
from generator.publish.papers import Paper, Papers, TakenError

NAME = "lease"

TERM = 120.0  # seconds after which others take over
SURE = 90.0  # seconds after a renewal for which its holder believes in it: less, for what is begun
RENEWAL = 30.0  # seconds between two renewals: two may fail
LOOK = 2.0  # seconds between two looks at a lease that is waited for
TRIES = 5  # to take a lease that is free, and taken just then by others who let go at once

Clock = Callable[[], float]
Wait = Callable[[Event, float], bool]


class HeldError(OutsideError):
    """Somebody else holds the lease."""


class LostError(OutsideError):
    """The lease is not ours any more."""


class Lease:
    """A lease that was taken."""

    def __init__(self, papers: Papers, holder: Holder, tag: str | None, clock: Clock) -> None:
        """Take it; ``tag`` is that of the paper which says that it is free or over.

        Raises:
            TakenError: somebody else was faster.
            OutsideError: the store failed.
        """
        self._papers, self._holder, self._clock = papers, holder, clock
        self._token, self._renewals, self._lock = token_hex(16), 0, Lock()
        began = clock()
        self._tag = papers.write(NAME, self._paper(), tag)
        self._renewed, self._lost = began, False

    def held(self) -> bool:
        """Whether it still is ours beyond doubt; nothing is asked of the store."""
        return not self._lost and self._clock() - self._renewed < SURE

    def lost(self) -> bool:
        """Whether it is known that somebody else has taken it, or that we let go."""
        return self._lost

    def must_hold(self) -> None:
        """Return if it still is ours; the store is asked only where that is in doubt.

        Raises:
            LostError: it is not; nothing more may be written.
            OutsideError: the store failed; nothing more may be written now.
        """
        if not self.held():
            self.renew()

    def renew(self) -> None:
        """Begin its term anew: when this returns it was ours a moment ago, by the store's word.

        Raises:
            LostError: it is not ours any more.
            OutsideError: the store failed; it is ours as long as before.
        """
        with self._lock:
            if not self._lost:
                self._renew()
        if self._lost:
            hint = "run it again when the other one has ended"
            raise LostError(f"another publisher has taken over — hint: {hint}")

    def release(self) -> None:
        """Let go of it, if it is ours; what fails is left to its term."""
        with self._lock:
            if not self._lost:
                self._lost = True
                with suppress(OutsideError):
                    self._write(written(None, self._token))

    def _renew(self) -> None:
        began, self._renewals = self._clock(), self._renewals + 1
        try:
            self._write(self._paper())
        except TakenError:
            self._lost = True
        else:
            self._renewed = began

    def _write(self, content: bytes) -> None:
        """Replace our paper, also one of a renewal of which we did not hear.

        Raises:
            TakenError: what lies there is somebody else's.
        """
        try:
            self._tag = self._papers.write(NAME, content, self._tag)
        except TakenError:
            there = self._papers.read(NAME)
            if there is None or told(there.content)[1] != self._token:
                raise
            self._tag = self._papers.write(NAME, content, there.tag)

    def _paper(self) -> bytes:
        return written(self._holder, self._token, self._renewals)


@contextmanager
def leased(
    papers: Papers,
    command: str,
    owner: str = "",
    patience: float = 0.0,
    clock: Clock = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    wait: Wait = Event.wait,
) -> Iterator[Lease]:
    """The lease, renewed by a thread of its own, and let go of at the end.

    ``command`` is what others are told, as in ``sealpress publish``, without a value of a client.
    A lease of the same ``owner`` (see ``owner_of``) is taken over at once: its holder is dead.
    For ``patience`` seconds a lease of somebody else is waited for. ``clock`` tells seconds and
    goes on while this machine sleeps.

    Raises:
        HeldError: somebody else has it, and it was said who.
        OutsideError: the store failed.
    """
    stop = Event()
    holder = here(command, owner)
    lease = taken(papers, holder, patience, clock, lambda seconds: wait(stop, seconds))
    thread = Thread(target=keep, args=(lease, stop, wait), daemon=True)
    try:
        thread.start()
        yield lease
    finally:
        stop.set()
        thread.join()
        lease.release()


def taken(
    papers: Papers, holder: Holder, patience: float, clock: Clock, sleep: Callable[[float], object]
) -> Lease:
    """The lease, which nobody renews; for the rest see ``leased``."""
    until = clock() + patience
    while True:
        try:
            return _taken_at_once(papers, holder, clock)
        except HeldError:
            if clock() >= until:
                raise
        sleep(LOOK)


def _taken_at_once(papers: Papers, holder: Holder, clock: Clock) -> Lease:
    for _ in range(TRIES):
        there = papers.read(NAME)
        if there:
            _must_be_over(there, holder.owner)
        with suppress(TakenError):
            return Lease(papers, holder, there.tag if there else None, clock)
    raise HeldError("others are publishing, one after the other — hint: run it again")


def _must_be_over(paper: Paper, owner: str) -> None:
    """Return if nobody holds the lease, or somebody did who is dead.

    Raises:
        HeldError: somebody does.
    """
    holder, token = told(paper.content)
    is_free = token and holder is None
    is_dead = holder and holder.owner == owner != ""
    if is_free or is_dead or paper.age > TERM:
        return
    who = f"{holder.command} on {holder.host}, since {holder.since} by its clock" if holder else ""
    left = f"{TERM - paper.age:.0f} seconds"
    raise HeldError(
        f"another publisher is at work: {who or 'one of another release'}"
        f" — hint: wait until it ends; if it died, it stops nobody after {left}"
    )


def keep(lease: Lease, stop: Event, wait: Wait) -> None:
    """Renew a lease until it is to ``stop``, or is lost."""
    while not lease.lost() and not wait(stop, RENEWAL):
        with suppress(OutsideError):  # whether it is lost the publisher asks
            lease.renew()
