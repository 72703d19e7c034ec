"""A client's own part: name, policies, income, coupons, what comes next, and slots."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from generator.base.config import Site
from generator.base.dates import long_date
from generator.base.money import money_format
from generator.content import Bank, Content
from generator.data import Client
from generator.pages.figures import SeriesFigures
from generator.pages.theme import Theme
from generator.strategy import Course

Slot = Callable[[str, str], str]
"""(kind, subject) of a shared part to the 22 characters that open it."""


@dataclass(frozen=True, slots=True)
class PartName:
    """What a shared part is called when its secret is made."""

    kind: str
    subject: str


def strategy_part(series: str, locale: str) -> PartName:
    """The shared part of a series: chart, news, observations."""
    return PartName("strategy", f"{series}/{locale}")


def stage_part(stage: str, locale: str) -> PartName:
    """The shared part of a stage: its questions."""
    return PartName("stage", f"{stage}/{locale}")


def offer_part(offer: str, locale: str) -> PartName:
    """The shared part of an offer."""
    return PartName("offer", f"{offer}/{locale}")


def clock_part(locale: str) -> PartName:
    """The shared part that tells the day of the figures."""
    return PartName("clock", locale)


class ClientPages:
    """Renders client parts in one locale."""

    def __init__(
        self,
        theme: Theme,
        site: Site,
        content: Content,
        courses: Mapping[str, Course],
        as_of: date,
        locale: str,
    ) -> None:
        shared = {
            "account_url": site.account_url,
            "site_name": site.name[locale],
            "contacts": site.contacts[locale],
        }
        self._theme, self._content, self._locale, self._as_of = theme, content, locale, as_of
        self.template = theme.template(theme.environment(locale, shared), "client.html")
        self.figures = {
            name: SeriesFigures(content.series[name], course, locale)
            for name, course in courses.items()
        }
        self._banks = {bank.id: _bank(bank, locale) for bank in content.banks.values()}
        self._stages = {stage.path: (product, stage) for product, stage in content.stages()}

    def html(self, client: Client, slot: Slot) -> str:
        """The client's part; ``slot`` gives the secrets of the shared parts it names.

        Raises:
            InputError: the template has a mistake.
        """
        return self._theme.render(self.template, self.values(client, slot))

    def values(self, client: Client, slot: Slot) -> dict[str, Any]:
        """What the template is given."""
        held = [self._series(name, client, slot) for name in _series_of(client)]
        held.sort(key=lambda one: bool(one["part"]) and not one["next"])  # those that ended last
        return {
            "name": client.full_name,
            "series": held,
            "totals": self._totals(client),
            "alone": len(client.policies) == 1,
            "stages": [self._stage(*current, slot) for current in stages_now(client, self._as_of)],
            "offers": [
                self._slot(offer_part(offer, self._locale), slot) for offer in self._offers(client)
            ],
            "clock": self._slot(clock_part(self._locale), slot),
            "bank": self._banks.get(client.bank),
        }

    def _series(self, name: str, client: Client, slot: Slot) -> dict[str, Any]:
        figures = self.figures.get(name)
        series = self._content.series[name]
        if figures is None:
            return {"name": series.names[self._locale], "policies": [], "part": "", "next": ""}
        return {
            "name": figures.name,
            "policies": [figures.policy(p) for p in client.policies if p.series == name],
            "part": self._slot(strategy_part(name, self._locale), slot),
            "next": figures.next,
        }

    def _totals(self, client: Client) -> list[dict[str, str]]:
        """A sum for each currency; none while a series is held, for it would be too small."""
        if any(policy.series not in self.figures for policy in client.policies):
            return []
        premiums: dict[str, int] = {}
        incomes: dict[str, int] = {}
        for policy in client.policies:
            figures = self.figures[policy.series]
            currency = figures.series.currency
            premiums[currency] = premiums.get(currency, 0) + policy.premium
            incomes[currency] = incomes.get(currency, 0) + figures.income(policy)
        return [
            {
                "premium": money_format(self._locale, currency)(premium),
                "income": money_format(self._locale, currency)(incomes[currency]),
            }
            for currency, premium in premiums.items()
        ]

    def _stage(self, path: str, since: date, slot: Slot) -> dict[str, str]:
        product, stage = self._stages[path]
        locale = product.locale_for(self._locale)
        return {
            "name": stage.names[locale],
            "title": stage.texts[locale].title,
            "lang": locale,
            "since": long_date(since, self._locale),
            "part": self._slot(stage_part(path, locale), slot),
        }

    def _offers(self, client: Client) -> list[str]:
        series = set(_series_of(client))
        return [
            offer.id
            for offer in self._content.offers
            if offer.is_for(client.bank, series, client.segment, client.locale)
        ]

    @staticmethod
    def _slot(part: PartName, slot: Slot) -> str:
        return slot(part.kind, part.subject)


def stages_now(client: Client, as_of: date) -> list[tuple[str, date]]:
    """The stage in which the client is in each product, and since when; the newest first."""
    current: dict[str, tuple[str, date]] = {}
    for situation in client.situations:  # in the order of their days
        if situation.since <= as_of:
            product = situation.stage.partition("/")[0]
            current[product] = (situation.stage, situation.since)
    return sorted(current.values(), key=lambda stage: stage[1], reverse=True)


def _series_of(client: Client) -> list[str]:
    return list(dict.fromkeys(policy.series for policy in client.policies))


def _bank(bank: Bank, locale: str) -> dict[str, str]:
    return {
        "name": bank.names[locale],
        "phone": bank.phone,
        "dial": "".join(c for c in bank.phone if c.isdigit() or c == "+"),
        "email": bank.email,
        "url": bank.url,
        "hours": bank.hours.get(locale, ""),
    }
