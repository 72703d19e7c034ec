"""A line of a manifest, typed: what ``docs/manifest.schema.json`` says, checked while it is read.

msgspec reads and checks a line in some microseconds; a million of them would take a validator of
JSON Schema a quarter of an hour.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

BASE58 = "[1-9A-HJ-NP-Za-km-z]"
HOST = r"(https://[^/?#\s]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)"
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"

Filled = Annotated[str, Meta(min_length=1)]
Slug = Annotated[str, Meta(pattern=rf"^{SLUG}\Z")]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
Amount = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?\Z")]
Band = Literal["above", "corridor", "below"]


class Coupon(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="coupon"):
    """An observation of one policy."""

    series: Slug
    series_name: Filled
    policy: Filled
    date: Day
    date_text: Filled
    outcome: Literal["accrued", "saved"]
    amount: Amount
    amount_text: Filled
    income: Amount
    income_text: Filled
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Strategy(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="strategy"):
    """A series that moved to another band."""

    series: Slug
    series_name: Filled
    date: Day
    was: Band
    band: Band


class Stage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="stage"):
    """A stage that the client entered."""

    product: Slug
    stage: Annotated[str, Meta(pattern=rf"^{SLUG}(/{SLUG})?\Z")]
    stage_name: Filled
    since: Day
    link: Annotated[str, Meta(pattern=rf"^{HOST}/q/{BASE58}{{22}}\Z")]


class Digest(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="digest"):
    """The monthly digest."""

    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]


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

    path: Annotated[str, Meta(pattern=rf"^p/{BASE58}{{2}}/{BASE58}{{20}}\Z")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One client who has a reason to be told something."""

    format: Literal[1]
    client: Filled
    name: Names
    locale: Filled
    time_zone: str
    addresses: Addresses
    consents: list[Filled]
    bank: Annotated[str, Meta(pattern=rf"^({SLUG})?\Z")]
    segment: str
    link: Annotated[str, Meta(pattern=rf"^{HOST}/#{BASE58}{{22}}\Z")]
    page: Page
    reasons: Annotated[list[Coupon | Strategy | Stage | Digest], Meta(min_length=1)]

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Line({len(self.reasons)} reasons)"


def is_right(line: Line) -> bool:
    """Whether each day of a line is in the calendar, which no pattern tells."""
    return all(_is_day(_day(reason)) for reason in line.reasons)


def _day(reason: Coupon | Strategy | Stage | Digest) -> str:
    match reason:
        case Coupon() | Strategy():
            return reason.date
        case Stage():
            return reason.since
        case Digest():
            return f"{reason.month}-01"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
