"""Money: exact, and written as Babel writes it."""

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from generator.base.money import coupon, decimals, money_format, to_minor, to_text

CURRENCIES = {"RUB": 2, "USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}
LARGEST = 10**15


@pytest.mark.parametrize(("currency", "places"), CURRENCIES.items())
def test_decimals_are_those_of_iso_4217(currency: str, places: int) -> None:
    """The minor unit of a currency is that of the standard."""
    assert decimals(currency) == places


@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("currency", CURRENCIES)
@given(minor=st.integers(0, LARGEST))
def test_format_is_babels(locale: str, currency: str, minor: int) -> None:
    """The fast formatter and Babel's write every amount alike, but for CLDR's currency spacing."""
    amount = Decimal(minor).scaleb(-CURRENCIES[currency])
    babels = format_currency(amount, currency, locale=locale)
    spaced = re.sub(r"(?<=[A-Z])(?=\d)", "\xa0", babels)  # Babel leaves out this rule of CLDR
    assert money_format(locale, currency)(minor) == spaced


def test_format_in_russian_breaks_nowhere() -> None:
    """An amount in Russian has no-break spaces only, so that no line break tears it apart."""
    assert money_format("ru", "RUB")(3_750_000) == "37\xa0500,00\xa0₽"


@pytest.mark.parametrize("places", [0, 2, 3, 4])
@given(minor=st.integers(0, LARGEST - 1))
def test_minor_units_survive_being_written(places: int, minor: int) -> None:
    """Written out and read again, minor units are the same number."""
    assert to_minor(to_text(minor, places), places) == minor


@pytest.mark.parametrize(
    ("text", "places", "minor"),
    [
        ("1000000.00", 2, 100_000_000),
        ("1000000", 2, 100_000_000),
        ("0.5", 2, 50),
        ("007.10", 2, 710),
        ("150000", 0, 150_000),
        ("1.234", 3, 1234),
        ("999999999999999.99", 2, 99_999_999_999_999_999),
    ],
)
def test_plain_decimals_are_read(text: str, places: int, minor: int) -> None:
    """A plain decimal is read to the last digit."""
    assert to_minor(text, places) == minor


@pytest.mark.parametrize(
    "text",
    [
        *("1e6", "1,5", "-1", "+1", "1.234", "1_000", " 1", "1 ", "1\n", "1 000", "1\xa0000"),
        *("", ".5", "5.", "0x1", "NaN", "Infinity", "1.2.3", "9" * 16, "١٢", "１２"),
    ],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    """No guess is made about an amount that is not a plain decimal of the minor unit."""
    with pytest.raises(ValueError, match=r"^$"):
        to_minor(text)


@given(premium=st.integers(0, LARGEST), rate=st.decimals("0", "100", places=4))
def test_coupon_is_rounded_half_up(premium: int, rate: Decimal) -> None:
    """A coupon is premium times rate, rounded half up to the minor unit, as Decimal rounds."""
    exact = Decimal(premium) * rate / 100
    expected = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert coupon(premium, Fraction(rate)) == expected


@pytest.mark.parametrize(
    ("premium", "rate", "credited"),
    [
        (50, "1", 1),
        (49, "1", 0),
        (150, "1", 2),
        (250, "1", 3),
        (0, "3", 0),
        (5_000_005, "3", 150_000),
    ],
)
def test_coupon_at_the_half(premium: int, rate: str, credited: int) -> None:
    """Exactly half a minor unit goes up, whether the figure before it is odd or even."""
    assert coupon(premium, Fraction(rate)) == credited
