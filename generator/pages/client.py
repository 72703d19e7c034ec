"""A client's own part: name, policies, income, coupons, what comes next, and slots.

What many clients' pages share is rendered once, with holes for what is each one's own: a policy's
block for all who hold the series since the same observation, a stage's, the footer of a bank.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from generator.base.config import Site
from generator.base.dates import long_date
from generator.content import Content
from generator.data import Client, Policy
from generator.pages.figures import SeriesFigures, Worked, amount_text
from generator.pages.theme import Block, Hole, Theme
from generator.strategy import Course

Slot = Callable[[str, str], str]
"""(kind, subject) of a shared part to the 22 characters that open it."""

TEMPLATES = ("client.html", "policy.html", "situation.html", "footer.html")
SHARED = ("account_url", "site_name", "contacts", "lang")
"""What all of these templates are given."""
BLOCKS = 4096  # of 4 kB, or 7 with 24 observations; 200 series have 400, and some for late starts
WORKED = 8192  # of 1 kB


@dataclass(frozen=True, slots=True)
class PartName:
    """What a shared part is called when its secret is made."""

    kind: str
    subject: str

    @property
    def key(self) -> tuple[str, str]:
        """What a ``Slot`` is asked with."""
        return self.kind, self.subject


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
        self.theme, self.content, self.locale, self._as_of = theme, content, locale, as_of
        self.environment = theme.environment(locale, shared)
        self._templates = {name: theme.template(self.environment, name) for name in TEMPLATES}
        self.template = self._templates["client.html"]
        self.figures = {
            name: SeriesFigures(content.series[name], course, locale)
            for name, course in courses.items()
        }
        self._stages = {stage.path: (product, stage) for product, stage in content.stages()}
        self._strategies = {name: strategy_part(name, locale).key for name in content.series}
        self._offers = [(offer, offer_part(offer.id, locale).key) for offer in content.offers]
        self._clock = clock_part(locale).key
        self._worked = lru_cache(WORKED)(self._work)
        self._policy_block = lru_cache(BLOCKS)(self._render_policy)
        self._stage_block = lru_cache(BLOCKS)(self._render_stage)
        self._footer = lru_cache(BLOCKS)(self._render_footer)

    def html(self, client: Client, slot: Slot) -> str:
        """The client's part; ``slot`` gives the secrets of the shared parts it names.

        Raises:
            InputError: a template has a mistake.
        """
        return self.theme.render(self.template, self.values(client, slot))

    def values(self, client: Client, slot: Slot) -> dict[str, Any]:
        """What the template is given.

        Raises:
            InputError: a template of what many clients share has a mistake.
        """
        stages = stages_now(client, self._as_of)
        return {
            "name": client.full_name,
            "series": self._held(client, slot),
            "totals": self._totals(client),
            "alone": len(client.policies) == 1,
            "stages": [
                self._stage(path, since, number == 0, slot)
                for number, (path, since) in enumerate(stages)
            ],
            "offers": self._offered(client, slot),
            "clock": slot(*self._clock),
            "footer": self._footer(client.bank),
        }

    def _held(self, client: Client, slot: Slot) -> list[dict[str, Any]]:
        """Each series once, with all its policies; those that ended stand last."""
        alone = len(client.policies) == 1
        series: dict[str, dict[str, Any]] = {}
        for policy in client.policies:
            name = policy.series
            if name not in series:
                series[name] = self._series(name, slot)
            if name in self.figures:
                series[name]["policies"].append(self._policy(policy, alone=alone))
        return sorted(series.values(), key=_has_ended)

    def _series(self, name: str, slot: Slot) -> dict[str, Any]:
        figures = self.figures.get(name)
        if figures is None:
            name = self.content.series[name].names[self.locale]
            return {"name": name, "policies": [], "part": "", "next": ""}
        return {
            "name": figures.name,
            "policies": [],
            "part": slot(*self._strategies[name]),
            "next": figures.next,
        }

    def _policy(self, policy: Policy, *, alone: bool) -> Markup:
        skipped = self.figures[policy.series].skipped(policy.start)
        worked = self._worked(policy.series, policy.premium, skipped)
        block = self._policy_block(policy.series, skipped, alone)
        return block.filled((policy.number, *worked.texts))

    def _work(self, series: str, premium: int, skipped: int) -> Worked:
        return self.figures[series].worked(premium, skipped)

    def _render_policy(self, series: str, skipped: int, alone: bool) -> Block:  # noqa: FBT001
        figures = self.figures[series]
        number, *texts = map(Hole, range(figures.count(skipped) + 1))
        values = {"number": number, "alone": alone, **figures.shown(skipped, texts)}
        return self.theme.block(self._templates["policy.html"], values)

    def _totals(self, client: Client) -> list[dict[str, str]]:
        """A sum for each currency; none while a series is held, for it would be too small."""
        sums: dict[str, list[int]] = {}
        for policy in client.policies:
            figures = self.figures.get(policy.series)
            if figures is None:
                return []
            worked = self._worked(policy.series, policy.premium, figures.skipped(policy.start))
            total = sums.setdefault(figures.series.currency, [0, 0])
            total[0] += policy.premium
            total[1] += worked.income
        return [
            {
                "premium": amount_text(self.locale, currency, premium),
                "income": amount_text(self.locale, currency, income),
            }
            for currency, (premium, income) in sums.items()
        ]

    def _stage(self, path: str, since: date, first: bool, slot: Slot) -> Markup:  # noqa: FBT001
        part, block = self._stage_block(path, first)
        return block.filled((long_date(since, self.locale), slot(*part)))

    def _render_stage(self, path: str, first: bool) -> tuple[tuple[str, str], Block]:  # noqa: FBT001
        words = self.stage_words(path)
        values = {**words, "first": first, "since": Hole(0), "part": Hole(1)}
        block = self.theme.block(self._templates["situation.html"], values)
        return stage_part(path, words["language"]).key, block

    def stage_words(self, path: str) -> dict[str, str]:
        """What a page says of a stage, and in which language."""
        product, stage = self._stages[path]
        language = product.locale_for(self.locale)
        title = stage.texts[language].title
        return {"name": stage.names[language], "title": title, "language": language}

    def _offered(self, client: Client, slot: Slot) -> list[str]:
        series = {policy.series for policy in client.policies}
        return [
            slot(*part)
            for offer, part in self._offers
            if offer.is_for(client.bank, series, client.segment, client.locale)
        ]

    def _render_footer(self, bank: str) -> Markup:
        values = {"bank": self.bank_words(bank) if bank in self.content.banks else None}
        html = self.theme.render(self._templates["footer.html"], values)
        return Markup(html)  # noqa: S704 - a template's output

    def bank_words(self, bank: str) -> dict[str, str]:
        """What a page says of a bank."""
        found = self.content.banks[bank]
        return {
            "name": found.names[self.locale],
            "phone": found.phone,
            "dial": "".join(c for c in found.phone if c.isdigit() or c == "+"),
            "email": found.email,
            "url": found.url,
            "hours": found.hours.get(self.locale, ""),
        }


def stages_now(client: Client, as_of: date) -> list[tuple[str, date]]:
    """The stage in which the client is in each product, and since when; the newest first."""
    current: dict[str, tuple[str, date]] = {}
    for situation in client.situations:  # in the order of their days
        if situation.since <= as_of:
            product = situation.stage.partition("/")[0]
            current[product] = (situation.stage, situation.since)
    return sorted(current.values(), key=lambda stage: stage[1], reverse=True)


def _has_ended(series: Mapping[str, Any]) -> bool:
    return bool(series["part"]) and not series["next"]
