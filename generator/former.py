"""What was published before the last publication, so that it can come back.

Comes in: a publication that is about to change something. Goes out: the inventory that was true
before it, what lay in the queue, and the last day that was told; the store keeps the files. It
refuses to keep more than one publication, and forgets nobody late: who withdraws a client takes
them out of here too.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal

import polars as pl

from generator.base.errors import OutsideError
from generator.buckets import buckets
from generator.inventory import COMMON, inventory_files, inventory_of
from generator.lots import HASH, PAGE, PUBLISHED, UNSURE, ClientLot
from generator.publish import Files, Keeping, Lot, before_each, inventory_file, load_inventory
from generator.sealing import path_of
from generator.site.layout import Layout
from generator.site.private import close_folder, second_name, unwritten, where, write_private
from generator.site.shelf import Shelf

State = Literal["none", "begun", "published", "undoing", "undone"]
MARKER, TOUCHED, TOLD = "about.json", "touched", "told.json"


@dataclass(frozen=True)
class Former:
    """What is kept of the publication before the last one."""

    layout: Layout

    @property
    def state(self) -> State:
        """How far the last publication, or its undoing, came; none where nothing is kept."""
        found: State = self._about.get("state", "none")
        return found

    @property
    def queue(self) -> frozenset[str]:
        """The names of the manifests that waited when the last publication began."""
        return frozenset(self._about.get("queue", ()))

    @property
    def told(self) -> Path:
        """The state of what was told when the last publication began."""
        return self.layout.former / TOLD

    @property
    def touched(self) -> list[str]:
        """The paths that an undoing which was begun changes."""
        place = self.layout.former / TOUCHED
        return place.read_text(encoding="utf-8").splitlines() if place.exists() else []

    def begin(self, store: Keeping) -> None:
        """Keep what is true now; nothing new while an earlier publication was not ended.

        Raises:
            OutsideError: the disk or the store failed.
        """
        if self.state in {"begun", "undoing"}:  # then what was before that is what was before
            self._mark("begun")
            return
        try:
            if self.layout.former.exists():
                self._marker.unlink(missing_ok=True)  # from here on nothing is kept
                rmtree(self.layout.former)
            close_folder(self.layout.former)
            store.begin_publication()
            for place in inventory_files(self.layout):
                second_name(place, self.layout.former / place.name)
            if self.layout.state.exists():
                second_name(self.layout.state, self.told)
        except OSError as error:
            raise unwritten("build/private/former", error) from None
        self._mark("begun", sorted(path.name for path in self.layout.queue.glob("*.jsonl")))

    def end(self) -> None:
        """Note that the publication which was begun is complete; nothing if none was."""
        if self.state == "begun":
            self._mark("published")

    def begin_undoing(self, touched: Sequence[str]) -> None:
        """Note that the last publication is being undone, and which paths that changes."""
        paths = sorted({*self.touched, *touched})
        write_private(self.layout.former / TOUCHED, "".join(f"{p}\n" for p in paths).encode())
        self._mark("undoing")

    def end_undoing(self) -> None:
        """Note that the last publication is undone."""
        (self.layout.former / TOUCHED).unlink(missing_ok=True)
        self._mark("undone")

    def keeping(self, store: Keeping, lots: Sequence[Callable[[], Lot]]) -> list[Callable[[], Lot]]:
        """The same lots; before the first of them changes anything, what is true then is kept."""
        return before_each(lots, _Once(partial(self.begin, store)))

    def lots(self) -> Iterator["FormerLot"]:
        """What the last publication changed, lot by lot, in the order of a publication.

        Raises:
            OutsideError: a record is damaged.
        """
        first, last = (self._common(name) for name in COMMON)
        former, published = self._shelf, inventory_of(self.layout)
        bits = max(former.bits, published.bits)
        yield first
        for bucket in buckets(bits):
            lot = _FormerClients(bucket, former, published)
            yield FormerLot(lot, lot.digests)
        yield last

    def deal(self) -> None:
        """Deal what is published as ``lots`` has it: nothing else is changed."""
        published = inventory_of(self.layout)
        published.deal(max(self._shelf.bits, published.bits))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was published before the last publication."""
        clients = any(not rows.is_empty() for _, rows in self._shelf.frames())
        return not clients and not any(load_inventory(self._at(name)).files for name in COMMON)

    def _common(self, name: str) -> "FormerLot":
        place, former = self.layout.published / name, load_inventory(self._at(name)).files
        there = load_inventory(place)
        files = there.files
        unsure = {path: files[path] for path in former if not former[path] and path in files}
        wanted = {path: digest for path, digest in former.items() if digest} | unsure
        lot = Files(
            wanted,
            files,
            lambda found: write_private(place, inventory_file(found)),
            there.since,
        )
        return FormerLot(lot, wanted)

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self.layout.former, PUBLISHED)

    @property
    def _marker(self) -> Path:
        return self._at(MARKER)

    def _at(self, name: str) -> Path:
        return self.layout.former / name

    @property
    def _about(self) -> Mapping[str, Any]:
        try:
            return dict(json.loads(self._marker.read_bytes()))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError):
            hint = "remove build/private/former: then the last publication cannot be undone"
            sentence = f"{where(self._marker)}: the file is damaged"
            raise OutsideError(f"{sentence} — hint: {hint}") from None

    def _mark(self, state: State, queue: Sequence[str] | None = None) -> None:
        names = sorted(self.queue) if queue is None else list(queue)
        write_private(self._marker, json.dumps({"state": state, "queue": names}).encode())


@dataclass(frozen=True, slots=True)
class FormerLot:
    """A lot of what is to come back, and the SHA-256 of each file that was there."""

    lot: Lot
    digests: Mapping[str, str]

    @property
    def back(self) -> list[str]:
        """The paths whose files come back."""
        return [*self.lot.added, *self.lot.changed]


class _FormerClients(ClientLot):
    """The pages of the clients of one bucket as they were; those not sure of stay as they are."""

    @cached_property
    def _wanted(self) -> pl.DataFrame:
        former = self.built.read(self.bucket)
        known, unsure = former.filter(pl.col(HASH) != UNSURE), former.filter(pl.col(HASH) == UNSURE)
        return pl.concat([known, self._store.join(unsure, on=PAGE, how="semi")])

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each file by its path."""
        rows = self._wanted.select(PAGE, HASH).iter_rows()
        return {path_of(page): digest.hex() for page, digest in rows}


class _Once:
    """Does something when it is called first."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action, self._is_done = action, False

    def __call__(self) -> None:
        if not self._is_done:
            self._action()
            self._is_done = True
