"""The loader in a real browser, served with the headers it ships with: its states."""

import re

import pytest
from playwright.sync_api import expect

from generator.pages.loader import TEXTS, unbroken

from .loader_harness import (
    CARDS,
    NO_CRYPTO,
    STATES,
    WORDING,
    Open,
    Site,
    Visit,
    client,
    link_of,
    path_of,
    reach,
)


@pytest.mark.parametrize("locale", ["ru-RU", "en-GB"])
@pytest.mark.parametrize("state", CARDS)
def test_card(visitor: Open, site: Site, state: str, locale: str) -> None:
    """Each state tells in the visitor's language what happened, what to do and whom to ask."""
    visit, language = visitor(locale=locale), locale[:2]
    reach(state, visit, site)
    words, main = TEXTS[language], visit.page.locator("main")
    expect(main.get_by_role("heading", level=1)).to_have_text(words[state])
    expect(main).to_contain_text(WORDING.names[language])
    expect(visit.page).to_have_title(f"{words[state]} · {WORDING.names[language]}")
    expect(visit.page.locator("html")).to_have_attribute("lang", language)
    expect(main).to_have_attribute("aria-busy", "true" if state == "opening" else "false")
    if state != "opening":
        expect(main).to_contain_text(words[f"{state}_text"])
        expect(main).to_contain_text(unbroken(WORDING.contacts[language]))


@pytest.mark.parametrize("state", CARDS)
def test_announcement(visit: Visit, site: Site, state: str) -> None:
    """Progress is a status, a failure an alert whose heading has the focus."""
    reach(state, visit, site)
    role = {"opening": "status", "welcome": None}.get(state, "alert")
    assert visit.page.locator(".sp-card").get_attribute("role") == role
    focused = visit.page.evaluate("document.activeElement.localName")
    assert focused == ("body" if state == "opening" else "h1")


@pytest.mark.parametrize("state", CARDS)
def test_retry_is_offered_where_it_helps(visit: Visit, site: Site, state: str) -> None:
    """A cut or revoked link is not to be tried again; a failure on the way is."""
    reach(state, visit, site)
    expected = state in {"network", "server", "damaged"}
    assert visit.page.get_by_role("button", name=TEXTS["ru"]["retry"]).count() == expected


def test_other_languages_get_the_sites_own(visitor: Open, site: Site) -> None:
    """A visitor whose languages the site does not speak reads its first."""
    visit = visitor(locale="de-DE")
    reach("welcome", visit, site)
    expect(visit.page.locator("html")).to_have_attribute("lang", "ru")


@pytest.mark.parametrize("status", [403, 404, 410])
def test_gone(visit: Visit, site: Site, status: int) -> None:
    """Hosts tell of an absent file in different ways; each means that the link has ended."""
    site.publish("A", client(""))
    visit.refuse("A", status)
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["gone"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_of_the_server(visit: Visit, site: Site, status: int) -> None:
    """A failing server is not said to be the client's fault, and a retry opens the page."""
    site.publish("A", client("<p>Hello</p>"))
    visit.refuse("A", status)
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["server"])
    visit.mend("A")
    visit.page.get_by_role("button").click()
    expect(visit.page.get_by_text("Hello")).to_be_visible()


def test_altered_file_shows_nothing_of_itself(visit: Visit, site: Site) -> None:
    """One flipped bit, and nothing of the page is shown."""
    site.publish("A", client("<p>Hello</p>"))
    file = bytearray((site.root / path_of("A")).read_bytes())
    file[100] ^= 1
    site.write(path_of("A"), bytes(file))
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["damaged"])
    assert "Hello" not in visit.page.content()


def test_offline_then_online(visit: Visit, site: Site) -> None:
    """Without a connection the page says so, and opens by itself once it is back."""
    site.publish("A", client("<p>Hello</p>"))
    visit.page.goto(f"{site.url}/")
    visit.context.set_offline(offline=True)
    visit.follow(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["network"])
    visit.context.set_offline(offline=False)
    expect(visit.page.get_by_text("Hello")).to_be_visible()


def test_slow_answer_becomes_a_failure(visit: Visit, site: Site) -> None:
    """An answer that does not come within half a minute is a failure with a retry."""
    site.publish("A", client("<p>Hello</p>"))
    visit.page.clock.install()
    held = visit.hold("A")
    with visit.page.expect_request(f"**/{path_of('A')}"):
        visit.page.goto(site.link("A"))
    visit.page.clock.run_for(29_000)
    expect(visit.page.get_by_role("status")).to_be_attached()
    visit.page.clock.run_for(1_100)
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["network"])
    visit.page.unroute_all()
    visit.page.get_by_role("button").click()
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    assert len(held) == 1


