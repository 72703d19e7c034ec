"""A small site for the loader's tests: sealed by an implementation of its own, served as it ships.

Sealing here follows docs/format.md and shares no code with generator.sealing: what this seals and
the browser opens, a second reading of the format has agreed on.
"""

import hashlib
import hmac
import os
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, Request, Route

from generator.pages.loader import Source, Wording, build_loader, build_not_found
from generator.pages.theme import Asset
from generator.site.headers import SiteCsp, netlify_headers
from generator.site.serve import SiteServer

ROOT = Path(__file__).resolve().parents[2]
THEME = ROOT / "themes/default"
VECTORS = ROOT / "tests/vectors/sealed-page-v1.json"
PLAIN_HTTP_HOST = "bank.test"
"""A name that leads to this machine but is no loopback name: a page of it is not secure."""
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BOUND = 8 * 1024 * 1024

WORDING = Wording(
    locales=("ru", "en"),
    names={"ru": "Страховая «Северный берег»", "en": "North Shore Insurance"},
    contacts={
        "ru": "Спросите нас: 8 800 000-00-00, ежедневно с 8 до 22 по Москве",
        "en": "Ask us on 8 800 000-00-00, daily from 8 am to 10 pm Moscow time",
    },
)

PAGE_CSS = """
:root { --sp-accent: #0b5cad; --sp-bg: #f3f5f8; --sp-card: #fff; --sp-error: #b3261e;
  --sp-line: #dbe0e8; --sp-muted: #556070; --sp-text: #18202c; }
@media (prefers-color-scheme: dark) { :root { --sp-accent: #8ab8f2; --sp-bg: #11151b;
  --sp-card: #1a2029; --sp-error: #f2a29b; --sp-line: #323b48; --sp-muted: #a5afbd;
  --sp-text: #e8ecf2; } }
body { background: var(--sp-bg); color: var(--sp-text); font: 1rem/1.5 system-ui, sans-serif; }
.client { margin: auto; max-width: 40rem; padding: 1rem; }
.client a { color: var(--sp-accent); }
.slot { min-height: 4rem; }
.far { height: 200rem; }
"""
"""Stands for the theme's page.css: the colours the loader takes from it, and a little layout."""


# ── The format, read a second time ───────────────────────────────────────────────────────────


