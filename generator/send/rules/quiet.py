"""Quiet hours: the first moment at which a message disturbs nobody."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from generator.base.config import CONFIG
from generator.base.errors import InputError, Problem
from generator.base.sending import Quiet, Send
from generator.send.rules.wall import jump_between, wall_at, zones_for

DAY = timedelta(days=1)
YEAR = 366
MOMENTS = 4096
"""A run asks for one moment in few zones, and for a hundred thousand clients."""
SENTENCE = "there is no moment at which it is day in all zones of send.zones"
HINT = "shorten the quiet hours, or name fewer zones"


def is_quiet(clock: time, quiet: Quiet) -> bool:
    """Whether nothing is sent while the clock shows this; from ``since`` up to before ``until``."""
    if quiet.since <= quiet.until:
        return quiet.since <= clock < quiet.until
    return clock >= quiet.since or clock < quiet.until


def allowed_at(moment: datetime, zone: str, zones: Sequence[str], quiet: Quiet | None) -> datetime:
    """The first moment at or after ``moment`` outside quiet hours; in UTC.

    Where ``zone`` is empty or not known it must be day in each of ``zones``.

    Raises:
        InputError: in these zones it is never day at once.
    """
    first = moment.astimezone(UTC)
    if quiet is None:
        return first
    found = _in_all(tuple(zones_for(zone, zones)), first, quiet)
    if found is None:
        raise InputError([Problem(CONFIG, SENTENCE, HINT, "send.zones")])
    return found


def sleepless(send: Send, since: datetime) -> list[Problem]:
    """A problem for each channel that could never reach a client whose zone is not known.

    Looks at every day of a year from ``since``: zones change their clocks on different days.
    """
    days = [since.astimezone(UTC) + number * DAY for number in range(YEAR)]
    return [
        Problem(CONFIG, SENTENCE, HINT, f"send.channels.{name}.quiet")
        for name, channel in send.channels.items()
        if channel.quiet and any(_in_all(send.zones, day, channel.quiet) is None for day in days)
    ]


@lru_cache(MOMENTS)
def _in_all(zones: tuple[str, ...], first: datetime, quiet: Quiet) -> datetime | None:
    """The first moment outside quiet hours in all zones, or None when none is within two days.

    In each round every zone moves it on by no more than it has to, so none is passed over. One
    zone alone may need more than a day, when its clock is put back.
    """
    moment = first
    while moment - first <= 2 * DAY:
        later = max(_in_one(moment, zone, quiet) for zone in zones)
        if later == moment:
            return moment
        moment = later
    return None


def _in_one(moment: datetime, zone: str, quiet: Quiet) -> datetime:
    while is_quiet((wall := wall_at(moment, zone)).time(), quiet):
        until = datetime.combine(wall, quiet.until)
        end = moment + (until - wall if until > wall else until + DAY - wall)
        moment = jump_between(moment, end, zone) or end
    return moment
