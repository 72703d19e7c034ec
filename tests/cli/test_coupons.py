"""`sealpress coupons` agrees with the vectors, which were worked out by a program of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builders import ROOT, VECTORS
from tests.sites import SMALL, sealpress

CASES: list[dict[str, Any]] = json.loads((VECTORS / "coupons-v1.json").read_text(encoding="utf-8"))
QUOTES = ROOT / "data/quotes.csv"


def coupons(case: dict[str, Any], folder: Path, *more: str) -> list[object]:
    """The words that work out a vector's series."""
    path = folder / "series.yaml"
    path.write_text(yaml.safe_dump(case["series"]), encoding="utf-8")
    premiums = [word for premium in case["premiums"] for word in ("--premium", premium)]
    return ["coupons", path, "--quotes", QUOTES, "--as-of", case["as_of"], *premiums, *more]


def test_the_vectors_are_found() -> None:
    """An empty file of vectors would test nothing."""
    assert len(CASES) >= 3


@pytest.mark.parametrize("case", CASES, ids=[f"{c['series']['id']} {c['as_of']}" for c in CASES])
def test_json_equals_the_vector(case: dict[str, Any], tmp_path: Path) -> None:
    """Every observation, outcome, rate, amount and sum, to the last digit."""
    result = sealpress(*coupons(case, tmp_path, "--json"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == case


def test_the_table_shows_the_same(tmp_path: Path) -> None:
    """For people there is a row for each observation and one for the income."""
    case = CASES[0]
    result = sealpress(*coupons(case, tmp_path))
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[0] == ["date", "performance", "band", "outcome", "rate", *case["premiums"]]
    shown = {row[0]: row[1:] for row in rows[1:] if row}
    for made in case["observations"]:
        figures = ("performance", "band", "outcome", "rate_paid_percent")
        expected = [made[name] for name in figures if name in made]
        amounts = [made["amounts"][premium] for premium in case["premiums"] if "amounts" in made]
        assert shown[made["date"]] == [*(expected or [made["state"]]), *amounts]
    assert shown["income"] == [case["income"][premium] for premium in case["premiums"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--premium", "1 000"), "--premium: is not an amount — hint: write it as in 1000000.00\n"),
        (("--premium", "1.234"), "--premium: is not an amount — hint: write it as in 1000000.00\n"),
        (
            ("--stale-after", "1", "--as-of", "2011-12-05"),
            (
                "duo-2011-06.yaml:8:3: underlyings: no close of AAPL within 1 days before "
                "2011-12-05: the last one is of 2011-12-02 — hint: bring the quotes up to date; "
                "the page of this series stays as it was\n"
            ),
        ),
    ],
)
def test_what_cannot_be_worked_out(words: tuple[str, ...], told: str) -> None:
    """A wrong premium and a stale quote are told, and nothing is printed."""
    series = SMALL / "content/strategies/duo-2011-06.yaml"
    quotes = SMALL / "data/quotes.csv"
    common = ("coupons", series, "--quotes", quotes, "--as-of", "2011-12-02")
    result = sealpress(*common, *words, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
