"""The public loader and the page for unknown addresses: one file each, script and style inside.

The loader is the root of trust of every sealed page, so it is made to be watched: the same input
gives the same bytes, its digest is published, and the digests of all assets it may run stand in
it. Scripts and styles inside are allowed by their hash alone.
"""

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import rcssmin
import rjsmin
from jinja2 import Environment
from markupsafe import Markup

from generator.base.errors import InputError, Problem
from generator.base.money import NBSP
from generator.pages.shorten import shorten
from generator.pages.theme import Asset

LARGEST = 12_288  # with headers it fits the first ten packets of a connection (RFC 6928)
PAGE_CSS = "page.css"
STATES = (
    "opening", "welcome", "incomplete", "gone", "damaged", "network", "server", "insecure",
)  # fmt: skip
RETRIED = {"damaged", "network", "server"}
"""The states that another try may end."""
LABELS = ("lang", "site", "ask", "retry", "part")

FRAMES = "frame-ancestors 'none'"  # means nothing in a meta element, and browsers complain of it
_COMMON = "img-src 'self' data:; base-uri 'none'; form-action 'none'"
LOADER_POLICY = (
    "default-src 'none'; script-src '{script}' 'self'; style-src '{style}' 'self'; "
    f"connect-src 'self'; {_COMMON}; require-trusted-types-for 'script'; trusted-types sealpress"
)
NOT_FOUND_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}' 'self'; "
    f"{_COMMON}; require-trusted-types-for 'script'; trusted-types 'none'"
)

TEXTS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "opening": "Открываем…",
        "welcome": "Здесь открываются личные страницы",
        "welcome_text": "Перейдите по ссылке из нашего сообщения: без неё здесь ничего нет.",
        "incomplete": "Ссылка неполная",
        "incomplete_text": "Нажмите на неё прямо в сообщении или скопируйте её целиком.",
        "gone": "Ссылка больше не действует",
        "gone_text": "Её заменили новой, или её срок истёк. Новая — в последнем нашем сообщении.",
        "damaged": "Страница не прошла проверку",
        "damaged_text": "Она повреждена или изменена, поэтому мы её не показываем.",
        "network": "Нет связи",
        "network_text": "Проверьте интернет. Когда связь появится, страница откроется сама.",
        "server": "Страница временно недоступна",
        "server_text": "Это неполадка у нас. Попробуйте ещё раз через несколько минут.",
        "insecure": "Нужно защищённое соединение",
        "insecure_text": "Откройте адрес с https:// в современном браузере.",
        "part": "Эта часть не загрузилась.",
        "retry": "Повторить",
        "script": "Включите JavaScript",
        "script_text": "Страница расшифровывается в вашем браузере: включите в нём JavaScript "
        "или обновите его.",
        "missing": "Такой страницы нет",
        "missing_text": "Адрес устарел или набран с ошибкой. Откройте ссылку из нашего сообщения "
        "ещё раз.",
    },
    "en": {
        "opening": "Opening…",
        "welcome": "Personal pages open here",
        "welcome_text": "Follow the link in our message: there is nothing here without it.",
        "incomplete": "The link is incomplete",
        "incomplete_text": "Tap it in the message itself, or copy all of it.",
        "gone": "This link no longer works",
        "gone_text": "It was replaced or has expired. Our latest message has the new one.",
        "damaged": "The page failed its check",
        "damaged_text": "It was damaged or altered, so we do not show it.",
        "network": "No connection",
        "network_text": "Check the internet. The page will open by itself once it is back.",
        "server": "The page is unavailable for now",
        "server_text": "The fault is ours. Please try again in a few minutes.",
        "insecure": "A secure connection is needed",
        "insecure_text": "Open the address with https:// in an up-to-date browser.",
        "part": "This part did not load.",
        "retry": "Try again",
        "script": "Switch JavaScript on",
        "script_text": "The page is decrypted in your browser: switch JavaScript on in it, "
        "or update it.",
        "missing": "There is no such page",
        "missing_text": "The address is outdated or mistyped. Open the link in our message again.",
    },
}
"""The words of the loader by language."""


@dataclass(frozen=True, slots=True)
class Source:
    """Readable sources: they are made small when they are put into a page."""

    script: str
    style: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What the public pages say, by locale; the first locale is the site's own."""

    locales: Sequence[str]
    names: Mapping[str, str]
    contacts: Mapping[str, str]
    """Whom to ask: plain text, its lines are kept."""
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: TEXTS)
    """The words of the loader by language; see TEXTS."""


