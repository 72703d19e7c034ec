"""A CSV file, compressed by gzip or not, read by Polars in blocks of whole rows.

Polars is fast because it knows nothing of lines. What it refuses is looked at again here, the
block that is in hand only; the lines of rows that others refuse are found by one more reading.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import polars as pl

from generator.base.errors import InputError, Problem
from generator.base.text import decoded
from generator.data.sources.rows import RowReader, is_cut
from generator.data.sources.source import file_mark, missing_columns, no_table, texts

BLOCK = 4 << 20  # bytes: what is parsed at once decides how much memory a night takes
SAMPLE = 1 << 20
GZIP = b"\x1f\x8b"


class Block(NamedTuple):
    """Whole rows as they stand in the file, with the header, and the lines where both begin."""

    header: bytes
    header_line: int
    rows: bytes
    line: int


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The rows of a CSV file; see :class:`generator.data.sources.Source`."""

    path: Path
    name: str
    columns: tuple[str, ...]
    block: int = BLOCK
    """Bytes read at once."""

    def blocks(self) -> Iterator[pl.DataFrame]:
        """The rows, about ``block`` bytes of them at a time."""
        with self._opened() as file:
            offset = 0
            for number, block in enumerate(self._blocks(file)):
                frame = self._frame(block)
                if not number:
                    self._check(frame.columns)
                yield texts(frame, self.columns, offset)
                offset += frame.height

    def estimate(self) -> int:
        """The number of rows if all are as long as the first ones."""
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as raw, _unpacked(raw, self.path) as file:
                lines = file.read(SAMPLE).count(b"\n")
                is_all, used = not file.read(1), raw.tell()
        except (OSError, EOFError, zlib.error):
            return 0
        return max(lines - 1, 0) if is_all else lines * size // used

    def mark(self) -> str:
        """What stands for the file's bytes."""
        return file_mark(self.path)

    def places(self, rows: Collection[int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """The line of each row, counted in the file as an editor's cursor counts."""
        wanted, lines = set(rows), dict[int, int]()
        with self._opened() as file:
            reader = RowReader(file)
            header, _ = reader.header()
            number, begin = 0, reader.line
            while len(lines) < len(wanted) and reader.read(1):
                if number in wanted:
                    lines[number] = begin
                number, begin = number + 1, reader.line
        return lines, tuple(_cells(header.decode(errors="replace")))

    def _blocks(self, file: BinaryIO) -> Iterator[Block]:
        reader = RowReader(file)
        header, header_line = reader.header()
        line, rows = reader.line, reader.read(self.block)
        while True:
            block = Block(header, header_line, rows, line)
            if is_cut(rows, self.block):
                raise InputError([diagnosed(block, self.name)])
            yield block
            line, rows = reader.line, reader.read(self.block)
            if not rows:
                return

    def _frame(self, block: Block) -> pl.DataFrame:
        try:
            return pl.read_csv(block.header + block.rows, infer_schema=False)
        except pl.exceptions.NoDataError:
            hint = "begin it with column names"
            raise InputError([Problem(self.name, "the table has no header", hint)]) from None
        except pl.exceptions.PolarsError:
            # the engine's own words quote the cell
            raise InputError([diagnosed(block, self.name)]) from None

    def _check(self, header: Sequence[str]) -> None:
        if missing := list(missing_columns(header, self.columns, self.name)):
            is_other = is_split_otherwise(header)
            raise InputError([_split_otherwise(self.name)] if is_other else missing)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self.path.open("rb") as raw, _unpacked(raw, self.path) as file:
                yield file
        except FileNotFoundError:
            raise no_table(self.name) from None
        except (EOFError, gzip.BadGzipFile, zlib.error):
            sentence = "the compressed file is damaged or cut off"
            raise InputError([Problem(self.name, sentence, "export the table again")]) from None
        except OSError as error:
            raise InputError([Problem(self.name, f"cannot be read: {error.strerror}")]) from None


def _unpacked(raw: io.BufferedReader, path: Path) -> io.BufferedReader:
    """The file as text in bytes; gzip is known by how it begins, as Polars knows it."""
    if path.suffix == ".gz" or raw.peek(len(GZIP)).startswith(GZIP):
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=raw)))
    return raw


def _cells(row: str) -> list[str]:
    return next(csv.reader(io.StringIO(row, newline="")), [])


# ── What is wrong ────────────────────────────────────────────────────────────────────────────


def diagnosed(block: Block, name: str) -> Problem:
    """Why a block that Polars refuses cannot be read, at its place in the file."""
    found: list[Problem] = []
    header = _decoded(block.header, block.header_line, name, found)
    rows = _decoded(block.rows, block.line, name, found)
    if header is None or rows is None:
        return found[0]
    cells: list[str] = []
    try:
        cells = next(csv.reader(io.StringIO(header, newline=""), strict=True), [])
    except csv.Error:
        return _not_closed(name, block.header_line)
    if is_split_otherwise(cells):
        return _split_otherwise(name)
    return _wrong_row(rows, block.line, len(cells), name)


def _decoded(raw: bytes, line: int, name: str, problems: list[Problem]) -> str | None:
    found: list[Problem] = []
    text = decoded(raw, name, found)
    problems.extend(replace(problem, line=problem.line + line - 1) for problem in found)
    return text


def _wrong_row(rows: str, line: int, width: int, name: str) -> Problem:
    reader = csv.reader(io.StringIO(rows, newline=""), strict=True)
    begin = line
    try:
        for row in reader:
            if len(row) > width:
                hint = "quote cells that hold a comma"
                sentence = "the row has more cells than the header"
                return Problem(name, sentence, hint, line=begin, column=1)
            begin = line + reader.line_num
    except csv.Error:
        return _not_closed(name, begin)
    return Problem(name, "the table cannot be read")


def _not_closed(name: str, line: int) -> Problem:
    hint = "close it, or double a quote inside a cell"
    return Problem(name, "a quoted cell is not closed", hint, line=line, column=1)


def is_split_otherwise(header: Sequence[str]) -> bool:
    """Whether a header of one cell is many, separated by what another country writes."""
    return len(header) == 1 and any(mark in header[0] for mark in ";\t|")


def _split_otherwise(name: str) -> Problem:
    hint = "export the table again, with commas between the cells"
    return Problem(name, "the cells are not separated by commas", hint, line=1, column=1)
