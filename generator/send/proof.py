"""Proof before sending: the published page is this client's, and shows what the text says.

Comes in: an entry, the texts that are about to go, and a way to fetch what is published. Goes
out: nothing, or what does not fit. It refuses to send by what was built: it opens what readers
would get, with the very secret that the link in the text carries. What it says names no value.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import Random
from typing import Any, Literal, TypeVar

from generator.base.dates import long_date
from generator.base.errors import LinkError, OpenError
from generator.sealing import Secret, open_sealed, parse_link
from generator.sealing.secret import Keys
from generator.send.shown import (
    Section,
    Shown,
    is_amount_in,
    is_word_in,
    normalised,
    outcomes_in,
    shown,
)
from generator.send.values import Entry

Fetch = Callable[[str], bytes | None]
"""A path below the published site to its bytes; None where nothing lies there.

Raises OutsideError where that is not known."""
Message = TypeVar("Message")
Reason = Mapping[str, Any]
OBSERVED = "observed"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What does not fit: one sentence, and no value."""

    what: str
    is_absent: bool = False
    """Whether no page is there at all: the link was revoked, or the client forgotten."""


class _MismatchError(Exception):
    """Ends the looking at the first thing that does not fit."""


class _AbsentError(_MismatchError):
    """There is nothing to look at."""


class Prover:
    """Proves messages of one batch; may be used by many threads at once."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._parts: dict[str, str] = {}

    def prove(self, entry: Entry, texts: Iterable[str]) -> Mismatch | None:
        """None when the published page is the entry's client's and shows what it tells.

        It may be another than the one that was built for the manifest: days may have gone by, and
        what the text says is still there.

        ``texts`` are all parts of the message as they are about to go.

        Raises:
            OutsideError: what is published cannot be asked for.
        """
        try:
            link = parse_link(entry.link)
            keys = link.secret.keys()
            _must(keys.path == entry.page["path"], "the link leads to another page")
            said = normalised(" ".join(texts))
            _check_links(said, entry.link.partition("#")[0], link.secret)
            page = shown(self._opened(keys))
            _must(page.has_line(normalised(entry.name["full"])), "the page is another client's")
            self._check_reasons(entry, page, said)
        except LinkError:
            return Mismatch("the link is not whole")
        except _MismatchError as error:
            return Mismatch(str(error), isinstance(error, _AbsentError))
        return None

    def parts(self, entry: Entry) -> dict[str, str]:
        """The opened part of each series that an entry is about, as far as its page has one.

        Raises:
            OutsideError: what is published cannot be asked for.
        """
        names = {one["series"]: one["series_name"] for one in entry.reasons if "series" in one}
        if not names:
            return {}
        try:
            page = shown(self._opened(parse_link(entry.link).secret.keys()))
            return {
                series: "".join(map(self._part, _parts_of(normalised(name), page)))
                for series, name in names.items()
            }
        except _MismatchError:
            return {}  # a letter goes without its pictures

    def _opened(self, keys: Keys) -> str:
        file = self._fetch(keys.path)
        if file is None:
            raise _AbsentError("no page is published at its address")
        try:
            return open_sealed(file, keys).decode()
        except OpenError:
            raise _MismatchError("the published page does not open with its link") from None

    def _check_reasons(self, entry: Entry, page: Shown, said: str) -> None:
        for reason in entry.reasons:
            match reason["kind"]:
                case "coupon":
                    _check_coupon(reason, page, is_last=_is_last(reason, entry.reasons), said=said)
                case "stage":
                    _check_stage(reason, page, entry.locale)
                case "strategy":
                    self._check_band(reason, page)

    def _check_band(self, reason: Reason, page: Shown) -> None:
        """The part of the series shows the band that the text tells."""
        parts = _parts_of(normalised(reason["series_name"]), page)
        _must(bool(parts), "the page does not show the series")
        _must(any(self._is_in_band(part, reason["band"]) for part in parts), "the band is another")

    def _is_in_band(self, part: str, band: str) -> bool:
        html = self._part(part)
        outlook = f'data-outlook="{band}"'
        observed = f'data-outlook="{OBSERVED}"' in html and f'class="level {band}"' in html
        return outlook in html or observed

    def _part(self, part: str) -> str:
        """A shared part, fetched once for all clients of a batch."""
        if part not in self._parts:
            self._parts[part] = self._opened(parse_link(part).secret.keys())
        return self._parts[part]


def sample(batch: Sequence[Message], most: int | Literal["all"], draw: Random) -> Sequence[Message]:
    """The messages of a batch that are proved: all, or so many of them by lot."""
    if most == "all" or most >= len(batch):
        return batch
    return draw.sample(batch, most)


def _check_links(said: str, start: str, secret: Secret) -> None:
    """Every personal link in a text is this client's, whatever its tag."""
    _, *rest = said.split(f"{start}#")
    for link in rest:
        _must(parse_link(f"#{link}").secret == secret, "the text has another client's link")


def _check_coupon(reason: Reason, page: Shown, *, is_last: bool, said: str) -> None:
    policy = normalised(reason["policy"])
    sections = [one for one in page.sections if is_word_in(policy, one.text)]
    _must(bool(sections), "the page does not show the policy")
    name, before = normalised(reason["series_name"]), sections[0].number + 1
    is_named = any(is_word_in(name, one.text) for one in page.sections[:before])
    _must(is_named, "the page does not show the series")
    _must(any(_has_row(one, reason) for one in sections), "the page shows another coupon")
    income = normalised(reason["income_text"])
    if is_last or is_amount_in(income, said):
        places = (*sections, *page.sections[:before])
        found = any(is_amount_in(income, one.text) for one in places)
        _must(found, "the page shows another income")


def _has_row(section: Section, reason: Reason) -> bool:
    """Whether a line has the day, the amount and no other outcome."""
    day, amount = normalised(reason["date_text"]), normalised(reason["amount_text"])
    return any(
        is_amount_in(amount, line) and outcomes_in(line) <= {reason["outcome"]}
        for line in section.lines_with(day)
    )


def _check_stage(reason: Reason, page: Shown, locale: str) -> None:
    name, since = normalised(reason["stage_name"]), _long_date(reason["since"], locale)
    found = any(is_word_in(name, one.text) and is_word_in(since, one.text) for one in page.sections)
    _must(found, "the page does not show the stage since that day")


def _parts_of(name: str, page: Shown) -> tuple[str, ...]:
    """What opens the first shared parts behind the heading of a series."""
    heading = (one.number for one in page.sections if is_word_in(name, one.text))
    behind = page.sections[next(heading, len(page.sections)) :]
    return next((one.parts for one in behind if one.parts), ())


def _is_last(reason: Reason, reasons: Iterable[Reason]) -> bool:
    """Whether no later coupon of the same policy is told: the page shows the income after that."""
    return not any(
        other["kind"] == "coupon"
        and other["policy"] == reason["policy"]
        and other["date"] > reason["date"]
        for other in reasons
    )


@lru_cache(4096)
def _long_date(day: str, locale: str) -> str:
    return normalised(long_date(date.fromisoformat(day), locale))


def _must(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise _MismatchError(what)
