"""Pages of the sample's clients in a real browser: whose they are, what they show, how."""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Locator, Response, expect

from generator.base.dates import long_date
from generator.base.money import NBSP
from generator.content import Band
from generator.data import Client
from generator.pages.client import offer_part, strategy_part

from .sample_site import (
    EVE,
    NIGHT,
    Reader,
    Sample,
    file_of,
    overflow,
    secret,
    served,
    small_targets,
    violations,
)

RICH, NOTHING, STAGE_ONLY, NOT_BEGUN = "A-100001", "A-100002", "A-100005", "A-100006"
BOTH, ENDED, MEMORY, ENGLISH = "A-100010", "A-100013", "A-100020", "A-100028"
KINDS = (RICH, NOTHING, STAGE_ONLY, NOT_BEGUN, BOTH, ENDED, MEMORY, ENGLISH)
ONE_SERIES = (NOT_BEGUN, ENDED, MEMORY)
NARROW = {"width": 320, "height": 640}
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
WIDTHS = (320, 360, 414, 768, 1280)

Open = Callable[..., Reader]


@pytest.fixture(scope="session")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The sample of the day before, on which nothing is observed."""
    with served(tmp_path_factory, EVE) as site:
        yield site


def own_file(client: str) -> str:
    """Where a client's own part lies."""
    return secret("client", client).keys().path


def series_of(client: Client) -> set[str]:
    """The series in which a client has policies."""
    return {policy.series for policy in client.policies}


# ── Whose page it is ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", KINDS)
def test_page_is_its_clients(sample: Sample, reader: Open, name: str) -> None:
    """The link shows the client's name and, for each policy, the sums that the strategy gives."""
    client, one = sample.client(name), reader()
    one.read(sample.link(name))
    expect(one.page.get_by_role("heading", level=1)).to_have_text(client.full_name)
    expect(one.page.locator(".policy")).to_have_count(len(client.policies))
    for policy in client.policies:
        coupons = sample.coupons(policy)
        card = one.page.locator(".policy").filter(has_text=policy.number)
        place = card if len(client.policies) > 1 else one.page.locator(".client")
        amounts = [sample.money(minor, policy, client.locale) for minor in coupons]
        income = sample.money(sum(coupons), policy, client.locale)
        premium = sample.money(policy.premium, policy, client.locale)
        assert place.locator(".figures dd").all_text_contents()[:2] == [income, premium]
        assert card.locator("td.sum").all_text_contents() == amounts[::-1]


def test_totals_add_up(sample: Sample, reader: Open) -> None:
    """All policies together: a sum for each currency."""
    client, one = sample.client(RICH), reader()
    one.read(sample.link(RICH))
    expected = []
    for currency in ("USD", "RUB"):
        held = [
            policy
            for policy in client.policies
            if sample.inputs.content.series[policy.series].currency == currency
        ]
        income = sum(sum(sample.coupons(policy)) for policy in held)
        premium = sum(policy.premium for policy in held)
        expected += [sample.money(minor, held[0], "ru") for minor in (income, premium)]
    assert one.page.locator(".totals dd").all_text_contents() == expected


@pytest.mark.parametrize("name", KINDS)
def test_nothing_of_anybody_else(sample: Sample, reader: Open, name: str) -> None:
    """No name, number, phone or address of another client is in the page or in any answer."""
    mine, one = sample.client(name), reader()
    answers: list[Response] = []
    one.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - see Visit
    one.read(sample.link(name))
    shown = one.page.locator("html").text_content() or ""
    markup = one.page.content()
    received = b"\n".join(answer.body() for answer in answers)
    own = {mine.full_name, mine.phone, mine.email, *(policy.number for policy in mine.policies)}
    others = {
        value
        for client in sample.everyone()
        if client.id != mine.id
        for value in (
            client.id,
            client.full_name,
            client.phone,
            client.email,
            *(policy.number for policy in client.policies),
        )
    } - {"", *own}
    assert len(others) > 600
    assert mine.full_name in shown
    assert [value for value in others if value in shown or value in markup] == []
    assert [value for value in others if value.encode() in received] == []
    assert mine.full_name.encode() not in received