def test_redirect_is_not_followed(visit: Visit, site: Site) -> None:
    """A portal that answers in place of the site is a broken connection, not a page."""
    site.publish("A", client("<p>Hello</p>"))
    site.write("portal", b"<p>Log in</p>")
    visit.page.route(
        f"**/{path_of('A')}",
        lambda route: route.fulfill(status=302, headers={"Location": f"{site.url}/portal"}),
    )
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["network"])


def test_no_crypto(visit: Visit, site: Site) -> None:
    """A browser without WebCrypto is told so, and nothing is fetched."""
    visit.context.add_init_script(NO_CRYPTO)
    site.publish("A", client("<p>Hello</p>"))
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_role("alert")).to_contain_text(TEXTS["ru"]["insecure"])
    assert visit.asked_for("A") == 0


def test_plain_http(visit: Visit, site: Site) -> None:
    """Over plain HTTP the browser itself gives no WebCrypto, and the page asks for https."""
    reach("insecure", visit, site)
    assert not visit.page.evaluate("isSecureContext")
    expect(visit.page.get_by_role("alert")).to_contain_text("https://")


def test_scripts_off(visitor: Open, site: Site) -> None:
    """Without JavaScript the page says what it needs it for, in both languages."""
    visit = visitor(java_script_enabled=False)
    reach("scriptless", visit, site)
    for language in ("ru", "en"):
        card = visit.page.locator(f".sp-card[lang={language}]")
        expect(card.locator("h1")).to_have_text(TEXTS[language]["script"])
        expect(card).to_contain_text(unbroken(WORDING.contacts[language]))
        expect(card).to_be_visible()


# ── The page for unknown addresses ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("escaped", ["%23", "%2523", "%252523", "index.html%23"])
def test_escaped_link_is_mended(visit: Visit, site: Site, escaped: str) -> None:
    """A link whose # a mail gateway escaped opens the page, and the address is right again."""
    link = site.publish("A", client("<p>Hello</p>"))
    visit.page.goto(f"{site.url}/{escaped}{link_of('A')}k7Q&utm_source=mail")
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    assert visit.page.url == link
    assert link_of("A") not in "\n".join(site.log)


@pytest.mark.parametrize("path", ["/old/address", "/q/revoked", "/%23", "/%23//evil"])
def test_unknown_address(visit: Visit, site: Site, path: str) -> None:
    """Nothing is there, said in both languages; styled and without violations wherever it is."""
    response = visit.page.goto(site.url + path)
    for language in ("ru", "en"):
        card = visit.page.locator(f".sp-card[lang={language}]")
        expect(card.locator("h1")).to_have_text(TEXTS[language]["missing"])
        expect(card).to_contain_text(unbroken(WORDING.contacts[language]))
        expect(card).to_have_css("border-radius", "16px")
    assert response is not None
    assert response.status == 404


# ── Accessibility ─────────────────────────────────────────────────────────────────────────────────


def show_scriptless(visit: Visit, site: Site) -> None:
    """Show what stands in the loader before its scripts; axe needs scripts that run."""
    html = re.sub(r"(?s)<script.*?</script>", "", (site.root / "index.html").read_text())
    site.write("scriptless.html", html.encode())
    visit.page.goto(f"{site.url}/scriptless.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe(visitor: Open, site: Site, axe_source: str, state: str, scheme: str) -> None:
    """Every state passes axe, best practices included, in both colour schemes."""
    visit = visitor(color_scheme=scheme, reduced_motion="reduce")
    reach(state, visit, site) if state != "scriptless" else show_scriptless(visit, site)
    visit.settle()
    visit.page.evaluate(axe_source)
    violations = visit.page.evaluate("axe.run().then(result => result.violations)")
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in violations] == []


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("state", STATES)
def test_nothing_overflows(visitor: Open, site: Site, state: str, width: int) -> None:
    """No state needs sideways scrolling, down to 320 px (WCAG 1.4.10)."""
    visit = visitor(viewport={"width": width, "height": 640})
    if state == "scriptless":
        visit = visitor(viewport={"width": width, "height": 640}, java_script_enabled=False)
    reach(state, visit, site)
    root = visit.page.locator("html").bounding_box()
    for box in visit.page.locator(".sp-card, .sp-fault, article").all():
        place = box.bounding_box()
        assert root is not None
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= root["width"]
