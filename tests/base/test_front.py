"""Settings above a text: split off, checked, and their places told."""

from pathlib import Path

import pytest

from generator.base.errors import Problem
from generator.base.front import Fronted, read_fronted
from generator.base.model import Strict


class Front(Strict):
    """What stands above."""

    title: str


def read(folder: Path, text: str) -> tuple[Fronted[Front] | None, list[str]]:
    """What is read of a file, and what is wrong with it."""
    problems = list[Problem]()
    path = folder / "a.md"
    path.write_text(text, encoding="utf-8")
    return read_fronted(path, "content/a.md", Front, problems), [str(one) for one in problems]


def test_what_stands_below_is_left_as_it_is(tmp_path: Path) -> None:
    """With dashes of its own, and the line on which it begins."""
    found, problems = read(tmp_path, "---\ntitle: One\n--- \nTwo\n---\nThree\n")
    assert found
    assert problems == []
    assert (found.meta.title, found.body, found.line) == ("One", "Two\n---\nThree\n", 4)
    assert found.document.place(("title",))[0] == 2


@pytest.mark.parametrize(
    "text", ["", "title: One\n", "---\ntitle: One\n", "\n---\ntitle: a\n---\n"]
)
def test_without_its_two_lines(tmp_path: Path, text: str) -> None:
    """The file begins with the first of them."""
    found, (problem,) = read(tmp_path, text)
    assert found is None
    assert problem.startswith("content/a.md:1:1: there is no front matter — hint: begin")


def test_what_is_wrong_has_its_line(tmp_path: Path) -> None:
    """Counted from the start of the file."""
    found, (problem,) = read(tmp_path, "---\n\nname: One\ntitle: Two\n---\nText\n")
    assert found is None
    assert problem.startswith("content/a.md:3:1: name: ")
