"""Reading text: UTF-8 with or without a mark, and the place of a byte that is not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import Problem
from generator.base.text import decoded, read_text

MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (MARK, ""),
        (MARK + b"a\n", "a\n"),
        (b"a\r\nb\r\n", "a\nb\n"),
        (MARK + "имя\r\n".encode(), "имя\n"),
        (b"a\rb", "a\rb"),
    ],
)
def test_marks_and_line_ends_go(raw: bytes, text: str) -> None:
    """A byte order mark and Windows line ends are no part of the text."""
    problems: list[Problem] = []
    assert decoded(raw, "a.md", problems) == text
    assert problems == []


@pytest.mark.parametrize("mark", [b"", MARK], ids=["plain", "marked"])
@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        ("", 1, 1),
        ("ab", 1, 3),
        ("a\n", 2, 1),
        ("a\r\nbc", 2, 3),
        ("Имя\n\nФамилия ", 3, 9),
        ("\n" * 9, 10, 1),
    ],
)
def test_a_bad_byte_is_placed(mark: bytes, before: str, line: int, column: int) -> None:
    """A byte that is not UTF-8 is told by its line and its column in characters."""
    problems: list[Problem] = []
    assert decoded(mark + before.encode() + b"\xcf more", "a.md", problems) is None
    hint = "save it with the encoding UTF-8"
    assert problems == [
        Problem("a.md", "the file is not UTF-8", hint, line=line, column=column),
    ]


@given(text=st.text())
def test_any_text_comes_back(text: str) -> None:
    """Whatever was saved as UTF-8 is read, but for a mark and Windows line ends."""
    problems: list[Problem] = []
    saved = text.removeprefix("\ufeff")
    assert decoded(saved.encode(), "a.md", problems) == saved.replace("\r\n", "\n").removeprefix(
        "\ufeff"
    )
    assert problems == []


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """A file that is missing, or is a folder, is told under its shown name."""
    problems: list[Problem] = []
    assert read_text(tmp_path / "none.md", "content/none.md", problems) is None
    assert read_text(tmp_path, "content", problems) is None
    assert [str(problem).partition(": ")[0] for problem in problems] == [
        "content/none.md",
        "content",
    ]
    assert all(problem.sentence.startswith("cannot be read") for problem in problems)
