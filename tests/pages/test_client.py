"""A client's own part: what it shows of whom, and which shared parts it opens."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template
from markupsafe import Markup

from generator.base.config import load_site
from generator.base.errors import InputError, Problem
from generator.base.money import NBSP
from generator.content import load_content
from generator.data import Client, Policy, Situation, read_quotes
from generator.pages.client import (
    ClientPages,
    clock_part,
    offer_part,
    stage_part,
    stages_now,
    strategy_part,
)
from generator.pages.theme import Block, Theme, load_theme
from generator.strategy import observe
from tests.builders import OFFER_MD, PRODUCT_YAML, SERIES_YAML, SITE_YAML, make_client, small_site

EVE = date(2026, 3, 9)
"""A day before an observation: the second was made, the third is to come."""
BEGUN = date(2025, 12, 20)
HOSTILE = "<script>alert(\"1\")</script> & 'Co'"
CHECKED = "Данные этой стратегии проверяются. Скоро они снова будут здесь."


def series_yaml(name: str, **changes: str) -> str:
    """The terms of another series; ``changes`` replace whole lines by their keys."""
    text = SERIES_YAML.replace("id: duo", f"id: {name}")
    text = text.replace("{ru: Дуэт, en: Duo}", f"{{ru: {name.upper()}, en: {name.upper()}}}")
    for key, value in changes.items():
        text = re.sub(rf"(?m)^{key}: .*$", f"{key}: {value}", text)
    return text


ENDED = "{first: 2026-01-10, every_months: 1, count: 2}"
SERIES = {
    "content/strategies/dollars.yaml": series_yaml("dollars", currency="USD"),
    "content/strategies/ended.yaml": series_yaml("ended", observations=ENDED),
}


def pages_of(
    root: Path,
    changes: Mapping[str, str | bytes | None] | None = None,
    *,
    locale: str = "ru",
    held: Sequence[str] = (),
    as_of: date = EVE,
) -> ClientPages:
    """The client pages of the small site with two more series; ``held`` could not be worked out."""
    small_site(root, {**SERIES, **(changes or {})})
    problems: list[Problem] = []
    site, _ = load_site(root)
    content = load_content(root, site, as_of, problems)
    quotes = read_quotes(root / "data/quotes.csv", root, problems)
    assert problems == []
    courses = {
        name: observe(series, quotes, as_of, 7)
        for name, series in content.series.items()
        if name not in held
    }
    return ClientPages(load_theme(root, site.theme), site, content, courses, as_of, locale)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> ClientPages:
    """The small site's pages in Russian."""
    return pages_of(tmp_path_factory.mktemp("site"))


def slot(kind: str, subject: str) -> str:
    """A secret that says what it opens."""
    return f"{kind}:{subject}"


def holding(*series: str, premium: int = 1_000_000_00) -> tuple[Policy, ...]:
    """A policy of a million in each of ``series``."""
    return tuple(Policy(f"P-{n}", name, premium, BEGUN) for n, name in enumerate(series, start=1))


def waiting(stage: str = "cards/ordered", since: date = EVE) -> tuple[Situation, ...]:
    """A situation."""
    return (Situation(stage, since),)


def html_of(pages: ClientPages, **fields: object) -> str:
    """The part of a client with these fields."""
    return pages.html(make_client(**fields), slot).decode()


def parts(html: str) -> list[str]:
    """The shared parts that a page opens, in their order."""
    return re.findall(r'data-part="([^"]*)"', html)


def text(html: str) -> str:
    """What a reader sees, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).replace(NBSP, " ").split())


class Tags(HTMLParser):
    """Sees that every tag is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it, and that no attribute stands twice."""
        self.open.append(tag)
        self.seen += 1
        assert len({name for name, _ in attrs}) == len(attrs), self.get_starttag_text()

    def handle_endtag(self, tag: str) -> None:
        """It must be the last one opened."""
        assert self.open.pop() == tag, self.getpos()


# ── Policies and figures ─────────────────────────────────────────────────────────────────────


def test_policy(pages: ClientPages) -> None:
    """A policy shows its number, income, premium, next day, last coupon, and its series' part."""
    html = html_of(pages, policies=holding("duo", "duo"))
    shown = text(html)
    assert "Дуэт Полис P-1 Доход на сегодня 60 000,00 ₽ Внесено 1 000 000,00 ₽" in shown
    assert "Следующее наблюдение 10 марта 2026" in shown
    assert "10 февраля 2026 г.: купон начислен, +30 000,00 ₽" in shown
    assert "Купоны этого полиса 2" in shown
    assert parts(html)[:2] == ["clock:ru", "strategy:duo/ru"]


