"""The chart of a series: what it shows, its bytes, and whether everyone can read it."""

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from generator.base.errors import OutsideError
from generator.content import Outcome, Series, read_series
from generator.data import Quotes, read_quotes
from generator.pages.chart import (
    WORDS,
    ChartData,
    ChartMaker,
    Pen,
    Voice,
    chart_data,
    chart_words,
)
from generator.pages.chart.compiled import compiled
from generator.pages.chart.plot import Plot, spread
from generator.pages.chart.vega import COMPILED
from generator.strategy import Course, observe

ROOT = Path(__file__).parents[2]
AS_OF = date(2011, 12, 2)
STALE = 7
SVG = "{http://www.w3.org/2000/svg}"
CSS = (ROOT / "themes/default/styles/chart.css").read_text(encoding="utf-8")
RUSSIAN = {
    "title": "{name}: курс в процентах от начального уровня",
    "desc": "На {date} уровень — {level} начального; барьер {barrier}, нижняя граница {floor}. "
    "Наблюдения: начислено {accrued}, сохранено {saved}, впереди {pending}.",
    "desc_over": "Стратегия завершена. В последнее наблюдение, {date}, уровень был {level} "
    "начального; барьер {barrier}, нижняя граница {floor}. Наблюдения: начислено {accrued}, "
    "сохранено {saved}.",
    "barrier": "барьер {level}",
    "floor": "нижняя граница {level}",
    "today": "сегодня, {date}",
    "accrued": "Начислено",
    "saved": "Сохранено",
    "worst-of": "Слабейшая акция",
    "average": "Среднее",
}
LANGUAGES = {"ru": RUSSIAN, "en": WORDS}
STRATEGIES = sorted((ROOT / "content/strategies").glob("*.yaml"))
VECTORS = json.loads((ROOT / "tests/vectors/coupons-v1.json").read_text(encoding="utf-8"))
PAINTED = (  # what shapes are, from the ground up
    *("sp-corridor", "sp-grid", "sp-barrier", "sp-floor", "sp-today"),
    *("sp-basket", "sp-line", "sp-leader", "sp-now", "sp-mark"),
)
NAMES = [path.stem for path in STRATEGIES] + [f"vector-{k}" for k in range(len(VECTORS))]


@dataclass(frozen=True)
class Case:
    """A series as of a day, and what its chart is made from."""

    series: Series
    course: Course
    data: ChartData


@pytest.fixture(scope="session")
def quotes() -> Quotes:
    """The quotes of the sample."""
    return read_quotes(ROOT / "data/quotes.csv", ROOT, [])


@pytest.fixture(scope="session")
def makers() -> dict[str, ChartMaker]:
    """A maker for each language."""
    return {locale: ChartMaker(words, locale) for locale, words in LANGUAGES.items()}


