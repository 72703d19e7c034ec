"""It is known without rendering whether a client's page would change."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.base.config import Site, load_site
from generator.content import Bank, Content, Outcome, Payout, Product, Series, load_content
from generator.data import Client, Policy, Situation
from generator.pages import versions
from generator.pages.client import ClientPages, stages_now
from generator.pages.theme import Theme, load_theme
from generator.pages.versions import CHANGED, PageVersions, page_versions
from generator.strategy import Course, observe
from tests.builders import (
    BANKS_YAML,
    OFFER_MD,
    PRODUCT_YAML,
    QUESTION_MD,
    SERIES_YAML,
    SITE,
    SITE_YAML,
    STAGE_MD,
    days,
    make_client,
    make_series,
    quotes_of,
    small_site,
)
from tests.depth import examples
from tests.pages.test_client import (
    ENDED,
    EVE,
    holding,
    html_of,
    pages_of,
    series_yaml,
    slot,
    waiting,
)

TEMPLATES = Path(__file__).resolve().parents[2] / "themes/default/templates"
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
OWN = {
    "content/site.yaml": f"{SITE_YAML}theme: own\n",
    "themes/own/templates/.keep": "",
    "content/strategies/dollars.yaml": series_yaml(
        "dollars", currency="USD", observations="{first: 2026-01-15, every_months: 1, count: 6}"
    ),
}
"""A site with a theme of its own that changes nothing yet."""


def template(name: str, before: str, after: str) -> dict[str, str]:
    """A default template with a piece replaced, as the site's own."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert before in text
    return {f"themes/own/templates/{name}": text.replace(before, after)}


def versions_of(
    root: Path, changes: Mapping[str, str] | None = None, *, as_of: date = EVE, held: str = ""
) -> PageVersions:
    """The versions of the small site with these files changed."""
    return page_versions(pages_of(root, {**OWN, **(changes or {})}, as_of=as_of, held=[held]), slot)


def changed(one: PageVersions, other: PageVersions) -> set[str]:
    """What differs: ``page``, or ``series duo`` and its like."""
    found = {"page"} if one.page != other.page else set()
    for kind in ("series", "stages", "banks", "offers"):
        before, after = getattr(one, kind), getattr(other, kind)
        found |= {f"{kind} {name}" for name in before if before[name] != after.get(name)}
    return found


def changed_by(root: Path, changes: Mapping[str, str]) -> set[str]:
    """What changes when a site's files do."""
    return changed(versions_of(root / "before"), versions_of(root / "after", changes))


# ── What there is a version of ───────────────────────────────────────────────────────────────


def test_everything_has_a_version(tmp_path: Path) -> None:
    """Each series, held or not, each stage, bank and offer has one; all are short."""
    made = versions_of(tmp_path, held="duo")
    assert set(made.series) == {"duo", "dollars", "ended"}
    assert set(made.stages) == {"cards/ordered", "cards/ordered/delayed"}
    assert set(made.banks) == {"shore"}
    assert set(made.offers) == {"deposit"}
    things = (made.series, made.stages, made.banks, made.offers)
    found = [made.page, *(one for by_name in things for one in by_name.values())]
    assert {len(one) for one in found} == {16}
    assert len(set(found)) == len(found)


def test_every_version_can_be_explained() -> None:
    """An operator is told of each kind what is not what it was."""
    assert list(CHANGED) == [field.name for field in fields(PageVersions)]
    assert CHANGED["series"].format("duo") == "the terms or observations of series duo"


def test_same_site_has_the_same_versions(tmp_path: Path) -> None:
    """Nothing but what a page shows decides: not the folder, the hour or the order of a set."""
    assert versions_of(tmp_path / "one") == versions_of(tmp_path / "other")


def test_locales_have_versions_of_their_own(tmp_path: Path) -> None:
    """A page in another language is another page."""
    one, other = (
        page_versions(pages_of(tmp_path / locale, OWN, locale=locale), slot)
        for locale in ("ru", "en")
    )
    assert changed(one, other) >= {"page", "series duo", "banks shore", "offers deposit"}


# ── What changes nothing ─────────────────────────────────────────────────────────────────────