def test_two_policies_of_a_series_share_its_part(pages: ClientPages) -> None:
    """The course of a series is told once, under all its policies."""
    html = html_of(pages, policies=holding("duo", "duo"))
    assert parts(html).count("strategy:duo/ru") == 1
    assert html.count('<section class="policy">') == 2


def test_totals_by_currency(pages: ClientPages) -> None:
    """Sums of different currencies are never added up."""
    html = html_of(pages, policies=holding("duo", "dollars", "ended"))
    totals = text(html.partition('class="totals"')[2].partition("</section>")[0])
    assert totals.endswith(
        "Доход на сегодня 120 000,00 ₽ Внесено всего 2 000 000,00 ₽ "
        "Доход на сегодня 60 000,00 $ Внесено всего 1 000 000,00 $"
    )


def test_single_policy_tells_its_sums_once(pages: ClientPages) -> None:
    """Where all policies are one, its income and premium stand at the top and nowhere again."""
    shown = text(html_of(pages, policies=holding("duo")))
    assert shown.count("60 000,00 ₽") == 1
    assert shown.count("1 000 000,00 ₽") == 1
    assert "Внесено всего" not in shown
    assert "Следующее наблюдение" in shown


def test_series_that_ended_stands_last(pages: ClientPages) -> None:
    """What goes on is read before what is over."""
    html = html_of(pages, policies=holding("ended", "dollars", "duo"))
    strategies = [part for part in parts(html) if part.startswith("strategy")]
    assert strategies == ["strategy:dollars/ru", "strategy:duo/ru", "strategy:ended/ru"]
    assert text(html).count("Все наблюдения состоялись.") == 1


def test_late_policy_has_no_rows(pages: ClientPages) -> None:
    """A policy that began after every observation says so, and has no table of coupons."""
    late = (Policy("P-1", "duo", 1_000_000_00, EVE),)
    html = html_of(pages, policies=late)
    assert "Наблюдений ещё не было." in text(html)
    assert '<details class="coupons">' not in html


def test_all_scenarios_stand_in_the_page(pages: ClientPages) -> None:
    """A sentence for each band is there, so that a new level changes no client's page."""
    html = html_of(pages, policies=holding("duo"))
    assert re.findall(r'data-if="(\w+)" class="(\w+)"', html) == [
        ("above", "accrued"),
        ("corridor", "saved"),
        ("below", "saved"),
    ]


@pytest.mark.parametrize("others", [(), ("dollars",)])
def test_held_series(tmp_path: Path, others: tuple[str, ...]) -> None:
    """A series without usable quotes says that it is checked; the others have their figures."""
    held = pages_of(tmp_path, held=["duo"])
    html = html_of(held, policies=holding("duo", *others))
    assert CHECKED in text(html)
    assert "strategy:duo/ru" not in parts(html)
    assert [f"strategy:{name}/ru" for name in others] == [
        part for part in parts(html) if part.startswith("strategy")
    ]
    assert text(html).count("Полис ") == len(others)


def test_no_totals_while_a_series_is_held(tmp_path: Path) -> None:
    """A sum that lacks a policy would look like a loss."""
    held = pages_of(tmp_path, held=["duo"])
    html = html_of(held, policies=holding("duo", "dollars", "ended"))
    assert 'class="totals"' not in html
    assert 'class="totals"' in html_of(held, policies=holding("dollars"))


# ── Situations ───────────────────────────────────────────────────────────────────────────────


