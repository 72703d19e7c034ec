"""What the clock on a client's wall shows, and when it will show something; clocks may jump.

Wall times are naive datetimes, moments are aware ones in UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = timedelta(seconds=1)


@cache
def is_zone(name: str) -> bool:
    """Whether this machine knows the zone; a manifest may come from one that knows more."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zones_for(zone: str, zones: Sequence[str]) -> Sequence[str]:
    """The client's own zone, or all that may be it."""
    return (zone,) if is_zone(zone) else zones


@cache
def zone_of(name: str) -> ZoneInfo:
    """The zone, read once."""
    return ZoneInfo(name)


def wall_at(moment: datetime, zone: str) -> datetime:
    """What the clock shows at ``moment``."""
    return moment.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)


def shown_at(moment: datetime, wall: datetime, zone: str) -> datetime:
    """The first moment at or after ``moment`` at which the clock shows ``wall`` or later.

    A time that a jump leaves out begins when the clock has jumped; of a time that is shown twice
    the first that is not over counts.
    """
    while (now := wall_at(moment, zone)) < wall:
        end = moment + (wall - now)
        jump = jump_between(moment, end, zone)
        if jump is None:
            return end
        moment = jump
    return moment


def jump_between(moment: datetime, end: datetime, zone: str) -> datetime | None:
    """The first moment after ``moment``, up to ``end``, at which the clock has jumped, if any.

    Clocks jump at whole seconds, and never twice in a day.
    """
    where = zone_of(zone)
    before = moment.astimezone(where).utcoffset()
    if end.astimezone(where).utcoffset() == before:
        return None
    start = moment.astimezone(UTC).replace(microsecond=0)
    low, high = 0, -((start - end) // SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if (start + middle * SECOND).astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return start + high * SECOND
