"""One table of text, and the rules that its rows must pass.

The engine is Polars (``docs/decisions/0004-data-engine.md``). It is fast because it knows
nothing of lines; so lines are looked up afterwards, only for the rows that are refused.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import dropwhile
from pathlib import Path
from typing import NamedTuple

import polars as pl

from generator.base.errors import Problem
from generator.base.text import read_text

ROW = "row number"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class Rule(NamedTuple):
    """A row is refused where ``bad`` holds; ``column`` is the one to blame."""

    column: str
    bad: pl.Expr
    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text: ``frame`` has the wanted columns and the row's number from 0."""

    name: str
    path: Path
    frame: pl.DataFrame

    def sifted(self, rules: Sequence[Rule]) -> tuple[pl.DataFrame, list[Problem]]:
        """The rows that pass every rule, and a problem for each rule that a row breaks."""
        marks = [rule.bad.fill_null(value=True).alias(str(k)) for k, rule in enumerate(rules)]
        verdict = self.frame.select(ROW, *marks)
        names = verdict.columns[1:]
        broken = {
            number: verdict.filter(pl.col(str(number)))[ROW].to_list()
            for number in range(len(rules))
        }
        rows = {row for numbers in broken.values() for row in numbers}
        if not rows:
            return self.frame, []
        good = self.frame.filter(~verdict.select(pl.any_horizontal(names)).to_series())
        return good, list(self._problems(rules, broken, rows))

    def _problems(
        self, rules: Sequence[Rule], broken: dict[int, list[int]], rows: set[int]
    ) -> Iterator[Problem]:
        lines, header = _lines(self.path, rows)
        for number, rule in enumerate(rules):
            for row in broken[number]:
                column = header.index(rule.column) + 1 if rule.column in header else 0
                yield Problem(
                    self.name, rule.sentence, rule.hint, rule.column, lines.get(row, row), column
                )


def read_table(
    path: Path, root: Path, columns: Sequence[str], problems: list[Problem]
) -> Table | None:
    """The table in ``path`` with ``columns``, or None with what is wrong with it as a whole.

    Empty cells are empty texts; cells are stripped; rows without any value are left out.
    """
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    frame = _frame(path, name, problems)
    if frame is None or not _has_columns(frame, columns, name, problems):
        return None
    cells = pl.col(columns).cast(pl.String).fill_null("").str.strip_chars()
    try:
        frame = frame.select(columns).with_columns(cells).with_row_index(ROW)
    except pl.exceptions.PolarsError:
        hint = "export lists as text with semicolons between"
        problems.append(Problem(name, "a column holds neither texts, numbers nor dates", hint))
        return None
    return Table(name, path, frame.filter(pl.any_horizontal(pl.col(columns) != "")))


def is_day(column: str) -> pl.Expr:
    """Whether the text in ``column`` is a day of the calendar, as in 2026-11-21."""
    text = pl.col(column)
    return text.str.contains(DAY) & (as_day(column).dt.year() > 0)  # Python has no year 0


def as_day(column: str) -> pl.Expr:
    """The text in ``column`` as a date, null where it is none."""
    return pl.col(column).str.to_date("%Y-%m-%d", strict=False)


def _frame(path: Path, name: str, problems: list[Problem]) -> pl.DataFrame | None:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except FileNotFoundError:
        hint = "export it there, or set its place under tables in content/site.yaml"
        problems.append(Problem(name, "there is no such table", hint))
    except pl.exceptions.NoDataError:
        problems.append(Problem(name, "the table has no header", "begin it with column names"))
    except (pl.exceptions.PolarsError, OSError):
        # the engine's own words quote the cell; the file is read again to find the place
        problems.append(_broken(path, name))
    return None


def _broken(path: Path, name: str) -> Problem:
    found: list[Problem] = []
    text = None if path.suffix == ".parquet" else read_text(path, name, found)
    if text is None:
        return found[0] if found else Problem(name, "the table cannot be read")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    width, begin = 0, 1
    try:
        for row in reader:
            if not width and _is_split_otherwise(row):
                return _split_otherwise(name)
            width = width or len(row)  # the header is the first line that is not blank
            if len(row) > width:
                hint = "quote cells that hold a comma"
                sentence = "the row has more cells than the header"
                return Problem(name, sentence, hint, line=begin, column=1)
            begin = reader.line_num + 1
    except csv.Error:
        hint = "close it, or double a quote inside a cell"
        return Problem(name, "a quoted cell is not closed", hint, line=begin, column=1)
    return Problem(name, "the table cannot be read")


def _is_split_otherwise(header: Sequence[str]) -> bool:
    """Whether a header of one cell is many, separated by what another country writes."""
    return len(header) == 1 and any(mark in header[0] for mark in ";\t|")


def _split_otherwise(name: str) -> Problem:
    hint = "export the table again, with commas between the cells"
    return Problem(name, "the cells are not separated by commas", hint, line=1, column=1)


def _has_columns(
    frame: pl.DataFrame, columns: Sequence[str], name: str, problems: list[Problem]
) -> bool:
    missing = [column for column in columns if column not in frame.columns]
    if _is_split_otherwise(frame.columns):
        problems.append(_split_otherwise(name))
        return False
    spare = [one for one in frame.columns if one not in columns]
    for column in missing:
        # where the header is missing these are a client's cells: only a near one may be shown
        hint = "".join(f"did you mean {near}?" for near in get_close_matches(column, spare, n=1))
        problems.append(Problem(name, "the column is missing", hint, column, 1, 1))
    return not missing


def _lines(path: Path, rows: set[int]) -> tuple[dict[int, int], list[str]]:
    """The line on which each row begins, and the header."""
    if path.suffix == ".parquet":
        return {row: row + 1 for row in rows}, list(pl.read_parquet_schema(path))
    starts = dropwhile(lambda start: not start[1].strip(), _starts(path))
    _, header = next(starts)
    lines = {number: line for number, (line, _) in enumerate(starts) if number in rows}
    return lines, next(csv.reader(io.StringIO(header, newline="")))


def _starts(path: Path) -> Iterator[tuple[int, str]]:
    """Each row with the line on which it begins; a line end between quotes ends no row.

    Counted as Polars counts, by quotes; the csv module knows more line ends than it does.
    """
    row, begin, is_open = "", 1, False
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            row += line
            is_open ^= line.count('"') % 2 == 1
            if not is_open:
                yield begin, row
                row, begin = "", number + 1
