"""Series: the terms of a strategy, its texts and the news that explain its moves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from babel.numbers import is_currency
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from generator.base.config import Texts, missing_locales
from generator.base.dates import add_months
from generator.base.errors import InputError, Problem
from generator.base.model import Day, Exact, Percent, Slug, Strict, wrong
from generator.base.yamldoc import Document
from generator.content.documents import Page, read_pages, read_yaml
from generator.content.markdown import to_html

CURRENCY_HINT = "write its three capital letters, as in RUB"


class Band(StrEnum):
    """Where a performance stands against the levels."""

    ABOVE = "above"
    CORRIDOR = "corridor"
    BELOW = "below"


class Outcome(StrEnum):
    """What an observation does to the income."""

    ACCRUED = "accrued"
    SAVED = "saved"


def _positive(value: object) -> object:
    if isinstance(value, str) and value.startswith("-"):
        raise wrong("must be positive", "")
    return value


def _currency(value: str) -> str:
    if not is_currency(value):
        raise wrong("is not written as expected", CURRENCY_HINT)
    return value


Positive = Annotated[Exact, BeforeValidator(_positive)]


class UnderlyingEntry(Strict):
    """An underlying: its ticker in the quotes, its initial fixing, its name for readers."""

    ticker: Annotated[str, Field(min_length=1)]
    initial: Annotated[Positive, Field(gt=0)]
    name: str = ""


class ScheduleEntry(Strict):
    """The grid of observation dates: first + k x every_months."""

    first: Day
    every_months: Annotated[int, Field(ge=1, le=120)]
    count: Annotated[int, Field(ge=1, le=600)]
    if_closed: Literal["preceding"] = "preceding"


class PayoutEntry(Strict):
    """What a band gives; the share of the rate is 1 for accrued and 0 for saved by default."""

    outcome: Outcome
    share: Exact | None = None

    @model_validator(mode="after")
    def _share_fits(self) -> Self:
        if self.outcome is Outcome.SAVED and self.share:
            raise wrong("a saved outcome pays nothing", 'write share: "0", or outcome: accrued')
        if self.outcome is Outcome.ACCRUED and self.share == 0:
            raise wrong("an accrued outcome pays something", 'write a share over "0", or saved')
        return self


class OutcomesEntry(Strict):
    """The outcome of each band."""

    above: PayoutEntry
    corridor: PayoutEntry
    below: PayoutEntry


class SeriesFile(Strict):
    """``content/strategies/<series>.yaml``."""

    id: Slug
    names: Texts = Field(default_factory=dict)
    summary: Texts = Field(default_factory=dict)
    currency: Annotated[str, AfterValidator(_currency)] = "RUB"
    underlyings: Annotated[tuple[UnderlyingEntry, ...], Field(min_length=1)]
    basket: Literal["worst-of", "average"]
    observations: ScheduleEntry
    coupon_rate: Annotated[Positive, Field(gt=0)]
    barrier: Percent
    floor: Percent
    outcomes: OutcomesEntry
    memory: bool = False


class NewsMeta(Strict):
    """The front matter of a piece of news."""

    title: Annotated[str, Field(min_length=1)]
    date: Day
    effect: Literal["up", "down", "flat"]


@dataclass(frozen=True, slots=True)
class Underlying:
    """A share in the basket: ``initial`` is its fixing at the start."""

    ticker: str
    initial: Fraction
    name: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """Observation dates: ``count`` of them from ``first``, every ``every_months`` months."""

    first: date
    every_months: int
    count: int

    def dates(self) -> tuple[date, ...]:
        """All observation dates; a shorter month gives its last day."""
        return tuple(add_months(self.first, k * self.every_months) for k in range(self.count))


@dataclass(frozen=True, slots=True)
class Payout:
    """An outcome and its share of the coupon rate (1 is the whole)."""

    outcome: Outcome
    share: Fraction


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides the coupons of a series; rate and levels are in percent."""

    id: str
    underlyings: tuple[Underlying, ...]
    basket: Literal["worst-of", "average"]
    schedule: Schedule
    rate: Fraction
    barrier: Decimal
    floor: Decimal
    payouts: dict[Band, Payout]
    memory: bool


@dataclass(frozen=True, slots=True)
class News:
    """Why a strategy moved, in one locale."""

    date: date
    effect: Literal["up", "down", "flat"]
    title: str
    slug: str
    written: str
    """Markdown: most nights no page of the series is made anew, and nobody asks for the text."""

    @property
    def text(self) -> str:
        """The text as safe HTML."""
        return to_html(self.written, f"news-{self.slug}")


