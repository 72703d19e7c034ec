"""The area of a chart's lines, its ticks, and where texts find room in it."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, isfinite, log
from statistics import fmean
from typing import Any, NamedTuple, TypeAlias

from babel.dates import format_date, format_skeleton

Row: TypeAlias = dict[str, Any]
Point: TypeAlias = tuple[float, float]

WIDTH, HEIGHT = 360, 230
LEFT, BOTTOM = 44, 20
TEXT = 11.5  # px at a width of 360: 10.5 in a phone's page with margins; less where it is wider
DROP = 4  # from the middle of a line of text to its baseline
LAYERS = ("lines", "strokes", "symbols")
LEVEL_GAP = 24
CLEAR = 9  # px from the middle of a caption to a line that does not touch it
YEAR = 12
# Steps of the axis of time: days, months, and the px that the text of a tick needs.
STEPS = (
    *((days, 0, 53) for days in (1, 2, 7, 14)),
    *((0, months, 73) for months in (1, 3, 6)),
    *((0, months, 42) for months in (12, 24, 60, 240)),
)
# The roundest percents first; the last ones are for a series that hardly moved.
ROUND = (
    *(100, 50, 200, 25, 400, 10, 800, 1600, 3200, 70, 150, 300, 80, 120, 90, 110, 60, 130, 140),
    *(85, 95, 105, 115, 125, 75, 250, 500, 600, 1000, 5, 2, 1, 98, 102, 99, 101),
)


@dataclass(frozen=True, slots=True)
class Plot:
    """The area of the lines, in px from its upper left corner; ``low`` and ``high`` in percent."""

    first: date
    last: date
    low: float
    high: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """The px above the plot."""
        return HEIGHT - BOTTOM - self.height

    def x(self, day: date) -> float:
        """Where ``day`` stands."""
        return (day - self.first).days / (self.last - self.first).days * self.width

    def y(self, level: float) -> float:
        """Where ``level`` stands; the scale is logarithmic."""
        return log(self.high / level) / log(self.high / self.low) * self.height


class Text(NamedTuple):
    """A text by its baseline, in px of the plot; ``x`` is where its ``anchor`` stands."""

    c: str
    x: float
    y: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn: the plot, the rows of each layer and the texts over them.

    Every row has ``c``, the classes of its shape, and counts in px of the plot: ``strokes`` (x, y,
    x2, y2), ``symbols`` (x, y, shape, size), and ``lines``, symbols whose shape is a path.
    """

    plot: Plot
    rows: dict[str, list[Row]]
    texts: list[Text]

    def nowhere(self) -> set[str]:
        """The classes of shapes that have no place, as a level that is no number has none."""
        rows = (row for layer in LAYERS for row in self.rows[layer])
        return {row["c"] for row in rows if any(map(_is_nowhere, row.values()))}

    def has_shapes_of(self, other: "Drawing") -> bool:
        """Whether the two differ in nothing but texts."""
        return self.plot == other.plot and self.rows == other.rows


def _is_nowhere(value: float | str) -> bool:
    return "nan" in value if isinstance(value, str) else not isfinite(value)


def level_ticks(plot: Plot) -> list[int]:
    """Round percents for the axis of levels, the roundest first, none too near another."""
    chosen: dict[int, float] = {}
    for level in ROUND:
        if plot.low <= level <= plot.high:
            y = plot.y(level)
            if all(abs(y - other) >= LEVEL_GAP for other in chosen.values()):
                chosen[level] = y
    return sorted(chosen)


def day_ticks(plot: Plot, free: float, locale: str) -> list[tuple[date, str]]:
    """Days for the axis of time and their texts, none of which reaches beyond ``free`` px."""
    a_day = plot.width / (plot.last - plot.first).days
    for days, months, width in STEPS:
        if a_day * (days + months * 30) >= width:
            break
    every = _each(plot, days) if days else _firsts(plot, months)
    kept = [day for day in every if plot.x(day) + (width - 6) / 2 <= free]
    if days:
        return [(day, day_text(day, locale)) for day in kept]
    form = "LLL y" if months < YEAR else "y"  # in Russian, a month without a day is another word
    return [(day, format_date(day, form, locale)) for day in kept]


def day_text(day: date, locale: str) -> str:
    """``2 дек.`` or ``Dec 2``."""
    return str(format_skeleton("MMMd", day, locale=locale))


def _each(plot: Plot, days: int) -> list[date]:
    return [plot.first + timedelta(k) for k in range(0, (plot.last - plot.first).days + 1, days)]


def _firsts(plot: Plot, months: int) -> list[date]:
    """The first days of every ``months``-th month, counted from January of the year 0."""
    first, last = (day.year * YEAR + day.month - 1 for day in (plot.first, plot.last))
    found = [date(k // YEAR, k % YEAR + 1, 1) for k in range(first, last + 1) if not k % months]
    return [day for day in found if day >= plot.first]


def spread(wanted: list[float], gap: float, height: float) -> list[float]:
    """Ascending places at least ``gap`` apart, as near to the ``wanted`` ones as can be.

    Source: isotonic regression by pooling adjacent violators, of the places less their gaps.
    """
    pools: list[list[float]] = []
    for place, want in enumerate(wanted):
        pools.append([want - place * gap])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    eased = [fmean(pool) for pool in pools for _ in pool]
    lowest = height - gap * (len(wanted) - 1)
    return [max(0, min(place, lowest)) + k * gap for k, place in enumerate(eased)]


def track(points: list[Point]) -> list[Point]:
    """A course at every other px, for seeing what it runs through."""
    return [
        (x, v + (y - v) * (x - u) / (z - u))
        for (u, v), (z, y) in pairwise(points)
        for x in range(2 * ceil(u / 2), ceil(z), 2)
    ]


def freest(taken: list[Point], middles: list[float], width: float, plot: Plot) -> Point:
    """Where a text of ``width`` px with its middle at one of ``middles`` covers least."""
    columns = range(4, max(5, int(plot.width - width) - 6), 6)
    near = {here: sorted(x for x, y in taken if abs(y - here) < CLEAR) for here in middles}

    def covered(place: tuple[int, float]) -> int:
        left, middle = place
        across = near[middle]
        return bisect_right(across, left + width + 4) - bisect_left(across, left - 4)

    return min(((x, y) for y in middles for x in columns), key=covered)
