"""Reasons to tell a client something: a coupon, a stage, a strategy that moved, the digest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from generator.base.dates import add_months, long_date
from generator.base.money import decimals, to_text
from generator.content import Content
from generator.data import Client, Policy
from generator.pages.client import stages_now
from generator.pages.figures import SeriesFigures
from generator.strategy import Course
from generator.told import reason_key


class Reason(NamedTuple):
    """One reason: the day it happened, and what the sender is given."""

    day: date
    told: dict[str, Any]

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it itself."""
        return reason_key(self.told)


@dataclass(frozen=True, slots=True)
class Window:
    """The days whose events are told: after ``since``, up to ``as_of``."""

    since: date
    as_of: date

    def has(self, day: date) -> bool:
        """Whether the day lies in the window."""
        return self.since < day <= self.as_of


def observed_in(window: Window, courses: Mapping[str, Course]) -> frozenset[str]:
    """The series that were observed in the window."""
    return frozenset(
        name
        for name, course in courses.items()
        if any(window.has(made.date) for made in course.observations)
    )


def digest_due(window: Window, day: int) -> date | None:
    """The last ``day`` of a month, when it lies in the window."""
    due = window.as_of.replace(day=day)
    if due > window.as_of:
        due = add_months(due, -1)
    return due if window.has(due) else None


@dataclass(frozen=True, slots=True)
class Night:
    """What decides the reasons of a night: the window, moved strategies, stage links."""

    window: Window
    moved: Mapping[str, tuple[str, str]]
    """Series whose band changed since the last published night: (earlier, now)."""
    observed: frozenset[str]
    """Series that were observed in the window."""
    stage_links: Mapping[tuple[str, str], str]
    """(stage path, locale) to the address of its plain page."""
    digest: date | None
    """The day in the window on which a digest became due."""

    def reasons(
        self, client: Client, figures: Mapping[str, SeriesFigures], content: Content
    ) -> Iterator[Reason]:
        """Every reason of one client, in a fixed order."""
        for policy in client.policies:
            if policy.series in self.observed and policy.series in figures:
                yield from self._coupons(policy, figures[policy.series])
        for series in dict.fromkeys(policy.series for policy in client.policies):
            if series in self.moved and series in figures:
                yield self._moved(series, figures[series])
        yield from self._stages(client, content)
        if self.digest and client.policies:
            yield self._digest(self.digest, client, figures)

    def _digest(self, due: date, client: Client, figures: Mapping[str, SeriesFigures]) -> Reason:
        """The digest with what each policy was credited; not of a series that is held."""
        known = ((one, figures[one.series]) for one in client.policies if one.series in figures)
        policies = [_held(policy, found) for policy, found in known]
        told = {"kind": "digest", "month": f"{due:%Y-%m}", "policies": policies}
        return Reason(due, told)

    def _coupons(self, policy: Policy, figures: SeriesFigures) -> Iterator[Reason]:
        total = 0
        currency = figures.series.currency
        for day, outcome, amount in figures.credited(policy):
            total += amount
            if self.window.has(day):
                told = {
                    "kind": "coupon",
                    "series": figures.series.id,
                    "series_name": figures.name,
                    "policy": policy.number,
                    "date": day.isoformat(),
                    "date_text": long_date(day, figures.locale),
                    "outcome": outcome.value,
                    "amount": to_text(amount, decimals(currency)),
                    "amount_text": figures.money(amount),
                    "income": to_text(total, decimals(currency)),
                    "income_text": figures.money(total),
                    "currency": currency,
                }
                yield Reason(day, told)

    def _moved(self, series: str, figures: SeriesFigures) -> Reason:
        was, now = self.moved[series]
        told = {
            "kind": "strategy",
            "series": series,
            "series_name": figures.name,
            "date": self.window.as_of.isoformat(),
            "was": was,
            "band": now,
        }
        return Reason(self.window.as_of, told)

    def _stages(self, client: Client, content: Content) -> Iterator[Reason]:
        for path, since in stages_now(client, self.window.as_of):
            if self.window.has(since):
                product, stage = content.stage(path)
                locale = product.locale_for(client.locale)
                told = {
                    "kind": "stage",
                    "product": product.id,
                    "stage": path.removeprefix(f"{product.id}/"),
                    "stage_name": stage.names[locale],
                    "since": since.isoformat(),
                    "link": self.stage_links[path, locale],
                }
                yield Reason(since, told)


def _held(policy: Policy, figures: SeriesFigures) -> dict[str, str]:
    """A policy with its income to date, as the page writes it."""
    income, currency = figures.income(policy), figures.series.currency
    return {
        "series": figures.series.id,
        "series_name": figures.name,
        "policy": policy.number,
        "income": to_text(income, decimals(currency)),
        "income_text": figures.money(income),
        "currency": currency,
    }
