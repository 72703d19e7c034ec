"""Series: the terms as they are written, their defaults, and the news."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import InputError, Problem
from generator.content import (
    Band,
    Outcome,
    Payout,
    Schedule,
    Series,
    Underlying,
    load_content,
    read_series,
)
from tests.builders import AS_OF, LOCALES, NEWS_MD, SERIES_YAML, small_site, write

NEWS = "content/strategies/duo"


def read(root: Path, text: str) -> Series:
    """The series written in ``text``."""
    return read_series(write(root, {"duo.yaml": text}) / "duo.yaml", root)


def test_terms_are_exact(tmp_path: Path) -> None:
    """Nothing of the terms is rounded on its way from the file."""
    series = read(tmp_path, SERIES_YAML)
    terms = series.terms
    assert (series.id, series.currency, terms.basket, terms.memory) == (
        "duo",
        "RUB",
        "worst-of",
        False,
    )
    assert terms.underlyings == (
        Underlying("AAA", Fraction(100), "Alpha"),
        Underlying("BBB", Fraction(50), "Beta"),
    )
    assert terms.schedule == Schedule(date(2026, 1, 10), 1, 6)
    assert (terms.rate, terms.barrier, terms.floor) == (Fraction(3), Decimal(100), Decimal(70))
    assert terms.payouts == {
        Band.ABOVE: Payout(Outcome.ACCRUED, Fraction(1)),
        Band.CORRIDOR: Payout(Outcome.SAVED, Fraction(0)),
        Band.BELOW: Payout(Outcome.SAVED, Fraction(0)),
    }


def test_shares_have_defaults(tmp_path: Path) -> None:
    """Accrued pays the whole rate and saved pays nothing unless a share says otherwise."""
    text = (
        SERIES_YAML.replace('above: {outcome: accrued, share: "1"}', "above: {outcome: accrued}")
        .replace(
            'corridor: {outcome: saved, share: "0"}', 'corridor: {outcome: accrued, share: "0.5"}'
        )
        .replace('below: {outcome: saved, share: "0"}', "below: {outcome: saved}")
    )
    payouts = read(tmp_path, text).terms.payouts
    assert [payouts[band].share for band in Band] == [1, Fraction(1, 2), 0]


def test_what_was_written_is_kept_as_it_was(tmp_path: Path) -> None:
    """A report can repeat the terms without defaults and without a digit lost."""
    text = SERIES_YAML.replace("memory: false\n", "").replace('"3.00"', '"1.8750"')
    written = read(tmp_path, text).written
    assert "memory" not in written
    assert written["coupon_rate"] == "1.8750"
    assert written["observations"]["first"] == "2026-01-10"


def test_a_series_by_itself_needs_no_texts(tmp_path: Path) -> None:
    """An actuary's file of terms alone can be worked out."""
    lines = SERIES_YAML.splitlines(keepends=True)
    bare = "".join(line for line in lines if not line.startswith(("names", "summary", "currency")))
    series = read(tmp_path, bare.replace(", name: Alpha", ""))
    assert (series.names, series.currency) == ({}, "RUB")
    assert series.terms.underlyings[0].name == "AAA"


def test_a_series_by_itself_is_checked(tmp_path: Path) -> None:
    """All that is wrong with the terms is told at once."""
    text = SERIES_YAML.replace('"70"', '"101"').replace("BBB", "AAA")
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert [problem.field for problem in caught.value.problems] == [
        *("underlyings[1].ticker", "underlyings[2].ticker"),
        "floor",
    ]


@pytest.mark.parametrize(
    ("first", "every", "expected"),
    [
        (date(2026, 1, 31), 1, [(2026, 1, 31), (2026, 2, 28), (2026, 3, 31), (2026, 4, 30)]),
        (date(2027, 11, 30), 3, [(2027, 11, 30), (2028, 2, 29), (2028, 5, 30), (2028, 8, 30)]),
        (date(2026, 6, 2), 12, [(2026, 6, 2), (2027, 6, 2), (2028, 6, 2), (2029, 6, 2)]),
    ],
)
def test_the_grid_of_dates(first: date, every: int, expected: list[tuple[int, int, int]]) -> None:
    """Each date is first + k months on the day of the first, or on a shorter month's last."""
    assert Schedule(first, every, 4).dates() == tuple(date(*day) for day in expected)


def test_news_are_told_newest_first_and_not_before_their_day(tmp_path: Path) -> None:
    """News of tomorrow are not told today; the newest stands first; each locale has its own."""
    files: dict[str, str | bytes | None] = {}
    for day in ("2026-02-01", "2026-03-10", "2026-03-11"):
        for suffix, title in (("", "Новость"), (".en", "News")):
            text = NEWS_MD.format(title=f"{title} {day}").replace("2026-03-02", day)
            files[f"{NEWS}/{day}{suffix}.md"] = text
    root = small_site(tmp_path, files)
    problems = list[Problem]()
    series = load_content(root, load_site(root)[0], AS_OF, problems).series["duo"]
    assert problems == []
    assert [news.title for news in series.news["ru"]] == [
        *("Новость 2026-03-10", "Рост", "Новость 2026-02-01"),
    ]
    assert [news.title for news in series.news["en"]] == [
        *("News 2026-03-10", "Rise", "News 2026-02-01"),
    ]
    assert set(series.news) == set(LOCALES)
    assert series.news["en"][1].text == "<p>It <strong>rose</strong>.</p>"
