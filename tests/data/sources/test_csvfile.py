"""CSV in blocks: the same rows and the same words as if the file were read at once."""

import csv
import gzip
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.data.sources import ROW, rows
from generator.data.sources.csvfile import BLOCK, CsvFile

from .conftest import rows as rows_of
from .conftest import told

MARK = b"\xef\xbb\xbf"
MANY = 200  # blocks of a few bytes: the error stands in one of the last


def csv_file(folder: Path, content: bytes, block: int = BLOCK, name: str = "t.csv") -> CsvFile:
    """A table of the columns a and b."""
    (folder / name).write_bytes(content)
    return CsvFile(folder / name, name, ("a", "b"), block)


# ── The same in any blocks ───────────────────────────────────────────────────────────────────

CELLS = st.text('aя,"\n\r; \u2028\x85', max_size=6)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A table as some system may write it."""
    header = draw(st.permutations(["a", "b", "не нужен", 'c,"\n"']))
    lines = draw(st.lists(st.one_of(st.lists(CELLS, min_size=1, max_size=4), st.none())))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    out = io.StringIO()
    is_quoted = draw(st.booleans())
    writer = csv.writer(
        out, lineterminator=end, quoting=csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    )
    out.write(draw(st.sampled_from(["", "\ufeff"])) + end * draw(st.integers(0, 2)))
    for row in [header, *lines]:
        if row is None:
            out.write(end)
        else:
            writer.writerow(row)
    text = out.getvalue()
    return (text.removesuffix(end) if draw(st.booleans()) else text).encode()


def at_once(content: bytes) -> list[tuple[int | str, ...]]:
    """What Polars makes of a whole table."""
    frame = pl.read_csv(content, infer_schema=False).select("a", "b")
    cells = frame.with_columns(pl.all().fill_null("").str.strip_chars()).with_row_index(ROW)
    return cells.filter((pl.col("a") != "") | (pl.col("b") != "")).rows()


@given(content=tables(), block=st.integers(1, 40), pack=st.sampled_from([bytes, gzip.compress]))
def test_blocks_of_any_size_are_the_whole_table(
    content: bytes, block: int, pack: Callable[[bytes], bytes]
) -> None:
    """Rows, their numbers and their lines do not depend on where blocks end."""
    with tempfile.TemporaryDirectory() as folder:
        source = csv_file(Path(folder), pack(content), block)
        whole = CsvFile(source.path, source.name, source.columns)
        found = rows_of(source)
        numbers = [int(row[0]) for row in found]
        assert found == rows_of(whole) == at_once(content)
        assert source.places(numbers) == whole.places(numbers)
        assert set(source.places(numbers)[0]) == set(numbers)
        assert source.places(numbers)[1] == header_of(content)


def header_of(content: bytes) -> tuple[str, ...]:
    """The header as the csv module reads it."""
    text = io.StringIO(content.decode("utf-8-sig").lstrip("\r\n"), newline="")
    return tuple(next(csv.reader(text)))


def test_small_blocks_are_many(tmp_path: Path) -> None:
    """The block's size is what is read at once, up to a row's end."""
    source = csv_file(tmp_path, b"a,b\n" + b"1,2\n" * 10, 6)
    assert [frame.height for frame in source.blocks()] == [2] * 5


def test_a_file_of_a_header_is_one_empty_block(tmp_path: Path) -> None:
    """There is always a block, whose columns are known."""
    (frame,) = csv_file(tmp_path, b"a,b").blocks()
    assert frame.is_empty()
    assert dict(frame.schema)[ROW].is_integer()
    assert rows_of(csv_file(tmp_path, b"a,b\n\n,\n")) == []


def test_gzip_is_known_by_how_it_begins(tmp_path: Path) -> None:
    """A compressed table may have any name."""
    assert rows_of(csv_file(tmp_path, gzip.compress(b"a,b\n1,2\n"))) == [(0, "1", "2")]


# ── What is wrong ────────────────────────────────────────────────────────────────────────────

GOOD = b"1,2\n" * MANY
CLOSE = "t.csv:{}:1: a quoted cell is not closed — hint: close it, or double a quote inside a cell"
OTHER = (
    "t.csv:1:1: the cells are not separated by commas"
    " — hint: export the table again, with commas between the cells"
)
WIDE = "t.csv:{}:1: the row has more cells than the header — hint: quote cells that hold a comma"


@pytest.mark.parametrize("block", [1, 50, BLOCK])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n" + GOOD + b"zq,2,3\n" + GOOD, WIDE.format(MANY + 2)),
        (MARK + b"\r\n\na,b\r\n" + GOOD + b"zq,2,3\n", WIDE.format(MANY + 4)),
        (b'"a",b\n"\n","\n"\n' + GOOD + b"zq,2,3\n", WIDE.format(MANY + 5)),
        (b"a,b\n" + GOOD + b'"zq,2\n1,2\n', CLOSE.format(MANY + 2)),
        (b"a,b\n" + GOOD + b'1,"zq', CLOSE.format(MANY + 2)),
        (b"a,b\n" + GOOD + b'1,"zq"x\n' + GOOD, CLOSE.format(MANY + 2)),
        (
            b"a,b\n" + GOOD + "яz,q".encode() + b"\xcf\xee\n" + GOOD,
            f"t.csv:{MANY + 2}:5: the file is not UTF-8 — hint: save it with the encoding UTF-8",
        ),
        (
            b"a;b\n" + b"1;2\n" * 3 + b"1;2,zq\n",
            OTHER,
        ),
    ],
    ids=[
        *("wide", "wide-crlf", "wide-newlines", "open", "open-end", "after-quote"),
        *("encoding", "semicolons"),
    ],
)
def test_a_wrong_row_is_told_at_its_line(
    tmp_path: Path, content: bytes, expected: str, block: int
) -> None:
    """In whichever block it stands, and without its cells."""
    assert told(csv_file(tmp_path, content, block)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "t.csv: the table has no header — hint: begin it with column names"),
        (b"\n\r\n", "t.csv: the table has no header — hint: begin it with column names"),
        (b"a,B\n", "t.csv:1:1: b: the column is missing"),
        (b"aa,b\n", "t.csv:1:1: a: the column is missing — hint: did you mean aa?"),
        (
            b"x,y\n",
            "t.csv:1:1: a: the column is missing\nt.csv:1:1: b: the column is missing",
        ),
        (b'a,"b\n1,zq\n', "t.csv:1:1: b: the column is missing"),
        (b"  \na,b\n1,2\n", WIDE.format(2)),
        (b'a,b\n1,5" zq\n3,4\n', "t.csv: the table cannot be read"),
    ],
    ids=["empty", "blank", "case", "near", "all", "open-header", "spaces", "stray-quote"],
)
def test_a_broken_table_is_told_as_a_whole(tmp_path: Path, content: bytes, expected: str) -> None:
    """What is wrong with the header, or cannot be found, is told of the file."""
    assert told(csv_file(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n" + GOOD + b'zq,"2\n' + GOOD, CLOSE.format(MANY + 2)),
        (b"a,b\n" + GOOD + b"zq" * 500, "t.csv: the table cannot be read"),
    ],
    ids=["quote", "line"],
)
def test_a_row_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, expected: str
) -> None:
    """A file of gigabytes with one open quote is not read into memory."""
    monkeypatch.setattr(rows, "LONGEST", 100)
    assert told(csv_file(tmp_path, content, 40)) == expected


def test_rows_before_a_wrong_one_are_given(tmp_path: Path) -> None:
    """A source finds what is wrong when it comes there."""
    blocks: Iterator[pl.DataFrame] = csv_file(tmp_path, b"a,b\n1,2\n3,4,5\n", 1).blocks()
    assert next(blocks).rows() == [(0, "1", "2")]
    with pytest.raises(Exception, match="more cells than the header"):
        next(blocks)


def test_a_missing_table_says_where_to_set_it(tmp_path: Path) -> None:
    """The name is the one in the settings."""
    source = CsvFile(tmp_path / "none.csv", "data/none.csv", ("a",))
    hint = "export it there, or set its place under tables in content/site.yaml"
    assert told(source) == f"data/none.csv: there is no such table — hint: {hint}"
    assert source.estimate() == 0


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    """What the system refuses is told in its own words, which name no path."""
    assert told(CsvFile(tmp_path, "t.csv", ("a",))) == "t.csv: cannot be read: Is a directory"


PACKED = gzip.compress(b"a,b\n" + b"".join(b"%d,zq\n" % k for k in range(5000)))
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda raw: raw[:-20],
    "cut-begin": lambda raw: raw[:3],
    "changed": lambda raw: raw[:40] + b"\x00" * 40 + raw[80:],
    "no-gzip": lambda _: b"a,b\n1,2\n",
    "checksum": lambda raw: raw[:-8] + b"1234" + raw[-4:],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_gzip_is_told(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """A table that was cut off on its way is refused, wherever the cut is."""
    source = csv_file(tmp_path, damage(PACKED), 500, "t.csv.gz")
    expected = "t.csv.gz: the compressed file is damaged or cut off — hint: export the table again"
    assert told(source) == expected
    assert source.estimate() in range(6000)


# ── How many ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
@pytest.mark.parametrize("count", [0, 3, 300_000])
def test_the_estimate_is_near(tmp_path: Path, name: str, count: int) -> None:
    """Rows of one length are estimated to a tenth, few rows exactly."""
    content = b"a,b\n" + b"".join(b"%07d,word\n" % (7919 * k % 9_999_991) for k in range(count))
    packed = gzip.compress(content, 1) if name.endswith("gz") else content
    assert csv_file(tmp_path, packed, name=name).estimate() == pytest.approx(count, rel=0.1)
