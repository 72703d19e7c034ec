"""Observations: bands and outcomes to the last digit, memory, and what stops a series."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError, Problem
from generator.base.money import coupon
from generator.content import Band, Outcome, Payout, Schedule, Series
from generator.data import Quotes
from generator.strategy import Course, observe
from generator.strategy.observe import band_of
from tests.builders import ACCRUED, SAVED, make_series, quotes_of

FIRST = date(2026, 1, 10)
HALF = Payout(Outcome.ACCRUED, Fraction(1, 2))
STALE = 7


def course_of(series: Series, closes: Sequence[str]) -> Course:
    """The course of a series on AAA whose close on each observation date is given; all are made."""
    dates = series.terms.schedule.dates()
    assert len(dates) == len(closes)
    return observe(
        series, quotes_of({"AAA": dict(zip(dates, closes, strict=True))}), dates[-1], STALE
    )


def with_dates(count: int) -> Schedule:
    """A monthly grid of ``count`` dates."""
    return Schedule(FIRST, 1, count)


LEVELS = st.sampled_from(["30", "69.99", "70", "85", "99.9999", "100", "140"])
WALKS = st.lists(LEVELS, min_size=1, max_size=12)
PAYOUTS = st.tuples(*[st.sampled_from([ACCRUED, SAVED, HALF])] * 3)
RATES = st.decimals("0.001", "20", places=3).map(str)
PREMIUMS = st.integers(0, 10**13)


@pytest.mark.parametrize(
    ("percent", "band"),
    [
        ("100", Band.ABOVE),
        ("99.999999999999999999", Band.CORRIDOR),
        ("100.000000000000000001", Band.ABOVE),
        ("70", Band.CORRIDOR),
        ("69.999999999999999999", Band.BELOW),
        ("0", Band.BELOW),
    ],
)
def test_bands_begin_exactly_at_their_levels(percent: str, band: Band) -> None:
    """At the barrier is above it, at the floor is not below it, and nothing is rounded."""
    assert band_of(Fraction(percent) / 100, make_series().terms) is band


def test_barrier_and_floor_may_be_one_level() -> None:
    """Without a corridor a performance is above or below."""
    terms = make_series(levels=("80", "80")).terms
    assert band_of(Fraction("0.8"), terms) is Band.ABOVE
    assert band_of(Fraction("0.7999999"), terms) is Band.BELOW


@given(
    percent=st.fractions(0, 200),
    barrier=st.decimals(2, 150, places=2),
    down=st.decimals(0, 1, places=2),
)
def test_bands_follow_their_definition(percent: Fraction, barrier: Decimal, down: Decimal) -> None:
    """Every performance lies in exactly the band of the term sheet's words."""
    floor = (barrier * down).quantize(Decimal("0.01"))
    terms = make_series(levels=(str(barrier), str(floor))).terms
    expected = (
        Band.ABOVE
        if percent >= Fraction(barrier)
        else Band.CORRIDOR
        if percent >= Fraction(floor)
        else Band.BELOW
    )
    assert band_of(percent / 100, terms) is expected


@pytest.mark.parametrize(
    ("basket", "performance"), [("worst-of", Fraction(1, 2)), ("average", Fraction(5, 6))]
)
def test_baskets(basket: str, performance: Fraction) -> None:
    """The worst of the shares counts, or their average; ratios are not rounded before."""
    initials = {"AAA": "100", "BBB": "30", "CCC": "7"}
    closes = {"AAA": {FIRST: "50"}, "BBB": {FIRST: "30"}, "CCC": {FIRST: "7"}}
    series = make_series(initials=initials, basket=basket, schedule=with_dates(1))  # type: ignore[arg-type]
    (made,) = observe(series, quotes_of(closes), FIRST, STALE).observations
    assert made.level.performance == performance
    assert set(made.level.fixings) == set(initials)


def test_a_third_is_a_third() -> None:
    """A share at exactly the barrier is above it even when no decimal can write its ratio."""
    series = make_series(
        initials={"AAA": "3", "BBB": "3", "CCC": "3"},
        basket="average",
        schedule=with_dates(1),
        levels=("100", "70"),
    )
    closes = {"AAA": {FIRST: "2"}, "BBB": {FIRST: "3"}, "CCC": {FIRST: "4"}}
    (made,) = observe(series, quotes_of(closes), FIRST, STALE).observations
    assert made.level.band is Band.ABOVE
    assert made.level.performance == 1


@given(walk=WALKS, payouts=PAYOUTS, rate=RATES, premium=PREMIUMS, memory=st.booleans())
def test_income_never_falls(
    walk: list[str],
    payouts: tuple[Payout, Payout, Payout],
    rate: str,
    premium: int,
    *,
    memory: bool,
) -> None:
    """From observation to observation income rises by an accrued coupon, and saved leaves it."""
    series = make_series(schedule=with_dates(len(walk)), rate=rate, payouts=payouts, memory=memory)
    course = course_of(series, walk)
    incomes = list(accumulate((coupon(premium, o.rate) for o in course.observations), initial=0))
    for made, (before, after) in zip(course.observations, pairwise(incomes), strict=True):
        assert after >= before
        assert after == before or made.outcome is Outcome.ACCRUED
        assert (made.rate > 0) == (made.outcome is Outcome.ACCRUED)


