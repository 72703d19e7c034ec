"""A course in the shape of the coupon vectors, for actuaries and tests."""

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any

from generator.base.money import coupon, decimals, to_minor, to_text
from generator.content import Series
from generator.strategy.observe import Course, Observation

PERFORMANCE_PLACES = Decimal("1e-12")
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def worked(series: Series, course: Course, premiums: list[str]) -> dict[str, Any]:
    """The series, its observations with the amount for each premium, and the income.

    ``premiums`` are plain decimals; so are all figures of the answer.
    """
    places = decimals(series.currency)
    minor = {text: to_minor(text, places) for text in premiums}
    credited = {
        text: [coupon(premium, o.rate) for o in course.observations]
        for text, premium in minor.items()
    }
    made = [
        _observed(o, {text: to_text(amounts[k], places) for text, amounts in credited.items()})
        for k, o in enumerate(course.observations)
    ]
    pending = [{"date": day.isoformat(), "state": "pending"} for day in course.pending]
    return {
        "series": series.written,
        "as_of": course.as_of.isoformat(),
        "premiums": premiums,
        "observations": made + pending,
        "income": {text: to_text(sum(amounts), places) for text, amounts in credited.items()},
    }


def decimal_text(value: Fraction) -> str:
    """A fraction whose decimal ends, without zeros at its end: ``9.375``, ``3``."""
    number = EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{number.normalize(EXACT):f}"


def _observed(observation: Observation, amounts: dict[str, str]) -> dict[str, Any]:
    level = observation.level
    ratio = EXACT.divide(Decimal(level.performance.numerator), level.performance.denominator)
    return {
        "date": observation.date.isoformat(),
        "state": "observed",
        "fixing_dates": {t: fixing.date.isoformat() for t, fixing in level.fixings.items()},
        "performance": str(ratio.quantize(PERFORMANCE_PLACES, context=EXACT)),
        "band": level.band.value,
        "outcome": observation.outcome.value,
        "rate_paid_percent": decimal_text(observation.rate),
        "amounts": amounts,
    }
