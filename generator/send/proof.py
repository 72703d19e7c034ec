"""Proof before sending: the published page is this client's, and shows what the text says.

Comes in: an entry, the texts that are about to go, and a way to fetch what is published. Goes
out: nothing, or what does not fit. It refuses to send by what was built: it opens what readers
would get, with the very secret that the link in the text carries. What it says names no value.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from generator.base.errors import LinkError, OpenError
from generator.base.ids import client_mark
from generator.sealing import Secret, open_sealed, parse_link
from generator.sealing.secret import Keys
from generator.send.evidence import (
    AbsentError,
    MismatchError,
    NewerError,
    Reason,
    about_series,
    check_coupon,
    check_digest,
    check_stage,
    is_last_of,
    must,
    parts_of,
)
from generator.send.shown import Shown, normalised, shown
from generator.send.values import Entry

Fetch = Callable[[str], bytes | None]
"""A path below the published site to its bytes; None where nothing lies there.

Raises OutsideError where that is not known."""
Message = TypeVar("Message")
OBSERVED = "observed"
ANOTHER = "the page is another client's"
_CLIENT = re.compile(r'\bdata-client="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What does not fit: one sentence, and no value."""

    what: str
    is_absent: bool = False
    """Whether no page is there at all: the link was revoked, or the client forgotten."""
    is_newer: bool = False
    """Whether the page is the client's, and shows other figures than a digest that has waited."""


class Prover:
    """Proves messages of one batch; may be used by many threads at once."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._parts: dict[str, str] = {}
        self._pages: dict[str, Shown] = {}
        """Of the batch, as far as nobody asked for their parts yet."""

    def turn(self) -> None:
        """Another batch begins: the pages of the last one are of no more use."""
        self._pages.clear()

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
            must(keys.path == entry.page["path"], "the link leads to another page")
            said = normalised(" ".join(texts))
            _check_links(said, entry.link.partition("#")[0], link.secret)
            html = self._opened(keys)
            must(set(_CLIENT.findall(html)) == {client_mark(entry.client)}, ANOTHER)
            page = self._pages[keys.path] = shown(html)
            must(page.has_line(normalised(entry.name["full"])), ANOTHER)
            self._check_reasons(entry, page, said)
        except LinkError:
            return Mismatch("the link is not whole")
        except MismatchError as error:
            return Mismatch(
                str(error), isinstance(error, AbsentError), isinstance(error, NewerError)
            )
        return None

    def parts(self, entry: Entry) -> dict[str, str]:
        """The opened part of each series that an entry is about, as far as its page has one.

        Raises:
            OutsideError: what is published cannot be asked for.
        """
        names = {one["series"]: one["series_name"] for one in about_series(entry.reasons)}
        if not names:
            return {}
        try:
            keys = parse_link(entry.link).secret.keys()
            page = self._pages.pop(keys.path, None) or shown(self._opened(keys))
            return {
                series: "".join(map(self._part, parts_of(normalised(name), page)))
                for series, name in names.items()
            }
        except MismatchError:
            return {}  # a letter goes without its pictures

    def _opened(self, keys: Keys) -> str:
        file = self._fetch(keys.path)
        if file is None:
            raise AbsentError("no page is published at its address")
        try:
            return open_sealed(file, keys).decode()
        except OpenError:
            raise MismatchError("the published page does not open with its link") from None

    def _check_reasons(self, entry: Entry, page: Shown, said: str) -> None:
        for reason in entry.reasons:
            match reason["kind"]:
                case "coupon":
                    check_coupon(reason, page, is_last=is_last_of(reason, entry.reasons), said=said)
                case "stage":
                    check_stage(reason, page, entry.locale)
                case "strategy":
                    self._check_band(reason, page)
                case "digest":
                    check_digest(reason, page, said)

    def _check_band(self, reason: Reason, page: Shown) -> None:
        """The part of the series shows the band that the text tells."""
        parts = parts_of(normalised(reason["series_name"]), page)
        must(bool(parts), "the page does not show the series")
        must(any(self._is_in_band(part, reason["band"]) for part in parts), "the band is another")

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
        must(parse_link(f"#{link}").secret == secret, "the text has another client's link")
