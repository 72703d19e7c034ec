"""What a publication would do, by kinds of files; nothing is sent, and nothing is remembered."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generator.base.errors import OutsideError
from generator.publish.publisher import Lot, Progress

KINDS = {"assets/": "assets", "p/": "sealed files", "q/": "stage pages"}
"""What the files below a folder of the site are called."""
OTHERS = "public pages"


@dataclass(slots=True)
class Amount:
    """So many files, with so many bytes."""

    files: int = 0
    size: int = 0


@dataclass(slots=True)
class Plan:
    """What would be sent and deleted."""

    added: dict[str, Amount] = field(default_factory=dict)
    """By kind: what the store does not have."""
    changed: dict[str, Amount] = field(default_factory=dict)
    """By kind: of what the store has another file, or may have one."""
    deleted: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    kept_back: int = 0
    """Clients' pages that would stay here, since the host would keep them."""


def planned(site: Path, lots: Sequence[Callable[[], Lot]], progress: Progress) -> Plan:
    """What ``publish`` would do with the same ``lots``.

    Raises:
        OutsideError: a file of the built site cannot be looked at.
    """
    plan = Plan()
    for number, make in enumerate(lots, start=1):
        lot = make()
        _count(plan.added, site, lot.added)
        _count(plan.changed, site, lot.changed)
        plan.deleted.update(map(kind_of, lot.gone))
        plan.unchanged += lot.unchanged
        progress(number, len(lots))
    return plan


def kind_of(path: str) -> str:
    """What a file is called in a plan."""
    return next((kind for start, kind in KINDS.items() if path.startswith(start)), OTHERS)


def _count(amounts: dict[str, Amount], site: Path, paths: Iterable[str]) -> None:
    for path in paths:
        amount = amounts.setdefault(kind_of(path), Amount())
        amount.files += 1
        amount.size += _size(site / path)


def _size(place: Path) -> int:
    try:
        return place.stat().st_size
    except OSError as error:
        hint = "run: sealpress build --full"
        raise OutsideError(f"build/site: {error.strerror} — hint: {hint}") from None
