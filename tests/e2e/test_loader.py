"""The loader in a real browser, served with the headers it ships with."""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from generator.pages.loader import TEXTS

from .loader_harness import (
    BOUND,
    CARDS,
    STATES,
    VECTORS,
    WORDING,
    Site,
    Visit,
    base58,
    client,
    link_of,
    path_of,
    reach,
    seal,
    seal_raw,
    secret_of,
    slot,
    theme_text,
)

CORE = "parseLink, derive, padme, unseal, inflateHere"
NO_INFLATE = "delete self.DecompressionStream"
NO_RAW_INFLATE = """
    const Native = self.DecompressionStream;
    self.DecompressionStream = function (format) {
      if (format == 'deflate-raw') throw TypeError('unsupported');
      return new Native(format);
    };
"""
NO_CRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })"
NO_STORAGE = """
    Object.defineProperty(self, 'localStorage', { get() { throw Error('denied'); } });
"""

Open = Callable[..., Visit]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A served site with the loader and nothing else."""
    with Site(tmp_path / "site") as served:
        yield served


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Open]:
    """Makes visitors, and sees after the test that none of them met a complaint or violation."""
    visits: list[Visit] = []

    def make(**options: Any) -> Visit:  # noqa: ANN401 - Playwright's own options
        visits.append(Visit(browser, **options))
        return visits[-1]

    yield make
    for visit in visits:
        visit.context.close()
    assert [visit.unexpected for visit in visits] == [[] for _ in visits]


@pytest.fixture
def visit(visitor: Open) -> Visit:
    """One visitor, Russian."""
    return visitor()


@pytest.fixture
def core(site: Site, visit: Visit) -> Page:
    """A page without a policy that holds the pure half of the loader as ``core``."""
    inflate = site.assets["inflate.js"].path
    script = f"core = (() => {{ {theme_text('scripts/open.js')}\nreturn {{ {CORE} }}; }})();"
    helpers = """
      const hex = text => Uint8Array.from(text.match(/../g) || [], pair => parseInt(pair, 16));
      const toHex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
      const attempt = act => act().catch(error => 'fails: ' + error.message);
      const tools = { native: core.inflateHere, asset: document.getElementById('i').inflate };
    """
    page = (
        f"<script>{script}</script><script id=i src=/{inflate}></script><script>{helpers}</script>"
    )
    site.write("core.html", b"<!doctype html><link rel=icon href=data:,>" + page.encode())
    visit.page.goto(f"{site.url}/core.html")
    return visit.page


def vectors() -> dict[str, Any]:
    """The known answers of the format."""
    loaded: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return loaded


# ── The format ──────────────────────────────────────────────────────────────────────────────

OPEN_ALL = """([files, tool]) => Promise.all(files.map(file => attempt(async () => {
    const sealed = await core.derive(file.link);
    const text = await core.unseal(hex(file.envelope), sealed, async () => tools[tool]);
    return [text, toHex(sealed.id), sealed.path];
})))"""


@pytest.mark.parametrize("tool", ["native", "asset"])
def test_vectors_open(core: Page, tool: str) -> None:
    """Every sealed vector opens to its text, and its link leads to its address."""
    files = vectors()["seal"]
    expected = [[file["html"], file["id"], file["path"]] for file in files]
    assert len(expected) == 6
    assert core.evaluate(OPEN_ALL, [files, tool]) == expected


@pytest.mark.parametrize("tool", ["native", "asset"])
def test_vectors_fail(core: Page, tool: str) -> None:
    """Every damaged vector fails with its class."""
    files = vectors()["open_fails"]
    names = [file["name"] for file in files]
    assert len(names) == 17
    opened = core.evaluate(OPEN_ALL, [files, tool])
    expected = {file["name"]: f"fails: {file['fails']}" for file in files}
    assert dict(zip(names, opened, strict=True)) == expected


def test_links_parse(core: Page) -> None:
    """Links give their secret and tag, or are incomplete."""
    links = vectors()["links"]
    parsed = core.evaluate(
        """links => Promise.all(links.map(({ text }) => attempt(async () => {
            const { secret, tag } = core.parseLink(text);
            return [toHex(secret), tag];
        })))""",
        links,
    )
    assert len(links) == 8
    assert parsed == [
        f"fails: {link['fails']}" if "fails" in link else [link["secret"], link.get("tag", "")]
        for link in links
    ]


def test_padme(core: Page) -> None:
    """Sizes are padded as in the vectors; below 512 the minimum stands in."""
    sizes = vectors()["padme"]
    padded = core.evaluate("sizes => sizes.map(([n]) => core.padme(Math.max(n, 512)))", sizes)
    assert padded == [size for _, size in sizes]


def test_keys_are_not_extractable(core: Page) -> None:
    """No key can be read back, and each serves its one purpose."""
    asked = core.evaluate(
        """async link => {
            const asked = [];
            for (const name of ['importKey', 'deriveKey']) {
                const real = SubtleCrypto.prototype[name];
                SubtleCrypto.prototype[name] = function (...given) {
                    asked.push([name, given[3], given[4]]);
                    return real.apply(this, given);
                };
            }
            await core.derive(link);
            return asked;
        }""",
        link_of("A"),
    )
    assert asked == [
        ["importKey", False, ["deriveBits", "deriveKey"]],
        ["deriveKey", False, ["decrypt"]],
    ]


def deflate(content: bytes, level: int = 9, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """A raw DEFLATE stream."""
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return squeeze.compress(content) + squeeze.flush()


def streams() -> dict[str, tuple[bytes, str]]:
    """Streams by name, with the SHA-256 or the class with which they must end."""
    noise = b"".join(secret_of(str(n)) for n in range(4000))
    words = b" ".join(str(n).encode() for n in range(20000))
    whole = {
        "empty": deflate(b""),
        "a byte": deflate(b"a"),
        "stored": deflate(noise, 0),
        "fixed": deflate(words, 9, zlib.Z_FIXED),
        "dynamic": deflate(words),
        "noise": deflate(noise),
        "runs": deflate(bytes(300_000), 9, zlib.Z_RLE),
        "as large as may be": deflate(bytes(BOUND)),
    }
    broken = {
        "nothing": b"",
        "cut": deflate(words)[:-1],
        "cut in the middle": deflate(words)[:3000],
        "a byte more": deflate(words) + b"\0",
        "another stream more": deflate(words) + deflate(words),
        "a byte after a stored end": deflate(b"x" * 1500, 0) + b"\0",
        "reserved block": b"\x07",
        "one too large": deflate(bytes(BOUND + 1)),
    }
    good = {name: (body, zlib.decompress(body, -15)) for name, body in whole.items()}
    return {
        **{name: (body, f"{len(text)} {zlib.crc32(text)}") for name, (body, text) in good.items()},
        **{name: (body, "fails: format") for name, body in broken.items()},
    }


@pytest.mark.parametrize("tool", ["native", "asset"])
def test_inflate_agrees_with_zlib(core: Page, site: Site, tool: str) -> None:
    """The browser's inflation and the asset's accept and refuse the same streams as zlib."""
    cases = streams()
    for number, (body, _) in enumerate(cases.values()):
        site.write(f"case-{number}", seal_raw(secret_of("case"), body, flags=1))
    results = core.evaluate(
        """async ([link, count, tool]) => {
            const table = Array.from({ length: 256 }, (_, n) => {
                for (let k = 8; k--;) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
                return n;
            });
            const crc = bytes => {
                let sum = -1;
                for (const byte of bytes) sum = sum >>> 8 ^ table[(sum ^ byte) & 255];
                return ~sum >>> 0;
            };
            const sealed = await core.derive(link);
            const results = [];
            for (let n = 0; n < count; n++) {
                const answer = await fetch('/case-' + n);
                const file = new Uint8Array(await answer.arrayBuffer());
                results.push(await attempt(async () => {
                    let told;
                    const expand = async (content, room) => {
                        const bytes = new Uint8Array(await tools[tool](content, room));
                        told = bytes.length + ' ' + crc(bytes);
                        return new Uint8Array(); // not all of the cases are UTF-8
                    };
                    await core.unseal(file, sealed, async () => expand);
                    return told;
                }));
            }
            return results;
        }""",
        [base58(secret_of("case")), len(cases), tool],
    )
    assert dict(zip(cases, results, strict=True)) == {name: end for name, (_, end) in cases.items()}


def test_bomb_stops_the_native_inflation(core: Page) -> None:
    """Inflation ends soon after the bound; 64 MiB are never unpacked."""
    grown = core.evaluate(
        """async ([text, bound]) => {
            const Native = DecompressionStream;
            let grown = 0;
            self.DecompressionStream = function (format) {
                const { readable, writable } = new Native(format);
                const counter = new TransformStream({ transform(chunk, out) {
                    grown += chunk.length;
                    out.enqueue(chunk);
                } });
                return { writable, readable: readable.pipeThrough(counter) };
            };
            const reason = await attempt(() => core.inflateHere(hex(text), bound));
            return [reason, grown];
        }""",
        [deflate(bytes(8 * BOUND)).hex(), BOUND],
    )
    assert grown[0] == "fails: format"
    assert BOUND < grown[1] < 2 * BOUND


def test_bomb_stops_the_inflation_of_the_asset(core: Page) -> None:
    """The asset reads no further than the bound either."""
    bomb = deflate(bytes(8 * BOUND))
    reason, fed = core.evaluate(
        """async ([text, bound]) => {
            const content = hex(text);
            let fed = 0;
            content.subarray = function (from, to) {
                fed = Math.max(fed, to || 0);
                return Uint8Array.prototype.subarray.call(this, from, to);
            };
            return [await attempt(() => tools.asset(content, bound)), fed];
        }""",
        [bomb.hex(), BOUND],
    )
    assert reason.startswith("fails: ")
    assert 0 < fed < len(bomb) / 4


# ── States ──────────────────────────────────────────────────────────────────────────────────


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
        expect(main).to_contain_text(WORDING.contacts[language])


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
        expect(card).to_contain_text(WORDING.contacts[language])
        expect(card).to_be_visible()


# ── Pages and parts ─────────────────────────────────────────────────────────────────────────


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


# ── One tab, two clients ────────────────────────────────────────────────────────────────────


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
    with visit.page.expect_event("requestfailed", lambda it: it.url.endswith(path_of("S"))):
        visit.follow(site.link("B"))
    expect(visit.page.get_by_text("for B")).to_be_visible()


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


# ── Offers, print, search ───────────────────────────────────────────────────────────────────

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
    asked = [request for request in visit.requests if "/assets/search." in request.url]
    assert len(asked) == 1


# ── Secrets, policies, storage ──────────────────────────────────────────────────────────────


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
    """Even a cookie that somebody set on the host is not sent with a sealed file."""
    visit.context.add_cookies([{"name": "x", "value": "1", "url": site.url}])
    visit.page.goto(site.publish("A", client("<p>Hello</p>")))
    expect(visit.page.get_by_text("Hello")).to_be_visible()
    [request] = [one for one in visit.requests if one.url.endswith(path_of("A"))]
    assert "cookie" not in request.all_headers()


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


# ── The page for unknown addresses ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("escaped", ["%23", "%2523", "index.html%23"])
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
        expect(card).to_contain_text(WORDING.contacts[language])
        expect(card).to_have_css("border-radius", "16px")
    assert response is not None
    assert response.status == 404


# ── Accessibility ───────────────────────────────────────────────────────────────────────────


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