def test_stage_in_another_language_than_the_clients(pages: ClientPages) -> None:
    """A product written in English only is shown in English, and says so to a screen reader."""
    html = html_of(pages, situations=waiting())
    assert parts(html)[0] == "stage:cards/ordered/en"
    assert '<h2 lang="en">Your card</h2>' in html
    assert '<span lang="en">Ordered</span>, с\u00a09\u00a0марта\u00a02026\u202fг.' in html
    assert '<article class="client" lang="ru"' in html


def test_stage_in_the_clients_own_language(tmp_path: Path) -> None:
    """Where the product is written in the client's language, that is what they get."""
    product = PRODUCT_YAML.replace("locales: [en]", "locales: [en, ru]")
    product = re.sub(r"names: \{en: (\w+)\}", r"names: {en: \1, ru: По-русски \1}", product)
    files = {"content/products/cards/product.yaml": product}
    for folder, name in (("questions", "where"), ("stages", "ordered"), ("stages", "delayed")):
        english = (small_site(tmp_path) / f"content/products/cards/{folder}/{name}.md").read_text()
        files[f"content/products/cards/{folder}/{name}.ru.md"] = english
    html = html_of(pages_of(tmp_path, files), situations=waiting())
    assert parts(html)[0] == "stage:cards/ordered/ru"
    assert '<span lang="ru">По-русски Ordered</span>' in html


def test_stage_named_like_its_page_is_named_once(tmp_path: Path) -> None:
    """A heading is not said again in the line below it."""
    files = {
        "content/products/cards/product.yaml": PRODUCT_YAML.replace("Ordered", "Your card"),
    }
    html = html_of(pages_of(tmp_path, files), situations=waiting())
    assert html.count("Your card") == 1


@pytest.mark.parametrize(
    ("situations", "current"),
    [
        ([], []),
        ([("a/one", "2026-03-01")], [("a/one", "2026-03-01")]),
        ([("a/one", "2026-03-01"), ("a/two", "2026-03-09")], [("a/two", "2026-03-09")]),
        ([("a/one", "2026-03-01"), ("a/two", "2026-03-10")], [("a/one", "2026-03-01")]),
        ([("a/one", "2026-03-10")], []),
        (
            [("a/one", "2026-03-01"), ("b/one", "2026-03-05"), ("a/one/sub", "2026-03-03")],
            [("b/one", "2026-03-05"), ("a/one/sub", "2026-03-03")],
        ),
    ],
)
def test_stages_now(situations: list[tuple[str, str]], current: list[tuple[str, str]]) -> None:
    """A client is in one stage of a product, the last that has begun; the newest comes first."""
    ordered = sorted(situations, key=lambda one: one[1])
    made = tuple(Situation(stage, date.fromisoformat(day)) for stage, day in ordered)
    assert stages_now(make_client(situations=made), EVE) == [
        (stage, date.fromisoformat(day)) for stage, day in current
    ]


def test_first_stage_can_be_jumped_to(pages: ClientPages) -> None:
    """Who has policies and a situation finds the answers from the top; others need no link."""
    both = html_of(pages, policies=holding("duo"), situations=waiting())
    assert both.count('id="answers"') == both.count('href="#answers"') == 1
    assert 'href="#answers"' not in html_of(pages, situations=waiting())
    assert 'href="#answers"' not in html_of(pages, policies=holding("duo"))


def test_situation_alone(pages: ClientPages) -> None:
    """Who has no policies reads nothing of figures: answers come right after the name."""
    html = html_of(pages, situations=waiting())
    assert "Данные на" not in html
    assert 'class="totals"' not in html
    assert re.search(r'</h1>\s*</header>\s*<section class="situation"', html)


def test_nothing(pages: ClientPages) -> None:
    """Who has neither is told so, kindly, and whom to ask."""
    shown = text(html_of(pages))
    assert shown.startswith("Северный берег Иванов Иван Иванович Сейчас на этой странице нечего")
    assert "Ваш банк Берег 8 800 000-00-00" in shown
    assert "Данные на" not in shown


# ── Offers ───────────────────────────────────────────────────────────────────────────────────

