"""Pages, their parts, and two clients in one tab."""

import pytest
from playwright.sync_api import Browser, expect

from generator.pages.loader import TEXTS

from .loader_harness import (
    NO_INFLATE,
    NO_RAW_INFLATE,
    Site,
    Visit,
    client,
    link_of,
    path_of,
    seal,
    secret_of,
    slot,
    start_whole,
)


def test_page_opens(visit: Visit, site: Site) -> None:
    """The page is put in, titled, spoken in its language, and its heading has the focus."""
    visit.page.goto(site.publish("A", client("<p>Hello</p>", "Smith", "en")))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    expect(visit.page).to_have_title("Smith")
    expect(visit.page.locator("html")).to_have_attribute("lang", "en")
    expect(visit.page.locator("main")).to_have_attribute("aria-busy", "false")
    assert visit.page.evaluate("document.activeElement.textContent") == "Smith"


@pytest.mark.parametrize("missing", [NO_INFLATE, NO_RAW_INFLATE])
def test_old_browser_loads_the_inflate_asset(visit: Visit, site: Site, missing: str) -> None:
    """Where the browser cannot inflate, the asset is loaded, once, and the pages open."""
    visit.context.add_init_script(missing)
    site.publish("S", "<p>strategy</p>")
    visit.page.goto(site.publish("A", client("<p>Hello</p>" + slot("S"))))
    expect(visit.page.get_by_text("strategy")).to_be_visible()
    asked = [request for request in visit.requests if "/assets/inflate." in request.url]
    assert len(asked) == 1


def test_asset_that_did_not_come_is_asked_for_again(visit: Visit, site: Site) -> None:
    """A retry also tries again what the page needs to be inflated."""
    visit.context.add_init_script(NO_INFLATE)
    visit.page.route("**/assets/inflate.*", lambda route: route.abort())
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["network"])
    visit.page.unroute("**/assets/inflate.*")
    visit.page.get_by_role("button").click()
    expect(visit.page.get_by_text("Hello")).to_be_visible()


def test_inflate_asset_is_left_alone(visit: Visit, site: Site) -> None:
    """A browser that inflates loads nothing but the style sheet and the sealed file."""
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    paths = [request.url.removeprefix(site.url) for request in visit.requests]
    assert sorted(paths) == sorted(["/", f"/{site.assets['page.css'].path}", f"/{path_of('A')}"])


def test_altered_asset_does_not_run(visit: Visit, site: Site) -> None:
    """An asset that is not the one the loader was built with is refused by its digest."""
    visit.context.add_init_script(NO_INFLATE)
    stolen = b"document.currentScript.inflate = () => { self.stolen = location.hash; }"
    site.write(site.assets["inflate.js"].path, stolen)
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["network"])
    assert visit.page.evaluate("self.stolen") is None
    assert len(visit.complaints) == 1
    assert "integrity" in visit.complaints.pop()


def test_own_figures_do_not_wait_for_parts(visit: Visit, site: Site) -> None:
    """The client's figures stand while a shared part is on its way; its slot is busy."""
    site.publish("S", "<p>strategy</p>")
    held = visit.hold("S")
    with visit.page.expect_request(f"**/{path_of('S')}"):
        visit.page.goto(site.publish("A", client("<p>37 500,00 ₽</p>" + slot("S"))))
    expect(visit.page.get_by_text("37 500,00 ₽")).to_be_visible()
    expect(visit.page.locator(".slot")).to_have_attribute("aria-busy", "true")
    expect(visit.page.locator(".slot")).to_have_text("Wait…")
    held[0].continue_()
    expect(visit.page.locator(".slot")).to_have_text("strategy")
    expect(visit.page.locator(".slot")).to_have_attribute("aria-busy", "false")


