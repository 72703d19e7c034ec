"""Parts that many clients share, and stage pages: what they say, and of what they are made."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.config import load_site
from generator.base.dates import long_date
from generator.base.errors import Problem  # noqa: TC001 - imports look alike in all files
from generator.base.money import NBSP
from generator.content import Content, load_content
from generator.data import Quotes
from generator.pages.chart import chart_data
from generator.pages.shared import SEARCHED, SharedPages, percent_down
from generator.pages.theme import load_theme
from generator.strategy import observe
from tests.builders import (
    NEWS_MD,
    OFFER_MD,
    QUESTION_MD,
    SERIES_YAML,
    SITE_YAML,
    STAGE_MD,
    days,
    quotes_of,
    small_site,
)

EVE = date(2026, 3, 9)
HOSTILE = "<script>alert(\"1\")</script> & 'Co'"
Changes = Mapping[str, str | bytes | None]


class Site:
    """A small site's shared pages in one locale."""

    def __init__(self, root: Path, changes: Changes | None = None, locale: str = "ru") -> None:
        small_site(root, changes)
        problems: list[Problem] = []
        self.site, _ = load_site(root)
        self.content: Content = load_content(root, self.site, EVE, problems)
        assert problems == []
        self.theme = load_theme(root, self.site.theme)
        self.pages = SharedPages(self.theme, self.site, EVE, locale)

    def strategy(self, level: str | int = 110, as_of: date = EVE) -> str:
        """The part of the series with both shares at ``level`` percent every day."""
        series = self.content.series["duo"]
        quotes = quotes_at(level)
        course = observe(series, quotes, as_of, 7)
        return self.pages.strategy(series, course, chart_data(series, course, quotes))

    def faq(self, stage: str = "cards/ordered") -> str:
        """The questions of a stage as a part."""
        return self.pages.faq(*self.content.stage(stage))

    def stage(self, stage: str = "cards/ordered") -> str:
        """The page of a stage."""
        return self.pages.stage(*self.content.stage(stage))


def quotes_at(level: str | int) -> Quotes:
    """Both shares of the small site's series at ``level`` percent of their initial fixings."""
    share = Decimal(level) / 100
    span = days(date(2025, 12, 1), date(2026, 7, 1))
    return quotes_of(
        {
            ticker: dict.fromkeys(span, f"{share * initial:f}")
            for ticker, initial in (("AAA", 100), ("BBB", 50))
        }
    )


def text(html: str) -> str:
    """What a reader sees, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace(NBSP, " ").split())


@pytest.fixture(scope="module")
def russian(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The small site in Russian."""
    return Site(tmp_path_factory.mktemp("ru"))


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The small site in English."""
    return Site(tmp_path_factory.mktemp("en"), locale="en")


# ── A strategy ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("level", "band", "told"),
    [
        ("120", "above", "120 % начального уровня на барьере или выше"),
        ("100", "above", "100 % начального уровня на барьере или выше"),
        ("99.999999", "corridor", "99,99 % начального уровня в коридоре"),
        ("70", "corridor", "70 % начального уровня в коридоре"),
        ("69.999999", "below", "69,99 % начального уровня ниже нижней границы"),
    ],
)
def test_level(russian: Site, level: str, band: str, told: str) -> None:
    """The part says where the series stands, in words and to the client's page."""
    html = russian.strategy(level)
    assert f'data-outlook="{band}"' in html
    assert text(html).startswith(told)


def test_day_of_observation(russian: Site) -> None:
    """On the day itself no scenario is spoken of: the coupon is a fact."""
    assert 'data-outlook="observed"' in russian.strategy(110, date(2026, 5, 10))
    assert 'data-outlook="above"' in russian.strategy(110, date(2026, 5, 11))


