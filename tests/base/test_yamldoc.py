"""YAML: the place of every value, and none of YAML 1.1's surprises."""

from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import Problem
from generator.base.yamldoc import Data, Document, Route, dotted, parse_yaml
from tests.builders import place_of

NESTED = """\
id: tech
names: {ru: Технологии, en: "Growth"}
stages:
  - id: filing
    markers: [BKR-10, BKR-11]
  -
    id: sale
    text: >-
      folded
      lines
empty:
"""


def parsed(text: str) -> Document:
    """A document that has no problems."""
    problems: list[Problem] = []
    document = parse_yaml(text, "a.yaml", problems)
    assert document
    assert problems == []
    return document


def problems_in(text: str) -> list[Problem]:
    """What is wrong with a text."""
    problems: list[Problem] = []
    parse_yaml(text, "a.yaml", problems)
    return problems


@pytest.mark.parametrize(
    ("route", "piece"),
    [
        (("id",), "tech"),
        (("names",), "{ru"),
        (("names", "ru"), "Технологии"),
        (("names", "en"), '"Growth"'),
        (("stages",), "- id: filing"),
        (("stages", 0), "id: filing"),
        (("stages", 0, "id"), "filing"),
        (("stages", 0, "markers", 1), "BKR-11"),
        (("stages", 1), "id: sale"),
        (("stages", 1, "id"), "sale"),
        (("stages", 1, "text"), ">-"),
    ],
    ids=lambda value: dotted(value) if isinstance(value, tuple) else "",
)
def test_places_of_nested_values(route: Route, piece: str) -> None:
    """Each value is where an editor's cursor finds it, in flow and block style."""
    assert parsed(NESTED).place(route) == place_of(NESTED, piece)


@pytest.mark.parametrize(
    ("route", "piece"),
    [(("names",), "names"), (("names", "en"), "en:"), (("stages", 1, "text"), "text")],
    ids=lambda value: dotted(value) if isinstance(value, tuple) else "",
)
def test_places_of_keys(route: Route, piece: str) -> None:
    """Each key is where it stands."""
    assert parsed(NESTED).key_place(route) == place_of(NESTED, piece)


def test_what_is_missing_is_placed_at_what_is_around_it() -> None:
    """A value that is not there is told at the nearest thing around it, or at the top."""
    document = parsed(NESTED)
    around = place_of(NESTED, "id: sale")
    assert document.place(("stages", 1, "names", "ru")) == around
    assert document.key_place(("stages", 1, "names")) == around
    assert document.place(("barrier",)) == (1, 1)


def test_front_matter_counts_the_lines_above_it() -> None:
    """The places in a Markdown file's settings are those of the file."""
    problems: list[Problem] = []
    document = parse_yaml("id: a\nid: b\n", "a.md", problems, offset=1)
    assert document
    assert document.place(("id",)) == (3, 5)
    assert [(problem.line, problem.column) for problem in problems] == [(3, 1)]
    parse_yaml("a: 1\nb: c: d\n", "b.md", problems, offset=4)
    assert problems[-1].line == 6


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("0o17", "0o17"),
        ("2026-11-21", "2026-11-21"),
        ("3", "3"),
        ('"3.00"', "3.00"),
        ("'~'", "~"),
        ('""', ""),
        ("1e3", "1e3"),
        ("1.5e3", "1.5e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1.2.3", "1.2.3"),
        ("8 800 000-00-00", "8 800 000-00-00"),
        ("!!bool no", "no"),
    ],
)
def test_scalars_stay_as_they_were_typed(typed: str, value: str) -> None:
    """No text becomes a truth, a time, a date or a number behind the editor's back."""
    assert parsed(f"a: {typed}\n").data == {"a": value}


@pytest.mark.parametrize(("typed", "value"), [("3.00", 3.0), ("-0.5", -0.5), (".5", 0.5)])
def test_an_unquoted_number_with_a_point_is_flagged(typed: str, value: float) -> None:
    """Such a number comes out as a float, so that a model can refuse it."""
    data = parsed(f"a: {typed}\n").data
    assert data == {"a": value}
    assert isinstance(data, dict)
    assert isinstance(data["a"], float)