def test_parts_are_fetched_together(visit: Visit, site: Site) -> None:
    """All parts are asked for before the first has come."""
    names = ["S", "T", "U"]
    held = [visit.hold(name) for name in names]
    body = "".join(slot(name) for name in names)
    for name in names:
        site.publish(name, f"<p>part {name}</p>")
    with visit.page.expect_request(f"**/{path_of('U')}"):
        visit.page.goto(site.publish("A", client(body)))
    expect(visit.page.locator(".slot")).to_have_count(3)
    for routes in held:
        routes[0].continue_()
    for name in names:
        expect(visit.page.get_by_text(f"part {name}")).to_be_visible()


def test_same_part_twice_is_one_request(visit: Visit, site: Site) -> None:
    """A part that stands twice on a page is fetched once and shown twice."""
    site.publish("S", "<p>strategy</p>")
    visit.page.goto(site.publish("A", client(slot("S") + slot("S"))))
    expect(visit.page.get_by_text("strategy")).to_have_count(2)
    assert visit.asked_for("S") == 1


def test_three_levels_open_and_a_fourth_does_not(visit: Visit, site: Site) -> None:
    """Parts nest three deep; a deeper one is neither fetched nor offered again."""
    for name, inner in (("1", "2"), ("2", "3"), ("3", "4")):
        site.publish(name, f"<p>level {name}</p>{slot(inner)}")
    site.publish("4", "<p>level 4</p>")
    visit.page.goto(site.publish("A", client(slot("1"))))
    expect(visit.page.get_by_text("level 3")).to_be_visible()
    expect(visit.page.get_by_role("alert")).to_have_text(TEXTS["ru"]["part"])
    assert visit.asked_for("4") == 0
    assert visit.page.get_by_role("button").count() == 0


def test_part_that_holds_itself_ends(visit: Visit, site: Site) -> None:
    """A part inside itself is shown three times, fetched once, and then refused."""
    site.publish("S", f"<p>strategy</p>{slot('S')}")
    visit.page.goto(site.publish("A", client(slot("S"))))
    expect(visit.page.get_by_role("alert")).to_have_count(1)
    expect(visit.page.get_by_text("strategy")).to_have_count(3)
    assert visit.asked_for("S") == 1


@pytest.mark.parametrize("status", [0, 404, 503])
def test_failing_part_fails_alone(visit: Visit, site: Site, status: int) -> None:
    """A part that fails says so in its slot, in the page's language; its button tries again."""
    site.publish("S", "<p>strategy</p>")
    site.publish("T", "<p>questions</p>")
    visit.refuse("S", status)
    body = "<p>Hello</p>" + slot("S") + slot("T")
    visit.page.goto(site.publish("A", client(body, "Smith", "en")))
    expect(visit.page.get_by_text("questions")).to_be_visible()
    failed = visit.page.locator(".slot").first
    expect(failed.get_by_role("alert")).to_contain_text(TEXTS["en"]["part"])
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    visit.mend("S")
    failed.get_by_role("button", name=TEXTS["en"]["retry"]).click()
    expect(failed).to_have_text("strategy")
    assert visit.page.evaluate("document.activeElement.className") == "slot"
    assert visit.asked_for("T") == 1


def test_altered_part_fails_alone(visit: Visit, site: Site) -> None:
    """A part under another's address does not open; the page stays."""
    site.write(path_of("S"), seal(secret_of("T"), b"<p>other</p>"))
    visit.page.goto(site.publish("A", client("<p>Hello</p>" + slot("S"))))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["part"])
    expect(visit.page.get_by_text("Hello")).to_be_visible()


def test_malformed_part_fails_alone(visit: Visit, site: Site) -> None:
    """A slot without a whole secret is a failed slot."""
    visit.page.goto(site.publish("A", client('<p>Hello</p><div data-part="short"></div>')))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["part"])
    expect(visit.page.get_by_text("Hello")).to_be_visible()


