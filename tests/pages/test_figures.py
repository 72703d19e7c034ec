"""What a client's page says of a policy: sums, dates and rows of one series."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from generator.base.dates import long_date
from generator.base.money import NBSP
from generator.content import Outcome, Payout, Schedule, Series
from generator.data import Policy
from generator.pages.figures import SeriesFigures
from generator.strategy import observe
from tests.builders import days, make_series, quotes_of

FIRST = date(2026, 1, 10)
BEFORE = date(2025, 12, 1)
BEGUN = date(2025, 12, 20)
HALF = Payout(Outcome.ACCRUED, Fraction(1, 2))
ACCRUED, SAVED = "accrued", "saved"
MONTHS = Schedule(FIRST, 1, 6)


def closes(levels: Sequence[int | str], today: int | str = 100) -> dict[date, str]:
    """A close on every day: ``levels`` on the days of observation, ``today`` on the others."""
    by_day = dict.fromkeys(days(BEFORE, date(2026, 7, 1)), str(today))
    for day, level in zip(MONTHS.dates(), levels, strict=False):
        by_day[day] = str(level)
    return by_day


def figures_of(
    as_of: date,
    levels: Sequence[int | str],
    *,
    today: int | str = 100,
    locale: str = "ru",
    series: Series | None = None,
) -> SeriesFigures:
    """The figures of a series observed monthly at ``levels`` as of a day."""
    made = series or make_series()
    course = observe(made, quotes_of({"AAA": closes(levels, today)}), as_of, 7)
    return SeriesFigures(made, course, locale)


def policy(premium: int = 1_000_000_00, start: date = BEGUN) -> Policy:
    """A policy of a million, begun before the first observation."""
    return Policy("P-1", "duo", premium, start)


def texts_of(figures: SeriesFigures, premium: int, skipped: int) -> list[str]:
    """The amounts of a policy as a reader sees them."""
    return [unescape(text.decode()) for text in figures.worked(premium, skipped).texts]


def shown_by(figures: SeriesFigures, held: Policy) -> dict[str, Any]:
    """What a template is given of a policy, with its own texts in their places."""
    skipped = figures.skipped(held.start)
    return figures.shown(skipped, texts_of(figures, held.premium, skipped))


def outcomes(shown: Mapping[str, object]) -> list[str]:
    """The outcomes of the rows as shown."""
    rows = shown["rows"]
    assert isinstance(rows, tuple)
    return [row.outcome for row in rows]


# ── Sums and texts ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("locale", "premium", "income", "day"),
    [
        ("ru", "1 000 000,00 ₽", "30 000,00 ₽", "10 января 2026\u202fг."),
        ("en", "RUB 1,000,000.00", "RUB 30,000.00", "January 10, 2026"),
    ],
)
def test_texts_are_the_readers(locale: str, premium: str, income: str, day: str) -> None:
    """Amounts and dates are written as the language does, and no line break tears them apart."""
    shown = shown_by(figures_of(date(2026, 1, 20), [100], locale=locale), policy())
    assert shown["premium"] == premium.replace(" ", NBSP)
    assert shown["income"] == income.replace(" ", NBSP)
    assert shown["rows"] == ((day.replace(" ", NBSP), ACCRUED, income.replace(" ", NBSP)),)


def test_next_observation() -> None:
    """The next day of observation is told as a date."""
    assert figures_of(date(2026, 1, 20), [100]).next == long_date(date(2026, 2, 10), "ru")
    assert figures_of(date(2026, 6, 10), [100] * 6).next == ""


@pytest.mark.parametrize(
    ("premium", "rate", "credited"),
    [
        (1_000_000_00, "3", 30_000_00),
        (333_333_33, "3", 10_000_00),  # 9 999,9999
        (50, "3", 2),  # 1.5 kopecks round up
        (49, "3", 1),  # 1.47 do not
        (1, "3", 0),
        (7_142_85, "1.875", 133_93),  # 133.928 4
    ],
)
def test_coupon_is_rounded_half_up(premium: int, rate: str, credited: int) -> None:
    """Each coupon is rounded to the minor unit by itself, a half upwards."""
    figures = figures_of(date(2026, 1, 20), [100], series=make_series(rate=rate))
    assert figures.income(policy(premium)) == credited


def test_income_is_the_sum_of_rounded_coupons() -> None:
    """Three coupons of 1.5 kopecks are six, as credited, and not the 4.5 of one calculation."""
    assert figures_of(date(2026, 3, 20), [100] * 3).income(policy(50)) == 6


def test_rows_come_newest_first() -> None:
    """What happened last is read first."""
    shown = shown_by(figures_of(date(2026, 4, 20), [100, 99, 69, 100]), policy())
    assert [row.day for row in shown["rows"]] == [
        long_date(day, "ru") for day in reversed(MONTHS.dates()[:4])
    ]
    assert outcomes(shown) == [ACCRUED, SAVED, SAVED, ACCRUED]


def test_shares_of_a_coupon() -> None:
    """A band may pay a part of the rate."""
    payouts = (Payout(Outcome.ACCRUED, Fraction(1)), HALF, Payout(Outcome.SAVED, Fraction(0)))
    figures = figures_of(date(2026, 3, 20), [100, 70, 69], series=make_series(payouts=payouts))
    amounts = [amount for _, _, amount in figures.credited(policy())]
    assert amounts == [30_000_00, 15_000_00, 0]


def test_currency_without_minor_units() -> None:
    """Yen have no sen: premium and coupon are whole."""
    figures = figures_of(date(2026, 1, 20), [100], series=make_series(currency="JPY"))
    shown = shown_by(figures, policy(1_000_001))
    assert shown["premium"] == format_currency(1_000_001, "JPY", locale="ru")
    assert shown["income"] == format_currency(30_000, "JPY", locale="ru")


# ── When a policy begins ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "rows"),
    [
        (BEGUN, 3),
        (FIRST, 3),  # on the day of observation it takes part
        (date(2026, 1, 11), 2),
        (date(2026, 2, 10), 2),
        (date(2026, 3, 10), 1),
        (date(2026, 3, 11), 0),
        (date(2027, 1, 1), 0),
    ],
)
def test_late_start(start: date, rows: int) -> None:
    """A policy has no part in the observations made before it began."""
    figures = figures_of(date(2026, 3, 20), [100, 100, 100])
    late = policy(start=start)
    assert len(shown_by(figures, late)["rows"]) == rows
    assert figures.income(late) == rows * 30_000_00


def test_series_that_has_not_begun() -> None:
    """Before the first observation there are no rows and no income, but an outlook."""
    figures = figures_of(date(2026, 1, 5), [])
    shown = shown_by(figures, policy())
    assert shown["rows"] == ()
    assert figures.income(policy()) == 0
    assert figures.next == long_date(FIRST, "ru")
    assert [one.band for one in shown["outlooks"]] == ["above", "corridor", "below"]


def test_series_that_has_ended() -> None:
    """After the last observation nothing is to come: no date, no outlook, no coupon waiting."""
    figures = figures_of(date(2026, 6, 30), [100, 90, 60, 100, 90, 60])
    shown = shown_by(figures, policy())
    assert outcomes(shown) == [SAVED, SAVED, ACCRUED, SAVED, SAVED, ACCRUED]
    assert (figures.next, shown["outlooks"], shown["waiting"]) == ("", (), "")


# ── Outlooks ─────────────────────────────────────────────────────────────────────────────────


def test_outlook_tells_every_scenario() -> None:
    """Each band has its sentence: an amount where a coupon would be credited, none elsewhere."""
    shown = shown_by(figures_of(date(2026, 1, 20), [100]), policy())
    assert shown["outlooks"] == (
        ("above", ACCRUED, "30 000,00 ₽".replace(" ", NBSP)),
        ("corridor", SAVED, ""),
        ("below", SAVED, ""),
    )


def test_a_new_day_alone_changes_no_figures() -> None:
    """Between observations a client's own figures are the same, whatever the quotes do."""
    days = [date(2026, 2, day) for day in (10, 11, 12)]
    shown = [
        shown_by(figures_of(day, [100, 100], today=today), policy())
        for day, today in zip(days, (100, 60, 140), strict=True)
    ]
    assert shown[0] == shown[1] == shown[2]
    assert shown[0]["outlooks"]