@pytest.mark.parametrize(
    ("name", "title", "as_of", "money"),
    [
        (RICH, "Северный берег — Инвестиции и жизнь", "Данные на 2 декабря 2011", r"[\d ]+,\d\d ₽"),
        (ENGLISH, "North Shore — Investments and Life", "Figures as of December 2, 2011",
         r"RUB [\d,]+\.\d\d"),
    ],
)  # fmt: skip
def test_language(
    sample: Sample, reader: Open, name: str, title: str, as_of: str, money: str
) -> None:
    """A page is in its client's language: title, words, dates and money."""
    client, one = sample.client(name), reader()
    one.read(sample.link(name))
    expect(one.page.locator("html")).to_have_attribute("lang", client.locale)
    expect(one.page).to_have_title(f"{client.full_name} — {title}")
    shown = (one.page.locator("article").text_content() or "").replace(NBSP, " ")
    assert as_of in shown
    assert re.search(money, shown)
    credited = [
        observation.date
        for policy in client.policies
        for observation in sample.course(policy).observations
    ]
    cells = one.page.locator(".coupons tbody th").all_text_contents()
    assert {cell.split(" ")[0] for cell in cells} == {
        long_date(day, client.locale).split(" ")[0] for day in credited
    }


def test_stage_in_a_language_of_its_own(sample: Sample, reader: Open) -> None:
    """A product written in one language keeps it, and says so to a screen reader."""
    one = reader()
    one.read(sample.link(ENGLISH))
    expect(one.page.locator(".situation h2")).to_have_attribute("lang", "en")
    expect(one.page.locator(".faq")).to_have_attribute("lang", "en")


# ── Scenarios ────────────────────────────────────────────────────────────────────────────────


def test_sentence_of_tonight(eve: Sample, reader: Open) -> None:
    """Of the sentences for each scenario exactly the one that holds tonight is seen."""
    client, one = eve.client(RICH), reader()
    one.read(eve.link(RICH))
    bands = set()
    for policy in client.policies:
        level = eve.inputs.courses[policy.series].level
        assert level is not None
        bands.add(level.band)
        card = one.page.locator(".policy").filter(has_text=policy.number)
        expect(card.locator("[data-if]")).to_have_count(len(Band) + 1)
        for sentence in card.locator("[data-if]").all():
            holds = sentence.get_attribute("data-if") == level.band
            expect(sentence).to_be_visible(visible=holds)
    assert bands == set(Band), "the sample shows every scenario"


def test_sentence_names_its_amount(eve: Sample, reader: Open) -> None:
    """What an observation tonight would credit is told to the kopeck."""
    client, one = eve.client(RICH), reader()
    one.read(eve.link(RICH))
    seen = 0
    for policy in client.policies:
        course = eve.course(policy)
        assert course.level is not None
        [scenario] = [it for it in course.scenarios() if it.band == course.level.band]
        card = one.page.locator(".policy").filter(has_text=policy.number)
        told = card.locator(f"[data-if={course.level.band}] b")
        if scenario.rate:
            minor = (policy.premium * scenario.rate / 100 + 1 / 2) // 1
            expect(told).to_have_text("+" + eve.money(int(minor), policy, "ru"))
            seen += 1
    assert seen >= 3


def test_no_sentence_on_the_day_of_observation(sample: Sample, reader: Open) -> None:
    """On the day itself the coupon is a fact, and no second one is spoken of."""
    one = reader()
    one.read(sample.link(BOTH))
    expect(one.page.locator(".latest")).to_contain_text(long_date(NIGHT, "ru"))
    expect(one.page.locator("[data-if=observed]")).to_be_visible()
    for band in ("above", "corridor", "below"):
        expect(one.page.locator(f"[data-if={band}]")).to_be_hidden()