AUDIENCES = {
    "everyone": "{}",
    "of-bank": "{banks: [shore]}",
    "of-series": "{series: [duo, dollars]}",
    "of-segment": "{segments: [mass, premium]}",
    "of-locale": "{locales: [en]}",
    "of-all": "{banks: [shore], series: [dollars], segments: [mass]}",
}
OFFERS: dict[str, str | bytes | None] = {
    **dict.fromkeys(("content/offers/deposit.md", "content/offers/deposit.en.md")),
    **{
        f"content/offers/{name}{suffix}.md": re.sub(
            r"(?m)^audience: .*$", f"audience: {audience}", OFFER_MD.format(title=name)
        )
        for name, audience in AUDIENCES.items()
        for suffix in ("", ".en")
    },
}


@pytest.mark.parametrize(
    ("fields", "offers"),
    [
        ({"bank": ""}, {"everyone"}),
        ({"bank": "shore"}, {"everyone", "of-bank"}),
        ({"bank": "", "segment": "mass"}, {"everyone", "of-segment"}),
        ({"bank": "", "segment": "private"}, {"everyone"}),
        ({"bank": "", "policies": holding("ended")}, {"everyone"}),
        ({"bank": "", "policies": holding("ended", "duo")}, {"everyone", "of-series"}),
        ({"bank": "", "locale": "en"}, {"everyone", "of-locale"}),
        (
            {"bank": "shore", "segment": "mass", "policies": holding("dollars")},
            {"everyone", "of-bank", "of-series", "of-segment", "of-all"},
        ),
        (
            {"bank": "shore", "segment": "mass", "policies": holding("duo")},
            {"everyone", "of-bank", "of-series", "of-segment"},
        ),
    ],
)
def test_offers_by_audience(tmp_path: Path, fields: dict[str, object], offers: set[str]) -> None:
    """An offer is for whom every given condition holds."""
    locale = str(fields.get("locale", "ru"))
    html = html_of(pages_of(tmp_path, OFFERS, locale=locale), **fields)
    slots = re.findall(r'data-part="offer:([\w-]+)/(\w+)" data-offer', html)
    assert {name for name, _ in slots} == offers
    assert {shown for _, shown in slots} == {locale}
    assert len(slots) == len(offers)


def test_offer_that_has_ended_is_not_shown(tmp_path: Path) -> None:
    """An offer's last day is the last."""
    ended = OFFER_MD.replace("2026-03-31", "2026-03-08").format(title="Вклад")
    files = {"content/offers/deposit.md": ended, "content/offers/deposit.en.md": ended}
    html = html_of(pages_of(tmp_path, files), policies=holding("duo"), segment="mass")
    assert not [part for part in parts(html) if part.startswith("offer")]


# ── Whose page it is ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("field", ["last_name", "first_name", "middle_name"])
def test_hostile_name(pages: ClientPages, field: str) -> None:
    """A name is text, in the heading and in the title of the window."""
    html = html_of(pages, **{field: HOSTILE})
    assert "<script" not in html
    escaped = "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;Co&#39;"
    assert html.count(escaped) == 2
    Tags(html)
    assert re.search(r'data-title="[^"]*" ?>', html)


def test_hostile_policy_number(pages: ClientPages) -> None:
    """A number of a policy is text as well."""
    html = html_of(pages, policies=(Policy(HOSTILE, "duo", 1, BEGUN),))
    assert "<script" not in html


@pytest.mark.parametrize(
    ("locale", "name", "print_"),
    [("ru", "Иванов Иван Иванович", "Распечатать"), ("en", "Иван Иванович Иванов", "Print")],
)
def test_name_in_the_order_of_the_language(
    tmp_path: Path, locale: str, name: str, print_: str
) -> None:
    """The surname stands first in Russian and last in English."""
    html = html_of(pages_of(tmp_path, locale=locale), locale=locale)
    assert f'<h1 tabindex="-1">{name}</h1>' in html
    assert f'lang="{locale}" data-client="' in html
    assert f'data-title="{name} — ' in html
    assert print_ in html


def test_bank(pages: ClientPages) -> None:
    """The client's bank can be called by a tap."""
    html = html_of(pages)
    assert '<a href="tel:88000000000">8 800 000-00-00</a>' in html
    assert "mailto:" not in html


