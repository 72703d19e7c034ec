"""Which headers each file of a site is served with: one table, for every host and for tests.

A rule is a path, or a path that ends in ``*``. Hosts such as Netlify put together all rules that
match a request, and two policies for one page would both bind it. So a header stands either in
the rule for everything, or in the rules of kinds, which exclude one another.
"""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

Headers = Mapping[str, str]

POLICY = "Content-Security-Policy"
CACHE = "Cache-Control"
TYPE = "Content-Type"
NONE = "'none'"
HTML = "text/html; charset=utf-8"

YEAR, DAY, MINUTE = 31_536_000, 86_400, 60
IMMUTABLE = f"public, max-age={YEAR}, immutable"
REVALIDATED = "public, no-cache"  # asked for each time, and answered 304 while it is the same
LOADER_CACHE = f"public, max-age={DAY}, stale-while-revalidate={7 * DAY}"

OFF = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
    "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "identity-credentials-get",
    "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
    "xr-spatial-tracking",
)  # fmt: skip

COMMON: Headers = MappingProxyType(
    {
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": f"max-age={2 * YEAR}; includeSubDomains",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in OFF),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
"""For every answer, whatever is asked for."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For files that are no page."""

EVERYTHING = "/*"


@dataclass(frozen=True, slots=True)
class SiteCsp:
    """The policies that depend on the scripts inside the public pages: whole header values."""

    loader: str
    not_found: str

    @property
    def stage(self) -> str:
        """The policy of stage pages; it lets the page for unknown addresses stand in for one."""
        script, style = (
            " ".join(["'self'", *_digests(self.not_found, directive)])
            for directive in ("script-src", "style-src")
        )
        return (
            f"default-src 'none'; script-src {script}; style-src {style}; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


def site_rules(csp: SiteCsp) -> Mapping[str, Headers]:
    """Every rule by its path, the one for everything first."""
    loader = {TYPE: HTML, CACHE: LOADER_CACHE, POLICY: csp.loader}
    return {
        EVERYTHING: COMMON,
        "/": loader,
        "/index.html": loader,
        "/404.html": {TYPE: HTML, CACHE: f"public, max-age={MINUTE}", POLICY: csp.not_found},
        "/robots.txt": {CACHE: f"public, max-age={DAY}", POLICY: DATA_POLICY},
        "/q/*": {TYPE: HTML, CACHE: REVALIDATED, POLICY: csp.stage},
        "/p/*": {TYPE: "application/octet-stream", CACHE: REVALIDATED, POLICY: DATA_POLICY},
        "/assets/*": {CACHE: IMMUTABLE, POLICY: DATA_POLICY},
    }


def stored_headers(path: str) -> dict[str, str]:
    """The headers of the file at ``path`` that an object store keeps with it: type and caching.

    All others are for the CDN in front of it to add (``site_rules``).
    """
    found = matching(_stored_rules(), "/" + path)
    kind = found.get(TYPE) or media_type(path)
    return {TYPE: kind, CACHE: found.get(CACHE, REVALIDATED)}


@cache
def _stored_rules() -> Mapping[str, Headers]:
    """The rules as far as a store keeps them; made once, for a million files ask for them."""
    return {
        pattern: {name: value for name, value in headers.items() if name in (TYPE, CACHE)}
        for pattern, headers in site_rules(SiteCsp("", "")).items()
    }


def is_kept(path: str) -> bool:
    """Whether a CDN answers with its copy of the file for a while, without asking the store.

    These are to be purged when they change. Of the others no copy is used unasked, or none is ever
    out of date since the name changes with the content.
    """
    return stored_headers(path)[CACHE] not in {REVALIDATED, IMMUTABLE}


def headers_for(path: str, csp: SiteCsp) -> dict[str, str]:
    """All headers of the file at ``path`` (``p/R6/ni7a…``, with or without a leading slash).

    For hosts that keep headers with each object; a type is always among them.
    """
    found = matching(site_rules(csp), "/" + path.removeprefix("/"))
    return {TYPE: media_type(path), **found}


def matching(rules: Mapping[str, Headers], path: str) -> dict[str, str]:
    """The headers of all rules that match ``path`` (with a leading slash), as hosts merge them.

    A header in two of the rules is joined by a comma, as it would arrive at a browser.
    """
    merged: dict[str, str] = {}
    for pattern, headers in rules.items():
        if matches(pattern, path):
            for name, value in headers.items():
                merged[name] = f"{merged[name]}, {value}" if name in merged else value
    return merged


def matches(pattern: str, path: str) -> bool:
    """Whether ``path`` is ``pattern``, or lies below it when it ends in ``*``."""
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def media_type(path: str) -> str:
    """The type of a file by its ending; text is always UTF-8."""
    guessed = mimetypes.guess_type(path)[0] or "application/octet-stream"
    is_text = guessed.startswith("text/") or guessed.endswith(("javascript", "json", "xml"))
    return f"{guessed}; charset=utf-8" if is_text else guessed


def netlify_headers(csp: SiteCsp) -> str:
    """The text of the file ``_headers``: every rule."""
    return "\n".join(
        "\n".join([pattern, *(f"  {name}: {value}" for name, value in headers.items()), ""])
        for pattern, headers in site_rules(csp).items()
    )


def parse_headers(text: str) -> dict[str, dict[str, str]]:
    """The rules of a file ``_headers`` by their paths; the reverse of `netlify_headers`.

    Raises:
        ValueError: a header stands before the first path, or a line is neither.
    """
    rules: dict[str, dict[str, str]] = {}
    headers: dict[str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.strip().partition(":")
        if line.startswith("/"):
            headers = rules.setdefault(line.strip(), {})
        elif colon and headers is not None and line[:1].isspace():
            headers[name] = value.strip()
        elif name and not name.startswith("#"):
            raise ValueError(f"_headers:{number}: expected a path or an indented header")
    return rules


def allowing_both(policy: str, other: str) -> str:
    """A policy that allows what either of two does, while one replaces the other."""
    merged, more = _directives(policy), _directives(other)
    for name, sources in more.items():
        here = merged.setdefault(name, [])
        here += [source for source in sources if source not in here]
        if len(here) > 1 and NONE in here:
            here.remove(NONE)
    return "; ".join(" ".join((name, *sources)) for name, sources in merged.items())


def _directives(policy: str) -> dict[str, list[str]]:
    steps = (directive.split() for directive in policy.split(";"))
    return {step[0]: step[1:] for step in steps if step}


def _digests(policy: str, directive: str) -> list[str]:
    sources = re.search(rf"(?:^|; ){directive} ([^;]*)", policy)
    return re.findall(r"'sha256-[\w+/=]+'", sources[1]) if sources else []
