"""Quotes: exact closes in the order of their days; what cannot be used is kept aside."""

import gzip
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import Problem
from generator.data import Fixing, Quotes, read_quotes
from generator.data.quotes import COLUMNS
from tests.builders import csv_text, quotes_of, write

FIRST = date(2026, 1, 10)
Rows = list[tuple[str, str, str]]


def read(root: Path, rows: Rows, name: str = "quotes.csv") -> tuple[Quotes, list[str]]:
    """The quotes in these rows, and the problems of the table."""
    table = csv_text(COLUMNS, [dict(zip(COLUMNS, row, strict=True)) for row in rows])
    problems = list[Problem]()
    quotes = read_quotes(write(root, {name: table}) / name, root, problems)
    return quotes, [str(problem).partition(" — ")[0] for problem in problems]


def test_rows_may_come_in_any_order(tmp_path: Path) -> None:
    """Closes are found by ticker and day, however the table is sorted."""
    rows = [("B", "2026-01-02", "2.50"), ("A", "2026-01-03", "3"), ("A", "2026-01-01", "0.0001")]
    quotes, problems = read(tmp_path, rows)
    assert problems == []
    assert quotes.days == {
        "A": [date(2026, 1, 1), date(2026, 1, 3)],
        "B": [date(2026, 1, 2)],
    }
    assert quotes.on_or_before("A", date(2026, 1, 3)) == Fixing(date(2026, 1, 3), Fraction(3))
    assert quotes.on_or_before("A", date(2026, 1, 2)) == Fixing(
        date(2026, 1, 1), Fraction(1, 10_000)
    )
    assert quotes.on_or_before("B", date(2026, 1, 1)) is None
    assert quotes.on_or_before("C", date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("", "2026-01-02", "1"), "quotes.csv:3:1: ticker: is required"),
        (("A", "02.01.2026", "1"), "quotes.csv:3:2: date: expected a date"),
        (("A", "2026-02-30", "1"), "quotes.csv:3:2: date: expected a date"),
        (("A", "", "1"), "quotes.csv:3:2: date: expected a date"),
    ],
)
def test_a_row_of_no_ticker_or_day_is_the_tables_problem(
    tmp_path: Path, row: tuple[str, str, str], told: str
) -> None:
    """A close of which nobody knows whose or of when it is could be anyone's."""
    quotes, problems = read(tmp_path, [("A", "2026-01-01", "1"), row])
    assert problems == [told]
    assert quotes.days == {"A": [date(2026, 1, 1)]}


def test_two_closes_of_a_day_are_both_told(tmp_path: Path) -> None:
    """Which of two closes is right is not guessed."""
    rows = [("A", "2026-01-01", "1"), ("B", "2026-01-01", "1"), ("A", "2026-01-01", "2")]
    quotes, problems = read(tmp_path, rows)
    assert problems == [f"quotes.csv:{line}:2: date: the day stands twice" for line in (2, 4)]
    assert set(quotes.days) == {"B"}


@pytest.mark.parametrize(
    "close",
    [
        *(
            "0",
            "0.00",
            "-1",
            "",
            "n/a",
            "1e5",
            "1,5",
            "1 000",
            "+1",
            ".5",
            "5.",
            "NaN",
            "inf",
            "١٢",
            "１２",
        )
    ],
)
def test_a_close_that_cannot_be_used_is_kept_aside(tmp_path: Path, close: str) -> None:
    """A close that is no positive number is no problem of the table but of its ticker."""
    rows = [("A", "2026-01-01", "1"), ("A", "2026-01-02", close), ("B", "2026-01-02", "2")]
    quotes, problems = read(tmp_path, rows)
    assert problems == []
    assert quotes.days == {"A": [date(2026, 1, 1)], "B": [date(2026, 1, 2)]}
    ((day, problem),) = quotes.refused["A"]
    assert day == date(2026, 1, 2)
    assert (problem.line, problem.column, problem.field) == (3, 3, "close")
    assert problem.sentence == "is not a positive number"