def test_client_without_a_bank(pages: ClientPages) -> None:
    """Who came without a bank is told whom else to ask."""
    shown = text(html_of(pages, bank=""))
    assert "Ваш банк" not in shown
    assert "Звоните 8 800" in shown


def test_account_is_linked_where_there_is_one(tmp_path: Path, pages: ClientPages) -> None:
    """A site with an account links it; one without shows no dead button."""
    site = SITE_YAML + "account_url: https://my.example.org\n"
    html = html_of(pages_of(tmp_path, {"content/site.yaml": site}))
    assert '<a class="button" href="https://my.example.org" rel="noopener noreferrer">' in html
    assert "Личный кабинет" not in html_of(pages)


# ── The page as a whole ──────────────────────────────────────────────────────────────────────

KINDS: dict[str, dict[str, object]] = {
    "nothing": {"bank": ""},
    "policy": {"policies": holding("duo")},
    "policies": {"policies": holding("duo", "ended", "dollars", "duo")},
    "ended": {"policies": holding("ended")},
    "late": {"policies": (Policy("P-1", "duo", 1, EVE),)},
    "situation": {"situations": waiting()},
    "both": {"policies": holding("duo"), "situations": waiting(), "segment": "mass"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_markup_is_whole(pages: ClientPages, kind: str) -> None:
    """Every tag is closed in its turn, in one article."""
    tags = Tags(html_of(pages, **KINDS[kind]))
    assert tags.open == []
    assert tags.seen > 8


@pytest.mark.parametrize("kind", KINDS)
def test_no_inline_style_or_script(pages: ClientPages, kind: str) -> None:
    """Nothing in a page needs what the policy of the loader forbids."""
    html = html_of(pages, **KINDS[kind])
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", html)


@pytest.mark.parametrize("kind", KINDS)
def test_headings_descend(pages: ClientPages, kind: str) -> None:
    """Headings go down one step at a time, from one h1."""
    levels = list(map(int, re.findall(r"<h([1-6])", html_of(pages, **KINDS[kind]))))
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_slot_is_a_named_part(pages: ClientPages) -> None:
    """The secrets asked for are those of the parts' own names."""
    asked: list[tuple[str, str]] = []

    def listen(kind: str, subject: str) -> str:
        asked.append((kind, subject))
        return "1" * 22

    client = make_client(policies=holding("duo"), situations=waiting(), segment="mass")
    pages.html(client, listen)
    named = (
        clock_part("ru"),
        strategy_part("duo", "ru"),
        stage_part("cards/ordered", "en"),
        offer_part("deposit", "ru"),
    )
    assert asked == [(part.kind, part.subject) for part in named]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026-03-08", "2026-03-09", True),
        ("2026-02-10", "2026-02-11", True),  # the day of an observation and the next
        ("2026-03-09", "2026-03-10", False),  # the eve and the day
    ],
)
def test_new_day_alone_changes_no_page(
    tmp_path: Path,
    one: str,
    other: str,
    same: bool,  # noqa: FBT001
) -> None:
    """A client's file is written anew when something happened to them, not every night."""
    fields: dict[str, object] = {
        "policies": holding("duo"),
        "situations": waiting(since=date(2026, 2, 1)),
    }
    shown = [
        html_of(pages_of(tmp_path / day, as_of=date.fromisoformat(day)), **fields)
        for day in (one, other)
    ]
    assert (shown[0] == shown[1]) is same


def test_same_client_gives_the_same_page(pages: ClientPages) -> None:
    """Nothing but the client and what is known of them decides what a page says."""
    fields: dict[str, object] = {"policies": holding("duo", "dollars"), "situations": waiting()}
    client: Client = make_client(**fields)
    assert pages.html(client, slot) == pages.html(client, slot)


# ── What pages share ─────────────────────────────────────────────────────────────────────────

NUMBERS = st.text(st.characters(codec="utf-8"), min_size=1)
MINOR = st.integers(1, 10**13)


