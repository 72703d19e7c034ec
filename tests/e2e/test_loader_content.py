"""What a client does on an open page, and what never leaves it."""

import pytest
from playwright.sync_api import Page, expect

from .loader_harness import NO_STORAGE, Site, Visit, client, link_of, path_of, secret_of, slot


def test_in_page_link(visit: Visit, site: Site) -> None:
    """A footnote is scrolled to and focused, its fold opened, and the address stays."""
    body = (
        '<p><a href="#fn:1">note</a></p><div class="far"></div>'
        '<details><summary>Notes</summary><p id="fn:1">the note</p></details>'
    )
    link = site.publish("A", client(body))
    visit.page.goto(link)
    visit.page.get_by_role("link", name="note").click()
    expect(visit.page.get_by_text("the note")).to_be_in_viewport()
    assert visit.page.evaluate("document.activeElement.id") == "fn:1"
    assert visit.page.url == link


def test_footnote_back_link_stays_a_tab_stop(visit: Visit, site: Site) -> None:
    """Jumping to a link does not take it out of the order of the Tab key."""
    body = '<p><a id="ref" href="#note">1</a></p><p id="note"><a href="#ref">back</a></p>'
    visit.page.goto(site.publish("A", client(body)))
    visit.page.get_by_role("link", name="back").click()
    assert visit.page.evaluate("document.activeElement.id") == "ref"
    assert visit.page.evaluate("document.activeElement.tabIndex") == 0


OFFER = '<aside data-offer>An offer <button type="button" data-dismiss>No</button></aside>'


@pytest.mark.parametrize(
    ("attributes", "part"),
    [("data-offer", OFFER.replace(" data-offer", "")), ("", OFFER)],
    ids=["on the slot", "in the part"],
)
def test_dismissed_offer_stays_away(visit: Visit, site: Site, attributes: str, part: str) -> None:
    """A dismissed offer is gone at once, is not asked for again, and stays for other clients."""
    site.publish("O", part)
    site.publish("B", client(slot("O", attributes)))
    link = site.publish("A", client(slot("O", attributes) + "<p>end</p>"))
    visit.page.goto(link)
    visit.page.get_by_role("button").click()
    expect(visit.page.locator(".slot")).to_have_count(0)
    visit.page.reload()
    expect(visit.page.get_by_text("end")).to_be_visible()
    expect(visit.page.locator(".slot")).to_have_count(0)
    assert visit.asked_for("O") == 1
    visit.follow(site.link("B"))
    expect(visit.page.get_by_text("An offer")).to_be_visible()


def test_dismissal_is_kept_under_addresses_alone(visit: Visit, site: Site) -> None:
    """The key holds the addresses of page and part; no secret, no name."""
    site.publish("O", OFFER)
    visit.page.goto(site.publish("A", client(slot("O"))))
    visit.page.get_by_role("button").click()
    expect(visit.page.locator(".slot")).to_have_count(0)
    kept = visit.page.evaluate("Object.entries(localStorage)")
    assert kept == [[f"{path_of('A')} {path_of('O')}", "1"]]


def test_offer_inside_the_own_page(visit: Visit, site: Site) -> None:
    """An offer that is no part of its own is remembered by its name, for this page."""
    offer = OFFER.replace("data-offer", 'data-offer="spring"')
    site.publish("B", client(offer))
    visit.page.goto(site.publish("A", client(offer + OFFER.replace("An", "Another"))))
    visit.page.get_by_role("button").first.click()
    visit.page.reload()
    expect(visit.page.get_by_text("Another offer")).to_be_visible()
    expect(visit.page.get_by_role("complementary")).to_have_count(1)
    assert visit.page.evaluate("Object.keys(localStorage)") == [f"{path_of('A')} spring"]
    visit.follow(site.link("B"))
    expect(visit.page.get_by_text("An offer")).to_be_visible()


