"""Rows cut from bytes: whole, all of them, and none longer than memory."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.data.sources import rows
from generator.data.sources.rows import MARK, RowReader, is_cut


def pieces(text: bytes, size: int) -> list[tuple[int, bytes]]:
    """Everything a reader gives, with the line on which it begins."""
    reader, found = RowReader(io.BytesIO(text)), list[tuple[int, bytes]]()
    while True:
        line, piece = reader.line, reader.read(size)
        if not piece:
            return found
        found.append((line, piece))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (b"a,b", [(1, b"a,b")]),
        (b"a\n\nb\n", [(1, b"a\n"), (2, b"\n"), (3, b"b\n")]),
        (b'"a\nb"\r\nc', [(1, b'"a\nb"\r\n'), (3, b"c")]),
        (b'"a""\n"\nb\n', [(1, b'"a""\n"\n'), (3, b"b\n")]),
        (b'a,"b\nc\n', [(1, b'a,"b\nc\n')]),
    ],
    ids=["empty", "one", "blank", "newline", "doubled-quote", "open-quote"],
)
def test_one_byte_is_one_row(text: bytes, expected: list[tuple[int, bytes]]) -> None:
    """A row ends where a line ends outside of quotes, or where the file does."""
    assert pieces(text, 1) == expected


@given(text=st.text('a",яя\n\r').map(str.encode), size=st.integers(1, 30))
def test_pieces_are_whole_rows_and_the_whole_text(text: bytes, size: int) -> None:
    """Nothing is lost, every piece but the last ends a row, and lines are counted right."""
    found, single = pieces(text, size), dict(pieces(text, 1))
    assert b"".join(piece for _, piece in found) == text
    assert {line for line, _ in found} <= set(single)
    assert "".join(piece.decode() for _, piece in found).encode() == text  # no letter is cut


@pytest.mark.parametrize("begin", [b"", b"\n", b"\r\n\n", MARK, MARK + b"\n"])
def test_the_header_is_the_first_row_that_is_not_blank(begin: bytes) -> None:
    """Blank lines and a mark before it are no part of it."""
    reader = RowReader(io.BytesIO(begin + b'"a\nb",c\n1,2\n'))
    line = begin.count(b"\n") + 1
    assert reader.header() == (b'"a\nb",c\n', line)
    assert (reader.line, reader.read(9)) == (line + 2, b"1,2\n")


@pytest.mark.parametrize("text", [b'a,"b\n' + b"cc\n" * 40, b"d" * 130])
def test_a_row_without_an_end_is_not_followed_to_the_end(
    text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open quote, or a file without lines, is cut soon after the limit."""
    monkeypatch.setattr(rows, "LONGEST", 20)
    ((_, first), *others) = pieces(text, 1)
    assert is_cut(first, 1)
    assert len(first) <= 1 + 2 * 20
    assert others
