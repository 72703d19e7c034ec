"""Where each thing of a chart stands: a series' data as rows of the chart's layers.

The scale of levels is logarithmic. A share that rose fivefold would otherwise press the barrier
and the floor of its series, a third apart, into a tenth of the height; and equal steps are equal
gains. Lines are named at their ends, so that nobody has to match colours with a legend.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, pairwise
from math import exp, log
from typing import NamedTuple, TypeAlias

from babel.numbers import format_decimal

from generator.base.dates import percent
from generator.base.money import NBSP
from generator.content import Outcome
from generator.pages.chart.data import NAMED, ChartData, Points
from generator.pages.chart.plot import (
    BOTTOM,
    DROP,
    HEIGHT,
    LAYERS,
    LEFT,
    WIDTH,
    Drawing,
    Plot,
    Point,
    Row,
    Text,
    day_text,
    day_ticks,
    freest,
    level_ticks,
    spread,
    track,
)

COLOURS = 6  # of lines; a seventh underlying is told from the first by its name alone

# Lengths in px at a width of 360. Letters are as wide as in DejaVu Sans, the widest font likely.
LETTER, WIDE, LINE, CAPTION, KEY = 7.4, 10.4, 13, 18, 15
DAYS = BOTTOM - 5 - DROP  # from the plot to the middle of the texts of its days
LEADER = 13  # from the plot to the names at the ends of the lines
SAMPLE = 18  # a symbol of the legend and the gap after it
SHAPES = {Outcome.ACCRUED: ("circle", 0), Outcome.SAVED: ("diamond", 1)}  # grown to look as large

Part: TypeAlias = Iterator[tuple[str, Row] | Text]


class Voice(NamedTuple):
    """A language of charts: its words, and how it writes numbers and days."""

    words: Mapping[str, str]
    locale: str


class _Key(NamedTuple):
    """An entry of the legend: what it explains, its place in px and in rows."""

    kind: str
    text: str
    x: float
    row: int


class _End(NamedTuple):
    """A text beside the end of a line."""

    level: float
    text: str
    c: str


def drawing(data: ChartData, voice: Voice, others: Sequence[Voice] = ()) -> Drawing:
    """Where everything stands; within a layer, what comes first is painted first.

    Texts get the room that they need in any of the languages, so that only they differ.
    """
    (words, locale), voices = voice, (voice, *others)
    keys, ends = _keys(data, words, voices), _ends(data, locale)
    written = [end.text for one in voices for end in _ends(data, one.locale)]
    margin = LEADER + max(map(_width, written), default=0)
    height = HEIGHT - BOTTOM - 8 - KEY * (keys[-1].row + 1 if keys else 0)
    plot = _plot(data, WIDTH - LEFT - margin, height)
    tracks = [[(plot.x(day), plot.y(value)) for day, value in line] for line in _curves(data)]
    today = "" if data.over else words["today"].format(date=_short_date(data.on, locale))
    parts = (
        _axis_rows(plot, plot.width - _width(today) / 2, locale),
        _level_rows(data, plot),
        _line_rows(data, tracks),
        _end_rows(ends, plot),
        _today_rows(data, plot, today),
        _mark_rows(data, plot),
        _key_rows(keys, plot),
        _caption_rows(data, plot, tracks, words, locale),
    )
    rows: dict[str, list[Row]] = {layer: [] for layer in LAYERS}
    texts = list[Text]()
    for part in chain.from_iterable(parts):
        if isinstance(part, Text):
            texts.append(part)
        else:
            rows[part[0]].append(part[1])
    return Drawing(plot, rows, texts)


def _plot(data: ChartData, width: float, height: float) -> Plot:
    """A plot of every line, with room for a caption over the barrier and one under the floor."""
    levels = [log(level) for level in _levels(data).values()]
    drawn = [log(value) for points in _curves(data) for _, value in points]
    low, high = min(drawn + levels), max(drawn + levels)
    edge, room = max((high - low) / 30, 0.01), CAPTION / height
    top, ground = max(levels, default=low), min(levels, default=high)
    high = max(high + edge, (top - room * low) / (1 - room))
    low = min(low - edge, (ground - room * high) / (1 - room))
    return Plot(data.first, data.last, exp(low), exp(high), width, height)


def _curves(data: ChartData) -> list[Points]:
    return [*([data.basket] if data.basket else []), *(line.points for line in data.lines)]


def _levels(data: ChartData) -> dict[str, Decimal]:
    """Barrier and floor, as far as there are such: a level of 0 is always reached."""
    levels = {"barrier": data.barrier, "floor": data.floor}
    return {key: level for key, level in levels.items() if level}


def _colour(place: int) -> str:
    return f"sp-line-{place % COLOURS + 1}"


def _axis_rows(plot: Plot, free: float, locale: str) -> Part:
    for day, text in day_ticks(plot, free, locale):
        yield _text("sp-axis", plot.x(day), plot.height + DAYS, text, "middle")
    sign = percent(Decimal(0), locale).removeprefix("0")
    for level in level_ticks(plot):
        y = plot.y(level)
        yield "strokes", _row("sp-grid", x=0, y=round(y), x2=plot.width, y2=round(y))
        yield _text("sp-axis", -6, y, format_decimal(level, locale=locale) + sign, "end")


def _level_rows(data: ChartData, plot: Plot) -> Part:
    levels = {key: float(level) for key, level in _levels(data).items()}
    for key, level in levels.items():
        y = plot.y(level)
        yield "strokes", _row(f"sp-{key}", x=plot.width, y=y, x2=0, y2=y)
    if "floor" in levels:
        low, high = plot.y(levels["floor"]), plot.y(levels["barrier"])
        corners = [(0, low), (0, high), (plot.width, high), (plot.width, low)]
        yield "lines", _line("sp-corridor", corners)


def _line_rows(data: ChartData, tracks: list[list[Point]]) -> Part:
    classes = [f"sp-basket sp-{data.rule}"] if data.basket else []
    classes += [f"sp-line {_colour(place)}" for place in range(len(data.lines))]
    for c, points in zip(classes, tracks, strict=True):
        yield "lines", _line(c, points)


def _mark_rows(data: ChartData, plot: Plot) -> Part:
    places = [plot.x(mark.date) for mark in data.marks]
    nearest = min((right - left for left, right in pairwise(places)), default=WIDTH)
    radius = max(2, min(4, int(nearest) / 2))
    for mark, x in zip(data.marks, places, strict=True):
        place = {"x": x, "y": plot.y(mark.percent)}
        symbol = _symbol(mark.outcome, radius)
        yield "symbols", _row(f"sp-mark sp-{mark.outcome}", **place, **symbol)


def _symbol(outcome: Outcome, radius: float) -> Row:
    shape, grown = SHAPES[outcome]
    return {"shape": shape, "size": (2 * (radius + grown)) ** 2}


def _today_rows(data: ChartData, plot: Plot, text: str) -> Part:
    if data.over:
        return
    x = plot.width
    yield "strokes", _row("sp-today", x=x, y=0, x2=x, y2=plot.height)
    yield "symbols", _row("sp-now", x=x, y=plot.y(_standing(data)), shape="circle", size=121)
    middle = min(x, WIDTH - LEFT - 2 - _width(text) / 2)
    yield _text("sp-day", middle, plot.height + DAYS, text, "middle")


def _ends(data: ChartData, locale: str) -> list[_End]:
    """What stands beside the plot: today's level, and the names unless there are too many."""
    level = [] if data.over else [_End(_standing(data), percent(data.level, locale), "sp-level")]
    names = [_End(line.points[-1][1], line.label, _colour(k)) for k, line in enumerate(data.lines)]
    return level + (names if len(names) <= NAMED else [])


