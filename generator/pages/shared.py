"""Parts that many clients share: a strategy, a stage's questions, an offer; and stage pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from babel.numbers import format_decimal
from markupsafe import Markup

from generator.base.config import Site
from generator.base.dates import long_date, percent, rounded_down
from generator.content import Content, News, Offer, Product, Question, Series, Stage
from generator.pages.catalog import plural_texts
from generator.pages.chart import ChartData, ChartMaker, Pen, Voice, chart_words
from generator.pages.client import PartName, clock_part, offer_part, stage_part
from generator.pages.theme import Theme
from generator.strategy import Course, Level

FOUND = ("{n} question found", "{n} questions found")
SEARCHED = 8  # a list of more questions than this has a search field
DIGITS = "0.##########"


@dataclass(frozen=True, slots=True)
class Shared:
    """Rendered HTML: shared parts by name, stage pages by (stage path, locale)."""

    parts: Mapping[PartName, str]
    stage_pages: Mapping[tuple[str, str], str]


def render_shared(theme: Theme, site: Site, content: Content, as_of: date) -> Shared:
    """Every shared part but the strategies, and every stage page, in the locales it is written in.

    Raises:
        InputError: a template has a mistake.
    """
    parts: dict[PartName, str] = {}
    stage_pages: dict[tuple[str, str], str] = {}
    for locale in sorted({*site.locales, *(one for p in content.products for one in p.locales)}):
        pages = SharedPages(theme, site, as_of, locale)
        for product, stage in content.stages():
            if locale in product.locales:
                parts[stage_part(stage.path, locale)] = pages.faq(product, stage)
                stage_pages[stage.path, locale] = pages.stage(product, stage)
        if locale in site.locales:
            parts[clock_part(locale)] = pages.clock()
            for offer in content.offers:
                parts[offer_part(offer.id, locale)] = pages.offer(offer)
    return Shared(parts, stage_pages)


def voices(theme: Theme, site: Site) -> list[Voice]:
    """The languages of a site's charts."""
    return [Voice(chart_words(theme.words(locale).gettext), locale) for locale in site.locales]


class SharedPages:
    """Renders shared parts and stage pages in one locale."""

    def __init__(
        self, theme: Theme, site: Site, as_of: date, locale: str, pen: Pen | None = None
    ) -> None:
        """``pen`` draws the charts of all locales of the site."""
        self._words = theme.words(locale)
        self.shared: dict[str, Any] = {
            "as_of": long_date(as_of, locale),
            "account_url": site.account_url,
            "site_name": site.name.get(locale) or site.name[site.locales[0]],
            "contacts": site.contacts.get(locale) or site.contacts[site.locales[0]],
            "searched": SEARCHED,
            "found": plural_texts(self._words, locale, *FOUND),
        }
        self.theme, self._as_of, self._locale = theme, as_of, locale
        self.environment = theme.environment(locale, self.shared)
        others = [voice for voice in voices(theme, site) if voice.locale != locale]
        self._charts = ChartMaker(chart_words(self._words.gettext), locale, others, pen)

    def strategy(self, series: Series, course: Course, drawn: ChartData) -> str:
        """The part of a series: where it stands, its chart, its observations and news."""
        values = {
            "names": [underlying.name for underlying in course.terms.underlyings],
            "outlook": _outlook(course),
            "summary": series.summary.get(self._locale, ""),
            "terms": self._terms(course),
            "level": self._level(course, course.level) if course.level else None,
            "observations": [
                {
                    "date": long_date(made.date, self._locale),
                    "outcome": made.outcome.value,
                    **self._level(course, made.level),
                }
                for made in reversed(course.observations)
            ],
            "next": long_date(course.pending[0], self._locale) if course.pending else "",
            "chart": Markup(self._charts.svg(drawn)),  # noqa: S704 - our own renderer's SVG
            "news": [self._news(news) for news in series.news.get(self._locale, ())],
        }
        return self._render("strategy.html", values)

    def faq(self, product: Product, stage: Stage) -> str:
        """The questions of a stage as a part of a client's page."""
        return self._render("faq.html", self._stage(product, stage))

    def stage(self, product: Product, stage: Stage) -> str:
        """The plain page of a stage, a whole HTML document."""
        return self._render("stage.html", self._stage(product, stage))

    def clock(self) -> str:
        """The day of the figures as a part of a client's page."""
        return self._render("clock.html", {})

    def offer(self, offer: Offer) -> str:
        """An offer as a part of a client's page."""
        text = offer.texts[self._locale]
        values = {"title": text.title, "text": _safe(text.text), "action": text.action}
        return self._render("offer.html", values)

    def _render(self, name: str, values: Mapping[str, Any]) -> str:
        return self.theme.render(self.theme.template(self.environment, name), values)

    def _stage(self, product: Product, stage: Stage) -> dict[str, Any]:
        text = stage.texts[self._locale]
        return {
            "product": product.names[self._locale],
            "stage": stage.names[self._locale],
            "title": text.title,
            "intro": _safe(text.intro),
            "questions": [_question(question) for question in text.questions],
        }

    def _terms(self, course: Course) -> dict[str, Any]:
        terms = course.terms
        return {
            "basket": terms.basket,
            "barrier": percent(terms.barrier, self._locale),
            "floor": percent(terms.floor, self._locale),
            "payouts": [
                (
                    band.value,
                    payout.outcome.value,
                    percent_exactly(terms.rate * payout.share, self._locale),
                )
                for band, payout in terms.payouts.items()
            ],
            "memory": terms.memory,
        }

    def _level(self, course: Course, level: Level) -> dict[str, Any]:
        shares = [level.fixings[u.ticker].close / u.initial for u in course.terms.underlyings]
        return {
            "band": level.band.value,
            "performance": percent_down(level.performance, self._locale),
            "shares": [percent_down(share, self._locale) for share in shares],
        }

    def _news(self, news: News) -> dict[str, Any]:
        day = long_date(news.date, self._locale)
        return {"date": day, "effect": news.effect, "title": news.title, "text": _safe(news.text)}


def percent_down(share: Fraction, locale: str) -> str:
    """A share of one as the pages write it."""
    return percent(rounded_down(share), locale)


def percent_exactly(rate: Fraction, locale: str) -> str:
    """A coupon rate in percent with all its digits: a contract's 1.875 % is not 1.87 %."""
    number = format_decimal(Decimal(rate.numerator) / rate.denominator, DIGITS, locale=locale)
    return percent(Decimal(), locale).replace("0", number)


def _outlook(course: Course) -> str:
    """Which sentence of a client's page holds: a band's, or that of a day of observation.

    On such a day the coupon is a fact, and "if it were observed today" would promise a second one.
    """
    if not course.level:
        return "over"
    today = any(made.date == course.as_of for made in course.observations)
    return "observed" if today else course.level.band.value


def _question(question: Question) -> dict[str, Any]:
    return {"slug": question.slug, "title": question.title, "answer": _safe(question.answer)}


def _safe(html: str) -> Markup:
    """HTML that the content room has sanitised."""
    return Markup(html)  # noqa: S704
