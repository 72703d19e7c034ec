"""What all senders of a site share: how fast a channel goes, whether it goes, whose turn it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import delete, select, update

from generator.send.ledger.columns import EPOCH, micros
from generator.send.ledger.database import Database, added, replaced
from generator.send.ledger.schema import buckets, leases, resumes, stops

SECOND = 1_000_000  # microseconds
ASKEW = 60 * SECOND
"""So far the clocks of two machines may be apart. A bucket that is empty for longer was emptied by
a clock that was set back since, and whoever waited for it would stand still."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a channel is stopped, and since when."""

    why: str
    at: datetime


class Channels:
    """Limits over all processes and machines that have this ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, channel: str, rate: Decimal, most: int, now: datetime) -> tuple[int, float]:
        """How many messages may go now, and the seconds after which the next may.

        In any second at most ``rate`` go, and as many again that were saved up in one second of
        rest. A clock that is behind those of others waits for them, as long as it is a little.
        """
        with self._database.write() as connection:
            mine = buckets.c.channel == channel
            added(connection, buckets, [{"channel": channel, "free": 0}], ["channel"])
            free = connection.scalar(select(buckets.c.free).where(mine).with_for_update())
            granted, free, wait = drawn(free or 0, rate, most, micros(now))
            connection.execute(update(buckets).where(mine).values(free=free))
        return granted, wait / SECOND

    def stop(self, channel: str, why: str, at: datetime) -> None:
        """Nothing is claimed any more for this channel; what stopped it first stays on record."""
        with self._database.write() as connection:
            added(connection, stops, [{"channel": channel, "why": why, "at": at}], ["channel"])

    def resume(self, channel: str, at: datetime) -> bool:
        """Whether the channel was stopped, and goes again; what was before stops it no more."""
        with self._database.write() as connection:
            gone = connection.execute(delete(stops).where(stops.c.channel == channel))
            if gone.rowcount == 1:
                replaced(connection, resumes, [{"channel": channel, "at": at}], ["channel"])
            return gone.rowcount == 1

    def resumed(self, channel: str) -> datetime:
        """When somebody let the channel go on last; long ago, if nobody ever had to."""
        with self._database.read() as connection:
            found = connection.scalar(select(resumes.c.at).where(resumes.c.channel == channel))
            return found or EPOCH

    def stopped(self) -> Mapping[str, Stop]:
        """The channels that are stopped."""
        with self._database.read() as connection:
            rows = connection.execute(select(stops).order_by(stops.c.channel))
            return {row.channel: Stop(row.why, row.at) for row in rows}

    def lease(self, name: str, holder: str, now: datetime, lasting: timedelta) -> bool:
        """Whether the name is the holder's until then; it is asked again to keep it.

        A lease that lasts longer than any was given by a clock that was wrong.
        """
        row = {"name": name, "holder": holder, "until": now + lasting}
        with self._database.write() as connection:
            if added(connection, leases, [row], ["name"]):
                return True
            held = connection.execute(select(leases).where(leases.c.name == name).with_for_update())
            other = held.first()
            is_kept = other is not None and now < other.until <= now + lasting
            if other is None or (is_kept and other.holder != holder):
                return False
            replaced(connection, leases, [row], ["name"])
            return True

    def give_back(self, name: str, holder: str) -> None:
        """The name is anybody's again, if it was the holder's."""
        mine = (leases.c.name == name) & (leases.c.holder == holder)
        with self._database.write() as connection:
            connection.execute(delete(leases).where(mine))


def drawn(free: int, rate: Decimal, most: int, now: int) -> tuple[int, int, int]:
    """How many may go, when the bucket is empty again, and how long until the next; in micros.

    ``free`` is the moment up to which all permits are given out; the bucket holds what came since,
    and never more than a second's worth.
    """
    each = int((SECOND / rate).to_integral_value(ROUND_CEILING))
    if free > now + ASKEW:
        free = now
    start = max(free, now - max(SECOND, each))
    granted = max(0, min(most, (now - start) // each))
    after = start + granted * each
    return granted, after, max(0, after + each - now)
