"""The report for actuaries: plain decimals, sums that add up."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.strategy import observe, worked
from generator.strategy.report import decimal_text
from tests.builders import make_series, quotes_of

CURRENCIES = {"RUB": 2, "JPY": 0, "KWD": 3}


@pytest.mark.parametrize("currency", CURRENCIES)
@given(
    closes=st.lists(st.sampled_from(["60", "85", "100", "130"]), min_size=6, max_size=6),
    premiums=st.lists(st.integers(0, 10**12).map(str), min_size=1, max_size=3, unique=True),
    rate=st.decimals("0.001", "20", places=3).map(str),
)
def test_coupons_add_up_to_the_income(
    currency: str, closes: list[str], premiums: list[str], rate: str
) -> None:
    """For every premium the income is the sum of its amounts, to the minor unit."""
    series = make_series(currency=currency, rate=rate, memory=True)
    dates = series.terms.schedule.dates()
    quotes = quotes_of({"AAA": dict(zip(dates, closes, strict=True))})
    report = worked(series, observe(series, quotes, dates[-1], 7), premiums)
    assert len(report["observations"]) == 6
    for premium in premiums:
        amounts = [made["amounts"][premium] for made in report["observations"]]
        assert Decimal(report["income"][premium]) == sum(map(Decimal, amounts))
        places = {-int(Decimal(amount).as_tuple().exponent) for amount in amounts}
        assert places == {CURRENCIES[currency]}


def test_pending_dates_are_told_without_figures() -> None:
    """A date still to come has nothing but its date and state."""
    series = make_series()
    quotes = quotes_of({"AAA": {date(2026, 1, 10): "100"}})
    report = worked(series, observe(series, quotes, date(2026, 1, 10), 7), ["100"])
    assert report["observations"][1:] == [
        {"date": f"2026-0{month}-10", "state": "pending"} for month in range(2, 7)
    ]


def test_performance_is_told_to_twelve_places_rounded_half_up() -> None:
    """A ratio that no decimal ends is written like in the vectors."""
    series = make_series(initials={"AAA": "3"})
    quotes = quotes_of({"AAA": {date(2026, 1, 10): "2"}})
    report = worked(series, observe(series, quotes, date(2026, 1, 10), 7), [])
    assert report["observations"][0]["performance"] == "0.666666666667"


@pytest.mark.parametrize("premium", ["1e6", "1.234", "-1", ""])
def test_a_premium_that_is_no_amount_is_refused(premium: str) -> None:
    """The report makes no guess about a premium."""
    series = make_series()
    course = observe(series, quotes_of({"AAA": {date(2026, 1, 10): "1"}}), date(2026, 1, 10), 7)
    with pytest.raises(ValueError, match=r"^$"):
        worked(series, course, [premium])


@pytest.mark.parametrize(
    ("value", "text"),
    [("3", "3"), ("3.00", "3"), ("9.375", "9.375"), ("0", "0"), ("100", "100"), ("0.001", "0.001")],
)
def test_decimal_text(value: str, text: str) -> None:
    """A rate has no zeros at its end and no exponent."""
    assert decimal_text(Fraction(value)) == text


@given(value=st.decimals(0, 10**9, places=9))
def test_decimal_text_is_exact(value: Decimal) -> None:
    """Read back, the text is the very same number."""
    assert Fraction(decimal_text(Fraction(value))) == Fraction(value)
