"""Every text of a client's page, worked out and formatted before a peer starts.

The shape is this folder's own, so that a change of our renderer does not change what the peers are
given. It is made from terms, courses and tables alone, not by the code that makes our pages; a
test holds that both say the same.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from generator.base.config import Site
from generator.base.dates import long_date
from generator.base.money import coupon, money_format
from generator.content import Content
from generator.data import Client, Policy
from generator.inputs import Inputs
from generator.pages.client import (
    PartName,
    Slot,
    clock_part,
    offer_part,
    stage_part,
    stages_now,
    strategy_part,
)
from generator.sealing.secret import SecretMaker
from generator.strategy import Course

CLIENT = "client"  # the kind of a client's page, as docs/format.md has it
CACHED = 4096


@dataclass(frozen=True, slots=True)
class Figures:
    """What a premium gave in a series: minor units, and the lists of the page."""

    income: int
    rows: list[tuple[str, str, str]]
    outlooks: list[tuple[str, str, str]]
    waiting: str


class Fields:
    """What all clients of one locale share; made once."""

    def __init__(
        self, site: Site, content: Content, courses: Mapping[str, Course], as_of: date, locale: str
    ) -> None:
        self.content, self.courses, self.as_of, self.locale = content, courses, as_of, locale
        self.shared = {
            "locale": locale,
            "lang": locale,
            "site_name": site.name[locale],
            "contacts": site.contacts[locale],
            "account_url": site.account_url,
        }
        self.stages = {stage.path: (product, stage) for product, stage in content.stages()}
        self._worked = lru_cache(CACHED)(self._work)

    def worked(self, policy: Policy) -> Figures:
        """The figures of a policy; many clients hold the same premium of the same series."""
        dates = [one.date for one in self.courses[policy.series].observations]
        return self._worked(policy.series, policy.premium, bisect_left(dates, policy.start))

    def money(self, series: str, minor: int) -> str:
        """An amount in the currency of a series."""
        return money_format(self.locale, self.content.series[series].currency)(minor)

    def _work(self, name: str, premium: int, skipped: int) -> Figures:
        course = self.courses[name].since(skipped)
        amounts = [coupon(premium, one.rate) for one in course.observations]
        rows = [
            (long_date(one.date, self.locale), one.outcome.value, self.money(name, amount))
            for one, amount in zip(course.observations, amounts, strict=True)
        ]
        waits = bool(course.missed and course.pending)
        owed = coupon(premium, course.terms.rate * course.missed)
        return Figures(
            income=sum(amounts),
            rows=rows[::-1],
            outlooks=self._outlooks(name, premium, course) if course.pending else [],
            waiting=self.money(name, owed) if waits else "",
        )

    def _outlooks(self, name: str, premium: int, course: Course) -> list[tuple[str, str, str]]:
        return [
            (
                one.band.value,
                one.outcome.value,
                self.money(name, coupon(premium, one.rate)) if one.rate else "",
            )
            for one in course.scenarios()
        ]


def fields_of(inputs: Inputs) -> dict[str, Fields]:
    """What all clients of each locale of a site share."""
    return {
        locale: Fields(inputs.site, inputs.content, inputs.courses, inputs.as_of, locale)
        for locale in inputs.site.locales
    }


def every_page(
    fields: Mapping[str, Fields], clients: Iterable[Client], maker: SecretMaker
) -> Iterator[dict[str, Any]]:
    """The page of each client, with the address that ours has; ``fields`` by locale."""
    slot = cache(lambda kind, subject: maker.secret(kind, subject).text)
    for client in clients:
        address = maker.secret(CLIENT, client.id).keys().name
        yield {"address": address, **page_values(fields[client.locale], client, slot)}


def page_values(fields: Fields, client: Client, slot: Slot) -> dict[str, Any]:
    """Everything that the page of ``client`` says; ``slot`` gives the secrets of shared parts."""
    held = [_series(fields, name, client, slot) for name in _held(client)]
    held.sort(key=lambda one: bool(one["part"]) and not one["next"])  # those that ended last
    stages = stages_now(client, fields.as_of)
    return {
        **fields.shared,
        "name": client.full_name,
        "series": held,
        "totals": _totals(fields, client),
        "alone": len(client.policies) == 1,
        "stages": [_stage(fields, path, since, slot) for path, since in stages],
        "offers": [
            _slot(offer_part(name, fields.locale), slot) for name in _offers(fields, client)
        ],
        "clock": _slot(clock_part(fields.locale), slot),
        "bank": _bank(fields, client.bank),
    }


def _held(client: Client) -> list[str]:
    return list(dict.fromkeys(policy.series for policy in client.policies))


def _series(fields: Fields, name: str, client: Client, slot: Slot) -> dict[str, Any]:
    course = fields.courses.get(name)
    title = fields.content.series[name].names[fields.locale]
    shown = {"name": title, "policies": [], "part": "", "next": ""}
    if course is None:
        return shown
    return {
        **shown,
        "policies": [_policy(fields, one) for one in client.policies if one.series == name],
        "part": _slot(strategy_part(name, fields.locale), slot),
        "next": long_date(course.pending[0], fields.locale) if course.pending else "",
    }


def _policy(fields: Fields, policy: Policy) -> dict[str, Any]:
    worked = fields.worked(policy)
    return {
        "number": policy.number,
        "premium": fields.money(policy.series, policy.premium),
        "income": fields.money(policy.series, worked.income),
        "rows": worked.rows,
        "outlooks": worked.outlooks,
        "waiting": worked.waiting,
    }


def _totals(fields: Fields, client: Client) -> list[dict[str, str]]:
    """A sum for each currency; none while a series is held, for it would be too small."""
    if any(policy.series not in fields.courses for policy in client.policies):
        return []
    sums: dict[str, tuple[int, int]] = {}
    for policy in client.policies:
        currency = fields.content.series[policy.series].currency
        premium, income = sums.get(currency, (0, 0))
        sums[currency] = premium + policy.premium, income + fields.worked(policy).income
    money = {currency: money_format(fields.locale, currency) for currency in sums}
    return [
        {"premium": money[currency](premium), "income": money[currency](income)}
        for currency, (premium, income) in sums.items()
    ]


def _stage(fields: Fields, path: str, since: date, slot: Slot) -> dict[str, str]:
    product, stage = fields.stages[path]
    locale = product.locale_for(fields.locale)
    return {
        "name": stage.names[locale],
        "title": stage.texts[locale].title,
        "lang": locale,
        "since": long_date(since, fields.locale),
        "part": _slot(stage_part(path, locale), slot),
    }


def _offers(fields: Fields, client: Client) -> list[str]:
    series = set(_held(client))
    return [
        offer.id
        for offer in fields.content.offers
        if offer.is_for(client.bank, series, client.segment, client.locale)
    ]


def _bank(fields: Fields, name: str) -> dict[str, str] | None:
    bank = fields.content.banks.get(name)
    if bank is None:
        return None
    return {
        "name": bank.names[fields.locale],
        "phone": bank.phone,
        "dial": "".join(c for c in bank.phone if c.isdigit() or c == "+"),
        "email": bank.email,
        "hours": bank.hours.get(fields.locale, ""),
    }


def _slot(part: PartName, slot: Slot) -> str:
    return slot(part.kind, part.subject)
