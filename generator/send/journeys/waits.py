"""How long a journey waits: ``3d``, ``4h``, ``30m``, ``until 10:00``, ``until monday 10:00``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from pydantic import PlainValidator

from generator.base.model import wrong
from generator.send.rules.wall import shown_at, wall_at, zones_for

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
LONGEST = timedelta(days=366)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DURATION = re.compile(r"([1-9][0-9]{0,5})\s*([dhm])", re.ASCII)
MOMENT = re.compile(rf"until\s+(?:({'|'.join(WEEKDAYS)})\s+)?([01]?[0-9]|2[0-3]):([0-5][0-9])")
HINT = "write 3d, 4h, 30m, until 10:00 or until monday 10:00"
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class For:
    """A span of time."""

    span: timedelta

    def after(self, now: datetime, zone: str, zones: Sequence[str]) -> datetime:
        """When it is over.

        Whole days count from the full hour: else a night that begins a second earlier than the
        one before would find nobody ready, and each wait would take a day more.
        """
        del zone, zones
        if self.span % A_DAY:
            return now + self.span
        return now.replace(minute=0, second=0, microsecond=0) + self.span

    def __str__(self) -> str:
        """As it is written."""
        units = ((name, unit) for name, unit in UNITS.items() if not self.span % unit)
        name, unit = next(units)
        return f"{self.span // unit}{name}"


@dataclass(frozen=True, slots=True)
class Until:
    """The next time at which a client's clock shows this."""

    clock: time
    weekday: int | None = None
    """From Monday, 0; any day without it."""

    def after(self, now: datetime, zone: str, zones: Sequence[str]) -> datetime:
        """The first such moment at or after ``now``; of an unknown zone the latest it can be."""
        return max(self._in(now, one) for one in zones_for(zone, zones))

    def _in(self, now: datetime, zone: str) -> datetime:
        wall = wall_at(now, zone)
        wanted = datetime.combine(wall, self.clock)
        if self.weekday is not None:
            wanted += (self.weekday - wanted.weekday()) % 7 * A_DAY
        if wanted < wall:
            wanted += A_DAY if self.weekday is None else 7 * A_DAY
        return shown_at(now.astimezone(UTC), wanted, zone)

    def __str__(self) -> str:
        """As it is written."""
        day = "" if self.weekday is None else f"{WEEKDAYS[self.weekday]} "
        return f"until {day}{self.clock:%H:%M}"


def span_of(text: str) -> timedelta | None:
    """The time that ``text`` writes, or None."""
    found = DURATION.fullmatch(text.strip())
    span = int(found[1]) * UNITS[found[2]] if found else None
    return span if span and span <= LONGEST else None


def _span(value: object) -> timedelta:
    span = span_of(value) if isinstance(value, str) else None
    if span is None:
        raise wrong("is not a span of time", "write 3d, 4h or 30m, at most 366d")
    return span


def _wait(value: object) -> For | Until:
    text = value.strip().lower() if isinstance(value, str) else ""
    span = span_of(text)
    if span:
        return For(span)
    found = MOMENT.fullmatch(text)
    if not found:
        raise wrong("is not a wait", HINT)
    weekday = WEEKDAYS.index(found[1]) if found[1] else None
    return Until(time(int(found[2]), int(found[3])), weekday)


Span = Annotated[timedelta, PlainValidator(_span)]
Wait = Annotated[For | Until, PlainValidator(_wait)]
