"""The strategies' parts: what each is made of, so that none is drawn again for nothing.

A strategy costs as much as a hundred clients' pages. So each part has a recipe, a digest of all
that it is made of; a part whose recipe is the same as last night is the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from generator.base.config import Site
from generator.content import Content, Series
from generator.data import Quotes
from generator.pages.chart import ChartData, Pen, chart_data
from generator.pages.client import PartName, strategy_part
from generator.pages.shared import SharedPages, voices
from generator.pages.theme import Theme
from generator.pages.versions import digest, program, template_sources, version
from generator.strategy import Course

TEMPLATE = "strategy.html"
PROGRAMS = ("jinja2", "markupsafe", "babel", "vl-convert-python", "markdown", "nh3")


class Strategies:
    """Renders the parts of strategies, each in any locale of the site."""

    def __init__(
        self,
        theme: Theme,
        site: Site,
        content: Content,
        courses: Mapping[str, Course],
        quotes: Quotes,
        as_of: date,
    ) -> None:
        self._content, self._courses, self._quotes, self._as_of = content, courses, quotes, as_of
        pen = Pen()
        self._pages = {one: SharedPages(theme, site, as_of, one, pen) for one in site.locales}
        self._voices = voices(theme, site)  # each leaves room for the others in its charts
        self._drawn: dict[str, ChartData] = {}
        self._names = {
            strategy_part(name, locale): (name, locale)
            for name in courses
            for locale in site.locales
        }

    @property
    def parts(self) -> Iterable[PartName]:
        """Every part, those of one series after each other."""
        return self._names.keys()

    def recipes(self) -> dict[PartName, str]:
        """The recipe of every part; the same recipe, the same part."""
        closes = {ticker: self._closes(ticker) for ticker in self._quotes.days}
        ways = {locale: self._way(locale) for locale in self._pages}
        return {
            part: digest(ways[locale], *self._made_of(name, locale, closes)).hex()
            for part, (name, locale) in self._names.items()
        }

    def html(self, part: PartName) -> str:
        """One part.

        Raises:
            InputError: the template has a mistake.
            OutsideError: the chart could not be drawn.
        """
        name, locale = self._names[part]
        series, course = self._content.series[name], self._courses[name]
        if name not in self._drawn:  # a series' locales come one after the other
            self._drawn = {name: chart_data(series, course, self._quotes)}
        return self._pages[locale].strategy(series, course, self._drawn[name])

    def _closes(self, ticker: str) -> str:
        days, closes = self._quotes.days[ticker], self._quotes.closes[ticker]
        past = [day for day in days if day <= self._as_of]
        return digest(past, closes[: len(past)]).hex()

    def _way(self, locale: str) -> str:
        """What all parts in a locale have in common."""
        pages = self._pages[locale]
        sources = template_sources(pages.theme, pages.environment, locale, [TEMPLATE])
        programs = [program(), *map(version, PROGRAMS)]
        return digest(sources, pages.shared, programs, self._voices, self._as_of).hex()

    def _made_of(self, name: str, locale: str, closes: Mapping[str, str]) -> Iterator[object]:
        series: Series = self._content.series[name]
        yield repr((name, series.names, series.currency, self._courses[name].terms))
        yield series.summary.get(locale), repr(series.news.get(locale))
        yield [closes.get(one.ticker) for one in series.terms.underlyings]