# ── Memory ───────────────────────────────────────────────────────────────────────────────────


def remembered(as_of: date, levels: Sequence[int]) -> SeriesFigures:
    """Figures of a series with memory."""
    return figures_of(as_of, levels, series=make_series(memory=True))


def test_missed_coupons_are_paid_together() -> None:
    """With memory the coupons missed are paid with the next accrued one."""
    figures = remembered(date(2026, 4, 20), [90, 60, 100, 100])
    assert [amount for _, _, amount in figures.credited(policy())] == [
        0,
        0,
        90_000_00,
        30_000_00,
    ]


def test_missed_coupons_wait() -> None:
    """What was missed is told, and what an observation over the barrier would pay with it."""
    shown = shown_by(remembered(date(2026, 2, 20), [90, 60]), policy())
    assert shown["waiting"] == "60 000,00 ₽".replace(" ", NBSP)
    assert shown["outlooks"][0].amount == "90 000,00 ₽".replace(" ", NBSP)


def test_nothing_waits_without_memory() -> None:
    """Without memory a missed coupon is missed."""
    assert shown_by(figures_of(date(2026, 2, 20), [90, 60]), policy())["waiting"] == ""


def test_nothing_waits_after_an_accrued_coupon() -> None:
    """Once paid, missed coupons wait no more."""
    assert shown_by(remembered(date(2026, 2, 20), [90, 100]), policy())["waiting"] == ""


