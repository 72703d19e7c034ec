"""What a client's page says of a series: rows, sums and sentences, worked out and formatted.

All policies with a part in the same observations of a series say the same but for their number
and amounts. A coupon's rate decides its amount, so each rate is worked out once a policy.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from generator.base.dates import long_date
from generator.base.money import coupon, money_format
from generator.content import Outcome, Series
from generator.data import Policy
from generator.pages.theme import Safe, escaped
from generator.strategy import Course

CACHED = 16384  # of about 250 bytes; most premiums are round, and so are their coupons


class Row(NamedTuple):
    """One observation of one policy: the day, its outcome, the amount credited."""

    day: str
    outcome: str
    amount: Any


class Outlook(NamedTuple):
    """What an observation today would give in one band; ``amount`` is empty for nothing."""

    band: str
    outcome: str
    amount: Any


@dataclass(frozen=True, slots=True)
class Cohort:
    """What policies that began after the same observation have in common."""

    course: Course
    rates: tuple[Fraction, ...]
    """Every rate of which a page shows the amount, once."""
    credited: tuple[int, ...]
    """Which of them each observation credited: to look for a fraction costs as much as a coupon."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A premium's figures in a series."""

    income: int
    """In minor units."""
    texts: tuple[Safe, ...]
    """The premium, the income, and the amount of each rate."""


@lru_cache(maxsize=CACHED)
def amount_html(locale: str, currency: str, minor: int) -> Safe:
    """Minor units as a reader writes them."""
    return escaped(money_format(locale, currency)(minor))


class SeriesFigures:
    """The figures of one series in one locale, for any premium and start."""

    def __init__(self, series: Series, course: Course, locale: str) -> None:
        self.series, self.course, self.locale = series, course, locale
        self.money = money_format(locale, series.currency)
        self.name = series.names.get(locale) or series.id
        self.next = long_date(course.pending[0], locale) if course.pending else ""
        self._dates = [observation.date for observation in course.observations]
        self._cohorts: dict[int, Cohort] = {}

    def skipped(self, start: date) -> int:
        """How many observations were made before a policy began; it has no part in them."""
        return bisect_left(self._dates, start)

    def income(self, policy: Policy) -> int:
        """What the policy has been credited so far, in minor units."""
        return self._amounts(policy.premium, self.skipped(policy.start))[0]

    def credited(self, policy: Policy) -> list[tuple[date, Outcome, int]]:
        """Each observation since the policy's start: its day, outcome and minor units."""
        cohort = self._cohort(self.skipped(policy.start))
        amounts = [coupon(policy.premium, rate) for rate in cohort.rates]
        made = zip(cohort.course.observations, cohort.credited, strict=True)
        return [(one.date, one.outcome, amounts[rate]) for one, rate in made]

    def worked(self, premium: int, skipped: int) -> Worked:
        """The amounts of a policy; ``shown`` tells what each stands for."""
        amounts = (premium, *self._amounts(premium, skipped))
        locale, currency = self.locale, self.series.currency
        return Worked(
            amounts[1], tuple(amount_html(locale, currency, amount) for amount in amounts)
        )

    def count(self, skipped: int) -> int:
        """How many texts ``worked`` gives for these policies."""
        return 2 + len(self._cohort(skipped).rates)

    def shown(self, skipped: int, texts: Sequence[Any]) -> dict[str, Any]:
        """What a template is given of a policy; ``texts`` are those of ``worked``, or holes."""
        premium, income, *amounts = texts
        cohort = self._cohort(skipped)
        by_rate = dict(zip(cohort.rates, amounts, strict=True))
        waiting = _waiting(cohort.course)
        return {
            "premium": premium,
            "income": income,
            "next": self.next,
            "rows": tuple(
                Row(long_date(made.date, self.locale), made.outcome.value, by_rate[made.rate])
                for made in reversed(cohort.course.observations)
            ),
            "outlooks": _outlooks(cohort.course, by_rate),
            "waiting": by_rate[waiting] if waiting else "",
        }

    def _amounts(self, premium: int, skipped: int) -> list[int]:
        """The income, and the amount of each rate, in minor units."""
        cohort = self._cohort(skipped)
        coupons = [coupon(premium, rate) for rate in cohort.rates]
        return [sum(map(coupons.__getitem__, cohort.credited)), *coupons]

    def _cohort(self, skipped: int) -> Cohort:
        if skipped not in self._cohorts:
            course = self.course.since(skipped) if skipped else self.course
            places: dict[Fraction, int] = {}
            shown = [places.setdefault(rate, len(places)) for rate in _rates(course)]
            credited = tuple(shown[: len(course.observations)])
            self._cohorts[skipped] = Cohort(course, tuple(places), credited)
        return self._cohorts[skipped]


def _outlooks(course: Course, by_rate: dict[Fraction, Any]) -> tuple[Outlook, ...]:
    """A sentence a scenario; which one holds tonight is the strategy's part to say."""
    return tuple(
        Outlook(one.band.value, one.outcome.value, by_rate[one.rate] if one.rate else "")
        for one in (course.scenarios() if course.pending else ())
    )


def _rates(course: Course) -> Iterator[Fraction]:
    yield from (made.rate for made in course.observations)
    if course.pending:
        yield from (one.rate for one in course.scenarios() if one.rate)
        yield from filter(None, [_waiting(course)])


def _waiting(course: Course) -> Fraction:
    """What missed coupons would add to the next accrued one (memory), as a rate."""
    return course.terms.rate * course.missed if course.pending else Fraction(0)
