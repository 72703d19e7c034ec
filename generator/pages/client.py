"""A client's own part: name, policies, income, coupons, what comes next, and slots.

What many clients' pages share is rendered once, with holes for what is each one's own: the page of
all who have as many of everything, a policy's block for all who hold the series since the same
observation, a stage's, the footer of a bank. A page is then a join of bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain, count
from typing import Any, NamedTuple

from generator.base.config import Site
from generator.base.dates import long_date
from generator.base.ids import client_mark
from generator.content import Content
from generator.data import Client, Policy
from generator.pages.figures import SeriesFigures, Worked, amount_html
from generator.pages.theme import Block, Hole, Safe, Theme, escaped
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
        self.figures = {
            name: SeriesFigures(content.series[name], course, locale)
            for name, course in courses.items()
        }
        self._stages = {stage.path: (product, stage) for product, stage in content.stages()}
        self._series = {name: self._series_words(name) for name in content.series}
        self._offers = [(offer, offer_part(offer.id, locale).key) for offer in content.offers]
        self._clock = clock_part(locale).key
        self._frame = lru_cache(BLOCKS)(self._render_frame)
        self._worked = lru_cache(WORKED)(self._work)
        self._policy_block = lru_cache(BLOCKS)(self._render_policy)
        self._stage_block = lru_cache(BLOCKS)(self._render_stage)
        self._footer = lru_cache(BLOCKS)(self._render_footer)

    def html(self, client: Client, slot: Slot) -> Safe:
        """The client's part; ``slot`` gives the secrets of the shared parts it names.

        Raises:
            InputError: a template has a mistake.
        """
        alone = len(client.policies) == 1
        totals, held = self._totals(client), self._held(client)
        stages, offers = stages_now(client, self._as_of), self._offered(client)
        texts = [escaped(client.full_name), _part(slot, self._clock), self._footer(client.bank)]
        texts.append(escaped(client_mark(client.id)))
        texts += chain.from_iterable(totals)
        for one in held:
            texts.append(one.name)
            texts += [self._policy(policy, alone=alone) for policy in one.policies]
            if one.part:
                texts.append(_part(slot, one.part))
        for number, (path, since) in enumerate(stages):
            texts.append(self._stage(path, since, number == 0, slot))
        texts += [_part(slot, part) for part in offers]
        shape = _Shape(
            alone,
            len(totals),
            tuple((len(one.policies), one.part is not None) for one in held),
            len(stages),
            len(offers),
        )
        return self._frame(shape).filled(texts)

    def _render_frame(self, shape: "_Shape") -> Block:
        """The page of all who have as many of everything; its holes in the order of ``html``."""
        hole = map(Hole, count()).__next__
        values: dict[str, Any] = {"name": hole(), "clock": hole(), "footer": hole()}
        values["mark"] = hole()
        values["alone"] = shape.alone
        values["totals"] = [{"premium": hole(), "income": hole()} for _ in range(shape.totals)]
        values["series"] = [
            {
                "name": hole(),
                "policies": [hole() for _ in range(policies)],
                "part": hole() if is_shown else "",
            }
            for policies, is_shown in shape.series
        ]
        values["stages"] = [hole() for _ in range(shape.stages)]
        values["offers"] = [hole() for _ in range(shape.offers)]
        return self.theme.block(self._templates["client.html"], values)

    def _held(self, client: Client) -> list["_Held"]:
        """Each series once, with all its policies; those that ended stand last."""
        held: dict[str, _Held] = {}
        for policy in client.policies:
            name = policy.series
            if name not in held:
                held[name] = _Held(*self._series[name], [])
            if name in self.figures:
                held[name].policies.append(policy)
        return sorted(held.values(), key=_has_ended) if len(held) > 1 else [*held.values()]

    def _policy(self, policy: Policy, *, alone: bool) -> Safe:
        skipped = self.figures[policy.series].skipped(policy.start)
        worked = self._worked(policy.series, policy.premium, skipped)
        block = self._policy_block(policy.series, skipped, alone)
        return block.filled((escaped(policy.number), *worked.texts))

    def _work(self, series: str, premium: int, skipped: int) -> Worked:
        return self.figures[series].worked(premium, skipped)

    def _render_policy(self, series: str, skipped: int, alone: bool) -> Block:  # noqa: FBT001
        figures = self.figures[series]
        number, *texts = map(Hole, range(figures.count(skipped) + 1))
        values = {"number": number, "alone": alone, **figures.shown(skipped, texts)}
        return self.theme.block(self._templates["policy.html"], values)

    def _totals(self, client: Client) -> list[tuple[Safe, Safe]]:
        """Premium and income in each currency; none while a series is held: they'd be too small."""
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
            (
                amount_html(self.locale, currency, premium),
                amount_html(self.locale, currency, income),
            )
            for currency, (premium, income) in sums.items()
        ]

    def _stage(self, path: str, since: date, first: bool, slot: Slot) -> Safe:  # noqa: FBT001
        part, block = self._stage_block(path, first)
        return block.filled((escaped(long_date(since, self.locale)), _part(slot, part)))

    def _render_stage(self, path: str, first: bool) -> tuple[tuple[str, str], Block]:  # noqa: FBT001
        words = self.stage_words(path)
        values = {**words, "first": first, "since": Hole(0), "part": Hole(1)}
        block = self.theme.block(self._templates["situation.html"], values)
        return stage_part(path, words["language"]).key, block

    def _series_words(self, name: str) -> tuple[Safe, tuple[str, str] | None, bool]:
        figures = self.figures.get(name)
        if figures is None:
            return escaped(self.content.series[name].names[self.locale]), None, False
        return escaped(figures.name), strategy_part(name, self.locale).key, not figures.next

    def stage_words(self, path: str) -> dict[str, str]:
        """What a page says of a stage, and in which language."""
        product, stage = self._stages[path]
        language = product.locale_for(self.locale)
        title = stage.texts[language].title
        return {"name": stage.names[language], "title": title, "language": language}

    def _offered(self, client: Client) -> list[tuple[str, str]]:
        series = {policy.series for policy in client.policies}
        return [
            part
            for offer, part in self._offers
            if offer.is_for(client.bank, series, client.segment, client.locale)
        ]

    def _render_footer(self, bank: str) -> Safe:
        values = {"bank": self.bank_words(bank) if bank in self.content.banks else None}
        return self.theme.block(self._templates["footer.html"], values).filled(())

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


class _Shape(NamedTuple):
    """How many of everything a page has; pages of one shape differ by their texts alone."""

    alone: bool
    """Whether the client has a single policy."""
    totals: int
    series: tuple[tuple[int, bool], ...]
    """Of each how many policies are shown, and whether its strategy is."""
    stages: int
    offers: int


class _Held(NamedTuple):
    """A series on a page; a held one has no part and shows no policies."""

    name: Safe
    part: tuple[str, str] | None
    has_ended: bool
    policies: list[Policy]


def _has_ended(one: _Held) -> bool:
    return one.has_ended


def _part(slot: Slot, key: tuple[str, str]) -> Safe:
    return _escaped_once(slot(*key))


@lru_cache(BLOCKS)
def _escaped_once(text: str) -> Safe:
    """What opens a shared part, as it stands on the pages of thousands."""
    return escaped(text)