def test_sentence_waits_for_the_strategy(sample: Sample, reader: Open) -> None:
    """Until the strategy's part has come no scenario is claimed, and none if it does not come."""
    one = reader()
    one.page.route(f"**/{file_of(strategy_part('pair-2010-12', 'en'))}", lambda it: it.abort())
    one.page.goto(sample.link(MEMORY))
    expect(one.page.locator(".sp-fault")).to_be_visible()
    expect(one.page.locator(".outlook")).to_be_hidden()
    expect(one.page.locator(".totals")).to_be_visible()


# ── How it looks ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "window"),
    [
        *((name, PHONE) for name in KINDS),
        *((name, NARROW) for name in (RICH, STAGE_ONLY, ENGLISH)),
        *((name, DESKTOP) for name in (RICH, STAGE_ONLY, ENGLISH)),
    ],
)
def test_fits_its_window(sample: Sample, reader: Open, name: str, window: dict[str, int]) -> None:
    """Nothing is wider than the window, folded or unfolded, and all is large enough to tap."""
    one = reader(viewport=window)
    one.read(sample.link(name))
    assert (overflow(one), small_targets(one)) == ((0, []), [])
    one.unfold()
    assert (overflow(one), small_targets(one)) == ((0, []), [])


@pytest.mark.parametrize("name", [RICH, NOTHING])
def test_dark(sample: Sample, reader: Open, name: str) -> None:
    """At night the page is dark."""
    grounds = []
    for scheme in ("light", "dark"):
        one = reader(color_scheme=scheme)
        one.read(sample.link(name))
        script = "getComputedStyle(document.body).backgroundColor"
        grounds.append([int(part) for part in re.findall(r"\d+", one.page.evaluate(script))])
    light, dark = map(sum, grounds)
    assert light > 3 * 200
    assert dark < 3 * 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [RICH, STAGE_ONLY, ENDED, ENGLISH])
def test_axe(sample: Sample, reader: Open, axe_source: str, name: str, scheme: str) -> None:
    """Everybody can read it: axe finds nothing, contrast included, with all details open."""
    one = reader(color_scheme=scheme, viewport=PHONE)
    one.read(sample.link(name))
    one.unfold()
    assert violations(one, axe_source) == []


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_level_is_never_cut(sample: Sample, reader: Open, locale: str) -> None:
    """Where the series stands is read whole on the narrowest phone."""
    one = reader(viewport=NARROW)
    seen = 0
    for client in sample.everyone():
        if client.locale == locale and len(series_of(client)) > 1 and seen < 20:
            one.read(sample.link(client.id))
            for line in one.page.locator(".level > span").all():
                seen += 1
                cut = line.evaluate("one => one.scrollWidth - one.clientWidth")
                assert cut <= 0, line.text_content()
    assert seen >= 20


def test_print(sample: Sample, reader: Open) -> None:
    """On paper there are the figures and the answers, and nothing to press or to buy."""
    one = reader()
    one.read(sample.link(BOTH))
    one.page.emulate_media(media="print")
    for hidden in (".offer", ".tools", ".jump", "[data-dismiss]"):
        assert one.page.locator(hidden).count()
        for place in one.page.locator(hidden).all():
            expect(place).to_be_hidden()
    for shown in (".totals dd", ".policy", ".chart svg", ".question", "address"):
        expect(one.page.locator(shown).first).to_be_visible()
    ground = one.page.evaluate("getComputedStyle(document.querySelector('.totals')).color")
    assert ground == "rgb(0, 0, 0)"


# ── What the client does ─────────────────────────────────────────────────────────────────────


def offers(one: Reader) -> Locator:
    """The offers on the page."""
    return one.page.locator(".offer")


def test_dismissed_offer_is_gone_for_its_client_alone(sample: Sample, reader: Open) -> None:
    """Who does not want an offer sees it no more; another client of the browser still does."""
    one = reader()
    title = "Разберём ваш портфель"
    one.read(sample.link(RICH))
    before = offers(one).count()
    mine = offers(one).filter(has_text=title)
    mine.get_by_role("button", name="Больше не показывать").click()
    expect(offers(one)).to_have_count(before - 1)
    one.page.reload()
    one.wait()
    expect(offers(one)).to_have_count(before - 1)
    expect(mine).to_have_count(0)
    one.page.goto("about:blank")
    one.read(sample.link(BOTH))
    expect(mine).to_be_visible()


