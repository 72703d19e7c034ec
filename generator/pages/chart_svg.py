"""A drawing as SVG: one Altair chart for every series, and the few kilobytes left of its output.

Comes in: the rows of the chart's layers, worked out by ``chart``. Goes out: SVG with classes
instead of colours, plain coordinates instead of nested groups, and no ids but those of its title
and description. The classes travel through Vega as the colours of the marks: it writes what it
is given, and so each shape comes back under its own name.

vl-convert draws an empty chart rather than fail: every shape is counted against its row.
"""

from calendar import timegm
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil, isfinite, log
from statistics import fmean
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert
from babel import Locale

from generator.base.dates import percent
from generator.base.errors import OutsideError

Row: TypeAlias = dict[str, Any]
Point: TypeAlias = tuple[float, float]

SVG = "http://www.w3.org/2000/svg"
WIDTH, HEIGHT = 360, 230
LEFT, BOTTOM = 44, 20
TEXT = 11.5  # px at a width of 360: 10.5 in a phone's page with margins; less where it is wider
DROP = 4  # from the middle of a line of text to its baseline
LAYERS = ("corridor", "rules", "today", "lines", "strokes", "marks", "keys", "texts")
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
PATHS = ("corridor", "lines")  # layers whose rows are points of a path, not shapes
GROUND = ("sp-corridor", "sp-grid")
SIGNALS = ("first", "last", "low", "high", "days", "day_format", "levels")


