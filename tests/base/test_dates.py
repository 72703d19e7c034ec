"""Dates and percents as readers write them, and months as contracts count them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from generator.base.dates import add_months, long_date, percent

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(day=DAYS, months=st.integers(-600, 600))
def test_add_months_follows_the_rule(day: date, months: int) -> None:
    """The month is exactly so many months away; the day is the same or that month's last."""
    result = add_months(day, months)
    distance = (result.year - day.year) * 12 + result.month - day.month
    assert distance == months
    is_last = (result + timedelta(days=1)).day == 1
    assert result.day == day.day or (result.day < day.day and is_last)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 10), -1, date(2025, 12, 10)),
        (date(2026, 1, 10), 0, date(2026, 1, 10)),
    ],
)
def test_add_months_at_the_ends_of_months(day: date, months: int, expected: date) -> None:
    """A shorter month gives its last day, and a year ends in December."""
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("locale", "text"), [("ru", "2\xa0декабря\xa02011\u202fг."), ("en", "December\xa02,\xa02011")]
)
def test_long_date(locale: str, text: str) -> None:
    """A date is written out in the reader's language."""
    assert long_date(date(2011, 12, 2), locale) == text


@pytest.mark.parametrize("locale", ["ru", "en"])
@given(day=DAYS)
def test_long_date_has_no_place_to_break(locale: str, day: date) -> None:
    """No line break can tear a date apart, whatever the month."""
    assert " " not in long_date(day, locale)


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [
        ("2.5", "2,5\xa0%", "2.5%"),
        ("100", "100\xa0%", "100%"),
        ("3.00", "3\xa0%", "3%"),
        ("1.875", "1,875\xa0%", "1.875%"),
        ("0", "0\xa0%", "0%"),
        ("99.99949", "99,999\xa0%", "99.999%"),
    ],
)
def test_percent(value: str, russian: str, english: str) -> None:
    """A percent has its language's decimal sign, and a no-break space only in Russian."""
    assert percent(Decimal(value), "ru") == russian
    assert percent(Decimal(value), "en") == english


@pytest.mark.parametrize("locale", ["ru", "en", "de", "fr", "kk", "sv"])
@given(value=st.decimals(0, 10**9, places=6))
def test_a_number_of_percents_is_babels(locale: str, value: Decimal) -> None:
    """The fast way and Babel's write every number alike."""
    written = percent(value, locale).removesuffix("%").removesuffix("\xa0")
    assert written == format_decimal(value, format="0.###", locale=locale)
