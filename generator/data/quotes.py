"""Daily closes: one row a ticker and a day, exact."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl

from generator.base.config import Query
from generator.base.errors import InputError, Problem
from generator.base.model import DATE_HINT
from generator.data.sources import ROW, open_source
from generator.data.table import Fault, Rule, as_day, is_day, sifted, told, whole

COLUMNS = ("ticker", "date", "close")
NUMBER = r"^[0-9]+(\.[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Fixing:
    """A close that stands for an observation; ``date`` is the day on which it was made."""

    date: date
    close: Fraction


@dataclass(frozen=True, slots=True)
class Quotes:
    """The closes of each ticker in the order of their days, as the text of the table."""

    days: dict[str, list[date]] = field(default_factory=dict)
    closes: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, list[tuple[date, Problem]]] = field(default_factory=dict)
    """Rows whose close cannot be used: the series that need them are held, others go on."""

    def on_or_before(self, ticker: str, day: date) -> Fixing | None:
        """The last close of ``ticker`` not after ``day``, or None."""
        days = self.days.get(ticker, [])
        place = bisect_right(days, day) - 1
        return Fixing(days[place], Fraction(self.closes[ticker][place])) if place >= 0 else None

    def between(self, ticker: str, first: date, last: date) -> Iterator[tuple[date, str]]:
        """The closes of ``ticker`` from ``first`` to ``last``, both included, as they are written.

        Thousands of them make a chart, and fractions are dear.
        """
        days, closes = self.days.get(ticker, []), self.closes.get(ticker, [])
        low, high = bisect_left(days, first), bisect_right(days, last)
        return zip(days[low:high], closes[low:high], strict=True)

    def problems(self, ticker: str, first: date, last: date) -> list[Problem]:
        """The refused rows of ``ticker`` between two days."""
        return [why for day, why in self.refused.get(ticker, []) if first <= day <= last]


DATED = (
    Rule("ticker", pl.col("ticker") == "", "is required"),
    Rule("date", ~is_day("date"), "expected a date", DATE_HINT),
    Rule(
        "date",
        pl.struct("ticker", "date").is_duplicated(),
        "the day stands twice",
        "keep one row a ticker and day",
    ),
)
PRICED = (
    Rule(
        "close",
        ~pl.col("close").str.contains(NUMBER) | (pl.col("close").cast(float, strict=False) <= 0),
        "is not a positive number",
        "correct the price; the series that need it are held until then",
    ),
)


def read_quotes(place: Path | Query, root: Path, problems: list[Problem]) -> Quotes:
    """The quotes at ``place``; rows that name no ticker or day are problems of the table."""
    source = open_source(place, root, COLUMNS, "quotes")
    try:
        rows, bad = sifted(whole(source), DATED)
    except InputError as error:
        problems.extend(error.problems)
        return Quotes()
    problems.extend(told(source, bad))
    dated = rows.with_columns(as_day("date").alias("day"))
    priced, faults = sifted(dated, PRICED)
    return _quotes(priced, _refused(dated, faults, told(source, faults)))


def _refused(
    dated: pl.DataFrame, faults: list[Fault], problems: list[Problem]
) -> dict[str, list[tuple[date, Problem]]]:
    """The problems of each ticker with the days on which they stand; both in the table's order."""
    out = dated.filter(pl.col(ROW).is_in([fault.row for fault in faults]))
    found: dict[str, list[tuple[date, Problem]]] = {}
    for (ticker, day), problem in zip(out.select("ticker", "day").rows(), problems, strict=True):
        found.setdefault(ticker, []).append((day, problem))
    return found


def _quotes(priced: pl.DataFrame, refused: dict[str, list[tuple[date, Problem]]]) -> Quotes:
    quotes = Quotes(refused=refused)
    for (ticker,), rows in priced.sort("ticker", "day").group_by(["ticker"]):
        quotes.days[str(ticker)] = rows["day"].to_list()
        quotes.closes[str(ticker)] = rows["close"].to_list()
    return quotes