def test_parts_come_back_with_the_connection(visit: Visit, site: Site) -> None:
    """Parts that broke off are tried again when the browser is online; the focus stays."""
    site.publish("S", "<p>strategy</p>")
    visit.refuse("S", 0)
    visit.page.goto(site.publish("A", client(slot("S"))))
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.mend("S")
    visit.page.evaluate("dispatchEvent(new Event('online'))")
    expect(visit.page.locator(".slot")).to_have_text("strategy")
    assert visit.page.evaluate("document.activeElement.localName") == "h1"
    visit.page.evaluate("dispatchEvent(new Event('online'))")
    assert visit.asked_for("S") == 2


def test_part_that_came_is_left_alone(visit: Visit, site: Site) -> None:
    """A part that a click brought is not loaded again when the connection comes back."""
    site.publish("S", "<p>strategy</p>")
    visit.refuse("S", 0)
    visit.page.goto(site.publish("A", client(slot("S"))))
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.mend("S")
    visit.page.get_by_role("button").click()
    expect(visit.page.locator(".slot")).to_have_text("strategy")
    text = "document.querySelector('.slot').textContent"
    assert visit.page.evaluate(f"dispatchEvent(new Event('online')), {text}") == "strategy"


# ── One tab, two clients ──────────────────────────────────────────────────────────────────────────


def test_next_client_clears_the_earlier_at_once(visit: Visit, site: Site) -> None:
    """While B's page is on its way nothing of A is left: text, title, language."""
    site.publish("B", client("<p>for B</p>", "Петров"))
    visit.page.goto(site.publish("A", client("<p>for A</p>", "Smith", "en")))
    expect(visit.page.get_by_text("for A")).to_be_visible()
    held = visit.hold("B")
    with visit.page.expect_request(f"**/{path_of('B')}"):
        visit.follow(site.link("B"))
    shown = visit.page.evaluate("[document.body.textContent, document.title].join()")
    assert "for A" not in shown
    assert "Smith" not in shown
    expect(visit.page.locator("html")).to_have_attribute("lang", "ru")
    held[0].continue_()
    expect(visit.page.get_by_text("for B")).to_be_visible()
    expect(visit.page).to_have_title("Петров")


def test_next_client_aborts_the_requests_of_the_earlier(visit: Visit, site: Site) -> None:
    """A part of A that is on its way is not waited for."""
    site.publish("S", "<p>strategy of A</p>")
    site.publish("B", client("<p>for B</p>"))
    visit.hold("S")
    with visit.page.expect_request(f"**/{path_of('S')}"):
        visit.page.goto(site.publish("A", client(slot("S"))))
    aborted = visit.page.expect_event(
        "requestfailed",
        lambda request: request.url.endswith(path_of("S")),
        timeout=15_000,  # less than the loader's own patience with an answer
    )
    with aborted:
        visit.follow(site.link("B"))
    expect(visit.page.get_by_text("for B")).to_be_visible()


def test_client_who_was_passed_over_is_not_asked_for(visit: Visit, site: Site) -> None:
    """When B's link follows before A's file was asked for, it never is."""
    site.publish("A", client("<p>for A</p>"))
    site.publish("B", client("<p>for B</p>"))
    visit.page.goto(f"{site.url}/")
    visit.page.evaluate(
        """links => {
            for (const link of links) {
                location.hash = link;
                dispatchEvent(new Event('hashchange'));
            }
        }""",
        [link_of("A"), link_of("B")],
    )
    expect(visit.page.get_by_text("for B")).to_be_visible()
    assert visit.asked_for("A") == 0


COUNT_OPENED = """
    AbortController.prototype.abort = () => {};
    const decrypt = SubtleCrypto.prototype.decrypt;
    self.opened = 0;
    SubtleCrypto.prototype.decrypt = async function (...given) {
      const opened = await decrypt.apply(this, given);
      setTimeout(() => self.opened++); // after all that waits for the text
      return opened;
    };
"""


