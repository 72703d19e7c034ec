"""What each SMS costs for a usual client and for the one with the longest, and what makes it so."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from generator.base.config import Site
from generator.base.errors import Problem
from generator.send.messages.files import Key
from generator.send.messages.message import Message, Messages
from generator.send.messages.parts import Encoding, parts_of
from generator.send.messages.plainer import dearer
from generator.send.messages.samples import SIZES, Size, samples
from generator.send.messages.values import message_values
from generator.send.values import Entry

TAG = "XXX"
"""Stands for a message's own tag, which a manifest's links have not."""


class Measure(NamedTuple):
    """How big one text is; nothing of the text. The order is that of cost."""

    parts: int
    characters: int
    encoding: Encoding
    left: int
    """So many more fit in without another part."""


@dataclass(frozen=True, slots=True)
class Row:
    """The size of one SMS in one locale, for one kind of client."""

    name: str
    locale: str
    size: Size
    measure: Measure
    cost: Decimal


def sizes(
    messages: Messages, site: Site, price: Decimal, entries: Iterable[Entry] = ()
) -> list[Row]:
    """A row for the median and one for the longest client of each SMS.

    The clients are those of ``entries`` (lines of a manifest) who have such a reason; where there
    is none, the invented ones.
    """
    texts = [message for message in messages.all.values() if message.key.kind == "sms"]
    counts = _counted(texts, entries)
    rows = []
    for message in texts:
        found = _two(counts[message.key]) if counts[message.key] else _invented(message, site)
        for size, measure in zip(SIZES, found, strict=True):
            key, cost = message.key, price * measure.parts
            rows.append(Row(key.name, key.locale, size, measure, cost))
    return rows


def _counted(texts: list[Message], entries: Iterable[Entry]) -> dict[Key, Counter[Measure]]:
    """How often each SMS would have each size: a manifest may have a million lines."""
    counts: dict[Key, Counter[Measure]] = {message.key: Counter() for message in texts}
    for entry in entries:
        for message in texts:
            reasons = [one for one in entry.reasons if one["kind"] == message.front.reason]
            if reasons and entry.locale == message.key.locale:
                values = message_values(entry, reasons, entry.link + TAG)
                counts[message.key][_measure(message.rendered(values).text)] += 1
    return counts


def _two(counts: Counter[Measure]) -> tuple[Measure, Measure]:
    """The median and the greatest."""
    middle, seen = (counts.total() - 1) // 2, 0
    ordered = sorted(counts)
    for measure in ordered:
        seen += counts[measure]
        if seen > middle:
            break
    return measure, ordered[-1]


def _invented(message: Message, site: Site) -> tuple[Measure, Measure]:
    tried = [
        (sample.size, _measure(message.rendered(sample.values).text))
        for sample in samples(site, message.front.reason, message.key.locale)
    ]
    median, longest = (max(one for size, one in tried if size == wanted) for wanted in SIZES)
    return median, longest


def _measure(text: str) -> Measure:
    parts = parts_of(text)
    return Measure(parts.count, len(text), parts.encoding, parts.left)


def notices(messages: Messages, site: Site) -> list[Problem]:
    """Characters that make an SMS dearer for an invented client: no mistakes, but worth a look.

    No-break spaces are not among them: an SMS is rendered with plain ones.
    """
    found = (one for message in messages.all.values() for one in _notices(message, site))
    return sorted(set(found), key=lambda one: (one.place, one.sentence))


def _notices(message: Message, site: Site) -> Iterator[Problem]:
    if message.key.kind != "sms":
        return
    for sample in samples(site, message.front.reason, message.key.locale):
        found = dearer(message.rendered(sample.values).text)
        if found is None:
            continue
        why = "halve what fits into a part" if found.forces else f"cost {found.more} more part"
        hint = "write plain ones; where a value brings them, use another form of it"
        yield Problem(message.path, f"characters that {why}: {found}", hint)