def test_series_that_is_over(russian: Site) -> None:
    """An ended series has no level of today, but its last day."""
    html = russian.strategy(110, date(2026, 6, 30))
    assert 'data-outlook="over"' in html
    assert text(html).startswith("Стратегия завершена 10 июня 2026 г.")
    assert "Сегодня" not in text(html.partition('class="observations"')[2])


def test_series_that_has_not_begun(russian: Site) -> None:
    """Before the first observation the table has the row of today alone."""
    html = russian.strategy(110, date(2026, 1, 5))
    assert re.findall(r'<th scope="row">([^<]*)</th>', html) == ["Сегодня"]


def test_observations_come_newest_first(english: Site) -> None:
    """The table begins with today, then goes back."""
    html = english.strategy(110)
    assert re.findall(r'<th scope="row">([^<]*)</th>', html) == [
        "Today",
        long_date(date(2026, 2, 10), "en"),
        long_date(date(2026, 1, 10), "en"),
    ]


def test_columns_are_the_shares(tmp_path: Path) -> None:
    """Each underlying has a column under its own name."""
    series = SERIES_YAML.replace('initial: "100"}', 'initial: "100", name: "A & B"}')
    site = Site(tmp_path, {"content/strategies/duo.yaml": series}, "en")
    heads = re.findall(r'<th scope="col">([^<]*)</th>', site.strategy())
    names = [underlying.name for underlying in site.content.series["duo"].terms.underlyings]
    assert [unescape(head) for head in heads] == ["Date", "Lowest share", "Outcome", *names]


@pytest.mark.parametrize(
    ("basket", "column", "observed"),
    [
        ("worst-of", "Слабейшая акция", "самую слабую из акций"),
        ("average", "В среднем", "средний уровень акций"),
    ],
)
def test_basket(tmp_path: Path, basket: str, column: str, observed: str) -> None:
    """What is observed is said in the table and in the terms."""
    series = SERIES_YAML.replace("worst-of", basket)
    html = Site(tmp_path, {"content/strategies/duo.yaml": series}).strategy()
    assert f'<th scope="col">{column}</th>' in html
    assert f"Что наблюдаем {observed}" in text(html)


def test_terms(russian: Site) -> None:
    """The terms tell levels, and what each band gives."""
    told = text(russian.strategy().partition('class="terms"')[2])
    assert "Барьер 100 % Нижняя граница 70 %" in told
    assert told.endswith(
        "на барьере или выше купон начислен, 3 % от взноса "
        "в коридоре доход сохранён ниже нижней границы доход сохранён"
    )


@pytest.mark.parametrize(
    ("rate", "share", "told"),
    [
        ("3.00", "1", "3 %"),
        ("1.875", "1", "1,875 %"),
        ("1.875", "0.5", "0,9375 %"),
        ("12.125", "0.333", "4,037625 %"),
    ],
)
def test_rate_is_told_with_all_its_digits(tmp_path: Path, rate: str, share: str, told: str) -> None:
    """What a contract promises is written as it stands there."""
    series = SERIES_YAML.replace('"3.00"', f'"{rate}"').replace('share: "1"', f'share: "{share}"')
    html = Site(tmp_path, {"content/strategies/duo.yaml": series}).strategy()
    assert f"купон начислен, {told} от взноса" in text(html)


@pytest.mark.parametrize("memory", [True, False])
def test_memory(tmp_path: Path, memory: bool) -> None:  # noqa: FBT001
    """Only a series with memory promises the coupons that were missed."""
    series = SERIES_YAML.replace("memory: false", f"memory: {str(memory).lower()}")
    html = Site(tmp_path, {"content/strategies/duo.yaml": series}).strategy()
    assert ("Пропущенные купоны не теряются" in html) is memory


