"""Revoking a client's links and forgetting a client: at once, everywhere, and provably.

The journal is written first: whatever fails after it, no later build brings the old link back.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from generator.base.config import Site
from generator.base.ids import normalised
from generator.data import WHO
from generator.data.shard import packed, unpacked
from generator.inputs import vault_of
from generator.inventory import PUBLISHED
from generator.manifest import MARK, MARKS, reason_key
from generator.partition import CLIENT, told_mark
from generator.publish import Deletable
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
from generator.site.private import open_private, write_private
from generator.site.register import REGISTER
from generator.site.shelf import Shelf
from generator.site.tree import recover
from generator.stores import open_to_withdraw


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
    store = open_to_withdraw(root, site.publish)
    erase = _Erase(layout, store, ring.client(client), dry_run=dry_run)
    lines = erase.manifest_lines(client)
    told = None if why == "forgotten" else _marks_in(lines, ring)
    paths = _paths(ring, before, client)
    if why == "forgotten":
        erase.rows(client, ring)
    return Receipt(
        who=who,
        why=why,
        at=at.isoformat(),
        generation=number,
        files=erase.files(paths),
        manifest_lines=len(lines),
        told_marks=erase.marks(told),
    )


def _paths(ring: KeyRing, generations: Generations, client: str) -> list[str]:
    """Where the client's page lies now, and wherever it lay before."""
    return [
        epoch.secrets().secret(CLIENT, client, number).keys().path
        for epoch in ring.epochs
        for number in range(generations.of(client) + 1)
    ]


def _marks_in(lines: list[dict[str, Any]], ring: KeyRing) -> list[bytes]:
    """The marks of what stood in lines that nobody will get: told again, with a new link."""
    reasons = (reason for line in lines for reason in line["reasons"])
    return [told_mark(ring, reason_key(reason)) for reason in reasons]


@dataclass(frozen=True, slots=True)
class _Erase:
    """Takes a client's things away and counts them; a dry run only counts."""

    layout: Layout
    store: Deletable
    who: bytes
    dry_run: bool

    def files(self, paths: list[str]) -> int:
        """Sealed files of the built and of the published site, and that they are on record."""
        count = 0
        for path in paths:
            built = self.layout.site / path
            count += built.exists() + self.store.has(path)
            if not self.dry_run:
                built.unlink(missing_ok=True)
        if not self.dry_run:
            self.store.delete_all(paths)
        for shelf in (
            Shelf(self.layout.register, REGISTER),
            Shelf(self.layout.published, PUBLISHED),
        ):
            self._drop(shelf, pl.col(WHO) == self.who)
        return count

    def manifest_lines(self, client: str) -> list[dict[str, Any]]:
        """The client's lines in the manifest and in what waits for the sender: their link is dead.

        A line that waits stands in the manifest too until the next build; it counts once.
        """
        waiting = sorted(self.layout.queue.glob("*.jsonl"))
        found = [
            line for path in (self.layout.manifest, *waiting) for line in self._in(path, client)
        ]
        return [json.loads(line) for line in dict.fromkeys(found)]

    def _in(self, path: Path, client: str) -> list[bytes]:
        """The client's lines in one file, which are taken out of it; a file may have been sent."""
        if not path.exists():
            return []
        found, draft = [], self.layout.manifest.with_name(".manifest.draft")
        with path.open("rb") as lines, open_private(draft) as kept:
            for line in lines:
                if json.loads(line)["client"] == client:
                    found.append(line)
                else:
                    kept.write(line)
        if found and not self.dry_run and path.exists():
            draft.replace(path)
        draft.unlink(missing_ok=True)
        return found

    def rows(self, client: str, ring: KeyRing) -> None:
        """The client's rows in the locked base, of which changes of the day are built."""
        vault = vault_of(ring, self.layout.base)
        if self.dry_run or vault.bits is None:
            return
        name = vault.bucket_of(client, vault.bits).name
        shard = unpacked(vault.read(name))
        left = packed(shard.without(pl.DataFrame({WHO: [self.who]}, {WHO: pl.Binary})))
        write_private(vault.folder / name, vault.box.lock(left, name))

    def marks(self, told: list[bytes] | None) -> int:
        """The notes of what the client was told: those of ``told``, or all."""
        theirs = pl.col(WHO) == self.who
        if told is not None:
            theirs &= pl.col(MARK).is_in(told)
        shelves = (Shelf(folder, MARKS) for folder in (self.layout.told, self.layout.telling))
        return sum(self._drop(shelf, theirs) for shelf in shelves)

    def _drop(self, shelf: Shelf, theirs: pl.Expr) -> int:
        dropped = 0
        for bucket, rows in shelf.frames():
            kept = rows.filter(~theirs)
            dropped += rows.height - kept.height
            if kept.height < rows.height and not self.dry_run:
                shelf.write(bucket, kept, keep=True)  # the register is whole, or not believed
        return dropped
