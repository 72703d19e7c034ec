"""A lot of files by name: what is the same for everyone, some hundreds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from generator.base.errors import OutsideError

FORMAT = "sealpress inventory 2"
ORDER = ("assets/", "p/", "q/")
LOADER = "index.html"
UNSURE = ""  # the digest of a file that may or may not have been sent, or taken away

Inventory = Mapping[str, str]
"""Paths with the digests of their files."""


@dataclass(frozen=True)
class Files:
    """What is wanted, what the store has, and how to remember the latter."""

    wanted: Inventory
    store: Inventory
    remember: Callable[[Inventory], None] = lambda _: None

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
        """Paths that are no longer wanted."""
        return sorted(self.store.keys() - self.wanted.keys())

    @property
    def unchanged(self) -> int:
        """How many files the store has as they are."""
        return len(self.wanted) - len(self.added) - len(self.changed)

    def begin(self) -> None:
        """Remember that nobody knows what the store has of any of these from now on."""
        touched = (*self.added, *self.changed, *self.gone)
        self.remember({**self.store, **dict.fromkeys(touched, UNSURE)})

    def sent(self) -> None:
        """Remember that the store has what was new, and still what is gone."""
        self.remember({**self.store, **self.wanted})

    def end(self) -> None:
        """Remember that what is gone is gone."""
        self.remember(self.wanted)


def inventory_file(inventory: Inventory) -> bytes:
    """The file of an inventory."""
    return json.dumps({"format": FORMAT, "files": dict(inventory)}, sort_keys=True).encode()


def load_inventory(path: Path) -> dict[str, str]:
    """The inventory in a file; empty where there is none.

    Raises:
        OutsideError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError
        return dict(data["files"])
    except (ValueError, KeyError, TypeError):
        hint = "remove build/private/published to publish everything again"
        raise OutsideError(f"{path.name}: the inventory is damaged — hint: {hint}") from None


def _order(path: str) -> tuple[int, bool, str]:
    known = [place for place, start in enumerate(ORDER) if path.startswith(start)]
    return (known[0] if known else len(ORDER)), path == LOADER, path