def test_offer_among_other_things_goes_alone(visit: Visit, site: Site) -> None:
    """An offer inside a shared part does not take the part with it."""
    site.publish("S", f"<p>strategy</p>{OFFER.replace('data-offer', 'data-offer=x')}")
    visit.page.goto(site.publish("A", client(slot("S"))))
    visit.page.get_by_role("button").click()
    expect(visit.page.get_by_role("complementary")).to_have_count(0)
    expect(visit.page.get_by_text("strategy")).to_be_visible()


def test_forbidden_storage_only_hides(visit: Visit, site: Site) -> None:
    """Where storage throws, an offer is hidden for this time."""
    visit.context.add_init_script(NO_STORAGE)
    site.publish("O", OFFER)
    link = site.publish("A", client(slot("O")))
    visit.page.goto(link)
    visit.page.get_by_role("button").click()
    expect(visit.page.locator(".slot")).to_have_count(0)
    visit.page.reload()
    expect(visit.page.get_by_text("An offer")).to_be_visible()


FOLDS = "[...document.querySelectorAll('details')].map(details => details.open)"


def test_print_unfolds(visit: Visit, site: Site) -> None:
    """Paper shows all folds open; on the screen they are as they were."""
    folds = "<details open><summary>1</summary></details><details><summary>2</summary></details>"
    visit.page.goto(site.publish("A", client(folds)))
    expect(visit.page.locator("details")).to_have_count(2)
    visit.page.evaluate(f"addEventListener('beforeprint', () => {{ self.printed = {FOLDS}; }})")
    visit.page.pdf()
    assert visit.page.evaluate("self.printed") == [True, True]
    assert visit.page.evaluate(FOLDS) == [True, False]


def test_print_button(visit: Visit, site: Site) -> None:
    """The page's own button prints it."""
    visit.context.add_init_script("self.print = () => { self.printed = true; }")
    visit.page.goto(site.publish("A", client("<button data-print><b>Print</b></button>")))
    visit.page.get_by_text("Print").click()
    assert visit.page.evaluate("self.printed")


QUESTIONS = """
<div data-search data-label="Find" data-none="nothing" data-found-one="{n} вопрос"
  data-found-few="{n} вопроса" data-found-many="{n} вопросов" data-found-other="{n}">FORM
<details class="question"><summary>Как оплатить счёт?</summary>Картой в банке.</details>
<details class="question"><summary>Как вернуть полис?</summary>Напишите в банк.</details>
<details class="question"><summary>Где мой доход?</summary>Он начислён.</details>
</div>"""
FORM = '<form data-search-form hidden><label>Find <input type="search"></label></form>'


def search(page: Page, words: str) -> tuple[list[str], str]:
    """What is shown, and what is said, after typing ``words``."""
    page.get_by_role("searchbox", name="Find").fill(words)
    shown = page.locator("details:not([hidden]) summary").all_inner_texts()
    return shown, page.locator(".search-found").inner_text()


@pytest.mark.parametrize("form", [FORM, ""], ids=["given form", "made form"])
@pytest.mark.parametrize("where", ["sealed page", "stage page"])
def test_search(visit: Visit, site: Site, where: str, form: str) -> None:
    """Questions are found by all words in title or answer, whatever the case, with е for ё."""
    html = QUESTIONS.replace("FORM", form)
    if where == "sealed page":
        site.publish("Q", html)
        visit.page.goto(site.publish("A", client(slot("Q"))))
    else:
        head = '<!doctype html><html lang="ru"><meta charset="utf-8"><link rel=icon href=data:,>'
        script = f'<script src="/{site.assets["search.js"].path}" defer></script>'
        site.write("q/stage", f"{head}{script}<title>Stage</title>{html}".encode())
        visit.page.goto(f"{site.url}/q/stage")
    page = visit.page
    expect(page.get_by_role("searchbox", name="Find")).to_be_visible()
    first, second, third = page.locator("summary").all_inner_texts()
    assert search(page, "КАК банк") == ([first, second], "2 вопроса")
    assert search(page, "начислен") == ([third], "1 вопрос")
    assert search(page, "вернуть картой") == ([], "nothing")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.get_by_role("searchbox").input_value() == ""
    assert page.locator("details:not([hidden])").count() == 3
    assert page.locator(".search-found").inner_text() == ""
    assert page.locator("details[open]").count() == 0