def test_coupons_missed_before_the_start_are_not_its_own() -> None:
    """A policy that began late gets no coupon of a time before it."""
    figures = remembered(date(2026, 3, 20), [90, 60, 100])
    late = policy(start=date(2026, 2, 1))
    assert figures.income(late) == 60_000_00
    assert figures.income(policy()) == 90_000_00
    last = policy(start=date(2026, 2, 20))
    assert figures.income(last) == 30_000_00


# ── Properties ───────────────────────────────────────────────────────────────────────────────

LEVELS = st.lists(st.integers(40, 160), min_size=6, max_size=6)
PREMIUMS = st.integers(1, 10**13)
STARTS = st.dates(BEFORE, date(2026, 7, 1))


@given(LEVELS, PREMIUMS, STARTS, st.booleans())
def test_page_adds_up(
    levels: list[int],
    premium: int,
    start: date,
    memory: bool,  # noqa: FBT001
) -> None:
    """Income, rows and credited amounts are one and the same sum, as Babel would write it."""
    figures = figures_of(date(2026, 6, 30), levels, series=make_series(memory=memory))
    held = policy(premium, start)
    amounts = [amount for _, _, amount in figures.credited(held)]
    shown = shown_by(figures, held)
    assert figures.income(held) == sum(amounts)
    written = [format_currency(Decimal(m) / 100, "RUB", locale="ru") for m in amounts]
    assert [row.amount for row in shown["rows"]] == written[::-1]
    assert shown["income"] == format_currency(Decimal(sum(amounts)) / 100, "RUB", locale="ru")


@given(LEVELS, PREMIUMS, STARTS, st.booleans())
def test_income_never_falls(
    levels: list[int],
    premium: int,
    start: date,
    memory: bool,  # noqa: FBT001
) -> None:
    """Whatever the quotes do, tomorrow's income is no less than today's: saved is saved."""
    series = make_series(memory=memory)
    held = policy(premium, start)
    incomes = [figures_of(day, levels, series=series).income(held) for day in MONTHS.dates()]
    assert incomes == sorted(incomes)


@given(LEVELS, st.integers(40, 160), STARTS, st.booleans())
def test_outlook_keeps_its_word(
    levels: list[int],
    today: int,
    start: date,
    memory: bool,  # noqa: FBT001
) -> None:
    """What "if it were observed today" promises is what an observation at this level credits."""
    series = make_series(memory=memory)
    eve = figures_of(date(2026, 3, 9), levels, today=today, series=series)
    made = figures_of(date(2026, 3, 10), [*levels[:2], today], series=series)
    held = policy(start=min(start, date(2026, 3, 9)))
    level = eve.course.level
    assert level is not None
    [outlook] = [one for one in shown_by(eve, held)["outlooks"] if one.band == level.band]
    row = shown_by(made, held)["rows"][0]
    assert (outlook.outcome, outlook.amount or made.money(0)) == (row.outcome, row.amount)


@given(LEVELS, STARTS, st.booleans())
def test_amounts_are_told_apart_by_their_rates(
    levels: list[int],
    start: date,
    memory: bool,  # noqa: FBT001
) -> None:
    """What stands for an amount stands wherever it is shown: all premiums share one order."""
    figures = figures_of(date(2026, 4, 20), levels, series=make_series(memory=memory))
    skipped = figures.skipped(start)
    premium, income, *numbers = names = [f"text {n}" for n in range(figures.count(skipped))]
    told, real = figures.shown(skipped, names), shown_by(figures, policy(start=start))
    amounts = dict(zip(numbers, texts_of(figures, 1_000_000_00, skipped)[2:], strict=True))
    assert (told["premium"], told["income"]) == (premium, income)
    assert [amounts[row.amount] for row in told["rows"]] == [row.amount for row in real["rows"]]
    assert amounts.get(told["waiting"], "") == real["waiting"]
    assert [amounts.get(one.amount, "") for one in told["outlooks"]] == [
        one.amount for one in real["outlooks"]
    ]