@pytest.fixture(scope="session")
def cases(quotes: Quotes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """Every series of the sample, and every coupon vector."""
    folder = tmp_path_factory.mktemp("vectors")
    found = {path.stem: worked(read_series(path, ROOT), quotes, AS_OF) for path in STRATEGIES}
    for k, vector in enumerate(VECTORS):
        series = written(vector["series"], folder)
        found[f"vector-{k}"] = worked(series, quotes, date.fromisoformat(vector["as_of"]))
    return found


def worked(series: Series, quotes: Quotes, as_of: date) -> Case:
    """A case of ``series`` as of a day."""
    course = observe(series, quotes, as_of, STALE)
    return Case(series, course, chart_data(series, course, quotes))


def written(fields: dict[str, Any], folder: Path) -> Series:
    """The series with these fields of its file."""
    path = folder / f"{fields['id']}.yaml"
    path.write_text(json.dumps(fields), encoding="utf-8")
    return read_series(path, folder)


def terms(tickers: str = "A", **fields: object) -> dict[str, Any]:
    """The fields of a series of shares that cost 100 at first; a letter is a ticker."""
    return {
        "id": "made-up",
        "underlyings": [{"ticker": letter, "initial": "100"} for letter in tickers],
        "basket": "worst-of",
        "observations": {"first": "2020-04-01", "every_months": 3, "count": 4},
        "coupon_rate": "2",
        "barrier": "100",
        "floor": "70",
        "outcomes": {
            "above": {"outcome": "accrued"},
            "corridor": {"outcome": "saved"},
            "below": {"outcome": "saved"},
        },
    } | fields


def closes(tickers: str = "A", first: date = date(2020, 1, 1), days: int = 500) -> Quotes:
    """Daily closes that swing around 100 percent, each ticker in its own rhythm."""
    calendar = [first + timedelta(k) for k in range(days)]
    made = Quotes()
    for place, ticker in enumerate(tickers, 3):
        made.days[ticker] = calendar
        made.closes[ticker] = [f"{100 + 9 * math.sin(k / place / 4):.4f}" for k in range(days)]
    return made


def parsed(svg: str) -> ET.Element:
    """The root of a chart."""
    return ET.fromstring(svg)  # noqa: S314 - our own output


def having(root: ET.Element, name: str) -> list[ET.Element]:
    """The elements of a class, in the order in which they are painted."""
    return [element for element in root.iter() if name in element.get("class", "").split()]


def texts(root: ET.Element, name: str) -> list[str]:
    """The texts of a class."""
    found = (element for element in having(root, name) if element.tag == f"{SVG}text")
    return [element.text or "" for element in found]


def number(element: ET.Element, name: str) -> float:
    """An attribute that is a number."""
    return float(element.get(name, "nan"))


def points(element: ET.Element) -> list[tuple[float, float]]:
    """The corners of a path of relative lines."""
    start, _, steps = element.get("d", "").rstrip("z")[1:].partition("l")
    x, y = map(float, start.split())
    numbers = [float(text) for text in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", steps)]
    found = [(x, y)]
    for across, down in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + across, y + down
        found.append((x, y))
    return found


def middle(mark: ET.Element) -> tuple[float, float]:
    """The middle of a circle or a diamond."""
    if mark.tag == f"{SVG}circle":
        return number(mark, "cx"), number(mark, "cy")
    corners = points(mark)
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def test_what_is_drawn_from_is_what_the_chart_compiles_to() -> None:
    """The file that was put down by ``python -m generator.pages.chart.compiled``."""
    assert COMPILED.read_text(encoding="utf-8") == compiled()


@pytest.mark.parametrize("name", NAMES)
def test_marks_tell_each_observation(
    name: str, cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """An observation has one mark, a circle or a diamond, at the basket's level of its day."""
    case = cases[name]
    root = parsed(makers["en"].svg(case.data))
    marks = having(root, "sp-mark")
    made = case.course.observations
    assert [mark.get("class") for mark in marks] == [f"sp-mark sp-{o.outcome}" for o in made]
    tags = {Outcome.ACCRUED: f"{SVG}circle", Outcome.SAVED: f"{SVG}path"}
    assert [mark.tag for mark in marks] == [tags[o.outcome] for o in made]
    ticks = [one for one in having(root, "sp-axis") if one.get("text-anchor") == "end"]
    (low, bottom), *_, (high, top) = (
        (math.log(int((one.text or "").rstrip("%"))), number(one, "y") - 4) for one in ticks
    )
    (left, _), *_, (right, _) = points(having(root, "sp-line")[0])
    span = (case.data.last - case.data.first).days
    for mark, observation in zip(marks, made, strict=True):
        level = math.log(observation.level.performance * 100)
        y = bottom + (level - low) / (high - low) * (top - bottom)
        x = left + (observation.date - case.data.first).days / span * (right - left)
        assert middle(mark) == pytest.approx((x, y), abs=0.5)


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_named_at_their_ends(
    name: str, cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """Each underlying has a line, and beside its end a name of the line's class."""
    case = cases[name]
    root = parsed(makers["en"].svg(case.data))
    underlyings = case.course.terms.underlyings
    lines = having(root, "sp-line")
    assert [line.get("class") for line in lines] == [
        f"sp-line sp-line-{k}" for k in range(1, len(underlyings) + 1)
    ]
    named = {one.get("class"): one.text for one in having(root, "sp-label")}
    for k, underlying in enumerate(underlyings, 1):
        assert named[f"sp-label sp-line-{k}"] == underlying.name
    basket, sample = having(root, "sp-basket")
    assert basket.get("class") == f"sp-basket sp-{case.course.terms.basket}"
    assert sample.get("class") == f"sp-sample {basket.get('class')}"


@pytest.mark.parametrize("name", NAMES)
def test_course_keeps_what_matters(name: str, cases: dict[str, Case], quotes: Quotes) -> None:
    """The thinned course has the extremes, the days of observation and both ends."""
    case = cases[name]
    observed = {observation.date for observation in case.course.observations}
    span = case.data.first, case.data.last
    for underlying, line in zip(case.course.terms.underlyings, case.data.lines, strict=True):
        closed = [Fraction(close) for _, close in quotes.between(underlying.ticker, *span)]
        drawn = [value for _, value in line.points]
        assert len(drawn) <= 125 + len(observed)
        lowest, highest = (
            float(end / underlying.initial * 100) for end in (min(closed), max(closed))
        )
        assert min(drawn) <= lowest + 1e-9
        assert max(drawn) >= highest - 1e-9
        assert observed <= {day for day, _ in line.points}
        assert (line.points[0][0], line.points[-1][0]) == span


@pytest.mark.parametrize("name", NAMES)
def test_basket_passes_through_its_observations(name: str, cases: dict[str, Case]) -> None:
    """What is drawn of the basket in floats is what was observed in fractions."""
    case = cases[name]
    basket = dict(case.data.basket)
    for observation in case.course.observations:
        exact = float(observation.level.performance * 100)
        assert basket[observation.date] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_svg_is_small_and_bare(
    name: str, locale: str, cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """No colours, fonts, sizes or styles of its own, and few bytes."""
    svg = makers[locale].svg(cases[name].data)
    assert len(svg.encode()) < 14_000
    assert len(zlib.compress(svg.encode(), 9)) < 5_000
    root, *inner = parsed(svg).iter()
    assert set(root.attrib) == {
        "class",
        "viewBox",
        "role",
        "aria-labelledby",
        "font-size",
        "fill",
    }
    assert root.get("viewBox") == "0 0 360 230"
    assert float(root.get("font-size", 0)) * 328 / 360 >= 10.47
    kinds = {"path": {"d"}, "circle": {"cx", "cy", "r"}, "text": {"x", "y", "text-anchor"}}
    for element in inner:
        tag = element.tag.removeprefix(SVG)
        if tag not in {"title", "desc"}:
            assert set(element.attrib) <= kinds[tag] | {"class"}
            assert not re.search(r"\d\.\d\d|NaN|Infinity|\de-", " ".join(element.attrib.values()))
            assert element.get("class")


@pytest.mark.parametrize("name", NAMES)
def test_theme_styles_every_class(
    name: str, cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """The stylesheet knows the classes; two of them are hooks without a style."""
    known = set(re.findall(r"\.(sp-[a-z0-9-]+)", CSS)) | {"sp-mark", "sp-sample"}
    for element in parsed(makers["en"].svg(cases[name].data)).iter():
        assert set(element.get("class", "").split()) <= known


def boxes(root: ET.Element) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Each text with its box in px, in a font as wide as DejaVu Sans."""
    for element in root.iter(f"{SVG}text"):
        text, classes = element.text or "", element.get("class", "")
        bold = 1.12 if "sp-level" in classes or "sp-day" in classes else 1
        wide = sum(8.6 if letter.isupper() else 6.8 for letter in text) * bold
        share = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", "start"), 0)
        left, base = number(element, "x") - share * wide, number(element, "y")
        yield text, (left, base - 9, left + wide, base + 2.5)


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_texts_do_not_overlap(
    name: str, locale: str, cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """No text runs over another one or out of the picture."""
    found = list(boxes(parsed(makers[locale].svg(cases[name].data))))
    assert len(found) > 8
    for text, (left, top, right, bottom) in found:
        assert left >= 0, text
        assert top >= 0, text
        assert right <= 360, text
        assert bottom <= 230, text
    for (one, a), (other, b) in combinations(found, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one} over {other}"


@pytest.mark.parametrize(
    ("locale", "name", "day", "percents"),
    [
        ("en", "Growth Technologies", "December\xa02,\xa02011", ["170.09%", "100%", "70%"]),
        (
            "ru",
            "Технологии роста",
            "2\xa0декабря\xa02011\u202fг.",
            ["170,09\xa0%", "100\xa0%", "70\xa0%"],
        ),
    ],
)
def test_title_and_description(
    locale: str,
    name: str,
    day: str,
    percents: list[str],
    cases: dict[str, Case],
    makers: dict[str, ChartMaker],
) -> None:
    """The essence in words, in the page's language, tied to the picture."""
    root = parsed(makers[locale].svg(cases["tech-2009-03"].data))
    title, desc = root[0], root[1]
    assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    words = LANGUAGES[locale]
    assert title.text == words["title"].format(name=name)
    level, barrier, floor = percents
    levels = {"level": level, "barrier": barrier, "floor": floor}
    assert desc.text == words["desc"].format(date=day, accrued=11, saved=0, pending=1, **levels)


def test_ids_of_two_charts_differ(cases: dict[str, Case], makers: dict[str, ChartMaker]) -> None:
    """Charts can share a page: ids are few, and begin with the id of the series."""
    found = []
    for name in ("tech-2009-03", "pair-2010-12"):
        root = parsed(makers["ru"].svg(cases[name].data))
        ids = [element.get("id", "") for element in root.iter() if element.get("id")]
        assert ids == [f"sp-chart-{name}-title", f"sp-chart-{name}-desc"]
        found += ids
    assert len(set(found)) == 4


@pytest.mark.parametrize(
    ("locale", "name", "level", "days"),
    [
        ("ru", "pair-2010-12", "100\xa0%", ["янв. 2011", "июль 2011"]),
        ("en", "pair-2010-12", "100%", ["Jan 2011", "Jul 2011"]),
        ("ru", "mobile-2011-11", "80\xa0%", ["15 нояб.", "22 нояб."]),
        ("en", "mobile-2011-11", "80%", ["Nov 15", "Nov 22"]),
        ("ru", "global-2007-12", "150\xa0%", ["2008", "2009", "2010"]),
    ],
)
def test_axes_speak_the_language(
    locale: str,
    name: str,
    level: str,
    days: list[str],
    cases: dict[str, Case],
    makers: dict[str, ChartMaker],
) -> None:
    """Months stand in the right case and order, and a percent sign keeps to its number."""
    root = parsed(makers[locale].svg(cases[name].data))
    axis = having(root, "sp-axis")
    assert [one.text for one in axis if one.get("text-anchor") == "middle"] == days
    assert level in [one.text for one in axis if one.get("text-anchor") == "end"]


@pytest.mark.parametrize(("locale", "level"), [("ru", "1\xa0600\xa0%"), ("en", "1,600%")])
def test_thousands_are_grouped(
    locale: str, level: str, tmp_path: Path, makers: dict[str, ChartMaker]
) -> None:
    """A share that rose twentyfold has percents of four digits."""
    quotes = closes()
    quotes.closes["A"] = [f"{100 * 1.008**k:.4f}" for k in range(500)]
    data = worked(written(terms(), tmp_path), quotes, date(2021, 2, 1)).data
    assert level in texts(parsed(makers[locale].svg(data)), "sp-axis")


@pytest.mark.parametrize("name", NAMES)
def test_what_lies_over_what(
    name: str, cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """The corridor is under the grid, these under lines, those under marks, and texts on top."""
    _, _, *shapes = parsed(makers["ru"].svg(cases[name].data))
    kinds = [one.get("class", "").split()[0] for one in shapes]
    shown = [kind for one, kind in zip(shapes, kinds, strict=True) if one.tag != f"{SVG}text"]
    ranks = [PAINTED.index(kind) for kind in shown if kind != "sp-sample"]
    assert ranks == sorted(ranks)
    assert {"sp-corridor", "sp-grid", "sp-barrier", "sp-floor", "sp-line"} <= set(shown)
    assert len(shown) == next(k for k, one in enumerate(shapes) if one.tag == f"{SVG}text")


def test_levels_are_labelled(cases: dict[str, Case], makers: dict[str, ChartMaker]) -> None:
    """Barrier and floor are lines of their own with captions; today has its level and its day."""
    root = parsed(makers["ru"].svg(cases["search-2010-12"].data))
    assert texts(root, "sp-caption") == ["барьер 102,5\xa0%", "нижняя граница 95\xa0%"]
    assert [len(having(root, name)) for name in ("sp-barrier", "sp-floor", "sp-today")] == [1, 1, 1]
    assert texts(root, "sp-level") == ["102,38\xa0%"]
    assert texts(root, "sp-day") == ["сегодня, 2\xa0дек."]
    assert texts(root, "sp-key") == ["Начислено", "Сохранено", "Среднее"]


def test_series_that_is_over(quotes: Quotes, makers: dict[str, ChartMaker]) -> None:
    """It ends a month after its last observation, and has no today."""
    series = read_series(ROOT / "content/strategies/classic-2009-06.yaml", ROOT)
    data = worked(series, quotes, date(2012, 6, 1)).data
    assert (data.first, data.last, data.on) == (
        date(2009, 6, 30),
        date(2011, 7, 30),
        date(2011, 6, 30),
    )
    root = parsed(makers["en"].svg(data))
    assert not [one for name in ("sp-today", "sp-now", "sp-level") for one in having(root, name)]
    assert (root[1].text or "").startswith("The strategy is over. At the last observation, on June")
    assert worked(series, quotes, date(2011, 7, 4)).data.last == date(2011, 7, 4)


def test_series_before_its_first_observation(
    cases: dict[str, Case], makers: dict[str, ChartMaker]
) -> None:
    """It begins a period earlier, has no marks, and its legend explains none."""
    data = cases["mobile-2011-11"].data
    assert (data.first, data.last) == (date(2011, 11, 15), AS_OF)
    root = parsed(makers["en"].svg(data))
    assert not having(root, "sp-mark")
    assert texts(root, "sp-key") == ["Average"]
    assert (root[1].text or "").endswith("accrued 0, saved 0, to come 6.")


def test_series_before_it_begins(tmp_path: Path, makers: dict[str, ChartMaker]) -> None:
    """On the day before the start there is still a month to see."""
    quotes = closes(first=date(2019, 6, 1))
    data = worked(written(terms(), tmp_path), quotes, date(2019, 12, 31)).data
    assert (data.first, data.last) == (date(2019, 11, 30), date(2019, 12, 31))
    assert len(points(having(parsed(makers["en"].svg(data)), "sp-line")[0])) == 32


def test_quotes_that_begin_late(tmp_path: Path, makers: dict[str, ChartMaker]) -> None:
    """The chart begins with the quotes; the basket, when the last of its shares is quoted."""
    quotes = closes("AB", first=date(2020, 2, 1))
    late = closes("B", first=date(2020, 3, 1))
    quotes.days["B"], quotes.closes["B"] = late.days["B"], late.closes["B"]
    data = worked(written(terms("AB"), tmp_path), quotes, date(2020, 8, 1)).data
    assert data.first == date(2020, 2, 1)
    assert [line.points[0][0] for line in data.lines] == [date(2020, 2, 1), date(2020, 3, 1)]
    assert data.basket[0][0] == date(2020, 3, 1)
    assert len(having(parsed(makers["en"].svg(data)), "sp-line")) == 2


def test_single_underlying_is_its_own_basket(tmp_path: Path, makers: dict[str, ChartMaker]) -> None:
    """One share needs no line of the basket and no word for it in the legend."""
    case = worked(written(terms(), tmp_path), closes(), date(2020, 8, 1))
    root = parsed(makers["en"].svg(case.data))
    assert len(having(root, "sp-line")) == 1
    assert not having(root, "sp-basket")
    assert len(having(root, "sp-mark")) == 2
    assert not {"Lowest share", "Average"} & set(texts(root, "sp-key"))


def test_many_underlyings(tmp_path: Path, makers: dict[str, ChartMaker]) -> None:
    """Twelve names fit beside the plot; with more of them only the level stands there."""
    day, letters = date(2020, 8, 1), "ABCDEFGHIJKLM"
    named, unnamed = (
        parsed(makers["en"].svg(worked(written(terms(some), tmp_path), closes(some), day).data))
        for some in (letters[:12], letters)
    )
    level, *names = sorted(texts(named, "sp-label"))
    assert (level, names) == ("91.07%", list(letters[:12]))
    places = [number(one, "y") for one in having(named, "sp-label")]
    assert min(b - a for a, b in pairwise(places)) >= 12.5
    assert len(having(unnamed, "sp-line")) == 13
    assert texts(unnamed, "sp-label") == [level]


@pytest.mark.parametrize(("barrier", "lines"), [("100", 1), ("0", 0)])
def test_levels_of_nothing_are_not_drawn(
    barrier: str, lines: int, tmp_path: Path, makers: dict[str, ChartMaker]
) -> None:
    """A floor of 0 percent, which no share can fall under, is no line of a logarithmic scale."""
    series = written(terms(barrier=barrier, floor="0"), tmp_path)
    root = parsed(makers["en"].svg(worked(series, closes(), date(2020, 8, 1)).data))
    assert len(having(root, "sp-barrier")) == lines
    assert len(texts(root, "sp-caption")) == lines
    assert not having(root, "sp-floor")
    assert not having(root, "sp-corridor")


def test_level_is_rounded_down(tmp_path: Path) -> None:
    """A level a hair under the barrier does not look like one that has reached it."""
    quotes = closes()
    quotes.closes["A"][213] = "99.99999"
    case = worked(written(terms(), tmp_path), quotes, date(2020, 8, 1))
    assert case.course.level is not None
    assert case.course.level.performance == Fraction(9999999, 10000000)
    assert str(case.data.level) == "99.99"


def test_incomplete_chart_is_an_error(
    cases: dict[str, Case], makers: dict[str, ChartMaker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Vega would draw at 0 or pass over in silence becomes an error that names it."""
    data = cases["classic-2009-06"].data
    unknown = (replace(data.marks[0], percent=math.nan), *data.marks[1:])
    with pytest.raises(OutsideError, match=r"that stand nowhere: sp-mark sp-accrued$"):
        makers["en"].svg(replace(data, marks=unknown))
    line, *others = data.lines
    for place in (0, 1, 9):
        points = list(line.points)
        points[place] = (points[place][0], math.nan)
        torn = replace(line, points=tuple(points))
        with pytest.raises(OutsideError, match=r"that stand nowhere: .*sp-line sp-line-1"):
            makers["en"].svg(replace(data, lines=(torn, *others)))
    drawn = vl_convert.vega_to_svg
    monkeypatch.setattr(
        vl_convert,
        "vega_to_svg",
        lambda spec, **options: re.sub(r"L[\d.]+,[\d.]+", "", drawn(spec, **options), count=1),
    )
    with pytest.raises(OutsideError, match="without all of its marks: points of lines"):
        makers["en"].svg(data)
    monkeypatch.setattr(
        vl_convert,
        "vega_to_svg",
        lambda spec, **options: drawn({**spec, "marks": []}, **options),
    )
    with pytest.raises(OutsideError, match=r"sp-barrier.*sp-basket.*sp-line-1"):
        makers["en"].svg(data)


def test_failure_of_vl_convert_is_told(
    cases: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error inside vl-convert comes out as one of ours."""
    maker = ChartMaker(WORDS, "en")
    drawn = vl_convert.vega_to_svg
    broken = [{"name": "lines", "url": "https://example.org/quotes.csv"}]
    monkeypatch.setattr(
        vl_convert,
        "vega_to_svg",
        lambda spec, **options: drawn({**spec, "data": broken}, **options),
    )
    with pytest.raises(OutsideError, match="could not draw a chart"):
        maker.svg(cases["classic-2009-06"].data)


def test_missing_word_is_an_error() -> None:
    """A theme without one of the texts is found out before anything is drawn."""
    words = {key: text for key, text in WORDS.items() if key != "floor"}
    with pytest.raises(KeyError, match="floor"):
        ChartMaker(words, "en")


def test_words_come_from_the_catalog() -> None:
    """Every text is asked for by its English wording, and patterns keep their fields."""
    asked: list[str] = []
    words = chart_words(lambda text: asked.append(text) or text)  # type: ignore[func-returns-value]
    assert words == WORDS
    assert asked == list(WORDS.values())
    for key, text in RUSSIAN.items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", WORDS[key])


SCRIPT = """
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path
from generator.content import read_series
from generator.data import read_quotes
from generator.pages.chart import WORDS, ChartMaker, chart_data
from generator.strategy import observe
root = Path(sys.argv[1])
quotes, maker = read_quotes(root / "data/quotes.csv", root, []), ChartMaker(WORDS, "en")
for name in sys.argv[2:]:
    series = read_series(root / f"content/strategies/{name}.yaml", root)
    course = observe(series, quotes, date(2011, 12, 2), 7)
    print(sha256(maker.svg(chart_data(series, course, quotes)).encode()).hexdigest())
"""


def test_same_bytes_everywhere(cases: dict[str, Case], makers: dict[str, ChartMaker]) -> None:
    """Bytes depend on nothing but the data: neither on charts before, process, zone nor hashes."""
    names = [path.stem for path in STRATEGIES]
    first = {name: makers["en"].svg(cases[name].data) for name in names}
    again = {name: makers["en"].svg(cases[name].data) for name in reversed(names)}
    assert first == again
    digests = [hashlib.sha256(first[name].encode()).hexdigest() for name in names]
    for zone, seed, order in (("Asia/Kamchatka", "1", 1), ("America/New_York", "2", -1)):
        printed = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(ROOT), *names[::order]],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed},
        )
        assert printed.stdout.split()[::order] == digests


def test_spread_keeps_a_distance() -> None:
    """Names that would lie over each other share the way; those at the rim stay inside."""
    assert spread([10, 50, 90], 12, 100) == [10, 50, 90]
    assert spread([50, 50, 50], 12, 100) == [38, 50, 62]
    assert spread([0, 1, 99, 100], 10, 100) == [0, 10, 90, 100]


def test_scale_is_logarithmic() -> None:
    """Equal gains are equal distances."""
    plot = Plot(date(2020, 1, 1), date(2020, 1, 11), 50, 200, 100, 60)
    assert [plot.y(level) for level in (200, 100, 50)] == pytest.approx([0, 30, 60])
    assert plot.x(date(2020, 1, 6)) == pytest.approx(50)


def colours(block: str) -> dict[str, str]:
    """The variables of a block of the stylesheet; of a variable of the page, its fallback."""
    found = re.findall(r"--sp-chart-([a-z0-9]+): (?:var\([^,]+, )?(#[0-9a-f]{3,6})", block)
    return {name: value if len(value) == 7 else f"#{'f' * 6}" for name, value in found}


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2, definition of relative luminance."""
    parts = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_readable(scheme: str) -> None:
    """Texts have a contrast of 4.5 and marks of 3 on the card and in the corridor."""
    light, dark = CSS.split("@media (prefers-color-scheme: dark)")
    palette = colours(light if scheme == "light" else dark.split("@media")[0])
    lines = [palette[str(k)] for k in range(1, 7)]
    assert len(set(lines)) == 6
    for ground in (palette["paper"], palette["corridor"]):
        for colour in (*lines, palette["ink"], palette["muted"]):
            assert contrast(colour, ground) >= 4.5
        for colour in (palette["accrued"], palette["saved"]):
            assert contrast(colour, ground) >= 3


def test_lines_differ_without_colour() -> None:
    """Each of the six kinds of line has dashes of its own; the first has none."""
    dashes = re.findall(r"\.sp-line\.sp-line-(\d) { stroke-dasharray: ([^;]+);", CSS)
    assert [number for number, _ in dashes] == list("23456")
    assert max(Counter(pattern for _, pattern in dashes).values()) == 1


def test_languages_share_what_is_drawn(
    cases: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A series is drawn once for all languages of a site: their charts differ in texts alone."""
    drawn, calls = vl_convert.vega_to_svg, list[object]()

    def counted(spec: dict[str, Any], **options: Any) -> str:  # noqa: ANN401 - vl-convert's own
        calls.append(spec)
        return str(drawn(spec, **options))

    monkeypatch.setattr(vl_convert, "vega_to_svg", counted)
    voices, pen = [Voice(words, locale) for locale, words in LANGUAGES.items()], Pen()
    assert len(voices) > 1
    for case in cases.values():
        calls.clear()
        charts = []
        for voice in voices:
            others = [one for one in voices if one != voice]
            charts.append(ChartMaker(voice.words, voice.locale, others, pen).svg(case.data))
        assert len(calls) == 1
        without = {re.sub(r"<(text|title|desc)\b.*?</\1>", "", chart) for chart in charts}
        assert (len(without), len(set(charts))) == (1, len(voices))
