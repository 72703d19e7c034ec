"""What a client's page says of a series: rows, sums and sentences, worked out and formatted.

Many clients hold the same series with the same round premium; what they share is formatted once.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from generator.base.dates import long_date
from generator.base.money import coupon, money_format
from generator.content import Outcome, Series
from generator.data import Policy
from generator.strategy import Course

CACHED = 4096


class Row(NamedTuple):
    """One observation of one policy: the day, its outcome, the amount credited."""

    day: str
    outcome: str
    amount: str


class Outlook(NamedTuple):
    """What an observation today would give in one band; ``amount`` is empty for nothing."""

    band: str
    outcome: str
    amount: str


@dataclass(frozen=True, slots=True)
class Worked:
    """A premium's figures in a series: minor units, and texts in one locale."""

    income: int
    rows: tuple[Row, ...]
    outlooks: tuple[Outlook, ...]
    waiting: str
    """What missed coupons would add to the next accrued one (memory); empty for nothing."""


class SeriesFigures:
    """The figures of one series in one locale, for any premium and start."""

    def __init__(self, series: Series, course: Course, locale: str) -> None:
        self.series, self.course, self.locale = series, course, locale
        self.money = money_format(locale, series.currency)
        self.name = series.names.get(locale) or series.id
        self.next = long_date(course.pending[0], locale) if course.pending else ""
        self._dates = [observation.date for observation in course.observations]
        self._courses: dict[int, Course] = {0: course}
        self.worked = lru_cache(maxsize=CACHED)(self._worked)

    def policy(self, policy: Policy) -> Mapping[str, Any]:
        """What the template needs of one policy."""
        worked = self.worked(policy.premium, self._skipped(policy.start))
        return {
            "number": policy.number,
            "premium": self.money(policy.premium),
            "income": self.money(worked.income),
            "rows": worked.rows,
            "outlooks": worked.outlooks,
            "waiting": worked.waiting,
        }

    def income(self, policy: Policy) -> int:
        """What the policy has been credited so far, in minor units."""
        return self.worked(policy.premium, self._skipped(policy.start)).income

    def credited(self, policy: Policy) -> list[tuple[date, Outcome, int]]:
        """Each observation since the policy's start: its day, outcome and minor units."""
        course = self._since(self._skipped(policy.start))
        return [(o.date, o.outcome, coupon(policy.premium, o.rate)) for o in course.observations]

    def _skipped(self, start: date) -> int:
        """How many observations were made before the policy began; it has no part in them."""
        return bisect_left(self._dates, start)

    def _since(self, skipped: int) -> Course:
        if skipped not in self._courses:
            self._courses[skipped] = self.course.since(skipped)
        return self._courses[skipped]

    def _worked(self, premium: int, skipped: int) -> Worked:
        course = self._since(skipped)
        amounts = [coupon(premium, observation.rate) for observation in course.observations]
        made = zip(course.observations, amounts, strict=True)
        return Worked(
            sum(amounts),
            tuple(
                Row(long_date(o.date, self.locale), o.outcome.value, self.money(amount))
                for o, amount in made
            )[::-1],
            self._outlooks(premium, course),
            self._waiting(premium, course),
        )

    def _outlooks(self, premium: int, course: Course) -> tuple[Outlook, ...]:
        """A sentence a scenario; which one holds tonight is the strategy's part to say."""
        if not course.pending:
            return ()
        return tuple(
            Outlook(
                scenario.band.value,
                scenario.outcome.value,
                self.money(coupon(premium, scenario.rate)) if scenario.rate else "",
            )
            for scenario in course.scenarios()
        )

    def _waiting(self, premium: int, course: Course) -> str:
        if not course.missed or not course.pending:
            return ""
        return self.money(coupon(premium, course.terms.rate * course.missed))