def test_each_close_aside_keeps_its_own_line(tmp_path: Path) -> None:
    """Several bad closes of several tickers are told apart."""
    rows = [("B", "2026-01-03", "0"), ("A", "2026-01-02", "x"), ("B", "2026-01-01", "-1")]
    quotes, _ = read(tmp_path, rows)
    lines = {
        (ticker, day): problem.line
        for ticker, kept in quotes.refused.items()
        for day, problem in kept
    }
    assert lines == {
        ("B", date(2026, 1, 3)): 2,
        ("A", date(2026, 1, 2)): 3,
        ("B", date(2026, 1, 1)): 4,
    }
    assert [bad.line for bad in quotes.problems("B", date(2026, 1, 1), date(2026, 1, 2))] == [4]
    assert [bad.line for bad in quotes.problems("B", date(2026, 1, 1), date(2026, 1, 3))] == [2, 4]
    assert quotes.problems("C", date(2026, 1, 1), date(2026, 1, 3)) == []


DAYS = st.integers(0, 30).map(lambda k: FIRST + timedelta(days=k))
CLOSES = st.dictionaries(DAYS, st.integers(1, 999).map(str), max_size=12)


@given(closes=CLOSES, day=DAYS)
def test_on_or_before_is_the_last_close_by_then(closes: dict[date, str], day: date) -> None:
    """Of all closes up to a day the latest is taken."""
    earlier = [when for when in closes if when <= day]
    expected = Fixing(max(earlier), Fraction(closes[max(earlier)])) if earlier else None
    assert quotes_of({"A": closes}).on_or_before("A", day) == expected


@given(closes=CLOSES, first=DAYS, last=DAYS)
def test_between_has_both_ends(closes: dict[date, str], first: date, last: date) -> None:
    """All closes from the first to the last day, both included, in their order."""
    expected = [(day, closes[day]) for day in sorted(closes) if first <= day <= last]
    assert list(quotes_of({"A": closes}).between("A", first, last)) == expected


def test_no_ticker_has_nothing_between() -> None:
    """A ticker that is not in the table has no closes, and that is no error here."""
    assert list(Quotes().between("A", FIRST, FIRST)) == []


def test_parquet_gives_the_same_as_csv(tmp_path: Path) -> None:
    """Quotes of a Parquet file with typed columns are those of the CSV file."""
    rows = [("A", "2026-01-02", "2.5000"), ("A", "2026-01-01", "1"), ("B", "2026-01-01", "0")]
    quotes, _ = read(tmp_path, rows)
    frame = pl.read_csv(tmp_path / "quotes.csv", infer_schema=False)
    typed = frame.with_columns(
        pl.col("date").str.to_date(), pl.col("close").cast(pl.Decimal(12, 4))
    )
    typed.write_parquet(tmp_path / "quotes.parquet")
    problems = list[Problem]()
    other = read_quotes(tmp_path / "quotes.parquet", tmp_path, problems)
    assert problems == []
    assert other.days == quotes.days
    for day in quotes.days["A"]:
        assert other.on_or_before("A", day) == quotes.on_or_before("A", day)
    assert [day for day, _ in other.refused["B"]] == [day for day, _ in quotes.refused["B"]]


def test_a_table_may_have_no_rows(tmp_path: Path) -> None:
    """A header alone is a table in which no ticker has a close."""
    assert read(tmp_path, []) == (Quotes(), [])


def test_a_table_may_have_no_right_row(tmp_path: Path) -> None:
    """Every row is told or kept aside, and no close is there."""
    quotes, problems = read(tmp_path, [("", "2026-01-01", "1"), ("A", "2026-01-01", "0")])
    assert len(problems) == 1
    assert (quotes.days, quotes.closes, list(quotes.refused)) == ({}, {}, ["A"])


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"], ids=["plain", "mark"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_form_of_the_file_makes_no_difference(
    tmp_path: Path, begin: bytes, pack: Callable[[bytes], bytes]
) -> None:
    """A mark at its beginning, or a compressed file, is read as any other."""
    write(tmp_path, {"q.csv": pack(begin + b"ticker,date,close\r\nA,2026-01-01,7\r\n")})
    problems = list[Problem]()
    quotes = read_quotes(Path("q.csv"), tmp_path, problems)
    assert (quotes.closes, problems) == ({"A": ["7"]}, [])


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Without quotes nothing is invented."""
    problems = list[Problem]()
    assert read_quotes(tmp_path / "quotes.csv", tmp_path, problems) == Quotes()
    assert [problem.sentence for problem in problems] == ["there is no such table"]