def test_search_is_loaded_once_and_serves_every_list(visit: Visit, site: Site) -> None:
    """Lists in several parts share one script, and each has its field."""
    site.publish("Q", QUESTIONS.replace("FORM", ""))
    site.publish("R", QUESTIONS.replace("FORM", FORM))
    visit.page.goto(site.publish("A", client(slot("Q") + slot("R") + slot("Q"))))
    expect(visit.page.get_by_role("searchbox")).to_have_count(3)
    expect(visit.page.locator(".search-found")).to_have_count(3)
    asked = [request for request in visit.requests if "/assets/search." in request.url]
    assert len(asked) == 1


# ── Secrets, policies, storage ────────────────────────────────────────────────────────────────────


def test_secret_never_leaves(visit: Visit, site: Site) -> None:
    """No request, header, storage, title, log or document holds a secret, or the tag."""
    site.publish("S", f"<p>strategy</p>{slot('T')}")
    site.publish("O", OFFER)
    site.write("q/stage", b"<!doctype html><link rel=icon href=data:,><title>Stage</title>")
    body = slot("S") + slot("O") + '<a href="/q/stage">stage</a>'
    visit.page.goto(site.publish("A", client(body)))
    visit.page.get_by_role("button", name="No").click()
    expect(visit.page.get_by_role("alert")).to_be_visible()
    document = visit.page.content()
    stored = visit.page.evaluate(
        "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])"
    )
    visit.page.get_by_role("link").click()
    expect(visit.page).to_have_title("Stage")
    sent = [f"{it.url} {it.all_headers()} {it.post_data}" for it in visit.requests]
    assert len(sent) >= 6
    everything = "\n".join([*sent, *site.log, *visit.complaints, stored, document])
    for name in ("A", "S", "T", "O"):
        assert link_of(name) not in everything
        assert secret_of(name).hex() not in everything
    assert "referer" not in everything.lower().replace("referrer", "")


def test_requests_carry_no_cookie(visit: Visit, site: Site) -> None:
    """A cookie of the host is not sent; an old copy is asked about, whatever the host says."""
    visit.context.add_cookies([{"name": "x", "value": "1", "url": site.url}])
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    [request] = [one for one in visit.requests if one.url.endswith(path_of("A"))]
    assert "cookie" not in request.all_headers()
    assert request.all_headers()["cache-control"] == "max-age=0"


def test_no_globals(visit: Visit, site: Site) -> None:
    """The loader leaves nothing on the window for another script to find."""
    visit.page.goto(f"{site.url}/robots.txt")
    plain = set(visit.page.evaluate("Object.getOwnPropertyNames(self)"))
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    assert set(visit.page.evaluate("Object.getOwnPropertyNames(self)")) <= plain


def test_markup_in_a_page_cannot_run(visit: Visit, site: Site) -> None:
    """Scripts and handlers in content do nothing, whoever wrote them."""
    body = '<img src="data:," onerror="self.ran = 1"><script>self.ran = 1</script><p>Hello</p>'
    visit.page.goto(site.publish("A", client(body)))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    assert visit.page.evaluate("self.ran") is None
    assert visit.complaints
    assert all("Content Security Policy" in text for text in visit.complaints)
    visit.complaints.clear()


def test_second_visit_asks_for_the_sealed_file_alone(visit: Visit, site: Site) -> None:
    """Loader and assets come from the browser's cache; the sealed file is revalidated."""
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    visit.page.goto("about:blank")
    site.log.clear()
    visit.page.goto(site.link("A"))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    assert site.log == ["GET 304 /p/…"]
