"""What every source of rows promises, and what they all share."""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from hashlib import file_digest
from pathlib import Path
from typing import Protocol

import polars as pl

from generator.base.errors import InputError, Problem

ROW = "row number"
LISTS = "a column holds neither texts, numbers nor dates"
LISTS_HINT = "export lists as text with semicolons between"


class Source(Protocol):
    """A table as a stream: its rows in one order, whatever holds them, a block at a time."""

    @property
    def name(self) -> str:
        """How problems call it: a path below the site, or where its query is set."""

    def blocks(self) -> Iterator[pl.DataFrame]:
        """The wanted columns and ``ROW``, at least one block, which may be empty.

        Cells are stripped texts, empty where there is none. ``ROW`` counts from 0 over the whole
        source; rows without any value are counted and left out.

        Raises:
            InputError: the table is wrong as a whole, or from here on.
            OutsideError: its database could not be reached, or was lost.
        """

    def estimate(self) -> int:
        """About how many rows there are; 0 where ``blocks`` will tell what is wrong."""

    def mark(self) -> str:
        """What stands for all that ``blocks`` would give now; empty where only reading tells."""

    def places(self, rows: Collection[int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """The line on which each of ``rows`` begins, and the header; call it after ``blocks``.

        Where there are no lines, rows are counted from 1.
        """


def texts(frame: pl.DataFrame, columns: Sequence[str], offset: int) -> pl.DataFrame:
    """A block as :meth:`Source.blocks` gives it; ``offset`` rows came before.

    Raises:
        pl.exceptions.PolarsError: a column cannot be text.
    """
    cells = pl.col(columns).cast(pl.String).fill_null("").str.strip_chars()
    rows = frame.select(columns).with_columns(cells).with_row_index(ROW, offset)
    return rows.filter(pl.any_horizontal(pl.col(columns) != ""))


def missing_columns(
    header: Sequence[str], columns: Sequence[str], name: str, line: int = 1
) -> Iterator[Problem]:
    """A problem for each of ``columns`` that is not in ``header``; line 0 where there is none."""
    spare = [one for one in header if one not in columns and one.isprintable()]
    for column in columns:
        if column not in header:
            # without a header these are a client's cells: only a near one may be shown
            near = get_close_matches(column, spare, n=1)
            hint = "".join(f"did you mean {one}?" for one in near)
            yield Problem(name, "the column is missing", hint, column, line, line)


def file_mark(path: Path) -> str:
    """What stands for the bytes of a file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def no_table(name: str) -> InputError:
    """The error that there is no file."""
    hint = "export it there, or set its place under tables in content/site.yaml"
    return InputError([Problem(name, "there is no such table", hint)])
