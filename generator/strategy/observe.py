"""Observations of a series, one after the other, in exact fractions.

Source: the design's coupon rules; every case of ``tests/vectors/coupons-v1.json`` was worked out
by a program of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from generator.base.dates import add_months
from generator.base.errors import InputError, Problem
from generator.content import Band, Outcome, Payout, Series, Terms
from generator.data import Fixing, Quotes

SUSPECT_HINT = "bring the quotes up to date; the page of this series stays as it was"


@dataclass(frozen=True, slots=True)
class Level:
    """Where the basket stands on a day: the fixings and the performance as a share of initial."""

    fixings: Mapping[str, Fixing]
    performance: Fraction
    band: Band


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation; ``rate`` is the percent of the premium that it credits."""

    date: date
    level: Level
    outcome: Outcome
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Scenario:
    """What an observation today would give in one band; ``rate`` in percent of the premium."""

    band: Band
    outcome: Outcome
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Course:
    """A series as of a day: what was observed, what is to come, where it stands now."""

    terms: Terms
    as_of: date
    observations: tuple[Observation, ...]
    pending: tuple[date, ...]
    missed: int
    """Coupons that were saved and wait to be paid with the next accrued one (memory)."""
    level: Level | None
    """Today's level; None when every observation has been made."""

    def since(self, skipped: int) -> "Course":
        """The course of a policy that began after the first ``skipped`` observations.

        Coupons missed before its start are not its own and are never paid to it.
        """
        kept = self.observations[skipped:]
        levels = [observation.level for observation in kept]
        dates = tuple(observation.date for observation in kept)
        observations, missed = _outcomes(self.terms, dates, levels)
        return replace(self, observations=observations, missed=missed)

    def scenarios(self) -> tuple[Scenario, ...]:
        """What an observation today would give, for each band."""
        return tuple(
            Scenario(band, payout.outcome, _rate(self.terms, payout, self.missed))
            for band, payout in self.terms.payouts.items()
        )


def observe(series: Series, quotes: Quotes, as_of: date, stale_after: int) -> Course:
    """The course of ``series`` as of ``as_of``; a close may be ``stale_after`` days old.

    Raises:
        InputError: closes that are needed are missing, stale or not positive; every one of them.
    """
    dates = series.terms.schedule.dates()
    made = tuple(day for day in dates if day <= as_of)
    pending = dates[len(made) :]
    levels = _Levels(series, quotes, stale_after)
    observed = [levels.on(day, "observations") for day in made]
    today = levels.on(as_of, "underlyings") if pending else None
    first = add_months(dates[0], -series.terms.schedule.every_months)
    for underlying in series.terms.underlyings:
        levels.problems.extend(quotes.problems(underlying.ticker, first, as_of))
    if levels.problems:
        raise InputError(levels.problems)
    observations, missed = _outcomes(series.terms, made, [level for level in observed if level])
    return Course(series.terms, as_of, observations, pending, missed, today)


@dataclass(slots=True)
class _Levels:
    """Works out levels and collects what is missing."""

    series: Series
    quotes: Quotes
    stale_after: int
    problems: list[Problem] = field(default_factory=list)

    def on(self, day: date, field: str) -> Level | None:
        """The level on ``day``, or None with a problem for each close that is missing."""
        terms = self.series.terms
        found = {u.ticker: self._fixing(u.ticker, day, field) for u in terms.underlyings}
        fixings = {ticker: fixing for ticker, fixing in found.items() if fixing}
        if len(fixings) < len(found):
            return None
        ratios = [fixings[u.ticker].close / u.initial for u in terms.underlyings]
        average = sum(ratios, Fraction(0)) / len(ratios)
        performance = min(ratios) if terms.basket == "worst-of" else average
        return Level(fixings, performance, band_of(performance, terms))

    def _fixing(self, ticker: str, day: date, field: str) -> Fixing | None:
        fixing = self.quotes.on_or_before(ticker, day)
        if fixing and (day - fixing.date).days <= self.stale_after:
            return fixing
        age = f"the last one is of {fixing.date}" if fixing else "there is none before it"
        sentence = f"no close of {ticker} within {self.stale_after} days before {day}: {age}"
        self.problems.append(self.series.document.problem((field,), sentence, SUSPECT_HINT))
        return None


def band_of(performance: Fraction, terms: Terms) -> Band:
    """The band of an unrounded performance: at the barrier is above, under the floor is below."""
    percent = performance * 100
    if percent >= Fraction(terms.barrier):
        return Band.ABOVE
    return Band.BELOW if percent < Fraction(terms.floor) else Band.CORRIDOR


def _outcomes(
    terms: Terms, dates: tuple[date, ...], levels: list[Level]
) -> tuple[tuple[Observation, ...], int]:
    observations, missed = [], 0
    for day, level in zip(dates, levels, strict=True):
        payout = terms.payouts[level.band]
        observations.append(Observation(day, level, payout.outcome, _rate(terms, payout, missed)))
        missed = missed + 1 if terms.memory and payout.outcome is Outcome.SAVED else 0
    return tuple(observations), missed


def _rate(terms: Terms, payout: Payout, missed: int) -> Fraction:
    """Percent of the premium: the band's share of the coupon, and every missed coupon whole."""
    return (
        terms.rate * (payout.share + missed) if payout.outcome is Outcome.ACCRUED else Fraction(0)
    )