@dataclass(frozen=True, slots=True)
class Plot:
    """The area of the lines, in px from its upper left corner; ``low`` and ``high`` in percent."""

    first: date
    last: date
    low: float
    high: float
    width: float
    height: float

    def x(self, day: date) -> float:
        """Where ``day`` stands."""
        return (day - self.first).days / (self.last - self.first).days * self.width

    def y(self, level: float) -> float:
        """Where ``level`` stands; the scale is logarithmic."""
        return log(self.high / level) / log(self.high / self.low) * self.height


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn: the plot, the ticks of its axes and the rows of each layer.

    Every row has ``c``, the classes of its shape. ``corridor`` (x, y, y2), ``rules`` (y),
    ``today`` (x), ``lines`` (x, y; a path for each ``k``) and ``marks`` (x, y, shape, size) count
    in milliseconds and percents; ``strokes`` (x, y, x2, y2), ``keys`` (x, y, shape, size) and
    ``texts`` (x, y, text, align) in px of the plot.
    """

    plot: Plot
    days: list[date]
    day_format: str
    levels: list[int]
    rows: dict[str, list[Row]]


def level_ticks(plot: Plot) -> list[int]:
    """Round percents for the axis of levels, the roundest first, none too near another."""
    chosen: list[int] = []
    for level in ROUND:
        if plot.low <= level <= plot.high:
            y = plot.y(level)
            if all(abs(y - plot.y(other)) >= LEVEL_GAP for other in chosen):
                chosen.append(level)
    return sorted(chosen)


def day_ticks(plot: Plot, free: float, locale: str) -> tuple[list[date], str]:
    """Days for the axis of time and their format; no text of theirs reaches beyond ``free`` px."""
    a_day = plot.width / (plot.last - plot.first).days
    pattern = Locale.parse(locale).datetime_skeletons["MMMd"].pattern
    near = "%B %-d" if pattern.find("M") < pattern.find("d") else "%-d %B"
    for days, months, width in STEPS:
        if a_day * (days + months * 30) >= width:
            break
    form = near if days else "%b %Y" if months < YEAR else "%Y"
    every = _each(plot, days) if days else _firsts(plot, months)
    return [day for day in every if plot.x(day) + (width - 6) / 2 <= free], form


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
    places = [(x, y) for y in middles for x in columns]

    def covered(place: tuple[int, float]) -> int:
        left, middle = place
        near = (x for x, y in taken if abs(y - middle) < CLEAR)
        return sum(left - 4 <= x <= left + width + 4 for x in near)

    return min(places, key=covered)


class Renderer:
    """Draws in one locale; the chart is compiled once."""

    def __init__(self, locale: str) -> None:
        self._vega: dict[str, Any] = vl_convert.vegalite_to_vega(_chart().to_dict())
        self._numbers, self._times = _number_locale(locale), _time_locale(locale)

    def shapes(self, drawing: Drawing) -> list[ET.Element]:
        """The shapes of ``drawing`` in the order in which they are painted.

        Raises:
            OutsideError: vl-convert failed, or left something out.
        """
        try:
            svg = vl_convert.vega_to_svg(
                _filled(self._vega, drawing),
                allowed_base_urls=[],
                format_locale=self._numbers,
                time_format_locale=self._times,
            )
        except ValueError as error:
            raise OutsideError(f"vl-convert could not draw a chart: {error}") from error
        found = list(_found(ET.fromstring(svg), 0, 0))  # noqa: S314 - our own renderer's output
        _check(drawing, found)
        return _merged([_shape(one) for one in found])


def svg_text(shapes: Iterable[ET.Element], name: str, title: str, desc: str) -> str:
    """The whole ``<svg>``; its ids begin with ``name``, which is unique in the page."""
    ids = {"title": f"{name}-title", "desc": f"{name}-desc"}
    frame = {"xmlns": SVG, "class": "sp-chart", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"}
    other = {"aria-labelledby": " ".join(ids.values()), "font-size": str(TEXT), "fill": "none"}
    root = ET.Element("svg", frame | other)
    for tag, text in (("title", title), ("desc", desc)):
        ET.SubElement(root, tag, {"id": ids[tag]}).text = text
    root.extend(shapes)
    return ET.tostring(root, encoding="unicode")


def millis(day: date) -> int:
    """A day as Vega counts time: in UTC, wherever the machine stands."""
    return timegm(day.timetuple()) * 1000


def _chart() -> alt.LayerChart:
    """The chart of any series. Nothing in it depends on the width of a text.

    vl-convert would measure it with the fonts of the machine, and with them the bytes would vary.
    """
    chart: alt.LayerChart = (
        alt.layer(*_layers())
        .add_params(*(alt.param(name=name, value=0) for name in SIGNALS))
        .properties(width=1, height=1, autosize="none", padding=0)
        .configure(aria=False, view=alt.ViewConfig(stroke=None))
    )
    return chart


def _layers() -> list[alt.Chart]:
    """The layers from the ground up; those in px have no scale."""
    day, level = _day(), _level()
    across, down = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    symbol = {"shape": alt.Shape("shape:N", scale=None), "size": alt.Size("size:Q", scale=None)}
    return [
        _layer("corridor", "area", x=day, y=level, y2="y2"),
        _layer("rules", "rule", y=level),
        _layer("today", "rule", x=day),
        _layer("lines", "line", x=day, y=level, detail="k:N"),
        _layer("strokes", "rule", x=across, y=down, x2="x2", y2="y2"),
        _layer("marks", "point", x=day, y=level, **symbol),
        _layer("keys", "point", x=across, y=down, **symbol),
        _layer("texts", "text", x=across, y=down, text="text:N"),
    ]


def _layer(name: str, kind: Any, **channels: Any) -> alt.Chart:  # noqa: ANN401 - Altair's own
    text: dict[str, Any] = {"align": alt.ExprRef("datum.align"), "baseline": "alphabetic"}
    mark = alt.MarkDef(kind, **(text if kind == "text" else {}))
    color = alt.Color("c:N", scale=None, legend=None)
    return alt.Chart(alt.NamedData(name), mark=mark, name=name).encode(color=color, **channels)


def _day() -> alt.X:
    scale = alt.Scale(type="utc", domain=[alt.ExprRef("first"), alt.ExprRef("last")])
    shown = "utcFormat(datum.value, day_format)"
    axis = _axis(values=alt.ExprRef("days"), labelExpr=shown, grid=False, labelPadding=BOTTOM - 5)
    return alt.X("x:T", scale=scale, axis=axis)


def _level() -> alt.Y:
    domain = [alt.ExprRef("low"), alt.ExprRef("high")]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    shown = "format(datum.value / 100, ',.0%')"
    axis = _axis(values=alt.ExprRef("levels"), labelExpr=shown, labelPadding=6, labelOffset=DROP)
    return alt.Y("y:Q", scale=scale, axis=axis)


def _axis(**options: Any) -> alt.Axis:  # noqa: ANN401 - Altair's own
    return alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        gridColor="sp-grid",
        labelColor="sp-axis",
        labelBaseline="alphabetic",
        labelFontSize=TEXT,
        labelOverlap=False,
        labelFlush=False,
        labelLimit=0,
        translate=0,
        **options,
    )


def _number_locale(locale: str) -> dict[str, Any]:
    """Babel's numbers for d3: the chart writes them as the page around it does."""
    symbols = Locale.parse(locale).number_symbols["latn"]
    return {
        "decimal": symbols["decimal"],
        "thousands": symbols["group"],
        "grouping": [3],
        "currency": ["", ""],
        "percent": percent(Decimal(0), locale).removeprefix("0"),
    }


def _time_locale(locale: str) -> dict[str, Any]:
    """Babel's months for d3: ``%b`` is one that stands alone (март), ``%B`` follows a day (мар.).

    d3's own Russian has a single short form, and abbreviates otherwise than the page.
    """
    months = Locale.parse(locale).months
    alone, after = (list(months[use]["abbreviated"].values()) for use in ("stand-alone", "format"))
    unused = {"dateTime": "", "date": "", "time": "", "periods": ["", ""]}
    week = {"days": [""] * 7, "shortDays": [""] * 7}
    return {**unused, **week, "months": after, "shortMonths": alone}