def test_news_come_newest_first(tmp_path: Path) -> None:
    """The last event is told in the closed list, and all in it, with their effect in words."""
    fall = NEWS_MD.format(title="Fall").replace("2026-03-02", "2026-03-05")
    fall = fall.replace("effect: up", "effect: down")
    later = NEWS_MD.format(title="Later").replace("2026-03-02", "2026-03-10")
    site = Site(
        tmp_path,
        {
            "content/strategies/duo/fall.md": fall,
            "content/strategies/duo/fall.en.md": fall,
            "content/strategies/duo/later.md": later,
            "content/strategies/duo/later.en.md": later,
        },
        "en",
    )
    html = site.strategy()
    assert "Why it moved Fall ▼ fall, March 5, 2026 Fall It rose . ▲ rise, March 2" in text(html)
    assert "<strong>rose</strong>" in html
    assert "Later" not in html


def test_no_news(tmp_path: Path) -> None:
    """Without news the line is there and says so: the page's heights stay what they were."""
    news = dict.fromkeys(("content/strategies/duo/rise.md", "content/strategies/duo/rise.en.md"))
    html = Site(tmp_path, news).strategy()
    assert "Почему изменился уровень Новостей пока нет." in text(html)
    assert '<details class="news">' not in html


def test_chart_is_inside(russian: Site) -> None:
    """The chart stands in the part itself: no request, no script."""
    html = russian.strategy()
    assert html.count("<svg") == html.count("</svg>") == 1
    assert not re.search(r"<script|<style|\sstyle=|<img|\son\w+=", html)


@given(
    st.fractions(min_value=Fraction(1, 100), max_value=4, max_denominator=10**9),
    st.integers(1, 20000),
)
def test_percent_never_crosses_a_level(share: Fraction, hundredths: int) -> None:
    """A level of two decimals is shown as reached exactly when it is reached."""
    shown = Fraction(percent_down(share, "en").removesuffix("%"))
    level = Fraction(hundredths, 100)
    assert (shown >= level) == (share * 100 >= level)
    assert 0 <= share * 100 - shown < Fraction(1, 100)


@pytest.mark.parametrize("edge", [10**30, 10**60])
def test_percent_stays_under_a_level_by_a_hair(edge: int) -> None:
    """No number of nines is rounded up to the barrier."""
    assert percent_down(1 - Fraction(1, edge), "ru") == f"99,99{NBSP}%"


# ── Questions ────────────────────────────────────────────────────────────────────────────────

SLUGS = [f"q{number:02}" for number in range(SEARCHED + 1)]


def asking(slugs: list[str]) -> dict[str, str]:
    """Files of a stage that asks these questions in this order."""
    stage = STAGE_MD.replace("[where]", f"[{', '.join(slugs)}]")
    return {
        "content/products/cards/stages/ordered.md": stage,
        **{
            f"content/products/cards/questions/{slug}.md": QUESTION_MD.replace(
                "Where is my card?", f"Question {slug}?"
            )
            for slug in slugs
        },
    }


def questions(html: str) -> list[str]:
    """The questions in the order in which they stand."""
    return re.findall(r"<summary>Question (\w+)\?</summary>", html)


@pytest.mark.parametrize("place", [Site.faq, Site.stage])
@pytest.mark.parametrize("slugs", [SLUGS, SLUGS[::-1], SLUGS[4:] + SLUGS[:4]])
def test_questions_stand_in_the_order_of_the_stage(
    tmp_path: Path, slugs: list[str], place: Callable[[Site], str]
) -> None:
    """The order that the stage's file gives is the order of the page."""
    assert questions(place(Site(tmp_path, asking(slugs), "en"))) == slugs


@pytest.mark.parametrize("place", [Site.faq, Site.stage])
@pytest.mark.parametrize(("number", "searched"), [(SEARCHED, False), (SEARCHED + 1, True)])
def test_long_list_can_be_searched(
    tmp_path: Path,
    number: int,
    searched: bool,  # noqa: FBT001
    place: Callable[[Site], str],
) -> None:
    """A field to search in stands over a long list only, hidden until its script is there."""
    html = place(Site(tmp_path, asking(SLUGS[:number]), "en"))
    assert ("data-search " in html) is searched
    assert (' data-found-one="{n} question found"' in html) is searched
    assert (' data-found-other="{n} questions found"' in html) is searched
    assert len(re.findall(r"<form[^>]* hidden>", html)) == searched


