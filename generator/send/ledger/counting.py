"""How much was sent: to whom for caps, in a night for the automatic mode, lately for breakers."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from sqlalchemy import BigInteger, func, select, type_coerce

from generator.base.sending import Kind
from generator.send.ledger.bulk import among
from generator.send.ledger.columns import EPOCH, moment_of
from generator.send.ledger.database import Database, chunks
from generator.send.ledger.schema import counts, messages
from generator.send.values import Purpose, State

DAY = 24 * 60 * 60 * 1_000_000  # microseconds
REACHING = (
    State.PLANNED,
    State.CLAIMED,
    State.ATTEMPTING,
    State.UNKNOWN,
    State.ACCEPTED,
    State.DELIVERED,
)
"""States of messages that reach their client, or may."""
UNDER_WAY = (State.PLANNED, State.CLAIMED, State.ATTEMPTING)


@dataclass(frozen=True, slots=True)
class Sent:
    """That a client was or will be sent something."""

    kind: Kind
    purpose: Purpose
    at: datetime
    """When it was tried; when it may go, before that."""


class Counting:
    """Numbers out of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, clients: Collection[str], since: datetime) -> dict[str, list[Sent]]:
        """What each client was or will be sent from then on; clients without any are left out."""
        at = func.coalesce(messages.c.attempted, messages.c.not_before)
        rows = select(messages.c.client, messages.c.kind, messages.c.purpose, at.label("at")).where(
            messages.c.state.in_(REACHING), at >= since
        )
        found: dict[str, list[Sent]] = defaultdict(list)
        with self._database.read() as connection:
            for part in chunks(sorted(set(clients))):
                chosen = rows.where(among(connection, messages.c.client, part)).order_by("at")
                for client, kind, purpose, when in connection.execute(chosen):
                    found[client].append(Sent(kind, purpose, when))
        return dict(found)

    def usual(self, now: datetime, days: int = 14) -> dict[str, float]:
        """The median number of messages by channel, over the days on which it sent any."""
        nights: dict[str, list[int]] = defaultdict(list)
        for (channel, _), number in self.by_day(now - timedelta(days=days)).items():
            nights[channel].append(number)
        return {channel: float(median(numbers)) for channel, numbers in nights.items()}

    def by_day(self, since: datetime) -> Counter[tuple[str, date]]:
        """Messages handed over by channel and day (UTC); those of forgotten clients count too."""
        day = type_coerce(messages.c.attempted, BigInteger) // DAY
        ours = select(messages.c.channel, day.label("day"), func.count())
        gone = select(counts.c.channel, counts.c.day, func.sum(counts.c.number)).where(
            counts.c.state != State.WITHHELD, counts.c.day >= since.date()
        )
        found: Counter[tuple[str, date]] = Counter()
        with self._database.read() as connection:
            recent = ours.where(messages.c.attempted >= since).group_by(messages.c.channel, day)
            for channel, number, count in connection.execute(recent):
                found[channel, moment_of(number * DAY).date()] += count
            for channel, when, count in connection.execute(
                gone.group_by(counts.c.channel, counts.c.day)
            ):
                found[channel, when] += int(count)
        return found

    def last(self, channel: str, most: int, since: datetime = EPOCH) -> Counter[State]:
        """What became of the last messages, at most so many, that a channel tried since then.

        Those of which no word came yet do not count: a hundred that are under way would hide that
        all before them were refused.
        """
        newest = (
            select(messages.c.state)
            .where(messages.c.channel == channel, messages.c.attempted > since)
            .where(messages.c.state.not_in(UNDER_WAY))
            .order_by(messages.c.attempted.desc())
            .limit(most)
        )
        with self._database.read() as connection:
            return Counter(connection.scalars(newest))

    def repeats(
        self, pairs: Collection[tuple[bytes, str]], since: datetime
    ) -> Counter[tuple[bytes, str]]:
        """How often each text, by its digest, was tried at its address from then on."""
        wanted = set(pairs)
        rows = select(messages.c.address, messages.c.digest).where(messages.c.attempted >= since)
        found: Counter[tuple[bytes, str]] = Counter()
        with self._database.read() as connection:
            for part in chunks(sorted({address for address, _ in wanted})):
                here = among(connection, messages.c.address, part)
                for address, digest in connection.execute(rows.where(here)):
                    found[bytes(address), digest] += 1
        return Counter({pair: found[pair] for pair in wanted})

    def states(self, since: datetime) -> Counter[tuple[str, State]]:
        """How many messages that were planned from then on are in which state, by channel."""
        rows = select(messages.c.channel, messages.c.state, func.count()).where(
            messages.c.planned >= since
        )
        with self._database.read() as connection:
            found = connection.execute(rows.group_by(messages.c.channel, messages.c.state))
            return Counter({(channel, state): number for channel, state, number in found})
