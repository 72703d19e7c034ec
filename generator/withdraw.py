"""Revoking a client's links and forgetting a client: at once, everywhere, and provably.

The journal is written first: whatever fails after it, no later build brings the old link back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from generator.base.config import Site
from generator.base.ids import normalised
from generator.manifest import load_told, reason_key
from generator.partition import CLIENT, told_mark
from generator.publish import DirectoryStore
from generator.publish.publisher import inventory_file, load_inventory
from generator.sealing import (
    Generations,
    KeyRing,
    load_generations,
    load_key_ring,
    next_generation,
)
from generator.sealing.generations import Why
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.tree import recover, write_private


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a withdrawal did, without a word of whom it concerned but their pseudonym."""

    who: str
    why: Why
    at: str
    generation: int
    files: int
    """Sealed files taken from the built and the published site."""
    manifest_lines: int
    told_marks: int


def withdraw(
    root: Path,
    site: Site,
    client: str,
    why: Why,
    at: datetime,
    environment: Mapping[str, str],
    *,
    dry_run: bool = False,
) -> Receipt:
    """Give ``client`` a new generation and delete whatever lay under the old ones.

    A dry run counts what would go and changes nothing.

    Raises:
        KeyRingError: the key ring or its journal is missing or damaged.
        OutsideError: the store failed; run it again.
    """
    layout = Layout(root)
    with only_run(layout):
        recover(layout)
        ring = load_key_ring(root / site.keys, environment)
        return _withdraw(layout, site, ring, normalised(client), why, at, dry_run=dry_run)


def _withdraw(
    layout: Layout, site: Site, ring: KeyRing, client: str, why: Why, at: datetime, *, dry_run: bool
) -> Receipt:
    root = layout.root
    before = load_generations(ring, root / site.keys)
    who, number = before.who(client), before.of(client) + 1
    if not dry_run:
        next_generation(before, root / site.keys, client, why, at)
    erase = _Erase(layout, root / site.publish.path, dry_run=dry_run)
    lines = erase.manifest_lines(client)
    return Receipt(
        who=who,
        why=why,
        at=at.isoformat(),
        generation=number,
        files=erase.files(_paths(ring, before, client)),
        manifest_lines=len(lines),
        told_marks=erase.marks(_all_of(who) if why == "forgotten" else _in(lines, who, ring)),
    )


def _paths(ring: KeyRing, generations: Generations, client: str) -> list[str]:
    """Where the client's page lies now, and wherever it lay before."""
    return [
        epoch.secrets().secret(CLIENT, client, number).keys().path
        for epoch in ring.epochs
        for number in range(generations.of(client) + 1)
    ]


def _all_of(who: str) -> Callable[[str], bool]:
    """Every mark of a client."""
    return lambda mark: mark.startswith(f"{who}.")


def _in(lines: list[dict[str, Any]], who: str, ring: KeyRing) -> Callable[[str], bool]:
    """The marks of what stood in lines that nobody will get: told again, with a new link."""
    reasons = (reason for line in lines for reason in line["reasons"])
    return {told_mark(who, ring, reason_key(reason)) for reason in reasons}.__contains__


@dataclass(frozen=True, slots=True)
class _Erase:
    """Takes things away and counts them; a dry run only counts."""

    layout: Layout
    published: Path
    dry_run: bool

    def files(self, paths: list[str]) -> int:
        """Sealed files of the built and of the published site."""
        store, inventory = DirectoryStore(self.published), load_inventory(self.layout.published)
        count = 0
        for path in paths:
            built = self.layout.site / path
            count += built.exists() + (self.published / path).exists()
            inventory.pop(path, None)
            if not self.dry_run:
                built.unlink(missing_ok=True)
                store.delete(path)
        if self.layout.published.exists():
            self._write(self.layout.published, inventory_file(inventory))
        return count

    def manifest_lines(self, client: str) -> list[dict[str, Any]]:
        """The client's lines in the manifest: they hold the dead link."""
        if not self.layout.manifest.exists():
            return []
        lines = self.layout.manifest.read_bytes().splitlines(keepends=True)
        entries = [json.loads(line) for line in lines]
        pairs = zip(lines, entries, strict=True)
        kept = [line for line, entry in pairs if entry["client"] != client]
        self._write(self.layout.manifest, b"".join(kept))
        return [entry for entry in entries if entry["client"] == client]

    def marks(self, concerned: Callable[[str], bool]) -> int:
        """The notes of what the client was told."""
        dropped = 0
        for path in filter(Path.exists, (self.layout.state, self.layout.night)):
            told = load_told(path)
            kept = {mark: day for mark, day in told.marks.items() if not concerned(mark)}
            dropped += len(told.marks) - len(kept)
            self._write(path, told.with_marks(kept).as_json())
        return dropped

    def _write(self, path: Path, content: bytes) -> None:
        if not self.dry_run:
            write_private(path, content)