def test_script_of_the_search_is_loaded_where_it_is_needed(tmp_path: Path) -> None:
    """A stage page without a search field has no script at all."""
    site = Site(tmp_path, asking(SLUGS), "en")
    script = f'<script src="/{site.theme.assets["search.js"].path}" defer></script>'
    assert re.findall(r"<script.*</script>", site.stage()) == [script]
    assert "<script" not in site.stage("cards/ordered/delayed")


def test_answer_is_html_and_title_is_text(tmp_path: Path) -> None:
    """What an editor formats is formatted; a title is shown as it is written."""
    question = QUESTION_MD.replace("Where is my card?", f'"{HOSTILE}"'.replace('("1")', "(1)"))
    html = Site(tmp_path, {"content/products/cards/questions/where.md": question}, "en").faq()
    assert "<p>On its <em>way</em>.</p>" in html
    assert "<summary>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;Co&#39;</summary>" in html


def test_part_tells_its_language(english: Site) -> None:
    """A part stands in pages of other languages, so it says which one it is in."""
    assert english.faq().startswith('<div class="faq" lang="en">')
    assert english.strategy().lstrip().startswith('<div class="strategy" lang="en"')


# ── Stage pages ──────────────────────────────────────────────────────────────────────────────


def test_stage_page(english: Site) -> None:
    """A whole document: language, title, heading, introduction, whom to ask."""
    html = english.stage()
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert "<title>Your card — North Shore</title>" in html
    assert "<h1>Your card</h1>" in html
    assert "<p>We have your order.</p>" in html
    assert "<p>Call 8 800</p>" in html


def test_stage_page_is_for_nobody_to_find(english: Site) -> None:
    """It asks not to be indexed or kept, and tells no other site where a reader came from."""
    html = english.stage()
    assert '<meta name="robots" content="noindex, nofollow, noarchive">' in html
    assert '<meta name="referrer" content="no-referrer">' in html


def test_stage_page_asks_for_nothing_of_others(english: Site) -> None:
    """Style sheet and script are the site's own; the icon is none."""
    html = english.stage()
    addresses = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert addresses == ["data:,", f"/{english.theme.assets['page.css'].path}"]


def test_product_in_a_language_that_the_site_lacks(tmp_path: Path) -> None:
    """A stage in a language of its own is signed with the site's name in its first language."""
    site_yaml = SITE_YAML.replace("[ru, en]", "[ru]")
    only = dict.fromkeys(("content/strategies/duo/rise.en.md", "content/offers/deposit.en.md"))
    site = Site(
        tmp_path, {"content/site.yaml": site_yaml.replace(", en: North Shore", ""), **only}, "en"
    )
    assert "<title>Your card — Северный берег</title>" in site.stage()


# ── Offers ───────────────────────────────────────────────────────────────────────────────────


def test_offer(english: Site) -> None:
    """An offer has a title, a text, a link that tells nothing of the reader, and a way out."""
    [offer] = english.content.offers
    html = english.pages.offer(offer)
    assert "<h2>Deposit</h2>\n<p>An offer.</p>" in html
    link = 'href="https://offers.example.org/Deposit" rel="noopener noreferrer">Look</a>'
    assert link in html
    assert re.search(r'<button type="button"[^>]* data-dismiss aria-label="Do not show', html)


def test_offer_without_a_link(tmp_path: Path) -> None:
    """An offer may be words alone."""
    plain = re.sub(r"(?m)^action: .*\n", "", OFFER_MD).format(title="Words")
    files = {"content/offers/deposit.md": plain, "content/offers/deposit.en.md": plain}
    site = Site(tmp_path, files, "en")
    [offer] = site.content.offers
    assert "<a " not in site.pages.offer(offer)