def base58(value: bytes) -> str:
    """16 bytes as 22 characters."""
    number, text = int.from_bytes(value, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return text.rjust(22, "1")


def hkdf(secret: bytes, info: str, size: int) -> bytes:
    """RFC 5869 with SHA-256 and no salt; ``size`` is 32 at most, so one block is enough."""
    root = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(root, f"sealpress/1 {info}".encode() + b"\x01", "sha256")[:size]


def padme(size: int) -> int:
    """Algorithm 1 of the paper, word by word."""
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return -(-size // step) * step


def seal(secret: bytes, content: bytes, *, flags: int = 1) -> bytes:
    """The sealed file of ``content``; flag 1 deflates it first."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeeze.compress(content) + squeeze.flush() if flags else content
    return seal_raw(secret, body, flags=flags)


def seal_raw(secret: bytes, body: bytes, *, flags: int) -> bytes:
    """The sealed file of ``body`` as it stands, so that a wrong one can be sealed too."""
    payload = struct.pack(">I", len(body)) + body
    return seal_payload(
        secret, payload + bytes(padme(max(len(payload), 512)) - len(payload)), flags
    )


def seal_payload(secret: bytes, payload: bytes, flags: int = 0) -> bytes:
    """The sealed file of a whole payload, well padded or not."""
    header = b"SP\x01" + bytes([flags])
    nonce = hmac.digest(hkdf(secret, "nonce", 32), header + payload, "sha256")[:12]
    aad = header + hkdf(secret, "id", 16)
    return header + nonce + AESGCM(hkdf(secret, "seal", 32)).encrypt(nonce, payload, aad)


def secret_of(name: str) -> bytes:
    """A secret for a test, the same in every run."""
    return hashlib.sha256(name.encode()).digest()[:16]


def link_of(name: str) -> str:
    """The 22 characters of that secret."""
    return base58(secret_of(name))


def path_of(name: str) -> str:
    """Where its file lies: ``p/xx/…``."""
    address = base58(hkdf(secret_of(name), "id", 16))
    return f"p/{address[:2]}/{address[2:]}"


# ── A site ───────────────────────────────────────────────────────────────────────────────────


def theme_text(name: str) -> str:
    """A file of the default theme."""
    return (THEME / name).read_text(encoding="utf-8")


def asset(name: str, text: str) -> Asset:
    """An asset under a name with its digest."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Asset(f"assets/{stem}.{digest}.{suffix}", text.encode())


def environment() -> Environment:
    """The theme's templates."""
    loader = FileSystemLoader(THEME / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


@dataclass
class Site:
    """A site folder that is being served, and what its log said."""

    root: Path
    log: list[str] = field(default_factory=list)
    assets: dict[str, Asset] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Write the public files and serve them."""
        names = ("search.js", "inflate.js")
        self.assets = {name: asset(name, theme_text(f"assets/{name}")) for name in names}
        self.assets["page.css"] = asset("page.css", PAGE_CSS)
        script = theme_text("scripts/open.js") + "\n" + theme_text("scripts/loader.js")
        style = theme_text("styles/loader.css")
        loader = build_loader(environment(), Source(script, style), WORDING, self.assets)
        lost = Source(theme_text("scripts/not-found.js"), style)
        not_found = build_not_found(environment(), lost, WORDING, self.assets["page.css"])
        self.write("index.html", loader.html)
        self.write("404.html", not_found.html)
        self.write("_headers", netlify_headers(SiteCsp(loader.csp, not_found.csp)).encode())
        self.write("robots.txt", b"User-agent: *\nDisallow: /p/\n")
        for one in self.assets.values():
            self.write(one.path, one.content)
        self._server = SiteServer(self.root, log=self.log.append).__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self._server.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """The site's address, without a slash at the end."""
        return self._server.url

    def write(self, path: str, content: bytes) -> None:
        """Put a file into the site."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(content)

    def publish(self, name: str, html: str, *, flags: int = 1) -> str:
        """Seal ``html`` under the secret called ``name``; the link."""
        self.write(path_of(name), seal(secret_of(name), html.encode(), flags=flags))
        return self.link(name)

    def link(self, name: str, tag: str = "k7Q") -> str:
        """The link that a client called ``name`` is sent."""
        return f"{self.url}/#{link_of(name)}{tag}"


def slot(name: str, attributes: str = "") -> str:
    """A slot for the part called ``name``."""
    return f'<div data-part="{link_of(name)}" class="slot" {attributes}>Wait…</div>'


def client(body: str, title: str = "Иванов", lang: str = "ru") -> str:
    """A client's page."""
    root = f'<article class="client" lang="{lang}" data-title="{title}">'
    return f"{root}<h1>{title}</h1>{body}</article>"


# ── A browser ────────────────────────────────────────────────────────────────────────────────

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {PLAIN_HTTP_HOST} 127.0.0.1",
]


def start(kind: BrowserType) -> Browser:
    """Chromium without windows, in half the time: CHROMIUM, the system's, or Playwright's own."""
    shell = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    return kind.launch(executable_path=os.environ.get("CHROMIUM") or shell, args=ARGUMENTS)


def start_whole(kind: BrowserType) -> Browser:
    """Chromium with all that a person's has, and pages kept for going back: Debian's."""
    path = shutil.which("chromium")
    kept = ["--disable-back-forward-cache"]
    return kind.launch(executable_path=path, args=ARGUMENTS, ignore_default_args=kept)


# ── A visitor ────────────────────────────────────────────────────────────────────────────────


class Visit:
    """A browser of one person: its page, everything it asked for, everything it complained of."""

    def __init__(self, browser: Browser, **options: Any) -> None:  # noqa: ANN401 - Playwright's own options
        self.context: BrowserContext = browser.new_context(**{"locale": "ru-RU", **options})
        self.context.set_default_timeout(60_000)  # a browser that is slow is not broken
        self.complaints: list[str] = []
        self.requests: list[Request] = []
        self.context.on("request", self._note)
        self.context.on("console", lambda message: self._complain(message.type, message.text))
        self.context.on("weberror", lambda error: self._complain("error", str(error.error)))
        self.page: Page = self.context.new_page()

    def _note(self, request: Request) -> None:  # the library cannot call a method of a list
        self.requests.append(request)

    def _complain(self, kind: str, text: str) -> None:
        self.complaints.append(f"{kind}: {text}")

    @property
    def unexpected(self) -> list[str]:
        """Complaints other than that a file did not come, or that the host is plain HTTP."""
        known = re.compile(
            r"error: Failed to load resource: "
            r"|error: The Cross-Origin-Opener-Policy header has been ignored, because the URL's "
        )
        return [text for text in self.complaints if not known.match(text)]

    def asked_for(self, name: str) -> int:
        """How often the file of the part called ``name`` was asked for."""
        return sum(request.url.endswith("/" + path_of(name)) for request in self.requests)

    def hold(self, name: str) -> list[Route]:
        """Keep back the answers for a part until the test lets them go."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            held.append(route)

        self.page.route(f"**/{path_of(name)}", keep)
        return held

    def refuse(self, name: str, status: int) -> None:
        """Answer for a part with ``status``, or break the connection when it is 0."""

        def answer(route: Route) -> None:
            if status:
                route.fulfill(status=status, body="x")
            else:
                route.abort()

        self.page.route(f"**/{path_of(name)}", answer)

    def mend(self, name: str) -> None:
        """Let the part through again."""
        self.page.unroute(f"**/{path_of(name)}")

    def follow(self, link: str) -> None:
        """Follow a link of the same site in the same tab, as from a list of messages."""
        self.page.evaluate("hash => { location.hash = hash }", link.partition("#")[2])

    def settle(self) -> None:
        """End the animations that end, so that nothing is half transparent."""
        self.page.evaluate("""() => document.getAnimations()
            .filter(one => one.effect.getComputedTiming().iterations != Infinity)
            .forEach(one => one.finish())""")


Open = Callable[..., Visit]
"""Makes a visitor, with options of a browser context."""

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

# ── Every state ──────────────────────────────────────────────────────────────────────────────

STATES = (
    "opening", "welcome", "incomplete", "gone", "damaged", "network", "server", "insecure",
    "fault", "page", "missing", "scriptless",
)  # fmt: skip
CARDS = STATES[:8]
"""The states that the loader shows as a card, called as in its texts."""


def reach(state: str, visit: Visit, site: Site) -> None:
    """Bring the visitor to a state of the loader; it is shown when this returns."""
    _prepare(state, visit, site)
    visit.page.goto(_address(state, site))
    shown = {
        "opening": "[role=status]",
        "fault": ".sp-fault",
        "page": "article",
        "missing": "h1",
        "scriptless": "h1",
        "welcome": ".sp-card:not([role])",
    }
    visit.page.locator(shown.get(state, "[role=alert]")).first.wait_for(state="attached")


def _prepare(state: str, visit: Visit, site: Site) -> None:
    site.publish("A", client("<p>Доход: <b>112 500,00 ₽</b></p>" + slot("S")))
    site.publish("S", "<p>Стратегия</p>")
    if state == "opening":
        visit.hold("A")
    elif state in {"network", "server"}:
        visit.refuse("A", 503 if state == "server" else 0)
    elif state == "damaged":
        site.write(path_of("A"), seal(secret_of("B"), b"<p>B</p>"))
    elif state == "fault":
        visit.refuse("S", 503)


def _address(state: str, site: Site) -> str:
    addresses = {
        "welcome": f"{site.url}/",
        "incomplete": site.link("A", tag="")[:-3],
        "gone": site.link("nobody"),
        "insecure": site.link("A").replace("127.0.0.1", PLAIN_HTTP_HOST),
        "missing": f"{site.url}/old/address",
    }
    return addresses.get(state, site.link("A"))
