"""A line of a manifest, typed: what ``docs/manifest.schema.json`` says, checked while it is read.

msgspec reads a line and checks its types in 3 µs. Forms are looked at here: msgspec's own patterns
take 7 µs a line more, since they never remember that they saw a day or the name of a series before.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from msgspec import Meta, Struct

SECRET = 22  # characters of base58 behind the address of the site
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
HEX = "0123456789abcdef"
SHA256 = 64

_SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_STAGE = re.compile("[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?")
_CURRENCY = re.compile("[A-Z]{3}")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PAGE = re.compile(f"/q/[{BASE58}]{{{SECRET}}}")

Filled = Annotated[str, Meta(min_length=1)]
Band = Literal["above", "corridor", "below"]


class Coupon(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="coupon"):
    """An observation of one policy."""

    series: str
    series_name: Filled
    policy: Filled
    date: str
    date_text: Filled
    outcome: Literal["accrued", "saved"]
    amount: str
    amount_text: Filled
    income: str
    income_text: Filled
    currency: str


class Strategy(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="strategy"):
    """A series that moved to another band."""

    series: str
    series_name: Filled
    date: str
    was: Band
    band: Band


class Stage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="stage"):
    """A stage that the client entered."""

    product: str
    stage: str
    stage_name: Filled
    since: str
    link: str


class Digest(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="digest"):
    """The monthly digest."""

    month: str


class Names(Struct, frozen=True, forbid_unknown_fields=True):
    """The forms in which a message may name the client."""

    full: Filled
    polite: Filled
    short: Filled


class Addresses(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the client can be reached."""

    phone: str
    email: str


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """The sealed file that the link opens."""

    path: str
    sha256: str


Reason = Coupon | Strategy | Stage | Digest


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One client who has a reason to be told something."""

    format: Literal[1]
    client: Filled
    name: Names
    locale: Filled
    time_zone: str
    addresses: Addresses
    consents: list[Filled]
    bank: str
    segment: str
    link: str
    page: Page
    reasons: Annotated[list[Reason], Meta(min_length=1)]

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Line({len(self.reasons)} reasons)"


def is_right(line: Line, site: str) -> bool:
    """Whether the forms in a line are those of the schema, and its links those of the site."""
    return (
        line.link.startswith(f"{site}/#")
        and len(line.link) == len(site) + 2 + SECRET
        and _is_of(line.link[-SECRET:], BASE58)
        and _is_page(line.page)
        and (not line.bank or _is_slug(line.bank))
        and all(_is_reason(reason, site) for reason in line.reasons)
    )


def _is_page(page: Page) -> bool:
    start, first, second = page.path[:2], page.path[2:4], page.path[5:]
    is_path = start == "p/" and page.path[4:5] == "/" and len(second) == SECRET - len(first)
    is_name = len(first) == len(start) and _is_of(first + second, BASE58)
    return is_path and is_name and len(page.sha256) == SHA256 and _is_of(page.sha256, HEX)


def _is_reason(reason: Reason, site: str) -> bool:
    match reason:
        case Coupon():
            return (
                _is_slug(reason.series)
                and _is_day(reason.date)
                and _is_currency(reason.currency)
                and _AMOUNT.fullmatch(reason.amount) is not None
                and _AMOUNT.fullmatch(reason.income) is not None
            )
        case Strategy():
            return _is_slug(reason.series) and _is_day(reason.date)
        case Stage():
            is_stage = _is_slug(reason.product) and _is_stage(reason.stage)
            return is_stage and _is_day(reason.since) and _is_plain(reason.link, site)
        case Digest():
            return _is_day(f"{reason.month}-01")


def _is_of(text: str, alphabet: str) -> bool:
    """Whether a text has no character but those: what is left of it then, stripped, is nothing."""
    return not text.strip(alphabet)


@lru_cache(4096)
def _is_slug(text: str) -> bool:
    return _SLUG.fullmatch(text) is not None


@lru_cache(4096)
def _is_stage(text: str) -> bool:
    return _STAGE.fullmatch(text) is not None


@lru_cache(64)
def _is_currency(text: str) -> bool:
    return _CURRENCY.fullmatch(text) is not None


@lru_cache(4096)
def _is_plain(link: str, site: str) -> bool:
    """Whether a link is that of a page for everybody, on the site."""
    return link.startswith(site) and _PAGE.fullmatch(link, len(site)) is not None


@lru_cache(4096)
def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None
