"""Opening a page as a browser does, for support staff and tests: its parts are put in place."""

import re
from collections.abc import Callable
from pathlib import Path

from generator.base.errors import LinkError, NotFoundError, OpenError
from generator.sealing import Secret, open_sealed, parse_link

SLOT = re.compile(r'(<(\w+)[^>]*\bdata-part="([^"]+)"[^>]*>)[^<]*(</\2>)')
DEEPEST = 3  # parts in parts in parts; the format knows no deeper

Fetch = Callable[[str], bytes]
"""A path below the site to its bytes; raises NotFoundError."""


def fetch_from(folder: Path) -> Fetch:
    """Read files of a built or published site."""

    def get(path: str) -> bytes | None:
        place = folder / path
        return place.read_bytes() if place.is_file() else None

    return fetch_with(get)


def fetch_with(get: Callable[[str], bytes | None]) -> Fetch:
    """Read files of a site by what answers None where there is none."""

    def fetch(path: str) -> bytes:
        found = get(path)
        if found is None:
            message = "no page lies at this address: the link was revoked, expired or never made"
            raise NotFoundError(message)
        return found

    return fetch


def open_page(link: str, fetch: Fetch) -> str:
    """The HTML behind ``link`` with every part inside; a part that fails says so in its place.

    Raises:
        LinkError: the link is not whole.
        NotFoundError: nothing lies at its address.
        OpenError: the file does not open.
    """
    return _filled(_opened(parse_link(link).secret, fetch), fetch, DEEPEST)


def _opened(secret: Secret, fetch: Fetch) -> str:
    keys = secret.keys()
    return open_sealed(fetch(keys.path), keys).decode()


def _filled(html: str, fetch: Fetch, depth: int) -> str:
    def fill(match: re.Match[str]) -> str:
        before, _, text, after = match.groups()
        try:
            if not depth:
                raise OpenError("format")
            inside = _filled(_opened(parse_link(text).secret, fetch), fetch, depth - 1)
        except (LinkError, NotFoundError, OpenError) as error:
            inside = f"<p>[{error}]</p>"
        return before + inside + after

    return SLOT.sub(fill, html)
