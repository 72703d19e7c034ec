"""How a message gets from one state to the next: pure judgement, no database.

Two rules stand above all. What may have been sent is not sent again until it is known that it was
not. What is known is never unlearnt: a late word that contradicts it is on record, and changes
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from generator.send.values import Accepted, Later, Outcome, Rejected, Report, State, Unknown

TRIES = 5
"""So often a letter or a push goes at most of which nobody knows whether it went."""
FIRST_PAUSE, LONGEST_PAUSE = 15.0, 3600.0
"""Seconds until what certainly did not go is tried again: each time twice as long, and without a
bound of tries. A relay that is away for an hour must not cost a night's messages; what is too late
expires."""
OPEN = frozenset({State.PLANNED, State.CLAIMED, State.ATTEMPTING, State.UNKNOWN})
"""States in which nobody knows yet whether it went."""
REPORTED = {
    "delivered": State.DELIVERED,
    "failed": State.FAILED,
    "dead": State.FAILED,
    "expired": State.EXPIRED,
}
REPORTABLE = OPEN | {State.ACCEPTED, *REPORTED.values()}
"""States of which a report can tell more; what was refused or never to go is not among them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands."""

    state: State
    holder: str
    tries: int
    attempted: datetime | None


@dataclass(frozen=True, slots=True)
class Move:
    """Where it stands from now on."""

    state: State
    due: datetime | None = None
    code: str = ""

    @property
    def is_final(self) -> bool:
        """Whether its values can be dropped: nobody will ever render it again."""
        return self.state not in OPEN


def settled(was: Standing, outcome: Outcome, holder: str, now: datetime) -> Move | None:
    """What a sender's word on a message changes; None when it comes too late to matter.

    That a gateway took it counts whoever says it, also after the lease: it was sent. Any other
    word counts only from whom the message is still in the hands of.
    """
    if isinstance(outcome, Accepted):
        return Move(State.ACCEPTED) if was.state in OPEN else None
    if was.state not in {State.ATTEMPTING, State.UNKNOWN} or was.holder != holder:
        return None
    return _moved(was, outcome, now)


def resolved(was: Standing, outcome: Outcome, now: datetime) -> Move | None:
    """What an operator's word changes, who asked the gateway what became of a message."""
    if was.state != State.UNKNOWN:
        return None
    if isinstance(outcome, Accepted):
        return Move(State.ACCEPTED)
    return _moved(was, outcome, now)


def _moved(was: Standing, outcome: Rejected | Later | Unknown, now: datetime) -> Move | None:
    if isinstance(outcome, Rejected):
        return Move(State.REJECTED, code=outcome.code)
    if isinstance(outcome, Unknown):
        return Move(State.UNKNOWN, now, outcome.code)
    when = now + timedelta(seconds=max(outcome.seconds, _pause(was.tries)))
    return Move(State.PLANNED, when, outcome.code)


def _pause(tries: int) -> float:
    """Seconds after so many tries."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(tries - 1, 0), 20))


def reported(was: Standing, reports: Sequence[Report]) -> Move | None:
    """What all reports of a message together say; the order in which they came is nothing.

    Delivered is delivered. Without that the first word counts, by the gateways' own clock.
    """
    if was.state not in REPORTABLE or was.attempted is None:
        return None
    best = min(reports, key=lambda it: (it.status != "delivered", it.at, it.status, it.code))
    state = REPORTED[best.status]
    if state == was.state:
        return None
    return Move(state, code=best.code)