@dataclass(frozen=True, slots=True)
class Loader:
    """A page with its script and style inside: file, value of its CSP header, SHA-256 in hex."""

    html: bytes
    csp: str
    digest: str


def build_loader(
    environment: Environment, source: Source, wording: Wording, assets: Mapping[str, Asset]
) -> Loader:
    """The page behind every link, the same for all clients.

    ``source.script`` is ``open.js`` and ``loader.js``, joined by a line end. Of ``assets`` it
    takes ``page.css`` and each script: ``inflate.js`` runs where the browser cannot inflate,
    ``NAME.js`` once a page has an element with ``data-NAME``. It carries their digests.

    Raises:
        InputError: a language has no texts, or the page is 12,288 bytes or larger.
    """
    words = _words(wording)
    scripts = {name[:-3]: _pinned(asset) for name, asset in assets.items() if name.endswith(".js")}
    shown = {word["lang"]: _shown(word) for word in words}
    whole = f"addEventListener('DOMContentLoaded',()=>{{'use strict';{source.script}\n}})"
    small = Source(shorten(str(rjsmin.jsmin(whole))), source.style)
    data = _json({"texts": shown, "assets": scripts})
    values = {"words": words, "data": data, "page_css": assets[PAGE_CSS]}
    built = _page(environment, "loader.html", small, LOADER_POLICY, values)
    if len(built.html) >= LARGEST:
        sentence = f"the loader is {len(built.html):,} bytes, and must be under {LARGEST:,}"
        raise InputError([Problem("content/site.yaml", sentence, "shorten contacts or name")])
    return built


def build_not_found(
    environment: Environment, source: Source, wording: Wording, page_css: Asset
) -> Loader:
    """The page for unknown addresses: mends a link whose ``#`` was escaped, or says whom to ask.

    It is served under any address, so its CSP also stands in the file.

    Raises:
        InputError: a language has no texts.
    """
    small = Source(str(rjsmin.jsmin(source.script)), source.style)
    values = {"words": _words(wording), "page_css": page_css}
    return _page(environment, "not-found.html", small, NOT_FOUND_POLICY, values)


def _page(
    environment: Environment, template: str, source: Source, policy: str, values: Mapping[str, Any]
) -> Loader:
    style = str(rcssmin.cssmin(source.style))
    policy = policy.format(script=_digest(source.script), style=_digest(style))
    url, integrity = _pinned(values["page_css"])
    text = environment.get_template(template).render(
        {
            **values,
            "script": Markup(source.script),  # noqa: S704 - the theme's own
            "style": Markup(style),  # noqa: S704
            "policy": policy,
            "page_css": {"url": url, "integrity": integrity},
        }
    )
    page = text.encode()
    return Loader(page, f"{policy}; {FRAMES}", sha256(page).hexdigest())


def _words(wording: Wording) -> list[dict[str, str]]:
    """The words of each language, the site's own first."""
    languages = {re.split("[-_]", locale)[0]: locale for locale in reversed(wording.locales)}
    absent = sorted(set(languages) - set(wording.texts))
    if absent:
        raise InputError(
            Problem("themes", f"the loader has no texts in {language}", "give it some")
            for language in absent
        )
    return [
        {
            **wording.texts[language],
            "lang": language,
            "site": wording.names[locale],
            "ask": unbroken(wording.contacts[locale]),
        }
        for language, locale in reversed(languages.items())
    ]


def unbroken(contacts: str) -> str:
    """``contacts`` with hyphens and spaces that do not break a line inside a telephone number."""
    kept = re.sub(r"(?<=\d)-(?=\d)", "\N{NON-BREAKING HYPHEN}", contacts)
    return re.sub(r"(?<=\d) (?=\d)", NBSP, kept)


def _shown(words: Mapping[str, str]) -> dict[str, Any]:
    """What the script says: labels, and per state a title, a text and whether to try again."""
    states = {
        state: [words[state], *_text(words, state), *([1] if state in RETRIED else [])]
        for state in STATES
    }
    return {**{label: words[label] for label in LABELS}, **states}


def _text(words: Mapping[str, str], state: str) -> list[str]:
    return [words[f"{state}_text"]] if f"{state}_text" in words else []


def _json(value: object) -> Markup:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", r"\u003c"))  # noqa: S704 - no tag can begin in it


def _pinned(asset: Asset) -> tuple[str, str]:
    """Address and digest of an asset: a changed one does not run."""
    return f"/{asset.path}", _digest(asset.content)


def _digest(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return f"sha256-{b64encode(sha256(data).digest()).decode()}"