@pytest.mark.parametrize("typed", ["", "~", "null"])
def test_nothing_is_nothing(typed: str) -> None:
    """A key without a value, and YAML's words for nothing, are None."""
    assert parsed(f"a: {typed}\n").data == {"a": None}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_no_error(text: str) -> None:
    """An empty file is a document without data."""
    assert parsed(text).data is None


def test_a_key_that_stands_twice_is_told_at_the_second() -> None:
    """A duplicate key is a problem, also deep inside, and where it stands the second time."""
    text = "a:\n  - b: 1\n    c: 2\n    b : 3\n"
    line, column = place_of(text, "b :")
    assert problems_in(text) == [
        Problem("a.yaml", "the key stands twice", "", "a[1].b", line, column)
    ]


@pytest.mark.parametrize("text", ["a: &x [1, *x]\n", "a: &x {b: {c: *x}}\n", "&x [[*x]]\n"])
def test_an_alias_cycle_is_a_problem(text: str) -> None:
    """An alias inside what it stands for ends neither in a loop nor in a crash."""
    assert [problem.sentence for problem in problems_in(text)] == ["an alias contains itself"]


def test_an_alias_used_twice_is_no_cycle() -> None:
    """The same anchor may be used in many places, its keys are not duplicates."""
    assert parsed("a: &x {b: 1}\nc: [*x, *x]\n").data == {
        "a": {"b": "1"},
        "c": [{"b": "1"}, {"b": "1"}],
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: zqmarker: 2\n", 2),
        ("a: 1\nb:\n\tc: zqmarker\n", 3),
        ('a: 1\n\nb: "zqmarker\n', 4),
        ("a: [zqmarker\nb: 2\n", 2),
        ("a: 1\n- zqmarker\n", 2),
        ("a: *zqmarker\n", 1),
        ('a: "\\zqmarker"\n', 1),
        ("a: !zq!marker x\n", 1),
        ("a: zqmarker\n--- \nb: 1\n", 2),
        ("a: @zqmarker\n", 1),
        ("a: {b: zqmarker}}\n", 1),
    ],
)
def test_a_syntax_error_has_its_line_and_not_its_words(text: str, line: int) -> None:
    """A file that cannot be parsed is told by line, and nothing of it is quoted."""
    (problem,) = problems_in(text)
    assert problem.line == line
    assert problem.column >= 1
    assert "invalid YAML" in str(problem)
    assert "zq" not in str(problem)


def test_a_forbidden_character_is_a_problem() -> None:
    """A character that YAML forbids is told, not thrown."""
    (problem,) = problems_in("a: \x00\n")
    assert "not allowed" in problem.sentence


@pytest.mark.parametrize(
    ("route", "text"),
    [((), ""), (("a",), "a"), (("stages", 1, "names", "ru"), "stages[2].names.ru"), ((0,), "[1]")],
)
def test_routes_are_written_as_editors_count(route: Route, text: str) -> None:
    """Places in a list count from 1, as an editor counts."""
    assert dotted(route) == text


LEAVES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3),
    max_leaves=12,
)


def leaves(data: Data, route: Route = ()) -> Iterator[tuple[Route, Data]]:
    """Every leaf of ``data`` with its route."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*route, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from leaves(value, (*route, number))
    else:
        yield route, data


@given(tree=TREES, flow=st.booleans())
def test_every_leaf_is_read_and_placed(tree: Data, *, flow: bool) -> None:
    """Quoted values come back as they were, and at each one's place its text begins."""
    text = yaml.dump(tree, default_style='"', default_flow_style=flow, allow_unicode=True)
    document = parsed(text)
    assert document.data == tree
    lines = text.split("\n")
    for route, _ in leaves(tree):
        line, column = document.place(route)
        assert lines[line - 1][column - 1 :].lstrip("!str ").startswith('"')
