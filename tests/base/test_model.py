"""The border: findings are worded as the house does, placed, and never quote what was written."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from generator.base.errors import Problem
from generator.base.model import Day, Exact, Percent, Slug, Strict, checked, suggestion
from generator.base.yamldoc import parse_yaml
from tests.builders import place_of


class Leg(Strict):
    """Something in a list."""

    ticker: Annotated[str, Field(min_length=1)]
    initial: Annotated[Exact, Field(gt=0)]


class Band(Strict):
    """Something in a group."""

    outcome: Literal["accrued", "saved"]
    share: Exact | None = None


class Paper(Strict):
    """A model with every kind of field that sealpress has."""

    id: Slug
    first: Day
    barrier: Percent
    rate: Exact = Decimal(1)
    months: Annotated[int, Field(ge=1, le=120)] = 3
    names: dict[str, str] = Field(default_factory=dict)
    legs: Annotated[tuple[Leg, ...], Field(min_length=1)]
    bands: dict[str, Band] = Field(default_factory=dict)
    above: Band | None = None
    url: Annotated[str, Field(pattern=r"^https://")] = "https://example.org"
    memory: bool = False


GOOD = """\
id: tech-2009
first: 2009-06-02
barrier: "100"
rate: "3.00"
months: 3
names: {ru: Рост}
legs:
  - {ticker: AAA, initial: "11.3015"}
bands:
  corridor: {outcome: saved, share: "0"}
