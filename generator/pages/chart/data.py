"""What a chart shows: levels in percent of the initial fixing, thinned to what can be seen."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import TypeAlias

from generator.base.dates import add_months, rounded_down
from generator.content import Outcome, Series, Terms, Underlying
from generator.data import Quotes
from generator.strategy import Course

BUCKETS = 55  # each gives its lowest and its highest point: about 110 of a line
NAMED = 12  # as many names fit beside the plot

Points: TypeAlias = tuple[tuple[date, float], ...]
Values: TypeAlias = list[float]  # on the last days of a list of days: a course may begin later


@dataclass(frozen=True, slots=True)
class Line:
    """The course of one underlying in percent of its initial fixing, by ascending days."""

    label: str
    points: Points


@dataclass(frozen=True, slots=True)
class Mark:
    """An observation that was made: the basket's percent of initial, and what it gave."""

    date: date
    percent: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ChartData:
    """What the drawing of one series needs; levels are percents of the initial fixings.

    ``basket`` is empty where a single underlying is the basket. ``level`` is that of the day
    ``on``: today's or, when the series is ``over``, that of its last observation; it is rounded
    down, so that it never seems to have reached a barrier that it missed.
    """

    id: str
    names: Mapping[str, str]
    first: date
    last: date
    rule: str
    lines: tuple[Line, ...]
    basket: Points
    barrier: Decimal
    floor: Decimal
    marks: tuple[Mark, ...]
    pending: int
    over: bool
    on: date
    level: Decimal


def chart_data(series: Series, course: Course, quotes: Quotes) -> ChartData:
    """What the chart of ``series`` shows as of ``course.as_of``.

    It starts a period before the first observation, or where the quotes begin, and ends at the
    day of the course, but not later than a month after the last observation.
    """
    terms = course.terms
    first, last = _span(course, quotes)
    observed = [observation.date for observation in course.observations]
    days, courses = _courses(terms, quotes, (first, last), observed)
    basket = _basket(courses, terms.basket) if len(courses) > 1 else []
    made = course.observations
    standing = course.level or made[-1].level
    return ChartData(
        id=series.id,
        names=series.names,
        first=first,
        last=last,
        rule=terms.basket,
        lines=tuple(
            Line(_label(underlying), _thinned(days, values, observed))
            for underlying, values in zip(terms.underlyings, courses, strict=True)
        ),
        basket=_thinned(days, basket, observed) if basket else (),
        barrier=terms.barrier,
        floor=terms.floor,
        marks=tuple(Mark(o.date, float(o.level.performance * 100), o.outcome) for o in made),
        pending=len(course.pending),
        over=course.level is None,
        on=course.as_of if course.level else made[-1].date,
        level=rounded_down(standing.performance),
    )


def _span(course: Course, quotes: Quotes) -> tuple[date, date]:
    schedule = course.terms.schedule
    dates = schedule.dates()
    last = min(course.as_of, add_months(dates[-1], 1))
    begun = [quotes.days[u.ticker][0] for u in course.terms.underlyings if u.ticker in quotes.days]
    first = max(add_months(dates[0], -schedule.every_months), min(begun, default=last))
    # A series may be shown before it begins, and a chart without width would show nothing.
    return (first if first < last else add_months(last, -1)), last


def _courses(
    terms: Terms, quotes: Quotes, span: tuple[date, date], observed: list[date]
) -> tuple[list[date], list[Values]]:
    """The days on which anything was traded or observed, and each underlying's percent on them.

    A day without a close takes the last one before it; a course begins with its first close.
    """
    first, last = span
    known = [_percents(underlying, quotes, span) for underlying in terms.underlyings]
    days = sorted({first, last, *observed, *chain.from_iterable(known)})
    return days, [_filled(days, percents) for percents in known]


def _percents(underlying: Underlying, quotes: Quotes, span: tuple[date, date]) -> dict[date, float]:
    """The underlying's percent on each day with a close, and on the first if it is known by then.

    In floats, straight from the text: fractions of thousands of closes cost as much as a drawing.
    """
    first, last = span
    initial = float(underlying.initial)
    before = quotes.on_or_before(underlying.ticker, first)
    start = {first: float(before.close) / initial * 100} if before else {}
    closes = quotes.between(underlying.ticker, first, last)
    return start | {day: float(close) / initial * 100 for day, close in closes}


def _filled(days: list[date], percents: dict[date, float]) -> Values:
    values: Values = []
    value = None
    for day in days:
        value = percents.get(day, value)
        if value is not None:
            values.append(value)
    return values


def _basket(courses: list[Values], rule: str) -> Values:
    level = min if rule == "worst-of" else _mean
    known = min(map(len, courses))
    return [level(values) for values in zip(*(c[len(c) - known :] for c in courses), strict=True)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _thinned(days: list[date], values: Values, observed: list[date]) -> Points:
    """The course by the extremes of each bucket, with the observations and both ends."""
    days = days[len(days) - len(values) :]
    if len(days) <= 2 * BUCKETS:
        return tuple(zip(days, values, strict=True))
    kept = {0, len(days) - 1, *(bisect_left(days, day) for day in observed)}
    size = -(-len(days) // BUCKETS)
    for start in range(0, len(days), size):
        bucket = range(start, min(start + size, len(days)))
        kept.add(min(bucket, key=values.__getitem__))
        kept.add(max(reversed(bucket), key=values.__getitem__))
    return tuple((days[place], values[place]) for place in sorted(kept))


def _label(underlying: Underlying) -> str:
    """The name for a line's end: the ticker where the name would take a third of the chart."""
    return underlying.name if len(underlying.name) <= NAMED else underlying.ticker[:NAMED]
