"""Dates and percents as a page's reader writes them, and months counted as contracts do."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import get_decimal_symbol

from generator.base.money import NBSP


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last day when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=16384)
def long_date(day: date, locale: str) -> str:
    """``2 декабря 2011 г.`` or ``December 2, 2011``, which no line break can tear apart."""
    return format_date(day, "long", locale=locale).replace(" ", NBSP)


def rounded_down(share: Fraction) -> Decimal:
    """A share of one in percent, with two decimals: rounded down, it never seems over a level."""
    return Decimal(share.numerator * 10_000 // share.denominator).scaleb(-2)


@lru_cache(maxsize=16384)
def percent(value: Decimal, locale: str) -> str:
    """``2,5 %`` or ``2.5%`` for 2.5 percent, never negative, with at most three decimals.

    As Babel would write it by the pattern ``0.###``, in a twentieth of its time: charts, tables and
    their axes have thousands. The sign is Babel's; a test holds the two together.
    """
    number = f"{round(value, 3).normalize():f}".replace(".", _decimal_sign(locale))
    return f"{number}{NBSP}%" if locale.startswith("ru") else f"{number}%"


@lru_cache(maxsize=64)
def _decimal_sign(locale: str) -> str:
    return get_decimal_symbol(locale)