@given(walk=WALKS, payouts=PAYOUTS, rate=RATES)
def test_without_memory_each_observation_stands_alone(
    walk: list[str], payouts: tuple[Payout, Payout, Payout], rate: str
) -> None:
    """An observation credits its band's share of the rate, whatever came before."""
    series = make_series(schedule=with_dates(len(walk)), rate=rate, payouts=payouts)
    course = course_of(series, walk)
    for made in course.observations:
        payout = series.terms.payouts[made.level.band]
        assert (made.outcome, made.rate) == (payout.outcome, Fraction(rate) * payout.share)
    assert course.missed == 0


@given(walk=WALKS, payouts=PAYOUTS, rate=RATES)
def test_memory_pays_each_missed_coupon_once(
    walk: list[str], payouts: tuple[Payout, Payout, Payout], rate: str
) -> None:
    """All that was ever missed was paid with the next accrued coupon, or still waits."""
    series = make_series(schedule=with_dates(len(walk)), rate=rate, payouts=payouts, memory=True)
    course = course_of(series, walk)
    own = [series.terms.payouts[made.level.band].share for made in course.observations]
    saved = sum(made.outcome is Outcome.SAVED for made in course.observations)
    paid = sum((made.rate for made in course.observations), Fraction(0))
    assert paid == Fraction(rate) * (sum(own) + saved - course.missed)
    outcomes = [made.outcome for made in course.observations]
    last = max((k for k, one in enumerate(outcomes) if one is Outcome.ACCRUED), default=-1)
    assert course.missed == len(outcomes) - 1 - last


def test_memory_step_by_step() -> None:
    """Two missed coupons are paid with the third, and the fourth is a plain one again."""
    series = make_series(
        schedule=with_dates(6), rate="2.5", payouts=(ACCRUED, HALF, SAVED), memory=True
    )
    course = course_of(series, ["60", "60", "80", "100", "60", "60"])
    assert [made.rate for made in course.observations] == [
        *(0, 0, Fraction("6.25")),  # half a coupon and two whole ones
        *(Fraction("2.5"), 0, 0),
    ]
    assert course.missed == 2


@given(walk=WALKS, payouts=PAYOUTS, memory=st.booleans(), data=st.data())
def test_a_late_policy_has_no_part_in_what_came_before(
    walk: list[str],
    payouts: tuple[Payout, Payout, Payout],
    *,
    memory: bool,
    data: st.DataObject,
) -> None:
    """A policy bought in the middle has the course of a series that began with it."""
    series = make_series(schedule=with_dates(len(walk)), payouts=payouts, memory=memory)
    skipped = data.draw(st.integers(0, len(walk)))
    late = course_of(series, walk).since(skipped)
    assert [made.date for made in late.observations] == list(
        series.terms.schedule.dates()[skipped:]
    )
    if skipped < len(walk):
        began = Schedule(late.observations[0].date, 1, len(walk) - skipped)
        own = course_of(make_series(schedule=began, payouts=payouts, memory=memory), walk[skipped:])
        assert late.observations == own.observations
        assert late.missed == own.missed
    else:
        assert (late.observations, late.missed) == ((), 0)


def test_since_the_beginning_is_the_same_course() -> None:
    """A policy that has been there from the start has the series' own course."""
    course = course_of(make_series(schedule=with_dates(4), memory=True), ["60", "100", "60", "60"])
    assert course.since(0) == course


@pytest.mark.parametrize(
    ("as_of", "made", "level_day"),
    [
        (date(2026, 1, 9), 0, date(2026, 1, 9)),
        (date(2026, 1, 10), 1, date(2026, 1, 10)),
        (date(2026, 2, 9), 1, date(2026, 2, 9)),
        (date(2026, 3, 10), 3, None),
    ],
)
def test_made_and_pending(as_of: date, made: int, level_day: date | None) -> None:
    """An observation is made on its day; while one is to come there is a level of today."""
    days = [date(2025, 12, 10) + timedelta(days=k) for k in range(120)]
    quotes = quotes_of({"AAA": dict.fromkeys(days, "100")})
    course = observe(make_series(schedule=with_dates(3)), quotes, as_of, STALE)
    assert len(course.observations) == made
    assert len(course.pending) == 3 - made
    assert (course.level.fixings["AAA"].date if course.level else None) == level_day