def _standing(data: ChartData) -> float:
    """Where the basket ends, in percent and not rounded."""
    return _curves(data)[0][-1][1]


def _end_rows(ends: list[_End], plot: Plot) -> Part:
    ordered = sorted(ends, key=lambda end: round(plot.y(end.level)))
    wanted = [plot.y(end.level) for end in ordered]
    for end, y, place in zip(ordered, wanted, spread(wanted, LINE, plot.height), strict=True):
        leader = {"x": plot.width, "y": y, "x2": plot.width + LEADER - 4, "y2": place}
        yield "strokes", _row(f"sp-leader {end.c}", **leader)
        yield _text(f"sp-label {end.c}", plot.width + LEADER - 2, place, end.text)


def _keys(data: ChartData, words: Mapping[str, str], voices: Sequence[Voice]) -> list[_Key]:
    """The legend, in as many rows as its texts need in the language that needs most."""
    present = {mark.outcome for mark in data.marks}
    kinds = [outcome.value for outcome in Outcome if outcome in present]
    keys: list[_Key] = []
    x, row = 4.0, 0
    for kind in [*kinds, *([data.rule] if data.basket else [])]:
        width = SAMPLE + max(_width(voice.words[kind]) for voice in voices)
        if x + width > WIDTH:
            x, row = 4.0, row + 1
        keys.append(_Key(kind, words[kind], x - LEFT, row))
        x += width + 10
    return keys