@dataclass(frozen=True, slots=True)
class Series:
    """A series: its terms, its texts by locale, its news by locale with the newest first."""

    terms: Terms
    currency: str
    names: Texts
    summary: Texts
    news: dict[str, tuple[News, ...]]
    written: dict[str, Any]
    """The file's own fields, typed, without defaults."""
    document: Document

    @property
    def id(self) -> str:
        """The id of the series."""
        return self.terms.id


def read_series(path: Path, root: Path) -> Series:
    """One series file by itself, names and texts as far as it has them.

    Raises:
        InputError: the file is wrong.
    """
    problems: list[Problem] = []
    page = read_yaml(path, root, SeriesFile, problems)
    if page:
        _check_terms(page, problems)
    if problems or not page:
        raise InputError(problems)
    return _series(page, {})


def read_all_series(
    root: Path, locales: tuple[str, ...], as_of: date, problems: list[Problem]
) -> tuple[Series, ...]:
    """Every series of the site with its texts and the news up to ``as_of``."""
    found = []
    problems.extend(_strays(root))
    for path in sorted(root.glob("content/strategies/*.yaml")):
        page = read_yaml(path, root, SeriesFile, problems)
        news = read_pages(path.with_suffix(""), root, locales, NewsMeta, problems)
        if page:
            _check_terms(page, problems)
            _check_texts(page, path, locales, problems)
            found.append(_series(page, {loc: _news(news, loc, as_of) for loc in locales}))
    return tuple(found)


def _strays(root: Path) -> Iterator[Problem]:
    """What lies beside the series and would be passed over without a word."""
    paths = sorted(root.glob("content/strategies/[!.]*"))
    series = {path.stem for path in paths if path.suffix in {".yaml", ".yml"}}
    for path in paths:
        name = path.relative_to(root).as_posix()
        if path.suffix == ".yml":
            yield Problem(name, "the file's name is not usable", f"rename it to {path.stem}.yaml")
        elif path.is_dir() and path.name not in series:
            yield Problem(
                name, "there is no such series", f"write {name}.yaml, or rename the folder"
            )


def _check_terms(page: Page[SeriesFile], problems: list[Problem]) -> None:
    terms, problem = page.meta, page.document.problem
    if terms.floor > terms.barrier:
        problems.append(problem(("floor",), "is over the barrier", "the corridor lies between"))
    tickers = Counter(underlying.ticker for underlying in terms.underlyings)
    for number, underlying in enumerate(terms.underlyings):
        if tickers[underlying.ticker] > 1:
            route = ("underlyings", number, "ticker")
            problems.append(problem(route, "two underlyings have this ticker", "name each once"))


def _check_texts(
    page: Page[SeriesFile], path: Path, locales: tuple[str, ...], problems: list[Problem]
) -> None:
    if page.meta.id != path.stem:
        hint = f"write {path.stem}, or rename the file"
        problems.append(page.document.problem(("id",), "is not the file's name", hint))
    problems.extend(missing_locales(page.document, ("names",), page.meta.names, locales))
    problems.extend(missing_locales(page.document, ("summary",), page.meta.summary, locales))


def _news(
    pages: dict[str, dict[str, Page[NewsMeta]]], locale: str, as_of: date
) -> tuple[News, ...]:
    written = [(slug, page[locale]) for slug, page in pages.items() if locale in page]
    told = [
        News(page.meta.date, page.meta.effect, page.meta.title, slug, page.body)
        for slug, page in written
        if page.meta.date <= as_of
    ]
    return tuple(sorted(told, key=lambda news: news.date, reverse=True))


def _series(page: Page[SeriesFile], news: dict[str, tuple[News, ...]]) -> Series:
    meta = page.meta
    written = meta.model_dump(mode="json", exclude_unset=True)
    return Series(
        _terms(meta), meta.currency, meta.names, meta.summary, news, written, page.document
    )


def _terms(file: SeriesFile) -> Terms:
    grid = file.observations
    payouts = {Band(band): _payout(getattr(file.outcomes, band)) for band in Band}
    return Terms(
        id=file.id,
        underlyings=tuple(
            Underlying(u.ticker, Fraction(u.initial), u.name or u.ticker) for u in file.underlyings
        ),
        basket=file.basket,
        schedule=Schedule(grid.first, grid.every_months, grid.count),
        rate=Fraction(file.coupon_rate),
        barrier=file.barrier,
        floor=file.floor,
        payouts=payouts,
        memory=file.memory,
    )


def _payout(entry: PayoutEntry) -> Payout:
    default = 1 if entry.outcome is Outcome.ACCRUED else 0
    return Payout(entry.outcome, Fraction(default if entry.share is None else entry.share))
