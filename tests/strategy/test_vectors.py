"""The coupon vectors, worked out by a program of its own: every figure must be the same."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.base.errors import Problem
from generator.content import read_series
from generator.data import Quotes, read_quotes
from generator.strategy import observe, worked
from tests.builders import ROOT, VECTORS

CASES: list[dict[str, Any]] = json.loads((VECTORS / "coupons-v1.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quotes() -> Quotes:
    """The sample's quotes, on which the vectors were worked out."""
    problems = list[Problem]()
    found = read_quotes(ROOT / "data/quotes.csv", ROOT, problems)
    assert problems == []
    return found


def test_there_are_vectors_of_every_kind() -> None:
    """The file holds both baskets, series with and without memory, and dates still to come."""
    assert len(CASES) == 4
    assert {case["series"]["basket"] for case in CASES} == {"worst-of", "average"}
    assert {case["series"]["memory"] for case in CASES} == {True, False}
    states = {made["state"] for case in CASES for made in case["observations"]}
    assert states == {"observed", "pending"}
    outcomes = {made.get("outcome") for case in CASES for made in case["observations"]}
    assert outcomes >= {"accrued", "saved"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["series"]["id"])
def test_vectors(case: dict[str, Any], quotes: Quotes, tmp_path: Path) -> None:
    """Read, observed and worked out, a series gives the vector's whole object and no more."""
    path = tmp_path / "series.yaml"
    # quoted, as an editor writes them: else YAML takes a rate for a float and the model refuses
    path.write_text(yaml.safe_dump(case["series"], default_style=None), encoding="utf-8")
    series = read_series(path, tmp_path)
    course = observe(series, quotes, date.fromisoformat(case["as_of"]), stale_after=7)
    assert worked(series, course, case["premiums"]) == case


def test_the_sample_quotes_are_whole(quotes: Quotes) -> None:
    """Every row of the sample's table arrived, none was set aside."""
    with (ROOT / "data/quotes.csv").open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    assert sum(map(len, quotes.days.values())) == rows > 10_000
    assert quotes.refused == {}