@pytest.mark.parametrize("late", ["A", "S"])
def test_late_answer_is_never_shown_to_the_next_client(visit: Visit, site: Site, late: str) -> None:
    """Even a request that cannot be aborted puts nothing of A into B's page."""
    visit.context.add_init_script(COUNT_OPENED)
    site.publish("S", "<p>strategy of A</p>", flags=0)
    site.publish("A", client("<p>for A</p>" + slot("S")), flags=0)
    site.publish("B", client("<p>for B</p>"), flags=0)
    held = visit.hold(late)
    with visit.page.expect_request(f"**/{path_of(late)}"):
        visit.page.goto(site.link("A"))
    visit.follow(site.link("B"))
    expect(visit.page.get_by_text("for B")).to_be_visible()
    before = visit.page.evaluate("self.opened")
    held[0].continue_()
    visit.page.wait_for_function("before => self.opened > before", arg=before)
    assert visit.page.inner_text("main").split("\n")[-1] == "for B"
    assert visit.page.title() == "Иванов"


def test_back_and_forward(visit: Visit, site: Site) -> None:
    """The history of the tab leads from client to client, each with the own page alone."""
    visit.page.goto(site.publish("A", client("<p>for A</p>", "A")))
    visit.follow(site.publish("B", client("<p>for B</p>", "B")))
    expect(visit.page.get_by_text("for B")).to_be_visible()
    visit.page.go_back()
    expect(visit.page.get_by_text("for A")).to_be_visible()
    assert visit.page.get_by_text("for B").count() == 0
    visit.page.go_forward()
    expect(visit.page.get_by_text("for B")).to_be_visible()
    expect(visit.page).to_have_title("B")
    visit.follow(f"{site.url}/#")
    expect(visit.page.get_by_role("heading")).to_have_text(TEXTS["ru"]["welcome"])
    assert visit.page.get_by_text("for B").count() == 0


def test_back_from_a_stage_page(visit: Visit, site: Site) -> None:
    """Coming back from another page of the site shows the client's page again."""
    site.write("q/stage", b"<!doctype html><link rel=icon href=data:,><title>Stage</title>")
    visit.page.goto(site.publish("A", client('<p>for A</p><a href="/q/stage">stage</a>')))
    visit.page.get_by_role("link").click()
    expect(visit.page).to_have_title("Stage")
    visit.page.go_back()
    expect(visit.page.get_by_text("for A")).to_be_visible()


def test_coming_back_from_the_page_cache_tries_again(visit: Visit, site: Site) -> None:
    """A page that was put aside with a failure goes on when it is shown again."""
    site.publish("A", client("<p>for A</p>"))
    visit.refuse("A", 0)
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.mend("A")
    visit.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(visit.page.get_by_text("for A")).to_be_visible()


def test_page_cache_brings_the_page_back_as_it_was(browser: Browser, site: Site) -> None:
    """Coming back, the browser shows the page it kept: whole, with its folds, and asks nothing."""
    site.publish("S", "<p>strategy</p>")
    site.write("q/stage", b"<!doctype html><link rel=icon href=data:,><title>Stage</title>")
    body = "<details><summary>Coupons</summary></details>" + slot("S")
    chromium = start_whole(browser.browser_type)
    visit = Visit(chromium)
    visit.context.add_init_script(
        "addEventListener('pageshow', event => { self.persisted = event.persisted; })"
    )
    visit.page.goto(site.publish("A", client(body)))
    expect(visit.page.locator(".slot")).to_have_text("strategy")
    visit.page.get_by_text("Coupons").click()
    visit.page.goto(f"{site.url}/q/stage")
    site.log.clear()
    visit.page.go_back(wait_until="commit")
    expect(visit.page.locator(".slot")).to_have_text("strategy")
    assert visit.page.evaluate("self.persisted")
    assert visit.page.locator("details[open]").count() == 1
    assert (site.log, visit.unexpected) == ([], [])
    chromium.close()
