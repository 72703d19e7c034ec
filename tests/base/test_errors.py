"""Errors: one form for a problem, every problem once and in reading order, over process borders."""

import pickle

import pytest

from generator.base.errors import (
    InputError,
    KeyRingError,
    LinkError,
    NotFoundError,
    OpenError,
    OutsideError,
    Problem,
    SealpressError,
)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("a.yaml", "is wrong"), "a.yaml: is wrong"),
        (Problem("a.yaml", "is wrong", line=14, column=9), "a.yaml:14:9: is wrong"),
        (
            Problem("a.yaml", "expected a percentage", "write 65", "barrier", 14, 9),
            "a.yaml:14:9: barrier: expected a percentage — hint: write 65",
        ),
        (Problem("a.yaml", "is required", field="id"), "a.yaml: id: is required"),
    ],
)
def test_a_problem_says_where_what_and_how_to_mend_it(problem: Problem, text: str) -> None:
    """A problem has one form, and its empty parts leave no trace."""
    assert str(problem) == text


def test_problems_are_told_once_and_in_reading_order() -> None:
    """Problems come by file, line and column, whatever the order in which they were found."""
    first = Problem("a.yaml", "one", line=2, column=9)
    second = Problem("a.yaml", "two", line=10, column=1)
    third = Problem("b.yaml", "three")
    error = InputError([third, second, first, second])
    assert error.problems == (first, second, third)
    assert str(error) == "a.yaml:2:9: one\na.yaml:10:1: two\nb.yaml: three"


@pytest.mark.parametrize(
    "error",
    [
        InputError([Problem("a.yaml", "is wrong", "mend it", "id", 1, 2)]),
        KeyRingError("keys/ring.json: there is no key ring"),
        LinkError("incomplete"),
        OpenError("authentication"),
        OpenError("format"),
        NotFoundError("no page lies at this address"),
        OutsideError("the disk is full"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_cross_processes(error: SealpressError) -> None:
    """An error raised in a worker is the same error, with the same words, in the parent."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert getattr(again, "reason", None) == getattr(error, "reason", None)
    assert isinstance(again, SealpressError)


@pytest.mark.parametrize(
    ("reason", "words"), [("format", "known version"), ("authentication", "altered")]
)
def test_an_open_error_is_worded_for_a_person(reason: str, words: str) -> None:
    """The two classes of the format have a sentence each."""
    error = OpenError(reason)  # type: ignore[arg-type]
    assert error.reason == reason
    assert words in str(error)
