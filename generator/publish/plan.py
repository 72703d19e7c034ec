"""What a publication would do, by kinds of files; nothing is sent, and nothing is remembered."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from functools import partial
from pathlib import Path
from typing import NamedTuple

from generator.base.errors import OutsideError, Problem
from generator.publish.guard import Share
from generator.publish.publisher import Lot, Progress, Stale

KINDS = {"assets/": "assets", "q/": "stage pages"}
"""What the files below a folder of the site are called."""
SEALED = "p/"
UNTOLD = (SEALED, "q/")
SHOWN = 3  # files of a lot that are named
CENT = Decimal("0.01")
OTHERS = "public pages"


@dataclass(slots=True)
class Amount:
    """So many files, with so many bytes."""

    files: int = 0
    size: int = 0


@dataclass(slots=True)
class Forecast:
    """What a publication would ask of the store, and what that costs."""

    writes: int
    """Requests that put a file or give it other headers: what a store charges for."""
    deletions: int
    """Files that would be deleted now, a thousand a request; most stores charge nothing."""
    cost: Decimal | None
    """At the price that is set; without one at AWS's list price, in dollars. None of a folder."""
    seconds: float | None
    """At the rate of the last publication; None where there was none of many files."""


class Listing(NamedTuple):
    """What a listing of the store would set right, in files, before the rest of the plan."""

    listed: int
    missing: int
    """Remembered, and not there."""
    other: int
    """There with other bytes than was remembered, or not remembered."""
    unknown: int
    """There, and wanted by nobody: they would be deleted."""


@dataclass(slots=True)
class Plan:
    """What would be sent and deleted."""

    added: dict[str, Amount] = field(default_factory=dict)
    """By kind: what the store does not have."""
    changed: dict[str, Amount] = field(default_factory=dict)
    """By kind: of what the store has another file, or may have one."""
    headers: Counter[str] = field(default_factory=Counter)
    """By kind: what would get other headers, and no bytes."""
    deleted: Counter[str] = field(default_factory=Counter)
    """By kind: what would be deleted at the end of this publication."""
    kept: Counter[str] = field(default_factory=Counter)
    """By kind: what nobody needs any more, and a later publication would delete."""
    unchanged: int = 0
    kept_back: int = 0
    """Clients' pages that would stay here, since the host would keep them."""
    clients: Share | None = None
    """What would become of clients' pages; None where that is not known."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why clients' pages were built that would be sent, in words, with numbers of clients."""
    samples: list[str] = field(default_factory=list)
    """Some of what would be sent, with the reason; no address of a client's page."""
    forecast: Forecast | None = None
    listing: Listing | None = None
    """Where the store is to be listed first: the rest of the plan is as if it were not."""
    objections: list[Problem] = field(default_factory=list)
    """What the guard says: it would stop the publication."""

    @property
    def sent(self) -> Amount:
        """Everything that would be sent."""
        amounts = [*self.added.values(), *self.changed.values()]
        return Amount(sum(one.files for one in amounts), sum(one.size for one in amounts))


def planned(
    site: Path,
    lots: Sequence[Callable[[], Lot]],
    progress: Progress,
    is_stale: Stale | None = None,
) -> Plan:
    """What ``publish`` would do with the same ``lots``.

    Raises:
        OutsideError: a file of the built site cannot be looked at.
    """
    plan = Plan()
    for number, make in enumerate(lots, start=1):
        lot = make()
        kind = partial(kind_of, sealed=lot.sealed)
        _count(plan.added, site, lot.added, kind)
        _count(plan.changed, site, lot.changed, kind)
        if is_stale:
            plan.headers.update(map(kind, filter(is_stale, lot.same)))
        plan.deleted.update(map(kind, lot.gone))
        plan.kept.update(map(kind, lot.kept))
        plan.unchanged += lot.unchanged
        _show(plan.samples, lot)
        progress(number, len(lots))
    return plan


def forecast(plan: Plan, price_per_1000: Decimal | None, rate: float) -> Forecast:
    """What the store would be asked, what it charges, and how long that takes at a ``rate``.

    The rate is in files a second; 0 where it is not known.
    """
    writes = plan.sent.files + plan.headers.total()
    price = None if price_per_1000 is None else writes * price_per_1000 / 1000
    cost = None if price is None else price.quantize(CENT, ROUND_UP)
    return Forecast(writes, plan.deleted.total(), cost, writes / rate if rate else None)


def _show(samples: list[str], lot: Lot) -> None:
    """Name some files; sealed ones and stage pages have addresses that nobody is to see."""
    for paths, why in ((lot.added, "new"), (lot.changed, "changed")):
        named = [path for path in paths if not path.startswith(UNTOLD)]
        samples += [f"{path}: {why}" for path in named[:SHOWN]]


def kind_of(path: str, sealed: str) -> str:
    """What a file is called in a plan; sealed ones as their lot says."""
    if path.startswith(SEALED):
        return sealed
    return next((kind for start, kind in KINDS.items() if path.startswith(start)), OTHERS)


def _count(
    amounts: dict[str, Amount], site: Path, paths: Iterable[str], kind: Callable[[str], str]
) -> None:
    for path in paths:
        amount = amounts.setdefault(kind(path), Amount())
        amount.files += 1
        amount.size += _size(site / path)


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError as error:
        hint = "run: sealpress build --full"
        raise OutsideError(f"build/site: {error.strerror} — hint: {hint}") from None
