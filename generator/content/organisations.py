"""Partner banks, and personal offers with whom they are meant for."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from generator.base.config import Texts, missing_locales
from generator.base.errors import Problem
from generator.base.model import Day, Slug, Strict, suggestion, wrong
from generator.content.documents import Page, read_pages, read_yaml
from generator.content.markdown import to_html

BANKS = "content/banks.yaml"


class BankEntry(Strict):
    """A partner bank and how its clients reach it."""

    id: Slug
    names: Texts
    phone: Annotated[str, Field(min_length=1)]
    email: str = ""
    url: str = ""
    hours: Texts = Field(default_factory=dict)


class BanksFile(Strict):
    """``content/banks.yaml``."""

    banks: tuple[BankEntry, ...]


class Audience(Strict):
    """Whom an offer is for: every condition that is given must hold."""

    banks: tuple[Slug, ...] = ()
    series: tuple[Slug, ...] = ()
    segments: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()


def _https(value: str) -> str:
    if not value.startswith("https://"):
        raise wrong("is not written as expected", "begin it with https://")
    return value


class Action(Strict):
    """The link of an offer."""

    label: Annotated[str, Field(min_length=1)]
    url: Annotated[str, AfterValidator(_https)]


class OfferMeta(Strict):
    """The front matter of an offer."""

    title: Annotated[str, Field(min_length=1)]
    starts: Day
    ends: Day
    audience: Audience = Audience()
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Bank:
    """A partner bank: its names and opening hours by locale, and its contacts."""

    id: str
    names: Texts
    phone: str
    email: str
    url: str
    hours: Texts


@dataclass(frozen=True, slots=True)
class OfferText:
    """An offer in one locale; the text is safe HTML, the action a label and an address."""

    title: str
    text: str
    action: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that runs now, and whom it is for; an empty condition admits everyone."""

    id: str
    banks: frozenset[str]
    series: frozenset[str]
    segments: frozenset[str]
    locales: frozenset[str]
    texts: dict[str, OfferText]

    def is_for(self, bank: str, series: set[str], segment: str, locale: str) -> bool:
        """Whether a client of this bank, segment and locale, holding these series, is meant."""
        return (
            (not self.banks or bank in self.banks)
            and (not self.series or not self.series.isdisjoint(series))
            and (not self.segments or segment in self.segments)
            and (not self.locales or locale in self.locales)
        )


def read_banks(root: Path, locales: tuple[str, ...], problems: list[Problem]) -> tuple[Bank, ...]:
    """The partner banks of the site in ``root``; none when it has no such file."""
    short = BANKS.replace(".yaml", ".yml")
    if (root / short).is_file():
        problems.append(Problem(short, "the file's name is not usable", f"rename it to {BANKS}"))
    if not (root / BANKS).is_file():
        return ()
    page = read_yaml(root / BANKS, root, BanksFile, problems)
    if not page:
        return ()
    ids = Counter(bank.id for bank in page.meta.banks)
    for number, bank in enumerate(page.meta.banks):
        route = ("banks", number)
        if ids[bank.id] > 1:
            hint = "give one of them another id"
            problems.append(page.document.problem((*route, "id"), "two banks have this id", hint))
        problems.extend(missing_locales(page.document, (*route, "names"), bank.names, locales))
    return tuple(
        Bank(bank.id, bank.names, bank.phone, bank.email, bank.url, bank.hours)
        for bank in page.meta.banks
    )


def read_offers(
    root: Path,
    locales: tuple[str, ...],
    as_of: date,
    known: dict[str, set[str]],
    problems: list[Problem],
) -> tuple[Offer, ...]:
    """The offers that run on ``as_of``; ``known`` has the ids of ``banks`` and ``series``.

    What ``known`` has no ids of is not checked.
    """
    pages = read_pages(root / "content/offers", root, locales, OfferMeta, problems)
    for translations in pages.values():
        for page in translations.values():
            _check_offer(page, known, problems)
        _check_translations(translations, locales[0], problems)
    return tuple(
        _offer(slug, translations)
        for slug, translations in pages.items()
        if all(page.meta.starts <= as_of <= page.meta.ends for page in translations.values())
    )


def _check_offer(
    page: Page[OfferMeta], known: dict[str, set[str]], problems: list[Problem]
) -> None:
    if page.meta.ends < page.meta.starts:
        hint = "write the day of the start or a later one"
        problems.append(page.document.problem(("ends",), "is before the start", hint))
    for field, ids in known.items():
        for number, name in enumerate(getattr(page.meta.audience, field)):
            if name not in ids:
                route = ("audience", field, number)
                hint = suggestion(name, sorted(ids))
                problems.append(page.document.problem(route, "there is no such id", hint))


def _check_translations(
    pages: dict[str, Page[OfferMeta]], first: str, problems: list[Problem]
) -> None:
    """A translation that says otherwise would reach others than the editor meant."""
    if first not in pages:
        return
    original = pages[first]
    for page in pages.values():
        for field in ("starts", "ends", "audience"):
            if getattr(page.meta, field) != getattr(original.meta, field):
                hint = f"write it as in {original.name}"
                sentence = "is not the same in every translation"
                problems.append(page.document.problem((field,), sentence, hint))


def _offer(slug: str, pages: dict[str, Page[OfferMeta]]) -> Offer:
    audience = next(iter(pages.values())).meta.audience
    return Offer(
        slug,
        frozenset(audience.banks),
        frozenset(audience.series),
        frozenset(audience.segments),
        frozenset(audience.locales),
        {locale: _offer_text(slug, page) for locale, page in pages.items()},
    )


def _offer_text(slug: str, page: Page[OfferMeta]) -> OfferText:
    action = page.meta.action
    text = to_html(page.body, f"offer-{slug}")
    return OfferText(page.meta.title, text, (action.label, action.url) if action else None)
