"""A query to a database as a table.

The wanted columns are cast to text by the database itself: it knows types that Arrow does not,
and SQLite gives a column the type of its first rows, then fails on rows of another.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from generator.base.config import Query
from generator.base.errors import InputError, OutsideError, Problem
from generator.data.sources.adbc import Session, connected
from generator.data.sources.source import LISTS, LISTS_HINT, missing_columns, texts


@dataclass(frozen=True, slots=True)
class Database:
    """The rows of a query; see :class:`generator.data.sources.Source`."""

    query: Query
    root: Path
    name: str
    columns: tuple[str, ...]

    def blocks(self) -> Iterator[pl.DataFrame]:
        """The rows, as many at a time as the driver gives."""
        with connected(self.query.database, self.root, self.name) as session:
            self._check(session)
            offset = 0
            for frame in session.frames(self._select(*map(_as_text, self.columns))):
                yield texts(frame, self.columns, offset)
                offset += frame.height
            if not offset:
                schema = dict.fromkeys(self.columns, pl.String)
                yield texts(pl.DataFrame(schema=schema), self.columns, offset)

    def estimate(self) -> int:
        """The number of rows, counted by the database."""
        try:
            with connected(self.query.database, self.root, self.name) as session:
                (frame,) = session.frames(self._select("count(*)"))
        except (InputError, OutsideError):
            return 0
        return int(frame.item())

    def mark(self) -> str:
        """Nothing: what a query answers is known by asking."""
        return ""

    def places(self, rows: Collection[int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """The number of each row from 1, in the order in which the database gave them."""
        return {row: row + 1 for row in rows}, self.columns

    def _check(self, session: Session) -> None:
        header = session.header(self._select("*") + " limit 0")
        lists = (column for column in self.columns if header.get(column))
        problems = [
            *missing_columns(tuple(header), self.columns, self.name, line=0),
            *(Problem(self.name, LISTS, LISTS_HINT, column) for column in lists),
        ]
        if problems:
            raise InputError(problems)

    def _select(self, *columns: str) -> str:
        """A query for what the operator's own gives; it may end in a semicolon or a comment."""
        inner = self.query.query.rstrip().rstrip(";")
        return f"select {', '.join(columns)} from (\n{inner}\n) as given"  # noqa: S608 - theirs


def _as_text(column: str) -> str:
    return f"""coalesce(cast("{column}" as text), '') as "{column}\""""
