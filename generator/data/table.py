"""The rules that the rows of a table must pass, as expressions over columns.

The engine is Polars (``docs/decisions/0004-data-engine.md``). It is fast because it knows
nothing of lines; so a fault names its row, and lines are looked up afterwards, for these alone.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl

from generator.base.errors import Problem
from generator.data.sources import ROW, Source

DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class Rule(NamedTuple):
    """A row is refused where ``bad`` holds; ``column`` is the one to blame."""

    column: str
    bad: pl.Expr
    sentence: str
    hint: str = ""


class Fault(NamedTuple):
    """A row that broke a rule, the ``order``-th of its table: where it stands, never what."""

    order: int
    row: int
    column: str
    sentence: str
    hint: str


def sifted(frame: pl.DataFrame, rules: Sequence[Rule]) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows that pass every rule, and a fault for each rule that a row breaks."""
    marks = [rule.bad.fill_null(value=True).alias(str(k)) for k, rule in enumerate(rules)]
    verdict = frame.select(ROW, *marks)
    is_bad = verdict.select(pl.any_horizontal(verdict.columns[1:])).to_series()
    if not is_bad.any():
        return frame, []
    faults = [
        Fault(order, row, rule.column, rule.sentence, rule.hint)
        for order, rule in enumerate(rules)
        for row in verdict.filter(pl.col(str(order)))[ROW].to_list()
    ]
    return frame.filter(~is_bad), faults


def told(source: Source, faults: Collection[Fault]) -> list[Problem]:
    """The faults of a source as problems with file, line and column."""
    if not faults:
        return []
    lines, header = source.places({fault.row for fault in faults})
    columns = {name: number for number, name in enumerate(header, start=1)}
    return [
        Problem(
            source.name,
            fault.sentence,
            fault.hint,
            fault.column,
            lines.get(fault.row, fault.row),
            columns.get(fault.column, 0),
        )
        for fault in sorted(faults)
    ]


def whole(source: Source) -> pl.DataFrame:
    """All rows of a small table at once.

    Raises:
        InputError: the table as a whole is wrong.
        OutsideError: it cannot be read now.
    """
    return pl.concat(list(source.blocks()))


def is_day(column: str) -> pl.Expr:
    """Whether the text in ``column`` is a day of the calendar, as in 2026-11-21."""
    text = pl.col(column)
    return text.str.contains(DAY) & (as_day(column).dt.year() > 0)  # Python has no year 0


def as_day(column: str) -> pl.Expr:
    """The text in ``column`` as a date, null where it is none."""
    return pl.col(column).str.to_date("%Y-%m-%d", strict=False)
