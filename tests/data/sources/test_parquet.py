"""Parquet in slices: the same rows for any slice and any row groups, everything as text."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.data.sources.parquet import ROWS, ParquetFile

from .conftest import rows, told


def parquet(folder: Path, frame: pl.DataFrame, block: int = ROWS, group: int = 99) -> ParquetFile:
    """A table of the columns a and b."""
    frame.write_parquet(folder / "t.parquet", row_group_size=group)
    return ParquetFile(folder / "t.parquet", "t.parquet", ("a", "b"), block)


@given(
    cells=st.lists(st.tuples(st.sampled_from(["", " ", "я", None]), st.just("") | st.none())),
    block=st.integers(1, 9),
    group=st.integers(1, 9),
)
def test_slices_of_any_size_are_the_whole_table(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[tuple[str | None, str | None]],
    block: int,
    group: int,
) -> None:
    """Rows and numbers depend neither on slices nor on row groups; empty rows are left out."""
    schema = {"b": pl.String, "spare": pl.Int8, "a": pl.String}
    frame = pl.DataFrame([(b, 1, a) for a, b in cells], schema, orient="row")
    source = parquet(tmp_path_factory.mktemp("parquet"), frame, block, group)
    assert rows(source) == [(k, a, "") for k, (a, _) in enumerate(cells) if a and a.strip()]
    assert source.estimate() == len(cells)
    assert source.places([3]) == ({3: 4}, ("b", "spare", "a"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, 8), "2026-11-21 08:00:00.000000"),  # noqa: DTZ001 - as exported
        (Decimal("333333.30"), "333333.30"),
        (1_000_000, "1000000"),
        (True, "true"),
        (None, ""),
    ],
)
def test_values_become_text(tmp_path: Path, value: object, text: str) -> None:
    """Dates and numbers are written plainly, so that the rules for texts judge them."""
    source = parquet(tmp_path, pl.DataFrame({"a": [value], "b": ["x"]}))
    assert rows(source) == [(0, text, "x")]


def test_a_column_of_lists_is_told(tmp_path: Path) -> None:
    """A column that cannot be text is a problem of the table, and shows none of its values."""
    source = parquet(tmp_path, pl.DataFrame({"a": [["zq"]], "b": ["x"]}))
    assert told(source) == (
        "t.parquet: a column holds neither texts, numbers nor dates"
        " — hint: export lists as text with semicolons between"
    )


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    """As of any table."""
    source = parquet(tmp_path, pl.DataFrame({"bb": ["zq"], "a": ["x"]}))
    assert told(source) == "t.parquet:1:1: b: the column is missing — hint: did you mean bb?"


@pytest.mark.parametrize("content", [b"", b"PAR1 no such thing", b"a,b\n1,2\n"])
def test_a_file_that_is_not_parquet_is_told(tmp_path: Path, content: bytes) -> None:
    """A damaged file is one problem."""
    (tmp_path / "t.parquet").write_bytes(content)
    source = ParquetFile(tmp_path / "t.parquet", "t.parquet", ("a",))
    assert told(source) == "t.parquet: the table cannot be read"
    assert source.estimate() == 0


def test_a_file_damaged_in_the_middle_is_told(tmp_path: Path) -> None:
    """Its index may be whole while its pages are not."""
    frame = pl.DataFrame({"a": [f"{k}" for k in range(2000)], "b": ["x"] * 2000})
    source = parquet(tmp_path, frame, group=500)
    raw = bytearray(source.path.read_bytes())
    raw[100:400] = bytes(300)
    source.path.write_bytes(raw)
    assert told(source) == "t.parquet: the table cannot be read"


def test_a_missing_table_says_where_to_set_it(tmp_path: Path) -> None:
    """The name is the one in the settings."""
    source = ParquetFile(tmp_path / "none.parquet", "data/none.parquet", ("a",))
    assert told(source).startswith("data/none.parquet: there is no such table — hint: export it")
    assert source.estimate() == 0
