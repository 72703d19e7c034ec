"""Rows that break a rule: which, why, and on which line of their table."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from generator.data.records import CLIENTS
from generator.data.sources import ROW
from generator.data.sources.csvfile import CsvFile
from generator.data.table import Fault, Rule, as_day, is_day, sifted, told, whole
from tests.builders import client_row, csv_text
from tests.data.conftest import Reader

BAD = client_row(client_id="C-9", locale="de")
MARK = b"\xef\xbb\xbf"
IS_A = Rule("a", pl.col("a") == "x", "is x", "write y")
IS_B = Rule("b", pl.col("b") == "x", "is x as well")


def clients(*rows: dict[str, str]) -> str:
    """A table of clients."""
    return csv_text(CLIENTS, rows)


def table(folder: Path, content: str, block: int = 1) -> CsvFile:
    """A table of the columns a and b, in blocks of a row."""
    (folder / "t.csv").write_text(content)
    return CsvFile(folder / "t.csv", "t.csv", ("a", "b"), block)


# ── Sifting ──────────────────────────────────────────────────────────────────────────────────


def test_a_row_may_break_several_rules(tmp_path: Path) -> None:
    """Each is a fault; the faults of a rule stand together, and the rows that pass are whole."""
    rows = whole(table(tmp_path, "a,b\nx,1\n2,3\nx,x\n4,5\n"))
    good, faults = sifted(rows, [IS_A, IS_B])
    assert good.rows() == [(1, "2", "3"), (3, "4", "5")]
    assert faults == [
        Fault(0, 0, "a", "is x", "write y"),
        Fault(0, 2, "a", "is x", "write y"),
        Fault(1, 2, "b", "is x as well", ""),
    ]


def test_what_cannot_be_decided_is_refused() -> None:
    """A rule that has no answer for a row does not let it pass."""
    rows = pl.DataFrame({ROW: [0, 1], "a": [None, "y"]}, {ROW: pl.UInt32, "a": pl.String})
    good, faults = sifted(rows, [IS_A])
    assert good[ROW].to_list() == [1]
    assert [fault.row for fault in faults] == [0]


def test_right_rows_are_left_alone() -> None:
    """No row, or none that is wrong, gives no fault."""
    rows = pl.DataFrame({ROW: [5], "a": ["y"]})
    assert sifted(rows, [IS_A]) == (rows, [])
    good, faults = sifted(rows.clear(), [IS_A])
    assert (good.height, faults) == (0, [])


def test_problems_stand_in_the_order_of_rules_and_rows(tmp_path: Path) -> None:
    """Whichever bucket was through first; each with its line and column, and no value."""
    source = table(tmp_path, '\nb,a\nx,"zq\n"\n\n2,3\n')
    _, faults = sifted(whole(source), [IS_A, IS_B, Rule("a", pl.col("a") != "", "is something")])
    assert [str(problem) for problem in told(source, faults[::-1])] == [
        "t.csv:3:1: b: is x as well",
        "t.csv:3:2: a: is something",
        "t.csv:6:2: a: is something",
    ]


def test_without_faults_a_table_is_not_read_again(tmp_path: Path) -> None:
    """A night on which all is right reads every table once."""
    source = table(tmp_path, "a,b\n")
    (tmp_path / "t.csv").unlink()
    assert told(source, []) == []


def test_a_whole_table_has_all_its_blocks(tmp_path: Path) -> None:
    """In their order, also when there is one without rows."""
    assert whole(table(tmp_path, "a,b\n1,2\n3,4\n")).rows() == [(0, "1", "2"), (1, "3", "4")]
    assert whole(table(tmp_path, "a,b\n")).columns == [ROW, "a", "b"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-21", date(2026, 11, 21)),
        ("2024-02-29", date(2024, 2, 29)),
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        *((text, None) for text in ("", "2026-02-29", "2026-13-01", "0000-01-01", "26-01-01")),
        *((text, None) for text in ("2026-1-1", "2026-01-01 ", "2026/01/01", "-2026-01-01")),
        *((text, None) for text in ("02026-01-01", "２026-01-01", "2026-01-01T00:00", "x")),
    ],
)
def test_a_day_is_written_in_one_way(text: str, day: date | None) -> None:
    """Year, month and day of the calendar, as Python knows it."""
    frame = pl.DataFrame({"a": [text]})
    right = frame.filter(is_day("a"))
    assert right.select(as_day("a"))["a"].to_list() == ([day] if day else [])


# ── Lines ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ([], 2),
        ([client_row()], 3),
        ([client_row(last_name="Two\nlines")], 4),
        ([client_row(last_name="Three\n\nlines", middle_name='a "quote"')], 5),
        ([client_row(last_name="Win\r\ndows")], 4),
        ([client_row(last_name="a,b", email='"')], 3),
        ([client_row(last_name="sep\u2028arated\x0b\x85")], 3),
        ([client_row(last_name="x" * 200_000)], 3),
        ([client_row(client_id=f"D-{k}", last_name="a\nb") for k in range(50)], 102),
    ],
    ids=["first", "second", "newline", "newlines", "crlf", "quotes", "separators", "long", "many"],
)
def test_a_bad_row_is_told_by_the_line_on_which_it_begins(
    read: Reader, before: list[dict[str, str]], line: int
) -> None:
    """Whatever stands in the cells above it, a row's line is that of the file."""
    base, problems = read(clients=clients(*before, BAD))
    assert problems == []
    (refused,) = [bad for bad in base.refused if bad.path == "data/clients.csv"]
    assert (refused.line, refused.column) == (line, CLIENTS.index("locale") + 1)
    assert (refused.field, refused.sentence) == ("locale", "is not a locale of the site")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda raw: MARK + raw, 3),
        (lambda raw: raw.replace(b"\n", b"\r\n"), 3),
        (lambda raw: b"\n\n\n" + raw, 6),
        (lambda raw: raw.replace(b"\n", b"\n\n\n"), 7),
        (lambda raw: raw.replace(b"client_id,", b'"client_id",'), 3),
        (lambda raw: raw.replace("Иванов,".encode(), b"a\rb,", 1), 3),
    ],
    ids=["mark", "windows", "blank-begin", "blank-between", "quoted-header", "lone-return"],
)
def test_lines_are_counted_in_the_file_as_it_is(
    read: Reader, change: Callable[[bytes], bytes], line: int
) -> None:
    """Blank lines and marks are counted as an editor's cursor counts them."""
    base, problems = read(clients=change(clients(client_row(), BAD).encode()))
    assert problems == []
    assert [(bad.line, bad.column) for bad in base.refused] == [(line, CLIENTS.index("locale") + 1)]


def test_columns_may_stand_in_any_order_among_others(read: Reader) -> None:
    """Columns are found by name; those that are not wanted are passed over."""
    order = (*reversed(CLIENTS), "row number", "note")
    rows = [{**client_row(), "note": "x", "row number": "7"}, {**BAD, "note": "", "row number": ""}]
    base, problems = read(clients=csv_text(order, rows))
    assert problems == []
    assert base.find("C-1")
    assert [(bad.line, bad.column) for bad in base.refused] == [(3, order.index("locale") + 1)]