QUOTES = SITE["data/quotes.csv"]
INVISIBLE: dict[str, dict[str, str]] = {
    "a level that moved": {"data/quotes.csv": QUOTES.replace(f"{EVE},110.0", f"{EVE},61.0")},
    "a level of another day": {
        "data/quotes.csv": QUOTES.replace("2026-02-10,110.0", "2026-02-10,130.0")
    },
    "a barrier that decided nothing": {
        "content/strategies/duo.yaml": SERIES_YAML.replace('barrier: "100"', 'barrier: "105"')
    },
    "a summary": {"content/strategies/duo.yaml": SERIES_YAML.replace("О двух", "О паре")},
    "news": {"content/strategies/duo/rise.md": SITE["content/strategies/duo/rise.md"] + "More."},
    "an answer": {"content/products/cards/questions/where.md": QUESTION_MD + "Nearly there."},
    "a stage's questions": {
        "content/products/cards/stages/ordered.md": STAGE_MD.replace("[where]", "[]")
    },
    "an offer's text": {"content/offers/deposit.md": OFFER_MD.format(title="Вклад") + "More."},
    "the strategy's template": template("strategy.html", "<dl>", '<dl class="own">'),
    "the template of questions": template("questions.html", "<summary>", "<summary> "),
    "the template of offers": template("offer.html", "<h2>", '<h2 class="own">'),
    "a comment in a template": template("client.html", "{# A client's", "{# Our client's"),
    "a text of the strategy": {"themes/own/locale/ru.po": PO + 'msgid "Barrier"\nmsgstr "Порог"\n'},
    "a style": {"themes/own/styles/brand.css": ":root { --sp-accent: #123456 }"},
    "a script": {"themes/own/assets/search.js": "let ours = 1;"},
}


@pytest.mark.parametrize("what", INVISIBLE)
def test_what_no_client_page_shows_changes_no_version(tmp_path: Path, what: str) -> None:
    """What stands in shared parts, or nowhere, does not make a client's page another one."""
    assert changed_by(tmp_path, INVISIBLE[what]) == set()


def test_new_day_without_an_observation_changes_no_version(tmp_path: Path) -> None:
    """Most nights change nothing in clients' own parts."""
    eve, day = date(2026, 3, 8), date(2026, 3, 9)
    made = [versions_of(tmp_path / f"{one}", as_of=one) for one in (eve, day)]
    assert made[0] == made[1]


# ── What changes something, and only that ────────────────────────────────────────────────────


def test_observation_changes_its_series(tmp_path: Path) -> None:
    """An observation made is told on the pages of those who hold this series."""
    eve, day = EVE, date(2026, 3, 10)
    one, other = (versions_of(tmp_path / f"{as_of}", as_of=as_of) for as_of in (eve, day))
    assert changed(one, other) == {"series duo"}


ONE: dict[str, tuple[str, dict[str, str]]] = {
    "the page": ("page", template("client.html", "<h1 ", '<h1 class="own" ')),
    "a policy": ("page", template("policy.html", "<h3>", '<h3 class="own">')),
    "a situation": ("page", template("situation.html", "<h2 ", '<h2 class="own" ')),
    "the footer": ("page", template("footer.html", "<address>", "<address >")),
    "a text": ("page", {"themes/own/locale/ru.po": PO + 'msgid "Print"\nmsgstr "Печать"\n'}),
    "a text with a value": (
        "page",
        {"themes/own/locale/ru.po": f'{PO}msgid "since %(since)s"\nmsgstr "от %(since)s"\n'},
    ),
    "the site's name": ("page", {"content/site.yaml": OWN["content/site.yaml"].replace("ый", "")}),
    "the contacts": ("page", {"content/site.yaml": OWN["content/site.yaml"].replace("Зво", "По")}),
    "the account": (
        "page",
        {"content/site.yaml": OWN["content/site.yaml"] + "account_url: https://my.example.org\n"},
    ),
    "a series' name": (
        "series duo",
        {"content/strategies/duo.yaml": SERIES_YAML.replace("Дуэт", "Пара")},
    ),
    "a currency": (
        "series duo",
        {"content/strategies/duo.yaml": SERIES_YAML.replace("RUB", "EUR")},
    ),
    "a rate": ("series duo", {"content/strategies/duo.yaml": SERIES_YAML.replace("3.00", "3.01")}),
    "memory": ("series duo", {"content/strategies/duo.yaml": SERIES_YAML.replace("false", "true")}),
    "a scenario": (
        "series duo",
        {
            "content/strategies/duo.yaml": SERIES_YAML.replace(
                'corridor: {outcome: saved, share: "0"}',
                'corridor: {outcome: accrued, share: "0.5"}',
            )
        },
    ),
    "a barrier that was missed": (
        "series duo",
        {"content/strategies/duo.yaml": SERIES_YAML.replace('barrier: "100"', 'barrier: "111"')},
    ),
    "the next day": (
        "series duo",
        {"content/strategies/duo.yaml": SERIES_YAML.replace("count: 6", "count: 2")},
    ),
    "a stage's name": (
        "stages cards/ordered",
        {"content/products/cards/product.yaml": PRODUCT_YAML.replace("Ordered", "Asked for")},
    ),
    "a stage's title": (
        "stages cards/ordered",
        {"content/products/cards/stages/ordered.md": STAGE_MD.replace("Your card", "Our card")},
    ),
    "a bank's phone": ("banks shore", {"content/banks.yaml": BANKS_YAML.replace("-00-00", "-11")}),
    "a bank's hours": (
        "banks shore",
        {"content/banks.yaml": f"{BANKS_YAML}    hours: {{ru: 9-18}}\n"},
    ),
}


