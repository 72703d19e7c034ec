"""A lot of files by name: what is the same for everyone, some hundreds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from generator.base.errors import OutsideError

FORMAT, BEFORE = "sealpress inventory 3", "sealpress inventory 2"
ORDER = ("assets/", "p/", "q/")
SEALED = "p/"
LOADER = "index.html"
UNSURE = ""  # the digest of a file that may or may not have been sent, or taken away

Inventory = Mapping[str, str]
"""Paths with the digests of their files."""
Since = Mapping[str, date]
"""Paths that are no longer wanted, with the day of the first publication that did without them."""


class Known(NamedTuple):
    """What the store has, and what of it is no longer wanted since when."""

    files: Inventory
    since: Since


@dataclass(frozen=True, slots=True)
class Grace:
    """How long files stay that a reader's open page may still ask for."""

    today: date = date.min
    days: int = 0
    for_sealed: bool = True
    """Whether sealed parts stay too; not after a key was retired: what it opens goes at once."""


@dataclass(frozen=True)
class Files:
    """What is wanted, what the store has, and how to remember the latter."""

    wanted: Inventory
    store: Inventory
    remember: Callable[[Known], None] = lambda _: None
    since: Since = field(default_factory=dict)
    grace: Grace = Grace()
    sealed: str = "sealed files"
    """What its sealed files are called in a plan."""

    @cached_property
    def added(self) -> list[str]:
        """Paths that the store does not have, what others point to first and the loader last."""
        return sorted(self.wanted.keys() - self.store.keys(), key=_order)

    @cached_property
    def changed(self) -> list[str]:
        """Paths of which the store has another file, or may have one, in the same order."""
        both = self.wanted.keys() & self.store.keys()
        return sorted((path for path in both if self.wanted[path] != self.store[path]), key=_order)

    @cached_property
    def gone(self) -> list[str]:
        """Paths that are no longer wanted, and whose grace is over."""
        return sorted(filter(self._is_due, self._unwanted))

    @cached_property
    def kept(self) -> list[str]:
        """Paths that are no longer wanted, and stay for a while."""
        return sorted(self._unwanted - set(self.gone))

    @property
    def same(self) -> list[str]:
        """Paths of which the store has this very file."""
        return sorted(
            path for path, digest in self.wanted.items() if self.store.get(path) == digest
        )

    @property
    def unchanged(self) -> int:
        """How many files the store has as they are."""
        return len(self.wanted) - len(self.added) - len(self.changed)

    @property
    def is_settled(self) -> bool:
        """Whether a publication would leave it as it is, and all that is remembered of it."""
        return not (self.added or self.changed or self.gone or set(self.kept) - self.since.keys())

    def begin(self) -> None:
        """Remember that nobody knows what the store has of any of these from now on."""
        touched = (*self.added, *self.changed, *self.gone)
        self.remember(Known({**self.store, **dict.fromkeys(touched, UNSURE)}, self._left))

    def sent(self) -> None:
        """Remember that the store has what was new, and still what is gone."""
        self.remember(Known({**self.store, **self.wanted}, self._left))

    def end(self) -> None:
        """Remember that what is gone is gone, and since when the rest is not wanted."""
        kept = {path: self.store[path] for path in self.kept}
        since = {path: self._since(path) for path in self.kept}
        self.remember(Known({**self.wanted, **kept}, since))

    @cached_property
    def _unwanted(self) -> set[str]:
        return self.store.keys() - self.wanted.keys()

    @property
    def _left(self) -> Since:
        """Since when, as it was remembered, of what is still not wanted."""
        return {path: day for path, day in self.since.items() if path in self._unwanted}

    def _since(self, path: str) -> date:
        return min(self.since.get(path, self.grace.today), self.grace.today)

    def _is_due(self, path: str) -> bool:
        grace = self.grace
        if path.startswith(SEALED) and not grace.for_sealed:
            return True
        return grace.today - self._since(path) >= timedelta(grace.days)


def inventory_file(known: Known) -> bytes:
    """The file of an inventory."""
    since = {path: day.isoformat() for path, day in known.since.items()}
    data = {"format": FORMAT, "files": dict(known.files), "since": since}
    return json.dumps(data, sort_keys=True).encode()


def load_inventory(path: Path) -> Known:
    """The inventory in a file, of this format or the one before; empty where there is none.

    Raises:
        OutsideError: the file is damaged.
    """
    if not path.exists():
        return Known({}, {})
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        since = data["since"] if data["format"] == FORMAT else {}
        if data["format"] not in {FORMAT, BEFORE}:
            raise ValueError
        days = {one: date.fromisoformat(day) for one, day in since.items()}
        return Known(dict(data["files"]), days)
    except (ValueError, KeyError, TypeError, AttributeError):
        hint = "remove build/private/published to publish everything again"
        raise OutsideError(f"{path.name}: the inventory is damaged — hint: {hint}") from None


def _order(path: str) -> tuple[int, bool, str]:
    known = [place for place, start in enumerate(ORDER) if path.startswith(start)]
    return (known[0] if known else len(ORDER)), path == LOADER, path