def _key_rows(keys: list[_Key], plot: Plot) -> Part:
    for key in keys:
        y = KEY * (key.row + 0.6) - plot.top
        if key.kind in set(Outcome):
            symbol = _symbol(Outcome(key.kind), 4)
            yield "symbols", _row(f"sp-sample sp-{key.kind}", x=key.x + 6, y=y, **symbol)
        else:
            ends = {"x": key.x + 2, "y": y, "x2": key.x + SAMPLE - 6, "y2": y}
            yield "strokes", _row(f"sp-sample sp-basket sp-{key.kind}", **ends)
        yield _text("sp-key", key.x + SAMPLE - 1, y, key.text)


def _caption_rows(
    data: ChartData, plot: Plot, tracks: list[list[Point]], words: Mapping[str, str], locale: str
) -> Part:
    """The captions of barrier and floor: outside the corridor, or within it where that is freer."""
    taken, levels = _taken(data, plot, tracks), _levels(data)
    heights = {key: plot.y(float(level)) for key, level in levels.items()}
    roomy = max(heights.values(), default=0) - min(heights.values(), default=0) > 2 * CAPTION
    for key, y in heights.items():
        text = words[key].format(level=percent(levels[key], locale))
        outside = -1 if key == "barrier" else 1
        middles = [y + side * CAPTION / 2 for side in (outside, -outside)[: 1 + roomy]]
        yield _text("sp-caption", *freest(taken, middles, _width(text), plot), text)


def _taken(data: ChartData, plot: Plot, tracks: list[list[Point]]) -> list[Point]:
    """Where the plot is drawn upon; a mark counts as much as five px of a line."""
    marks = [(plot.x(mark.date), plot.y(mark.percent)) for mark in data.marks]
    return [point for line in tracks for point in track(line)] + 5 * marks


def _line(c: str, points: list[Point]) -> Row:
    """A row that is drawn as a path through points; its size leaves it as large as it is."""
    path = "L".join([f"{x:.2f},{y:.2f}" for x, y in points])
    return _row(c, x=0, y=0, shape=f"M{path}", size=4)


def _row(c: str, **fields: float | str) -> Row:
    return {"c": c, **fields}


def _text(c: str, x: float, y: float, text: str, anchor: str = "start") -> Text:
    """A text whose middle has the height ``y``."""
    return Text(c, x, y + DROP, text, anchor)


def _width(text: str) -> float:
    return sum(WIDE if letter.isupper() or letter == "%" else LETTER for letter in text)


def _short_date(day: date, locale: str) -> str:
    return day_text(day, locale).replace(" ", NBSP)