def test_jump_to_the_answers(sample: Sample, reader: Open) -> None:
    """The link at the top leads to the answers, and the address stays the client's link."""
    one = reader(viewport=PHONE)
    one.read(sample.link(BOTH))
    address = one.page.url
    expect(one.page.locator(".situation h2")).not_to_be_in_viewport()
    one.page.get_by_role("link", name="Ответы о вашей ситуации").click()
    expect(one.page.locator(".situation h2")).to_be_in_viewport()
    assert one.page.url == address


def test_footnote_and_back(sample: Sample, reader: Open) -> None:
    """A footnote of an answer is reached, and its reference again; the address stays."""
    one = reader(viewport=PHONE)
    one.read(sample.link(STAGE_ONLY))
    address = one.page.url
    one.page.get_by_text("Сколько стоит банкротство").click()
    reference = one.page.locator(".answer .footnote-ref").first
    reference.click()
    note = one.page.locator(".footnote li").first
    expect(note).to_be_in_viewport()
    note.locator(".footnote-backref").click()
    expect(reference).to_be_in_viewport()
    assert one.page.url == address


def test_answers_come_first_for_who_needs_them(sample: Sample, reader: Open) -> None:
    """In a hard situation the first screen is a calm heading and the answer, not figures."""
    one = reader(viewport=PHONE)
    one.read(sample.link(STAGE_ONLY))
    heading = one.page.locator(".situation h2")
    expect(heading).to_have_text("Подготовка: с чего начать и к чему быть готовым")
    expect(heading).to_be_in_viewport(ratio=1)
    expect(one.page.locator(".intro p").first).to_be_in_viewport(ratio=1)
    expect(one.page.locator(".totals, .as-of")).to_have_count(0)


# ── How it arrives ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [RICH, BOTH, STAGE_ONLY])
def test_own_figures_do_not_wait_for_parts(sample: Sample, reader: Open, name: str) -> None:
    """Name and sums are there before any shared part has arrived."""
    client, one = sample.client(name), reader()
    held = one.without_parts(sample.link(name), own_file(name))
    expect(one.page.get_by_role("heading", level=1)).to_have_text(client.full_name)
    for policy in client.policies:
        income = sample.money(sum(sample.coupons(policy)), policy, client.locale)
        expect(one.page.locator(".income dd", has_text=income).first).to_be_visible()
    assert one.page.locator("[aria-busy=true]").count() >= len(held.routes) >= 1
    held.release()
    one.wait()


@pytest.mark.parametrize("width", WIDTHS)
def test_slots_keep_the_room_of_their_parts(sample: Sample, reader: Open, width: int) -> None:
    """A strategy's slot is as high before its part has come as after it, to half a pixel."""
    one = reader(viewport={"width": width, "height": 800})
    for name in (RICH, NOT_BEGUN, ENGLISH):
        held = one.without_parts(sample.link(name), own_file(name))
        slots = one.page.locator(".strategy-slot")
        expect(slots).to_have_count(len(series_of(sample.client(name))))
        before = [slot.bounding_box() for slot in slots.all()]
        assert held.routes
        held.release()
        one.wait()
        after = [slot.bounding_box() for slot in slots.all()]
        for was, is_ in zip(before, after, strict=True):
            assert was is not None
            assert is_ is not None
            assert is_["height"] == pytest.approx(was["height"], abs=0.5)
            assert is_["y"] == pytest.approx(was["y"], abs=0.5)
        one.page.goto("about:blank")


WATCH_SHIFTS = """
    self.shifts = [];
    new PerformanceObserver(list => self.shifts.push(...list.getEntries()))
        .observe({ type: 'layout-shift', buffered: true });
"""
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SUM = "self.shifts.filter(one => !one.hadRecentInput).reduce((sum, one) => sum + one.value, 0)"