@given(NUMBERS, MINOR, st.sampled_from(["duo", "ended", "dollars"]), st.dates(BEGUN, EVE))
def test_policy_is_as_if_it_were_rendered_alone(
    pages: ClientPages, number: str, premium: int, series: str, start: date
) -> None:
    """What is put into a shared block gives what the template gives with the values themselves."""
    figures = pages.figures[series]
    skipped = figures.skipped(start)
    worked = figures.worked(premium, skipped).texts
    texts = [Markup(one.decode()) for one in worked]  # noqa: S704 - they are escaped
    shown = figures.shown(skipped, texts)
    template = pages.environment.get_template("policy.html")
    rendered = pages.theme.render(template, {**shown, "number": number, "alone": True})
    html = html_of(pages, policies=(Policy(number, series, premium, start),))
    assert f"\n{rendered}\n" in html


def test_what_pages_share_is_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Policies of a series since the same observation share a block, pages of a shape all else."""
    rendered: list[str] = []
    render = Theme.block

    def listen(theme: Theme, template: Template, values: Mapping[str, object]) -> Block:
        rendered.append(f"{template.name}")
        return render(theme, template, values)

    monkeypatch.setattr(Theme, "block", listen)
    shared = pages_of(tmp_path)
    for premium in (1, 7, 1_000_000_00):
        html_of(shared, policies=holding("duo", premium=premium))
        html_of(shared, policies=(Policy("P-9", "duo", premium, EVE),))
        html_of(shared, policies=holding("duo", "dollars", premium=premium), situations=waiting())
    expected = ["client.html"] * 2 + ["footer.html"] + ["policy.html"] * 4 + ["situation.html"]
    assert sorted(rendered) == expected


def test_shared_block_keeps_what_is_each_ones_own(pages: ClientPages) -> None:
    """Two policies in one block differ by their numbers and amounts, on one page and on two."""
    both = (Policy("P-1", "duo", 1_000_000_00, BEGUN), Policy("P-2", "duo", 500_000_00, BEGUN))
    one, other = (text(html_of(pages, policies=(policy,))) for policy in both)
    assert one.replace("P-1", "P-2") != other
    together = text(html_of(pages, policies=both))
    first, second = together.split("Полис P-1 ")[1].split("Полис P-2 ")
    assert "+30 000,00 ₽" in first
    assert "+15 000,00 ₽" in second
    assert "15 000,00 ₽" not in first
    assert "30 000,00 ₽ " not in second.replace("Доход на сегодня 30 000,00 ₽", "")


OWN = {
    "content/site.yaml": f"{SITE_YAML}theme: own\n",
    "themes/own/templates/policy.html": "<i>{{ number }}: {{ premium }}</i>",
    "themes/own/templates/situation.html": "<i>{{ title }} {{ since }} {{ part }}</i>",
    "themes/own/templates/footer.html": "<i>{{ bank['name'] }}</i>",
}


def test_theme_may_have_its_own_blocks(tmp_path: Path) -> None:
    """A site overrides what is said of a policy, of a stage and of the bank, each by itself."""
    fields: dict[str, object] = {"policies": holding("duo"), "situations": waiting()}
    html = html_of(pages_of(tmp_path, OWN, locale="en"), locale="en", **fields)
    assert re.findall("<i>(.*)</i>", html) == [
        f"P-1: RUB{NBSP}1,000,000.00",
        f"Your card March{NBSP}9,{NBSP}2026 stage:cards/ordered/en",
        "Shore",
    ]


@pytest.mark.parametrize("name", ["policy", "situation", "footer"])
def test_mistake_in_a_block_is_told_with_its_place(tmp_path: Path, name: str) -> None:
    """A mistake in what many pages share is told as one in the page is, and names no client."""
    path = f"themes/own/templates/{name}.html"
    wrong = pages_of(tmp_path, {**OWN, path: "\n{{ nobody }}"}, locale="en")
    with pytest.raises(InputError) as error:
        html_of(wrong, locale="en", policies=holding("duo"), situations=waiting())
    assert str(error.value).startswith(f"{path}:2:1: cannot be rendered: 'nobody' is undefined")