def test_a_closed_day_takes_the_preceding_close() -> None:
    """An observation on a holiday is made with the last close before it."""
    quotes = quotes_of({"AAA": {date(2026, 1, 7): "99", date(2026, 1, 12): "120"}})
    (made,) = observe(
        make_series(schedule=with_dates(1)), quotes, date(2026, 1, 10), STALE
    ).observations
    assert made.level.fixings["AAA"].date == date(2026, 1, 7)
    assert made.level.band is Band.CORRIDOR


@pytest.mark.parametrize(("age", "is_stale"), [(0, False), (7, False), (8, True), (300, True)])
def test_a_close_may_be_so_old_and_not_older(age: int, *, is_stale: bool) -> None:
    """A close of the last allowed day stands; a day older, the series stops."""
    quotes = quotes_of({"AAA": {FIRST - timedelta(days=age): "100"}})
    series = make_series(schedule=with_dates(1))
    if not is_stale:
        assert len(observe(series, quotes, FIRST, STALE).observations) == 1
        return
    with pytest.raises(InputError, match=f"within 7 days before {FIRST}: the last one is of"):
        observe(series, quotes, FIRST, STALE)


def test_every_missing_close_is_told() -> None:
    """All observations and shares without a close are found in one run."""
    series = make_series(initials={"AAA": "1", "BBB": "1"}, schedule=with_dates(2))
    quotes = quotes_of({"AAA": {FIRST: "1"}})
    with pytest.raises(InputError) as caught:
        observe(series, quotes, date(2026, 2, 20), STALE)
    sentences = [problem.sentence for problem in caught.value.problems]
    assert sentences == [
        "no close of AAA within 7 days before 2026-02-10: the last one is of 2026-01-10",
        "no close of BBB within 7 days before 2026-01-10: there is none before it",
        "no close of BBB within 7 days before 2026-02-10: there is none before it",
    ]


@pytest.mark.parametrize(
    ("day", "is_held"),
    [
        (date(2025, 12, 9), False),
        (date(2025, 12, 10), True),
        (date(2026, 1, 10), True),
        (date(2026, 1, 11), False),
    ],
)
def test_a_refused_quote_holds_the_series_that_needs_it(day: date, *, is_held: bool) -> None:
    """A bad close between the start and today holds the series: a guess would be no better."""
    quotes = quotes_of({"AAA": {FIRST: "100"}})
    problem = Problem("quotes.csv", "is not a positive number", line=3)
    quotes.refused["AAA"] = [(day, problem)]
    series = make_series(schedule=with_dates(1))
    if not is_held:
        assert observe(series, quotes, FIRST, STALE).observations
        return
    with pytest.raises(InputError) as caught:
        observe(series, quotes, FIRST, STALE)
    assert caught.value.problems == (problem,)


def test_a_refused_quote_of_another_share_holds_nothing() -> None:
    """Series that do not need the bad close go on."""
    quotes = quotes_of({"AAA": {FIRST: "100"}})
    quotes.refused["ZZZ"] = [(FIRST, Problem("quotes.csv", "is not a positive number"))]
    assert observe(make_series(schedule=with_dates(1)), quotes, FIRST, STALE).observations


def test_scenarios_say_what_an_observation_today_would_give() -> None:
    """One sentence for each band, with the missed coupons where memory pays them."""
    series = make_series(schedule=with_dates(3), payouts=(ACCRUED, HALF, SAVED), memory=True)
    dates = series.terms.schedule.dates()
    closes = {dates[0]: "60", dates[1]: "60"}
    course = observe(series, quotes_of({"AAA": closes}), dates[1], STALE)
    assert [(s.band, s.outcome, s.rate) for s in course.scenarios()] == [
        (Band.ABOVE, Outcome.ACCRUED, Fraction(9)),
        (Band.CORRIDOR, Outcome.ACCRUED, Fraction("7.5")),
        (Band.BELOW, Outcome.SAVED, Fraction(0)),
    ]


@given(walk=WALKS, payouts=PAYOUTS, memory=st.booleans())
def test_the_scenario_of_the_band_is_what_comes_true(
    walk: list[str],
    payouts: tuple[Payout, Payout, Payout],
    *,
    memory: bool,
) -> None:
    """What the page says of a band before an observation is what the observation then gives."""
    series = make_series(schedule=with_dates(len(walk)), payouts=payouts, memory=memory)
    last = course_of(series, walk).observations[-1]
    eve = last.date - timedelta(days=1)
    closes = dict(zip(series.terms.schedule.dates(), walk[:-1], strict=False)) | {eve: "100"}
    before = observe(series, quotes_of({"AAA": closes}), eve, STALE)
    (told,) = [one for one in before.scenarios() if one.band is last.level.band]
    assert (told.outcome, told.rate) == (last.outcome, last.rate)


def test_no_quotes_at_all_is_told_not_thrown() -> None:
    """A share without a single quote is a problem of its series."""
    with pytest.raises(InputError, match="there is none before it"):
        observe(make_series(), Quotes(), FIRST, STALE)