@pytest.mark.parametrize("what", ONE)
def test_change_is_seen_where_it_is_and_nowhere_else(tmp_path: Path, what: str) -> None:
    """What a page shows is in one version, so that no other client's page is rendered again."""
    kind, changes = ONE[what]
    assert changed_by(tmp_path, changes) == {kind}


def test_series_that_ended_has_no_next_day(tmp_path: Path) -> None:
    """A series' last observation is seen as the others are."""
    files = {"content/strategies/dollars.yaml": series_yaml("dollars", observations=ENDED)}
    assert changed_by(tmp_path, files) == {"series dollars"}


def test_held_series_has_a_version_of_its_own(tmp_path: Path) -> None:
    """A page without figures is another page; with them again it is what it was."""
    free, held = versions_of(tmp_path / "free"), versions_of(tmp_path / "held", held="duo")
    assert changed(free, held) == {"series duo"}
    renamed = {"content/strategies/duo.yaml": SERIES_YAML.replace("Дуэт", "Пара")}
    dearer = {"content/strategies/duo.yaml": SERIES_YAML.replace("3.00", "4.00")}
    assert changed(held, versions_of(tmp_path / "name", renamed, held="duo")) == {"series duo"}
    assert changed(held, versions_of(tmp_path / "rate", dearer, held="duo")) == set()


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("strategy", "series duo"),
        ("stage", "stages cards/ordered"),
        ("offer", "offers deposit"),
        ("clock", "page"),
    ],
)
def test_address_of_a_part_is_in_the_version_of_what_shows_it(
    tmp_path: Path, kind: str, thing: str
) -> None:
    """With a new key every part is elsewhere, and each page must say where."""
    pages = pages_of(tmp_path, OWN)

    def moved(asked: str, subject: str) -> str:
        return f"new:{subject}" if asked == kind else slot(asked, subject)

    assert thing in changed(page_versions(pages, slot), page_versions(pages, moved))
    others = {"series", "stages", "banks", "offers", "page"} - {thing.partition(" ")[0]}
    assert (
        not {
            one.partition(" ")[0]
            for one in changed(page_versions(pages, slot), page_versions(pages, moved))
        }
        & others
    )


def test_new_program_is_a_new_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another release of ours or of what we render with may write other bytes."""
    pages = pages_of(tmp_path, OWN)
    made = page_versions(pages, slot)
    for name, value in (("program", lambda: "another"), ("version", lambda name: f"{name} 9.9")):
        monkeypatch.setattr(versions, name, value)
        assert changed(made, page_versions(pages, slot)) == {"page"}
        monkeypatch.undo()


# ── Which templates count ────────────────────────────────────────────────────────────────────

INCLUDING = {
    **template("client.html", "</article>", "{% include 'more.html' %}</article>"),
    "themes/own/templates/more.html": "{% import 'words.html' as words %}{{ words.hello() }}",
    "themes/own/templates/words.html": "{% macro hello() %}Hello{% endmacro %}",
}
FREE = template("client.html", "</article>", "{% include lang ~ '.html' %}</article>")
LOOKED_UP = template("client.html", "</article>", "{{ gettext(lang) }}</article>")
USING = template("policy.html", "<h3>", "<img src=\"{{ assets['logo.png'] }}\"><h3>")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (INCLUDING, {"themes/own/templates/more.html": "Goodbye"}),
        (INCLUDING, {"themes/own/templates/words.html": "{% macro hello() %}Hi{% endmacro %}"}),
        ({**FREE, "themes/own/templates/ru.html": "a"}, {"themes/own/templates/ru.html": "b"}),
        (LOOKED_UP, {"themes/own/locale/ru.po": PO + 'msgid "ru"\nmsgstr "по-русски"\n'}),
        ({**USING, "themes/own/assets/logo.png": "a"}, {"themes/own/assets/logo.png": "b"}),
    ],
)
def test_templates_count_with_all_that_they_use(
    tmp_path: Path, before: dict[str, str], after: dict[str, str]
) -> None:
    """What a template includes, imports, looks up or links is part of it, foreseen or not."""
    one = versions_of(tmp_path / "before", before)
    other = versions_of(tmp_path / "after", {**before, **after})
    assert changed(one, other) == {"page"}


THINGS = """\
msgid "%(n)s thing"
msgid_plural "%(n)s things"
msgstr[0] "%(n)s вещь"
msgstr[1] "%(n)s вещи"
msgstr[2] "%(n)s вещей"
"""


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("{{ _('Hello') }}", 'msgid "Hello"\nmsgstr "Привет"\n'),
        ("{{ pgettext('at dawn', 'Hello') }}", 'msgctxt "at dawn"\nmsgid "Hello"\nmsgstr "Утро"\n'),
        (
            "{% trans n=series|length %}{{ n }} thing{% pluralize %}{{ n }} things{% endtrans %}",
            THINGS,
        ),
    ],
)
def test_texts_count_however_they_are_written(tmp_path: Path, text: str, translated: str) -> None:
    """A text's translation is part of the page, whichever way the template asks for it."""
    asking = template("client.html", "</article>", f"{text}</article>")
    texts = {"themes/own/locale/ru.po": PO + translated}
    one = versions_of(tmp_path / "before", asking)
    other = versions_of(tmp_path / "after", {**asking, **texts})
    assert changed(one, other) == {"page"}


