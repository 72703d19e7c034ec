"""Series, and the content of a site, derived from those that were written by hand.

A derived series has the terms of a written one under a new name, other days, and the real closes
of its first day as fixings; as many as a benchmark asks for. Offers for a written series are for
all that were derived from it.
"""

import bisect
import csv
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from generator.base.dates import add_months

Closes = dict[str, tuple[list[str], list[str]]]
Terms = dict[str, Any]

MOST_DAYS_EARLIER = 900
"""Series are derived on starts up to so much earlier: Google is quoted since August 2004."""
SHORTEST_MONTH = 28
CLOCK = re.compile(r"(?m)^clock: .*$")

MIXED = "derived series need a folder elsewhere: here they would mix with those written by hand"
NOT_EMPTY = "there is a site already: name a new folder"


@dataclass(frozen=True, slots=True)
class Grid:
    """How many observations derived series have, on both sides of ``clock``."""

    count: int
    clock: date


@dataclass(frozen=True, slots=True)
class Source:
    """What is derived from: the folder of the content written by hand, and the quotes."""

    series: Path
    quotes: Path

    @property
    def content(self) -> Path:
        """The whole content, of which the series are a part."""
        return self.series.parent


def read_series(folder: Path) -> Iterator[Terms]:
    """The series files of ``folder``, by name."""
    for path in sorted(folder.glob("*.yaml")):
        yield yaml.safe_load(path.read_text(encoding="utf-8"))


def read_closes(path: Path) -> Closes:
    """The days and closes of each ticker, ascending."""
    closes: Closes = {}
    with path.open(encoding="utf-8", newline="") as file:
        next(file)
        for ticker, day, close in sorted(csv.reader(file)):
            days, prices = closes.setdefault(ticker, ([], []))
            days.append(day)
            prices.append(close)
    return closes


def preceding(closes: tuple[list[str], list[str]], day: date) -> str:
    """The close of ``day`` or of the trading day before it.

    Raises:
        SystemExit: the share was not quoted yet.
    """
    days, prices = closes
    place = bisect.bisect(days, day.isoformat())
    if not place:
        raise SystemExit(f"no quotes on {day}: derive fewer observations")
    return prices[place - 1]


# ── Series ───────────────────────────────────────────────────────────────────────────────────


def observations(written: Terms, turn: int, grid: Grid | None) -> Terms:
    """The observations of the ``turn``-th series derived from one: as written, or by a grid.

    Without a grid they lie up to 900 days earlier. With one about half of them have been made;
    none falls on the clock, so that the last day's quotes may move without making another.
    """
    if grid is None:
        return {"first": written["first"] - timedelta(days=turn * 3 % MOST_DAYS_EARLIER)}
    step = written["every_months"]
    middle = add_months(grid.clock, -step * max(grid.count // 2 - 1, 0))
    earlier = timedelta(days=1 + turn % (SHORTEST_MONTH * step))
    return {"first": middle - earlier, "count": grid.count}


def derive(terms: Terms, number: int, changed: Terms, closes: Closes) -> Terms:
    """The terms of ``terms`` under a new name, with other observations and their fixings."""
    grid = terms["observations"] | changed
    start = add_months(grid["first"], -grid["every_months"])
    return terms | {
        "id": f"{terms['id']}-{number:04}",
        "names": {locale: f"{name} {number}" for locale, name in terms["names"].items()},
        "underlyings": [
            share | {"initial": preceding(closes[share["ticker"]], start)}
            for share in terms["underlyings"]
        ],
        "observations": grid,
    }


def write_series(
    number: int, source: Source, target: Path, grid: Grid | None = None
) -> list[tuple[str, str]]:
    """Write ``number`` derived series into ``target``; the ids of the written and the derived.

    Raises:
        SystemExit: ``target`` is that of the source, or there are no quotes to derive on.
    """
    if target.resolve() == source.series.resolve():
        raise SystemExit(MIXED)
    target.mkdir(parents=True, exist_ok=True)
    written, closes = list(read_series(source.series)), read_closes(source.quotes)
    pairs = []
    for index in range(number):
        turn, which = divmod(index, len(written))
        changed = observations(written[which]["observations"], turn, grid)
        terms = derive(written[which], index + 1, changed, closes)
        text = yaml.safe_dump(terms, allow_unicode=True, sort_keys=False)
        (target / f"{terms['id']}.yaml").write_text(text, encoding="utf-8")
        pairs.append((written[which]["id"], terms["id"]))
    return pairs


# ── A site's content ─────────────────────────────────────────────────────────────────────────


def write_site(
    number: int, source: Source, site: Path, clock: date, grid: Grid | None = None
) -> None:
    """Write the content and the quotes of a whole site; with its own series, or ``number`` derived.

    It is built as of ``clock``.

    Raises:
        SystemExit: the folder has content already, or there are no quotes to derive on.
    """
    content = site / "content"
    if content.exists():
        raise SystemExit(NOT_EMPTY)
    (site / "data").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source.quotes, site / "data" / "quotes.csv")
    derived = (source.series.name, "offers") if number else ()
    shutil.copytree(source.content, content, ignore=shutil.ignore_patterns(*derived))
    settings = content / "site.yaml"
    text = CLOCK.sub(f"clock: {clock}", settings.read_text(encoding="utf-8"))
    settings.write_text(text, encoding="utf-8")
    if number:
        _write_derived(number, source, content, grid)


def _write_derived(number: int, source: Source, content: Path, grid: Grid | None) -> None:
    pairs = write_series(number, source, content / source.series.name, grid)
    _copy_news(source.series, content / source.series.name, pairs)
    _write_offers(source.content / "offers", content / "offers", pairs)


def _copy_news(source: Path, target: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Give every derived series the news of the written one."""
    for written, derived in pairs:
        if (source / written).is_dir():
            shutil.copytree(source / written, target / derived)


def _write_offers(source: Path, target: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Copy offers for the derived series; one that would be for none is left out."""
    derived = {
        written: [name for _, name in group] for written, group in groupby(sorted(pairs), _first)
    }
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        meta = yaml.safe_load(front)
        wanted = meta.get("audience", {}).get("series", [])
        if wanted:
            meta["audience"]["series"] = [name for one in wanted for name in derived.get(one, [])]
        if not wanted or meta["audience"]["series"]:
            front = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False)
            (target / path.name).write_text(f"---\n{front}---\n{body}", encoding="utf-8")


def _first(pair: tuple[str, str]) -> str:
    return pair[0]
