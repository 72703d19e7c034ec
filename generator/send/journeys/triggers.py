"""What begins a journey for one client: reasons of a manifest entry that belong together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any

from generator.send.journeys.journey import Journey, Journeys
from generator.send.values import Entry

Reason = Mapping[str, Any]

IDENTITY: dict[str, tuple[str, ...]] = {
    "coupon": ("policy", "date", "outcome", "amount"),
    "stage": ("product", "stage", "since"),
    "strategy": ("series", "date", "band"),
    "digest": ("month",),
}
"""What makes a reason of each kind itself; as the generator has it (a test compares them)."""

TOGETHER: dict[str, tuple[str, ...]] = {
    "coupon": ("outcome", "date"),
    "stage": ("product", "stage", "since"),
    "strategy": ("date",),
    "digest": ("month",),
}
"""Reasons of a kind that agree in these are told in one message."""
DIGITS = 32
SHORT = 16


_VALUES = {kind: itemgetter("kind", *fields) for kind, fields in IDENTITY.items()}


def reason_id(reason: Reason) -> str:
    """A digest of what makes the reason itself: two nights that tell of it give the same.

    Of a kind that is not known all its fields count, in the order of their names. Values are
    quoted, lest what two hold together be cut in another way.
    """
    values = _VALUES.get(reason["kind"])
    identity = values(reason) if values else tuple(sorted(reason.items()))
    return sha256(ascii(identity).encode()).hexdigest()[:DIGITS]


@dataclass(frozen=True, slots=True, repr=False)
class Trigger:
    """Reasons that begin a journey together."""

    what: str
    """As ``coupon/accrued/2026-11-21``."""
    reasons: tuple[Reason, ...]
    ids: tuple[str, ...]
    """Of each reason its ``reason_id``."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Trigger({self.what!r}, {len(self.reasons)} reasons)"

    @property
    def key(self) -> str:
        """What it is called in the ledger; their order does not matter."""
        digest = sha256("".join(sorted(self.ids)).encode()).hexdigest()
        return f"{self.what}/{digest[:SHORT]}"

    def only(self, fresh: Collection[str]) -> "Trigger | None":
        """With the reasons whose ids are ``fresh``; None without any."""
        if all(it in fresh for it in self.ids):
            return self
        kept = [pair for pair in zip(self.reasons, self.ids, strict=True) if pair[1] in fresh]
        if not kept:
            return None
        reasons, ids = zip(*kept, strict=True)
        return Trigger(self.what, reasons, ids)


def triggers_of(entry: Entry, journey: Journey) -> list[Trigger]:
    """What begins the journey for this client, of whom the audience may want nothing."""
    groups: dict[str, list[Reason]] = {}
    for reason in entry.reasons:
        if journey.when.meets(reason):
            groups.setdefault(_what(reason), []).append(reason)
    return [
        Trigger(what, tuple(reasons), tuple(map(reason_id, reasons)))
        for what, reasons in groups.items()
        if journey.audience.has(entry, reasons)
    ]


def _what(reason: Reason) -> str:
    kind = reason["kind"]
    return "/".join([kind, *[reason[field] for field in TOGETHER.get(kind, ())]])


def entered(entry: Entry, journeys: Journeys) -> Iterator[tuple[Journey, Trigger]]:
    """Each journey that the client enters, and with which trigger."""
    for kind in _kinds(entry.reasons):
        for journey in journeys.by_kind.get(kind, ()):
            for trigger in triggers_of(entry, journey):
                yield journey, trigger


def _kinds(reasons: Iterable[Reason]) -> Iterable[str]:
    return dict.fromkeys(reason["kind"] for reason in reasons)