@pytest.mark.parametrize("window", [PHONE, DESKTOP])
@pytest.mark.parametrize(
    ("name", "top"),
    [
        (RICH, ".client"),
        (RICH, ".strategy-slot"),
        (BOTH, ".client"),
        (BOTH, ".situation"),
        (STAGE_ONLY, ".client"),
        (ENGLISH, ".strategy-slot"),
        (ENGLISH, ".situation"),
    ],
)
def test_parts_move_nothing(
    sample: Sample, reader: Open, name: str, window: dict[str, int], top: str
) -> None:
    """When the parts arrive nothing jumps, wherever the client has scrolled to."""
    one = reader(viewport=window)
    one.context.add_init_script(WATCH_SHIFTS)
    held = one.without_parts(sample.link(name), own_file(name))
    expect(one.page.locator("h1")).to_be_visible()
    one.page.locator(top).first.evaluate("one => one.scrollIntoView()")
    one.page.evaluate(FRAMES)
    assert held.routes
    one.page.evaluate("self.shifts.length = 0")
    held.release()
    one.wait()
    if one.page.locator("[data-search]").count():
        expect(one.page.get_by_role("searchbox")).to_be_visible()
    one.page.evaluate(FRAMES)
    assert "layout-shift" in one.page.evaluate("PerformanceObserver.supportedEntryTypes")
    assert one.page.evaluate(SUM) < 0.01


def test_repeated_visit_asks_for_sealed_files_alone(sample: Sample, reader: Open) -> None:
    """Loader, style and script come from the cache; sealed files are asked for and unchanged."""
    one = reader()
    one.read(sample.link(STAGE_ONLY))
    expect(one.page.get_by_role("searchbox")).to_be_visible()
    files = sum("/p/" in request.url for request in one.requests)
    one.page.goto("about:blank")
    sample.log.clear()
    one.read(sample.link(STAGE_ONLY))
    expect(one.page.get_by_role("searchbox")).to_be_visible()
    assert sample.log == ["GET 304 /p/…"] * files


@pytest.mark.parametrize("name", ONE_SERIES)
def test_first_visit_is_light(sample: Sample, reader: Open, name: str) -> None:
    """Everything that a client with one series needs is under 40 KB, headers included."""
    client = sample.client(name)
    assert (len(series_of(client)), client.situations) == (1, ())
    one = reader()
    received: dict[str, int] = {}
    session = one.context.new_cdp_session(one.page)
    session.on(
        "Network.loadingFinished",
        lambda event: received.update({event["requestId"]: event["encodedDataLength"]}),
    )
    session.send("Network.enable")
    one.read(sample.link(name))
    asked = [request for request in one.requests if request.url.startswith(sample.url)]
    one.page.evaluate(FRAMES)
    assert len(received) >= len(asked) >= 4
    assert sum(received.values()) < 40_000


def test_all_parts_are_asked_for_at_once(sample: Sample, reader: Open) -> None:
    """No part waits for another: with all of them held, all of them have been asked for."""
    client, one = sample.client(RICH), reader()
    held = one.without_parts(sample.link(RICH), own_file(RICH))
    expect(one.page.locator("h1")).to_be_visible()
    expect(one.page.locator(".strategy-slot")).to_have_count(len(series_of(client)))
    one.page.evaluate(FRAMES)
    asked = {route.request.url.partition("/p/")[2] for route in held.routes}
    wanted = {file_of(strategy_part(series, "ru")) for series in series_of(client)}
    wanted.add(file_of(offer_part("portfolio-review", "ru")))
    assert wanted <= {f"p/{path}" for path in asked}
    held.release()
    one.wait()


def test_day_of_the_sample(sample: Sample, eve: Sample) -> None:
    """The two nights under test are one day apart."""
    assert sample.inputs.as_of == NIGHT
    assert eve.inputs.as_of == EVE < NIGHT == date(2011, 12, 2)
