"""What a page must show of a reason, whoever made it; nothing of a client is in what is said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from generator.base.dates import long_date
from generator.send.shown import (
    Section,
    Shown,
    is_amount_in,
    is_word_in,
    normalised,
    outcomes_in,
)

Reason = Mapping[str, Any]


class MismatchError(Exception):
    """Ends the looking at the first thing that does not fit."""


class AbsentError(MismatchError):
    """There is nothing to look at."""


class NewerError(MismatchError):
    """Figures that were right when the digest was due, and are others now."""


def about_series(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """What names a series: a reason, or a policy of a digest."""
    for reason in reasons:
        yield from (one for one in (reason, *reason.get("policies", ())) if "series" in one)


def check_coupon(reason: Reason, page: Shown, *, is_last: bool, said: str) -> None:
    """Day, amount and outcome in one line of the policy, and the income after its last coupon."""
    sections = _of_policy(reason, page)
    must(any(_has_row(one, reason) for one in sections), "the page shows another coupon")
    if is_last or is_amount_in(normalised(reason["income_text"]), said):
        _check_income(reason, sections, page)


def check_digest(reason: Reason, page: Shown, said: str) -> None:
    """A digest waits for its day of the week, and what it tells may be old by then.

    Raises:
        NewerError: for whatever does not fit: no other client's digest is wrong by it.
    """
    try:
        for policy in reason["policies"]:
            sections = _of_policy(policy, page)
            if is_amount_in(normalised(policy["income_text"]), said):
                _check_income(policy, sections, page)
    except MismatchError as error:
        raise NewerError(str(error)) from None


def _of_policy(reason: Reason, page: Shown) -> Sequence[Section]:
    """The sections with the policy's number, behind the name of its series."""
    policy, name = normalised(reason["policy"]), normalised(reason["series_name"])
    sections = [one for one in page.sections if is_word_in(policy, one.text)]
    must(bool(sections), "the page does not show the policy")
    is_named = any(is_word_in(name, one.text) for one in _up_to(sections, page))
    must(is_named, "the page does not show the series")
    return sections


def _check_income(reason: Reason, sections: Sequence[Section], page: Shown) -> None:
    income = normalised(reason["income_text"])
    places = (*sections, *_up_to(sections, page))
    found = any(is_amount_in(income, one.text) for one in places)
    must(found, "the page shows another income")


def _up_to(sections: Sequence[Section], page: Shown) -> Sequence[Section]:
    """The page's beginning, the first of these sections included."""
    return page.sections[: sections[0].number + 1]


def _has_row(section: Section, reason: Reason) -> bool:
    """Whether a line has the day, the amount and no other outcome."""
    day, amount = normalised(reason["date_text"]), normalised(reason["amount_text"])
    return any(
        is_amount_in(amount, line) and outcomes_in(line) <= {reason["outcome"]}
        for line in section.lines_with(day)
    )


def check_stage(reason: Reason, page: Shown, locale: str) -> None:
    """The stage and the day since when, in one section."""
    name, since = normalised(reason["stage_name"]), _long_date(reason["since"], locale)
    found = any(is_word_in(name, one.text) and is_word_in(since, one.text) for one in page.sections)
    must(found, "the page does not show the stage since that day")


def parts_of(name: str, page: Shown) -> tuple[str, ...]:
    """What opens the first shared parts behind the heading of a series."""
    heading = (one.number for one in page.sections if is_word_in(name, one.text))
    behind = page.sections[next(heading, len(page.sections)) :]
    return next((one.parts for one in behind if one.parts), ())


def is_last_of(reason: Reason, reasons: Iterable[Reason]) -> bool:
    """Whether no later coupon of the same policy is told: the page shows the income after that."""
    return not any(
        other["kind"] == "coupon"
        and other["policy"] == reason["policy"]
        and other["date"] > reason["date"]
        for other in reasons
    )


@lru_cache(4096)
def _long_date(day: str, locale: str) -> str:
    return normalised(long_date(date.fromisoformat(day), locale))


def must(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Ends the looking unless it holds; ``what`` is wrong then, in words without a value."""
    if not holds:
        raise MismatchError(what)