above: {outcome: accrued}
url: https://example.com
memory: no
"""


def findings(text: str) -> list[Problem]:
    """What ``Paper`` finds in a text."""
    problems: list[Problem] = []
    document = parse_yaml(text, "a.yaml", problems)
    assert document
    assert problems == []
    assert (checked(Paper, document, problems) is None) == bool(problems)
    return problems


def test_what_is_right_becomes_values() -> None:
    """Every kind of field gets its type."""
    problems: list[Problem] = []
    document = parse_yaml(GOOD, "a.yaml", problems)
    assert document
    paper = checked(Paper, document, problems)
    assert problems == []
    assert paper
    assert paper.first == date(2009, 6, 2)
    assert (paper.barrier, paper.rate, paper.months) == (Decimal(100), Decimal("3.00"), 3)
    assert paper.legs == (Leg(ticker="AAA", initial=Decimal("11.3015")),)
    assert paper.bands["corridor"] == Band(outcome="saved", share=Decimal(0))
    assert paper.memory is False


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence", "hint"),
    [
        ("barrier:", "bariers:", "bariers", "unknown key", "did you mean barrier?"),
        ("ticker: AAA", "tikcer: AAA", "legs[1].tikcer", "unknown key", "did you mean ticker?"),
        ("outcome: saved,", "outcom: saved,", "bands.corridor.outcom", "unknown key", "outcome?"),
        ("outcome: accrued", "uotcome: a", "above.uotcome", "unknown key", "did you mean outcome?"),
        ("rate:", "zzz:", "zzz", "unknown key", "known: above, bands, barrier"),
        ("id: tech-2009", "id: Tech 2009", "id", "is not a usable name", "small Latin letters"),
        ("first: 2009-06-02", "first: 02.06.2009", "first", "expected a date", "2026-11-21"),
        ("first: 2009-06-02", "first: 2009-02-30", "first", "not in the calendar", "2026-11-21"),
        ("first: 2009-06-02", "first: [x]", "first", "expected a date", "2026-11-21"),
        ('barrier: "100"', "barrier: 0.65", "barrier", "expected a percentage", "not"),
        ('barrier: "100"', 'barrier: "0.65"', "barrier", "expected a percentage", 'not "0.65"'),
        ('barrier: "100"', "barrier: 65.5", "barrier", "must be quoted", "exact"),
        ('rate: "3.00"', "rate: 3.00", "rate", "must be quoted", "exact"),
        ('rate: "3.00"', "rate: 3,00", "rate", "expected a plain number", '"3.00"'),
        ('rate: "3.00"', 'rate: "1e3"', "rate", "expected a plain number", '"3.00"'),
        ('rate: "3.00"', 'rate: "-3"', "rate", "expected a plain number", '"3.00"'),
        ('rate: "3.00"', 'rate: "٣"', "rate", "expected a plain number", '"3.00"'),
        ('rate: "3.00"', "rate: {}", "rate", "expected a plain number", '"3.00"'),
        ('initial: "11.3015"', 'initial: "0"', "legs[1].initial", "must be greater than 0", ""),
        ("months: 3", "months: three", "months", "expected a whole number", ""),
        ("months: 3", "months: 0", "months", "must be greater than or equal to 1", ""),
        ("months: 3", "months: 500", "months", "must be less than or equal to 120", ""),
        ("names: {ru: Рост}", "names: Рост", "names", "expected a group of keys", "indent"),
        ("names: {ru: Рост}", "names: {ru: [a]}", "names.ru", "expected a text", ""),
        ("names: {ru: Рост}", "names: {ru: 3.5}", "names.ru", "expected a text", ""),
        ("names: {ru: Рост}", "names: {ru: }", "names.ru", "expected a text", ""),
        (
            "above: {outcome: accrued}",
            "above: {outcome: paid}",
            "above.outcome",
            "choices",
            "saved",
        ),
        ("above: {outcome: accrued}", "above: accrued", "above", "expected a group", "indent"),
        ("url: https://example.com", "url: ftp://x", "url", "is not written as expected", ""),
        ("memory: no", "memory: perhaps", "memory", "expected true or false", ""),
        ("ticker: AAA", 'ticker: " "', "legs[1].ticker", "must not be empty", ""),
    ],
)
def test_findings(old: str, new: str, field: str, sentence: str, hint: str) -> None:
    """A mistake is told once per field, at its place, in words that say how to mend it."""
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    found = {problem.field: problem for problem in findings(text)}
    problem = found[field]
    assert sentence in problem.sentence
    assert hint in problem.hint
    assert problem.line == place_of(text, new)[0]


@pytest.mark.parametrize(
    ("piece", "field", "around"),
    [
        ("id: tech-2009\n", "id", None),
        (', initial: "11.3015"', "legs[1].initial", "{ticker"),
        ("outcome: saved, ", "bands.corridor.outcome", "{share"),
    ],
)
def test_what_is_missing_is_told_where_it_belongs(piece: str, field: str, around: str) -> None:
    """A required key that is not there is told at the group that lacks it."""
    text = GOOD.replace(piece, "")
    (problem,) = findings(text)
    assert (problem.field, problem.sentence) == (field, "is required")
    expected = place_of(text, around) if around else (1, 1)
    assert (problem.line, problem.column) == expected


def test_an_unknown_key_is_placed_at_the_key() -> None:
    """The cursor goes to the mistyped key, not to its value."""
    text = GOOD.replace("{outcome: accrued}", "{outcome: accrued, shaer: '1'}")
    (problem,) = findings(text)
    assert (problem.line, problem.column) == place_of(text, "shaer")


class Fork(Strict):
    """A model with a key that is a word of Python, and that holds others of its kind."""

    else_: Annotated["Fork | None", Field(alias="else")] = None


def test_a_key_may_be_a_word_of_python() -> None:
    """It is suggested as it is written, at any depth."""
    problems: list[Problem] = []
    document = parse_yaml("else: {esle: {}}", "fork.yaml", problems)
    assert document
    assert checked(Fork, document, problems) is None
    hint = "did you mean else?"
    assert problems == [Problem("fork.yaml", "unknown key", hint, "else.esle", 1, 8)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("- a\n- b\n", "expected a group of keys"), ("just words\n", "expected a group of keys")],
)
def test_a_file_of_another_kind_is_one_finding(text: str, sentence: str) -> None:
    """A list or a text where keys belong is told at the top of the file."""
    (problem,) = findings(text)
    assert (problem.sentence, problem.line, problem.column) == (sentence, 1, 1)


def test_an_empty_file_lacks_everything() -> None:
    """An empty file is told all that it lacks, at once."""
    assert {problem.field for problem in findings("")} == {"id", "first", "barrier", "legs"}


def test_all_findings_come_at_once() -> None:
    """An editor is not led from one mistake to the next."""
    text = GOOD.replace("id: tech-2009", "id: A").replace("months: 3", "months: x")
    assert {problem.field for problem in findings(text)} == {"id", "months"}


@pytest.mark.parametrize("typed", ["65", '"65"', '"65 %"', "65%", "2"])
def test_percents_may_bear_their_sign(typed: str) -> None:
    """A level can be written with and without the sign."""
    assert findings(GOOD.replace('barrier: "100"', f"barrier: {typed}")) == []


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("barier", ["barrier", "floor"], "did you mean barrier?"),
        ("zzz", ["a", "b"], "known: a, b"),
        ("zzz", [], ""),
    ],
)
def test_suggestion(word: str, known: list[str], hint: str) -> None:
    """The nearest known word is suggested, else all of them are listed."""
    assert suggestion(word, known) == hint


MARKED = st.from_regex(r"zq[A-Z0-9]{6}", fullmatch=True)
SHAPES = st.sampled_from(["{}", "[{}]", "{{a: {}}}", '"1.{}"', "{} 3", '"{}\\n"', "3.5{}", "-{}"])
LINES = [line for line in GOOD.splitlines() if ": " in line]


@given(marker=MARKED, shape=SHAPES, line=st.sampled_from(LINES))
def test_no_finding_quotes_what_was_written(marker: str, shape: str, line: str) -> None:
    """Whatever stands in a field, no message repeats it: it may be a client's."""
    key, _, _ = line.rpartition(": ") if "{" not in line else line.partition(": ")
    assert GOOD.count(line) == 1
    text = GOOD.replace(line, f"{key}: {shape.format(marker)}" + "}" * key.count("{"))
    problems: list[Problem] = []
    document = parse_yaml(text, "a.yaml", problems)
    if document:
        checked(Paper, document, problems)
    assert not [problem for problem in problems if marker in repr(problem)]
