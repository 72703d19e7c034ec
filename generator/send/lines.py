"""A line of a manifest, typed: what ``docs/manifest.schema.json`` says, checked while it is read.

msgspec reads a line and checks its types in 3 µs. Forms are looked at here: msgspec's own patterns
take 7 µs a line more, since they never remember that they saw a day or the name of a series before.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder

ANY = "[1-9A-HJ-NP-Za-km-z]"
"""A character of base58."""
SECRET = f"{ANY}{{22}}"

_SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_STAGE = re.compile("[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)?")
_CURRENCY = re.compile("[A-Z]{3}")
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PAGE = re.compile(f"/q/{SECRET}")

Filled = Annotated[str, Meta(min_length=1)]
Band = Literal["above", "corridor", "below"]


class Exact(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Fields and no others; they lead nowhere back, so nobody looks for garbage among them."""


class Coupon(Exact, frozen=True, tag_field="kind", tag="coupon"):
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


class Strategy(Exact, frozen=True, tag_field="kind", tag="strategy"):
    """A series that moved to another band."""

    series: str
    series_name: Filled
    date: str
    was: Band
    band: Band


class Stage(Exact, frozen=True, tag_field="kind", tag="stage"):
    """A stage that the client entered."""

    product: str
    stage: str
    stage_name: Filled
    since: str
    link: str


class Held(Exact, frozen=True):
    """A policy, and what it was credited to date."""

    series: str
    series_name: Filled
    policy: Filled
    income: str
    income_text: Filled
    currency: str


class Digest(Exact, frozen=True, tag_field="kind", tag="digest"):
    """The monthly digest."""

    month: str
    policies: list[Held]


class Names(Exact, frozen=True):
    """The forms in which a message may name the client."""

    full: Filled
    polite: Filled
    short: Filled


class Addresses(Exact, frozen=True):
    """Where the client can be reached."""

    phone: str
    email: str


class Page(Exact, frozen=True):
    """The sealed file that the link opens."""

    path: str
    sha256: str


Reason = Coupon | Strategy | Stage | Digest


class Line(Exact, frozen=True):
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


KINDS: Mapping[str, type[Reason]] = {
    "coupon": Coupon,
    "strategy": Strategy,
    "stage": Stage,
    "digest": Digest,
}
"""What is behind ``kind`` of a reason."""


class Form:
    """The forms in the lines of one site."""

    def __init__(self, site: str) -> None:
        self._site = site
        place = f"/#{SECRET} p/{ANY}{{2}}/{ANY}{{20}} [0-9a-f]{{64}}"
        self._fits = re.compile(re.escape(site) + place).fullmatch

    def lines_of(self, texts: Sequence[bytes]) -> list[Line | None]:
        """The line in each text; None where it is not as agreed."""
        try:
            lines: list[Line | None] = list(map(_read, texts))
        except DecodeError:  # that of one says nothing of the others
            lines = list(map(_typed, texts))
        return [line if line is not None and self._is_right(line) else None for line in lines]

    def _is_right(self, line: Line) -> bool:
        """Whether they are those of the schema, and the line's links those of the site."""
        page = line.page
        if self._fits(f"{line.link} {page.path} {page.sha256}") is None:
            return False
        for reason in line.reasons:  # all() costs more than what it asks
            if not _FORMS[type(reason)](reason, self._site):
                return False
        return not line.bank or _is_slug(line.bank)


_read = Decoder(Line).decode


def _typed(text: bytes) -> Line | None:
    try:
        return _read(text)
    except DecodeError:
        return None


def _is_coupon(reason: Coupon, _: str) -> bool:
    return (
        _is_slug(reason.series)
        and _is_day(reason.date)
        and _is_currency(reason.currency)
        and _AMOUNT.fullmatch(reason.amount) is not None
        and _AMOUNT.fullmatch(reason.income) is not None
    )


def _is_strategy(reason: Strategy, _: str) -> bool:
    return _is_slug(reason.series) and _is_day(reason.date)


def _is_entered(reason: Stage, site: str) -> bool:
    is_stage = _is_slug(reason.product) and _is_stage(reason.stage)
    return is_stage and _is_day(reason.since) and _is_plain(reason.link, site)


def _is_digest(reason: Digest, _: str) -> bool:
    for policy in reason.policies:
        is_known = _is_slug(policy.series) and _is_currency(policy.currency)
        if not is_known or _AMOUNT.fullmatch(policy.income) is None:
            return False
    return _is_month(reason.month)


_FORMS: dict[type[Reason], Callable[[Any, str], bool]] = {
    Coupon: _is_coupon,
    Strategy: _is_strategy,
    Stage: _is_entered,
    Digest: _is_digest,
}


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


@lru_cache(64)
def _is_month(text: str) -> bool:
    return _is_day(f"{text}-01")


@lru_cache(4096)
def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None
