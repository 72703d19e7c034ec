"""Messages in the hands of senders: claimed for a while, attempted, settled; or nobody knows.

A sender claims, says that it attempts and has that on the disk, and only then touches the network.
Whoever dies before that gives nothing away: the claim runs out, and another takes it up. Whoever
dies after it leaves messages that may have been sent; these are ``unknown``, and wait for a report,
for the channel's rule or for a person.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, select, update

from generator.send.ledger.addresses import bury
from generator.send.ledger.database import Database, ordered
from generator.send.ledger.moves import TRIES, Move, resolved, settled
from generator.send.ledger.planning import planned_of
from generator.send.ledger.reports import overtaken
from generator.send.ledger.schema import messages, stops
from generator.send.ledger.writing import locked, locked_of, name, shift, standing, write
from generator.send.values import Accepted, Outcome, Planned, Reason, Rejected, State

MESSAGE = messages.c
APPROVED = MESSAGE.plan.is_not(None)
NO_LEASE = timedelta(days=1)
"""Nobody holds a message for so long."""


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """A message in somebody's hands, or one of which nobody knows whether it went."""

    id: str
    planned: Planned
    tries: int

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Claimed({self.id})"


class Sending:
    """The messages that were approved, on their way out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, channel: str, holder: str, most: int, now: datetime, lease: timedelta
    ) -> list[Claimed]:
        """At most so many messages that nobody else has now, the longest due first.

        None of a channel that is stopped, and none that is of no use any more.
        """
        due = _in(State.PLANNED) & (MESSAGE.channel == channel) & (MESSAGE.due <= now)
        is_stopped = select(stops.c.channel).where(stops.c.channel == channel).exists()
        rows = (
            select(messages)
            .where(due, APPROVED, MESSAGE.expires > now, ~is_stopped)
            .order_by(MESSAGE.due, MESSAGE.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as connection:
            found = list(connection.execute(rows))
            ids = [row.id for row in found]
            shift(connection, ids, State.CLAIMED, now, holder=holder, due=now + lease)
        return [Claimed(row.id, planned_of(row), row.tries) for row in found]

    def attempting(
        self, ids: Collection[str], holder: str, now: datetime, lease: timedelta
    ) -> set[str]:
        """Those that are still the holder's, and are on record as tried from now on.

        Only these may be handed over, and within the lease: afterwards they count as unknown, and
        a channel may allow another try.
        """
        with self._database.write() as connection:
            mine = {
                row.id: row.tries
                for row in locked_of(connection, ids)
                if row.state == State.CLAIMED and row.holder == holder and row.due > now
            }
            values = {"due": now + lease, "attempted": now, "tries": MESSAGE.tries + 1}
            shift(connection, mine, State.ATTEMPTING, now, **values)
        return set(mine)

    def keep(self, ids: Collection[str], holder: str, now: datetime, lease: timedelta) -> set[str]:
        """Those that are under way in the holder's hands, and stay so for another lease."""
        with self._database.write() as connection:
            rows = locked_of(connection, ids)
            mine = {r.id for r in rows if r.state == State.ATTEMPTING and r.holder == holder}
            for part in ordered(mine):
                held = update(messages).where(MESSAGE.id.in_(part))
                connection.execute(held.values(due=now + lease))
        return mine

    def take_back(self, ids: Collection[str], holder: str, now: datetime) -> int:
        """How many were on record as tried and, as the holder knows, never were."""
        with self._database.write() as connection:
            rows = locked_of(connection, ids)
            mine = [r.id for r in rows if r.state == State.ATTEMPTING and r.holder == holder]
            gone = {"holder": "", "attempted": None, "tries": MESSAGE.tries - 1}
            shift(connection, mine, State.PLANNED, now, due=now, code="never tried", **gone)
        return len(mine)

    def settle(self, outcomes: Mapping[str, Outcome], holder: str, now: datetime) -> int:
        """How many messages changed by what gateways said to the holder."""
        return self._decide(outcomes, now, holder)

    def resolve(self, outcomes: Mapping[str, Outcome], now: datetime) -> int:
        """How many unknown messages are known now, by the word of a person."""
        return self._decide(outcomes, now, None)

    def _decide(self, outcomes: Mapping[str, Outcome], now: datetime, holder: str | None) -> int:
        judge = partial(settled, holder=holder) if holder is not None else resolved
        moves: dict[str, Move] = {}
        with self._database.write() as connection:
            rows = {row.id: row for row in locked_of(connection, outcomes)}
            for one, row in rows.items():
                if move := judge(standing(row), outcomes[one], now=now):
                    moves[one] = move
            write(connection, moves, now)
            bury(connection, {rows[one].address for one in moves if _is_dead(outcomes[one])}, now)
            taken = {it: o.provider for it, o in outcomes.items() if isinstance(o, Accepted)}
            name(connection, taken)
            overtaken(connection, taken, now)
        return len(moves)

    def recover(self, now: datetime) -> dict[State, int]:
        """What became of messages whose holder did not come back: planned again, or unknown."""
        done: dict[State, int] = {}
        with self._database.write() as connection:
            for was, state in _ABANDONED.items():
                rows = locked(connection, _in(was) & _is_over(now))
                shift(connection, [row.id for row in rows], state, now, due=now)
                done[state] = len(rows)
        return done

    def release(self, ids: Collection[str], holder: str, now: datetime) -> int:
        """How many claims were given back before anything was tried."""
        with self._database.write() as connection:
            rows = locked_of(connection, ids)
            mine = [r.id for r in rows if r.state == State.CLAIMED and r.holder == holder]
            shift(connection, mine, State.PLANNED, now, due=now, holder="")
        return len(mine)

    def postpone(self, ids: Collection[str], holder: str, now: datetime, until: datetime) -> int:
        """How many claims were given back until later: it is night where their clients are."""
        with self._database.write() as connection:
            rows = locked_of(connection, ids)
            mine = [r.id for r in rows if r.state == State.CLAIMED and r.holder == holder]
            shift(connection, mine, State.PLANNED, now, due=until, holder="")
        return len(mine)

    def expire(self, now: datetime) -> int:
        """How many approved messages were left too long, and never go now."""
        overdue = _in(State.PLANNED) & APPROVED & (MESSAGE.expires <= now)
        with self._database.write() as connection:
            ids = [row.id for row in locked(connection, overdue)]
            gone = {"due": None, "payload": b"", "reason": Reason.OVERDUE}
            shift(connection, ids, State.EXPIRED, now, **gone)
        return len(ids)

    def withhold(self, ids: Collection[str], reason: Reason, now: datetime) -> int:
        """How many are not sent after all; what was tried already is left as it is."""
        with self._database.write() as connection:
            early = {State.PLANNED, State.CLAIMED}
            rows = [r for r in locked_of(connection, ids) if r.state in early and r.plan]
            gone = {"due": None, "payload": b"", "reason": reason}
            shift(connection, [row.id for row in rows], State.WITHHELD, now, **gone)
        return len(rows)

    def unknown_of(self, channel: str) -> list[Claimed]:
        """The messages of a channel that may have been sent or not, the oldest first."""
        rows = select(messages).where(_in(State.UNKNOWN), MESSAGE.channel == channel)
        with self._database.read() as connection:
            found = connection.execute(rows.order_by(MESSAGE.due, MESSAGE.id))
            return [Claimed(row.id, planned_of(row), row.tries) for row in found]

    def again(self, ids: Collection[str], now: datetime) -> int:
        """How many unknown messages go once more, under the same id.

        Only for channels on which the second of two is no second message: the reader's program
        puts letters of one Message-ID, or pushes of one collapse key, together.
        """
        with self._database.write() as connection:
            rows = [
                row
                for row in locked_of(connection, ids)
                if row.state == State.UNKNOWN and row.tries < TRIES
            ]
            shift(connection, [row.id for row in rows], State.PLANNED, now, due=now, holder="")
        return len(rows)


_ABANDONED = {State.CLAIMED: State.PLANNED, State.ATTEMPTING: State.UNKNOWN}


def _in(state: State) -> ColumnElement[bool]:
    """In this state, and open: so the small index is enough."""
    return (MESSAGE.state == state) & MESSAGE.due.is_not(None)


def _is_over(now: datetime) -> ColumnElement[bool]:
    """Whether a lease is; one that ends so late was given by a clock that was wrong."""
    return (MESSAGE.due <= now) | (MESSAGE.due > now + NO_LEASE)


def _is_dead(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.is_dead