# ── Properties ───────────────────────────────────────────────────────────────────────────────

HALF = Payout(Outcome.ACCRUED, Fraction(1, 2))
SAVED = Payout(Outcome.SAVED, Fraction(0))
WHOLE = Payout(Outcome.ACCRUED, Fraction(1))
STAGES = ("cards/ordered", "cards/ordered/delayed")
OBSERVED = (date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10))


@dataclass(frozen=True, slots=True)
class Issue:
    """A series as one night finds it."""

    rate: str = "3"
    memory: bool = False
    middle: Payout = SAVED
    levels: tuple[int, ...] = (100, 90, 60)
    today: int = 100
    name: str = "Duo"
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """All that is not a client's own, as one night finds it."""

    issues: tuple[Issue, Issue]
    as_of: date = EVE
    phone: str = "8 800"
    title: str = "Your card"
    account: str = ""
    theme: str = "default"
    epoch: int = 1


def quotes_over(levels: tuple[int, ...], today: int) -> dict[str, dict[date, str]]:
    """A close on every day: ``levels`` on the days of observation."""
    closes = dict.fromkeys(days(date(2025, 12, 1), date(2026, 3, 11)), f"{today}")
    closes.update(zip(OBSERVED, map(str, levels), strict=True))
    return {"AAA": closes}


@dataclass(frozen=True, slots=True)
class Base:
    """The small site, from which every world is made without reading files again."""

    site: Site
    content: Content
    themes: Mapping[str, Theme]

    def pages(self, world: World) -> ClientPages:
        """The pages of a world, in English."""
        series, courses = self._series(world)
        banks, products = self._banks(world), self._products(world)
        content = replace(self.content, series=series, banks=banks, products=products)
        site = self.site.model_copy(update={"account_url": world.account})
        theme = self.themes[world.theme]
        return ClientPages(theme, site, content, courses, world.as_of, "en")

    def _series(self, world: World) -> tuple[dict[str, Series], dict[str, Course]]:
        series, courses = {}, {}
        for name, issue in zip("ab", world.issues, strict=True):
            payouts = (WHOLE, issue.middle, SAVED)
            made = make_series(rate=issue.rate, memory=issue.memory, payouts=payouts)
            terms = replace(made.terms, id=name)
            series[name] = replace(made, terms=terms, names={"en": issue.name, "ru": ""})
            if not issue.is_held:
                quotes = quotes_of(quotes_over(issue.levels, issue.today))
                courses[name] = observe(series[name], quotes, world.as_of, 7)
        return series, courses

    def _banks(self, world: World) -> dict[str, Bank]:
        [bank] = self.content.banks.values()
        return {bank.id: replace(bank, phone=world.phone)}

    def _products(self, world: World) -> tuple[Product, ...]:
        [product] = self.content.products
        first, *rest = product.stages
        texts = {"en": replace(first.texts["en"], title=world.title)}
        return (replace(product, stages=(replace(first, texts=texts), *rest)),)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """The small site with two themes."""
    files = template("policy.html", "<h3>", '<h3 class="own">')
    root = small_site(tmp_path_factory.mktemp("site"), files)
    site, _ = load_site(root)
    themes = {name: load_theme(root, name) for name in ("default", "own")}
    return Base(site, load_content(root, site, EVE, []), themes)