def _filled(vega: dict[str, Any], drawing: Drawing) -> dict[str, Any]:
    """The compiled chart with the rows and scales of one drawing; ``vega`` stays as it is."""
    plot, rows = drawing.plot, drawing.rows
    scales = (millis(plot.first), millis(plot.last), plot.low, plot.high)
    ticks = ([millis(day) for day in drawing.days], drawing.day_format, drawing.levels)
    signals = dict(zip(SIGNALS, scales + ticks, strict=True))
    return {
        **vega,
        "width": plot.width,
        "height": plot.height,
        "padding": {"left": LEFT, "top": HEIGHT - BOTTOM - plot.height},
        "signals": [{**one, "value": signals[one["name"]]} for one in vega["signals"]],
        "data": [
            {**one, "values": rows[one["name"]]} if one["name"] in rows else one
            for one in vega["data"]
        ],
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """An element that has a class; ``x`` and ``y`` are the origin of its coordinates."""

    element: ET.Element
    paint: str
    x: float
    y: float

    def get(self, name: str) -> str:
        """An attribute of the element, or nothing."""
        return self.element.get(name, "")

    def points(self) -> list[Point]:
        """The points of a path of straight lines, counted from the origin of the chart."""
        _, *pairs = self.get("d").replace("M", "L").split("L")
        places = (pair.rstrip("Z").split(",") for pair in pairs)
        return [(self.x + float(x), self.y + float(y)) for x, y in places]


def _found(element: ET.Element, x: float, y: float) -> Iterator[_Found]:
    across, _, down = element.get("transform", "")[len("translate(") : -1].partition(",")
    x, y = x + float(across or 0), y + float(down or 0)
    for paint in (element.get("fill", ""), element.get("stroke", "")):
        if paint.startswith("sp-"):
            yield _Found(element, paint, x, y)
    for child in element:
        yield from _found(child, x, y)


def _check(drawing: Drawing, found: list[_Found]) -> None:
    """Raise unless every row has become a shape of its class, or a point of its line."""
    expected = Counter({"sp-axis": len(drawing.days) + len(drawing.levels)})
    expected["sp-grid"] = len(drawing.levels)
    for layer, rows in drawing.rows.items():
        single = {row["k"]: row for row in rows}.values() if layer in PATHS else rows
        expected.update(row["c"] for row in single)
    drawn = Counter(one.paint for one in found)
    differ = {c for c in expected | drawn if expected[c] != drawn[c]}
    lines = {row["c"] for row in drawing.rows["lines"]} - differ
    points = sum(isfinite(y) for one in found if one.paint in lines for _, y in one.points())
    if differ or points != len(drawing.rows["lines"]):
        what = ", ".join(sorted(differ)) or "points of lines"
        raise OutsideError(f"vl-convert drew a chart without all of its marks: {what}")


def _shape(one: _Found) -> ET.Element:
    """The element with its class and absolute coordinates, and nothing else."""
    tag, d = one.element.tag.rpartition("}")[2], one.get("d")
    if tag == "text":
        anchor = one.get("text-anchor")
        turned = {} if anchor == "start" else {"text-anchor": anchor}
        shape = ET.Element("text", {"class": one.paint, "x": _n(one.x), "y": _n(one.y), **turned})
        shape.text = one.element.text
        return shape
    if "A" in d:  # Vega draws a circle as two arcs from its rightmost point
        place = {"cx": _n(one.x), "cy": _n(one.y), "r": _n(float(d[1 : d.index(",")]))}
        return ET.Element("circle", {"class": one.paint, **place})
    if tag == "line":
        end = one.x + float(one.get("x2") or 0), one.y + float(one.get("y2") or 0)
        return ET.Element("path", {"class": one.paint, "d": _path([(one.x, one.y), end])})
    closed = "z" if d.endswith("Z") else ""
    return ET.Element("path", {"class": one.paint, "d": _path(one.points()) + closed})


def _path(points: list[Point]) -> str:
    """Path data in tenths of a px, each point counted from the one before: half the bytes."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = [(x - u, y - v) for (u, v), (x, y) in pairwise(tenths)]
    (x, y), *_ = tenths
    numbers = [_n(number / 10) for step in steps for number in step]
    joined = "".join(text if text[0] == "-" else f" {text}" for text in numbers)
    return f"M{_n(x / 10)} {_n(y / 10)}" + (f"l{joined.lstrip()}" if steps else "")


def _n(number: float) -> str:
    """A number as SVG needs it: one decimal, no zero that can be left out."""
    text = f"{round(number, 1) + 0.0:g}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _merged(shapes: list[ET.Element]) -> list[ET.Element]:
    """The shapes with the grid as one path, which Vega would hide under the corridor."""
    by_class = {name: [one for one in shapes if one.get("class") == name] for name in GROUND}
    lines = "".join(one.get("d", "") for one in by_class["sp-grid"])
    grid = ET.Element("path", {"class": "sp-grid", "d": lines})
    rest = (one for one in shapes if one.get("class") not in GROUND)
    return [*by_class["sp-corridor"], grid, *rest]
