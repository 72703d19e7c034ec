"""A Parquet file, read by Polars in slices.

A slice costs what its pages cost, wherever it lies in a row group; so memory depends neither on
the number of rows nor on the writer's row groups (``docs/decisions/0010-sources.md``).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from generator.base.errors import InputError, Problem
from generator.data.sources.source import (
    LISTS,
    LISTS_HINT,
    file_mark,
    missing_columns,
    no_table,
    texts,
)

ROWS = 50_000


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """The rows of a Parquet file; see :class:`generator.data.sources.Source`."""

    path: Path
    name: str
    columns: tuple[str, ...]
    block: int = ROWS
    """Rows read at once."""

    def blocks(self) -> Iterator[pl.DataFrame]:
        """The rows, ``block`` of them at a time."""
        if missing := list(missing_columns(self._header(), self.columns, self.name)):
            raise InputError(missing)
        offset, height = 0, self.block
        while height == self.block:
            frame = self._slice(offset)
            height = frame.height
            if height or not offset:
                yield self._texts(frame, offset)
            offset += height

    def estimate(self) -> int:
        """The number of rows, as the file's own index tells it."""
        try:
            return int(self._lazy().select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError):
            return 0

    def mark(self) -> str:
        """What stands for the file's bytes."""
        return file_mark(self.path)

    def places(self, rows: Collection[int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """The number of each row from 1, since the file has no lines."""
        return {row: row + 1 for row in rows}, self._header()

    def _lazy(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path, glob=False)

    def _header(self) -> tuple[str, ...]:
        try:
            return tuple(self._lazy().collect_schema())
        except FileNotFoundError:
            raise no_table(self.name) from None
        except (pl.exceptions.PolarsError, OSError):
            raise self._unreadable() from None

    def _slice(self, offset: int) -> pl.DataFrame:
        try:
            return self._lazy().select(self.columns).slice(offset, self.block).collect()
        except (pl.exceptions.PolarsError, OSError):
            raise self._unreadable() from None

    def _texts(self, frame: pl.DataFrame, offset: int) -> pl.DataFrame:
        try:
            return texts(frame, self.columns, offset)
        except pl.exceptions.PolarsError:
            raise InputError([Problem(self.name, LISTS, LISTS_HINT)]) from None

    def _unreadable(self) -> InputError:
        return InputError([Problem(self.name, "the table cannot be read")])