OF_ISSUES: dict[str, list[Any]] = {
    "rate": ["3", "4"],
    "memory": [False, True],
    "middle": [SAVED, HALF],
    "levels": [(100, 90, 60), (90, 90, 90), (60, 85, 100), (100, 100, 80), (90, 60, 100)],
    "today": [100, 80],
    "name": ["Duo", "Trio"],
    "is_held": [False, False, False, True],
}
OF_WORLDS: dict[str, list[Any]] = {
    "as_of": [EVE, date(2026, 3, 8), OBSERVED[2]],
    "phone": ["8 800", "8 900"],
    "title": ["Your card", "Ordered"],
    "account": ["", "https://my.example.org"],
    "theme": ["default", "own"],
    "epoch": [1, 2],
}
ISSUES = st.builds(Issue, **{name: st.sampled_from(of) for name, of in OF_ISSUES.items()})
WORLDS = st.builds(
    World,
    issues=st.tuples(ISSUES, ISSUES),
    **{name: st.sampled_from(of) for name, of in OF_WORLDS.items()},
)
POLICIES = st.builds(
    Policy,
    st.sampled_from(["P-1", "P-2"]),
    st.sampled_from("aab"),
    st.sampled_from([100, 1_000_000_00]),
    st.sampled_from([date(2025, 12, 20), date(2026, 1, 20), date(2026, 2, 20)]),
)
SITUATIONS = st.builds(
    Situation, st.sampled_from(STAGES), st.sampled_from([date(2026, 3, 1), OBSERVED[2]])
)


@st.composite
def clients(draw: st.DrawFn) -> Client:
    """A client of the small site with policies of two series."""
    return make_client(
        locale="en",
        bank=draw(st.sampled_from(["", "shore"])),
        policies=tuple(draw(st.lists(POLICIES, min_size=1, max_size=3))),
        situations=tuple(sorted(draw(st.lists(SITUATIONS, max_size=2)), key=lambda s: s.since)),
        segment=draw(st.sampled_from(["mass", "premium"])),
    )


@st.composite
def nights(draw: st.DrawFn) -> tuple[World, World]:
    """Two nights between which one thing happened: in the world, or to a series."""
    world = draw(WORLDS)
    name = draw(st.sampled_from([*OF_WORLDS, *OF_ISSUES, *OF_ISSUES]))
    if name in OF_WORLDS:
        return world, replace(world, **{name: draw(another(world, name, OF_WORLDS))})
    first, second = world.issues
    moved = replace(first, **{name: draw(another(first, name, OF_ISSUES))})
    return world, replace(world, issues=(moved, second))


def another(thing: object, name: str, of: Mapping[str, list[Any]]) -> st.SearchStrategy[Any]:
    """A value that ``thing`` does not have under ``name``."""
    return st.sampled_from([value for value in of[name] if value != getattr(thing, name)])


def decisive(client: Client, made: PageVersions, pages: ClientPages, as_of: date) -> list[object]:
    """What decides a client's page: their rows as of the day, and the versions of their things."""
    now = stages_now(client, as_of)
    series = {policy.series for policy in client.policies}
    offers = [
        one.id
        for one in pages.content.offers
        if one.is_for(client.bank, series, client.segment, client.locale)
    ]
    return [
        made.page,
        [made.series[policy.series] for policy in client.policies],
        [(since, made.stages[path]) for path, since in now],
        made.banks.get(client.bank),
        [made.offers[name] for name in offers],
    ]


@settings(max_examples=examples(50))
@given(clients(), nights())
def test_page_changes_only_with_a_version(
    base: Base, client: Client, nights: tuple[World, World]
) -> None:
    """Where the client's rows and all their versions are what they were, so is every byte."""
    shown, decided = [], []
    for world in nights:
        pages = base.pages(world)

        def opened(kind: str, subject: str, epoch: int = world.epoch) -> str:
            return f"{epoch}:{kind}:{subject}"

        shown.append(pages.html(client, opened))
        made = page_versions(pages, opened)
        decided.append(decisive(client, made, pages, world.as_of))
    assert shown[0] == shown[1] or decided[0] != decided[1]


def test_page_of_an_observed_series_changes(tmp_path: Path) -> None:
    """The versions tell the truth of a whole page: an observation shows, a level does not."""
    client: dict[str, object] = {"policies": holding("duo"), "situations": waiting()}
    before = html_of(pages_of(tmp_path / "before", OWN), **client)
    level = {**OWN, **INVISIBLE["a level that moved"]}
    assert html_of(pages_of(tmp_path / "level", level), **client) == before
    observed = pages_of(tmp_path / "observed", OWN, as_of=date(2026, 3, 10))
    assert html_of(observed, **client) != before
