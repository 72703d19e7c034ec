"""Tables as other systems write them: encodings, quotes, blank lines, the line of a bad row."""

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.base.config import Tables
from generator.base.errors import Problem
from generator.data import read_base
from generator.data.base import CLIENTS, POLICIES, SITUATIONS
from tests.builders import client_row, csv_text
from tests.data.conftest import GOOD, KNOWN, Reader

BAD = client_row(client_id="C-9", locale="de")
MARK = b"\xef\xbb\xbf"


def clients(*rows: dict[str, str]) -> str:
    """A table of clients."""
    return csv_text(CLIENTS, rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw,
        lambda raw: MARK + raw,
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: MARK + raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.rstrip(b"\n"),
        lambda raw: raw + b"\n\n",
        lambda raw: b"\n\n" + raw,
        lambda raw: raw.replace(b"\n", b"\n\n"),
        lambda raw: raw.replace(b"C-", b" C-").replace(b",ru,", b" , ru\t,"),
        lambda raw: raw.replace(b"client_id", b'"client_id"'),
    ],
    ids=[
        *("plain", "mark", "windows", "mark-windows", "no-last-line-end", "blank-end"),
        *("blank-begin", "blank-between", "spaces", "quoted-header"),
    ],
)
def test_forms_of_a_file_make_no_difference(read: Reader, change: Callable[[bytes], bytes]) -> None:
    """Marks, line ends, blank lines and spaces around cells are no part of a table."""
    table = change(clients(client_row(), client_row(client_id="C-2")).encode())
    base, problems = read(clients=table)
    assert (problems, base.refused) == ([], ())
    assert [client.id for batch in base.batches(9) for client in batch] == ["C-1", "C-2"]
    assert base.find("C-2")
    assert base.rows == 4


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


def test_short_rows_lack_their_last_cells(read: Reader) -> None:
    """A row with fewer cells has empty ones at its end, which may be allowed or not."""
    base, problems = read(situations=GOOD["situations"] + "C-1,cards\n")
    assert problems == []
    assert {(bad.line, bad.field) for bad in base.refused} == {(3, "marker"), (3, "since")}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the table has no header — hint: begin it with column names"),
        (MARK, "the table has no header — hint: begin it with column names"),
        (b"\n\n", "the table has no header — hint: begin it with column names"),
        (
            GOOD["policies"].encode() + b"P-2,C-1,duo,1,2026-01-01,more\n",
            ":3:1: the row has more cells than the header — hint: quote cells that hold a comma",
        ),
        (
            b"\n\n" + GOOD["policies"].encode() + b'P-2,"C\nC",duo,1,2026-01-01\nP-3,a,b,c,d,e\n',
            ":7:1: the row has more cells than the header — hint: quote cells that hold a comma",
        ),
        (
            GOOD["policies"].encode() + "P-2\u2028\x85,a,b,c,d\nP-3,a,b,c,d,e\n".encode(),
            ":4:1: the row has more cells than the header — hint: quote cells that hold a comma",
        ),
        (
            GOOD["policies"].encode() + b'P-2,"C-1,duo,1,2026-01-01\nP-3,C-1,duo,1,2026-01-01\n',
            ":3:1: a quoted cell is not closed — hint: close it, or double a quote inside a cell",
        ),
        (
            GOOD["policies"].encode() + b"P-2,\xcf\xee,duo,1,2026-01-01\n",
            ":3:5: the file is not UTF-8 — hint: save it with the encoding UTF-8",
        ),
    ],
    ids=[
        *("empty", "mark-only", "blank-only", "long-row", "long-row-later", "separators"),
        *("open-quote", "encoding"),
    ],
)
def test_a_broken_table_is_told_as_a_whole(read: Reader, content: bytes, told: str) -> None:
    """A file that cannot be taken apart is one problem, at its place, without its cells."""
    _, problems = read(policies=content)
    start = "data/policies.csv"
    assert [str(problem) for problem in problems] == [
        f"{start}{told}" if told.startswith(":") else f"{start}: {told}"
    ]


@pytest.mark.parametrize(
    ("header", "column", "hint"),
    [
        ("clientid", "client_id", "did you mean clientid?"),
        ("Client_ID", "client_id", "did you mean Client_ID?"),
        ("zzz", "client_id", ""),
    ],
)
def test_a_missing_column_is_told_with_the_nearest(
    read: Reader, header: str, column: str, hint: str
) -> None:
    """A mistyped column name is suggested; names that are not near are not listed."""
    _, problems = read(policies=GOOD["policies"].replace("client_id", header))
    (problem,) = problems
    assert (problem.field, problem.sentence, problem.hint) == (
        column,
        "the column is missing",
        hint,
    )
    assert (problem.path, problem.line, problem.column) == ("data/policies.csv", 1, 1)


def test_every_missing_column_is_told(read: Reader) -> None:
    """All that a table lacks is found at once."""
    _, problems = read(situations="client_id,note\nC-1,x\n")
    assert [problem.field for problem in problems] == ["product", "marker", "since"]


@pytest.mark.parametrize("name", ["clients", "policies", "situations"])
def test_a_missing_table_says_where_to_set_it(read: Reader, tmp_path: Path, name: str) -> None:
    """A table that is not there is one problem, and blames nothing on the rows of the others."""
    read()
    (tmp_path / f"data/{name}.csv").unlink()
    problems = list[Problem]()
    base = read_base(tmp_path, Tables(), KNOWN, problems)
    (problem,) = problems
    assert problem.sentence == "there is no such table"
    assert "content/site.yaml" in problem.hint
    assert base.refused == ()


@pytest.mark.parametrize(("name", "columns"), [("policies", POLICIES), ("situations", SITUATIONS)])
def test_a_table_may_be_a_header_only(read: Reader, name: str, columns: tuple[str, ...]) -> None:
    """A bank without policies, or a site without situations, is a site."""
    base, problems = read(**{name: ",".join(columns) + "\n"})
    assert (problems, base.refused) == ([], ())
    client = base.find("C-1")
    assert client
    assert getattr(client, name) == ()


def test_no_clients_is_an_empty_base(read: Reader) -> None:
    """A site before its first client has an empty base."""
    base, problems = read(
        clients=",".join(CLIENTS), policies=",".join(POLICIES), situations=",".join(SITUATIONS)
    )
    assert (problems, base.refused, len(base), base.refused_percent) == ([], (), 0, 0.0)
    assert list(base.batches(10)) == []
    assert base.find("C-1") is None
