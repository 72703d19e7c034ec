"""Within seconds: changes to single clients, from an event to the store and the sender's queue.

Each batch of events goes all the way before it is acknowledged: the clients' rows are changed
under the rules of the night, their pages built, committed and published; then, in one step, what
they are told is remembered and put into the queue. Whatever breaks off is done again with the same
outcome: rows as they were, pages of the same bytes, and nothing told twice.

What is the same for all clients stays as the night made it. That a series moved is told by nights
alone, since the part that shows it is theirs.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from generator.base.config import load_site
from generator.base.errors import InputError, Problem
from generator.buckets import Bucket, frame_of
from generator.clients import left_behind, to_build, to_tell
from generator.columns import WHO
from generator.compare import Compared, Tonight, compare, register_rows
from generator.data import Shard, Vault
from generator.data.changes import RowChange, changed
from generator.data.layers import Layers
from generator.data.table import Fault
from generator.direct import Direct, direct_to_store
from generator.events import Event
from generator.inputs import Terms, read_terms, vault_of
from generator.inventory import settle
from generator.keys import keys_of
from generator.lots import PUBLISHED, ClientLot
from generator.night import Keys, night_of, settings_of, tonight_of
from generator.partition import Partition, Result, task_of
from generator.publish import Papers, Publication, Store, name_of, publish
from generator.receipts import Vouched
from generator.right import right_to_change
from generator.sealing import path_of
from generator.sealing.generations import NAME as GENERATIONS
from generator.site.about import About, about, is_true
from generator.site.layout import Layout
from generator.site.lock import turn
from generator.site.register import ADDRESSES, FILES, REGISTER, addresses_of
from generator.site.shelf import Shelf
from generator.site.tree import Changes, begin, commit, draft
from generator.stores import open_papers, open_store
from generator.telling import finish_remembering, give_back, is_remembered, put_into_queue
from generator.told import MARKS, load_told
from generator.waiting import Courier

WAIT = "run: sealpress nightly"
COMMAND = "sealpress watch"
PATIENCE = 600.0  # seconds for a publisher on another machine; then the batch is brought again
OLD = "the content, the settings, the theme, the quotes or the keys changed since it was built"

Stamp = tuple[object, ...]
"""What changes when a night was here, or a client was revoked or forgotten."""


@dataclass(slots=True)
class Done:
    """What became of a batch of events."""

    events: int = 0
    pages: int = 0
    entries: int = 0
    forgotten: int = 0
    """Events of clients who are forgotten: nothing came of them."""
    refused: list[tuple[Event, Fault]] = field(default_factory=list)
    """Events whose rows broke a rule of the night: nothing came of them."""


class Watch:
    """Brings events to the pages of a published site; made once, used for each batch."""

    def __init__(self, root: Path) -> None:
        self._root, self._layout = root, Layout(root)
        self._ready: _Ready | None = None

    def prepare(self, day: date) -> None:
        """Read what the batches of ``day`` need, where that was not done; raises as ``apply``."""
        if not self._is_ready(about(self._layout), day):
            with turn(self._layout):
                self._prepared(day)

    def apply(
        self, events: Sequence[Event], day: date, begun: Callable[[], None] = lambda: None
    ) -> Done:
        """Bring a batch all the way; when this returns it may be acknowledged.

        ``begun`` is called when no other command has the site: before that nothing is done.

        Raises:
            InputError: nothing is published yet, or content was changed since it was built.
            KeyRingError: the key ring is missing or damaged.
            OutsideError: the disk or the store failed; the same batch may be brought again.
        """
        with turn(self._layout):
            begun()
            return self._prepared(day).apply(events)

    def _prepared(self, day: date) -> "_Ready":
        """What was prepared for the site as it is, or is prepared now: a night has come between."""
        begin(self._layout)
        self._finish()
        settle(self._layout)
        built, ready = about(self._layout), self._ready
        if built is None or not is_remembered(self._layout):
            raise InputError([Problem("build/site", "this site is not published yet", WAIT)])
        if ready is None or not ready.site.is_of(built):
            ready = _Published.of(self._root, built).on(day)
        elif ready.day != day:
            ready = ready.site.on(day)
        self._ready = ready
        return ready

    def _finish(self) -> None:
        """Go on with what a publication, or undoing one, was to remember when it broke off."""
        give_back(self._layout)
        if self._layout.promise.exists():
            site, _ = load_site(self._root)
            ring, _ = keys_of(self._root, site)
            finish_remembering(self._layout, Courier.of(ring, site))

    def _is_ready(self, built: About | None, day: date) -> bool:
        ready = self._ready
        return ready is not None and ready.day == day and ready.site.is_of(built)


@dataclass(frozen=True, slots=True)
class _Published:
    """What stays the same until the next night."""

    stamp: Stamp
    terms: Terms
    keys: Keys
    vault: Vault
    bits: int
    """By how many bits the base is dealt into buckets."""
    direct: Direct | None
    """The inventory of the store to which pages go straight; None where they lie in the site."""
    store: Store
    papers: Papers
    tonight: Tonight

    @classmethod
    def of(cls, root: Path, built: About) -> "_Published":
        """Prepare for the site that was built last."""
        terms = read_terms(root, built.day, built.day)
        stamp = _stamp(built, terms)
        keys = Keys(*keys_of(root, terms.site))
        tonight = tonight_of(terms, keys, everything=False)
        vault = vault_of(keys.ring, terms.layout.base)
        is_same = (
            is_true(terms.layout, keys.ring, built.store)
            and built.store in {"", name_of(terms.site.publish)}
            and tonight.versions.mark() == built.made_of
        )
        bits = vault.bits
        if bits is None or not is_same:
            raise InputError([Problem("build/site", OLD, WAIT)])
        direct = direct_to_store(terms.layout, keys.ring, bits) if built.store else None
        store = open_store(root, terms.site.publish)
        papers = open_papers(root, terms.site.publish)
        return cls(stamp, terms, keys, vault, bits, direct, store, papers, tonight)

    def is_of(self, built: About | None) -> bool:
        """Whether no night was here since, and nobody was revoked or forgotten."""
        return self.stamp == _stamp(built, self.terms)

    def on(self, day: date) -> "_Ready":
        """Prepare for events that come on ``day``; courses stay as they were for the night."""
        terms = replace(self.terms, as_of=max(day, self.terms.as_of))
        night = night_of(terms, load_told(terms.layout.state), self.keys.ring)
        quiet, direct = replace(night, moved={}), self.direct is not None
        settings = settings_of(terms, quiet, direct=direct)
        tonight = replace(self.tonight, as_of=terms.as_of)
        return _Ready(self, day, terms, tonight, Partition(settings, self.keys.ring))


@dataclass(frozen=True, slots=True)
class _Ready:
    """What stays the same from batch to batch."""

    site: _Published
    day: date
    terms: Terms
    tonight: Tonight
    partition: Partition

    def apply(self, events: Sequence[Event]) -> Done:
        """Bring a batch all the way."""
        site, terms = self.site, self.terms
        wanted = [one for one in events if not site.keys.generations.is_forgotten(one.client)]
        done = Done(len(events), forgotten=len(events) - len(wanted))
        by_bucket = defaultdict(list)
        for event in wanted:
            by_bucket[site.vault.bucket_of(event.client, site.bits)].append(event)
        parts = [_Part(self, bucket, some, done) for bucket, some in sorted(by_bucket.items())]
        if not parts:
            return done
        with right_to_change(terms.layout, site.papers, COMMAND, patience=PATIENCE) as right:
            self._build(parts)
            lots = right.asked([part.lot for part in parts])
            sent = publish(terms.layout.site, site.store, lots, lambda *_: None)
            if site.direct:
                for part in parts:
                    sent = sent.after(part.ahead)
            right.end(sent)
        self._tell(parts, Vouched(name_of(terms.site.publish), sent.there))
        return done

    def _build(self, parts: Sequence["_Part"]) -> None:
        """Bring the pages into the built site, and on record with the rows they are made of."""
        names = [name for part in parts for name in part.build()]
        if names:
            commit(self.terms.layout, (path for part in parts for path in part.removed), names)

    def _tell(self, parts: Sequence["_Part"], vouched: Vouched) -> None:
        """Put into the queue what was not told yet, and remember it in the same step."""
        layout, manifest = self.terms.layout, b"".join(part.manifest for part in parts)
        courier = Courier.of(self.site.keys.ring, self.terms.site)
        queued = put_into_queue(layout, f"{self.terms.as_of}", manifest, courier, vouched)
        told = [name for part in parts for name in part.remember()]
        if queued or told:
            commit(layout, (), [*queued, *told])


class _Part:
    """What a batch does to the clients of one bucket."""

    def __init__(self, ready: _Ready, bucket: Bucket, events: list[Event], done: Done) -> None:
        self._ready, self._bucket, self._events, self._done = ready, bucket, events, done
        layout, ring = ready.terms.layout, ready.site.keys.ring
        self._register, self._told = Shelf(layout.register, REGISTER), Shelf(layout.told, MARKS)
        who = sorted({ring.client(event.client) for event in events})
        self._who = pl.DataFrame({WHO: who}, {WHO: pl.Binary})
        self._result: Result | None = None
        self.removed: list[str] = []
        """Paths of pages that are to be taken away."""

    @property
    def lot(self) -> Callable[[], ClientLot]:
        """The pages of these clients, to be published."""
        store = Shelf(self._ready.terms.layout.published, PUBLISHED)
        return partial(ClientLot, self._bucket, self._register, store, self._who)

    @property
    def ahead(self) -> Publication:
        """What went straight to the store when it was built, where pages do."""
        made = self._result.changes if self._result else Changes()
        return Publication(added=made.added, changed=made.changed)

    @property
    def manifest(self) -> bytes:
        """What these clients are to be told."""
        return self._result.manifest if self._result else b""

    def build(self) -> list[str]:
        """Build what changed; the private files whose drafts are to take their places."""
        vault = self._ready.site.vault
        layers = Layers(vault, self._bucket)
        lying = layers.lying()
        before = lying.whole()
        after = self._after(before)
        names = self._pages(after.only(self._who))
        if any(not a.equals(b) for a, b in zip(before.frames(), after.frames(), strict=True)):
            locked, rows = f"{vault.folder.name}/{layers.newer}", lying.changed(after, self._who)
            vault.write_as(layers.newer, rows, draft(self._ready.terms.layout, locked))
            names.append(locked)
        return names

    def remember(self) -> list[str]:
        """Remember what the queue tells; the private file whose draft is to take its place."""
        if self._result is None or not self._result.entries:
            return []
        self._done.entries += self._result.entries
        told = pl.concat([self._told.read(self._bucket), frame_of(self._result.marks)])
        return [self._told.draft(self._bucket, told)]

    def _after(self, shard: Shard) -> Shard:
        """The shard after the events; those that break a rule are noted."""
        changes = (
            RowChange(number, event.table, dict(event.row), event.deleted)
            for number, event in enumerate(self._events)
        )
        shard, faults = changed(shard, changes, self._ready.terms.known, self._ready.site.vault)
        self._done.refused += [
            (self._events[fault.row], fault) for some in faults.values() for fault in some
        ]
        return shard

    def _pages(self, shard: Shard) -> list[str]:
        """Build the pages that changed; the register's file, if it is another one."""
        rows, tonight = self._register.read(self._bucket), self._ready.tonight
        mine = rows.join(self._who, on=WHO, how="semi", maintain_order="left")
        # who was refused at night and has no page waits for the next: not all rows are known here
        waiting = shard.held.join(mine, on=WHO, how="anti")
        compared = compare(shard.without(waiting), mine, tonight)
        built = self._built(shard, compared)
        if compared.is_same:
            return []
        fresh = register_rows(compared.todo, built, tonight)
        if self._ready.site.direct:
            self._ready.site.direct.sent(self._bucket, fresh)
        gone = map(path_of, addresses_of(compared.removed[ADDRESSES]))
        self.removed = [*gone, *left_behind(compared.todo, fresh)]
        self._done.pages += fresh.height
        others = rows.join(self._who, on=WHO, how="anti")
        return [self._register.draft(self._bucket, pl.concat([others, compared.kept, fresh]))]

    def _built(self, shard: Shard, compared: Compared) -> pl.DataFrame:
        """Render, seal and stage; where the pages lie, and their digests."""
        ready = self._ready
        todo = pl.concat([to_build(compared), to_tell(compared, self._who, ready.tonight)])
        mine = shard.only(todo)
        if not len(mine):
            return compared.todo.select(WHO, ADDRESSES, FILES)
        if ready.site.direct:
            todo = ready.site.direct.begin(self._bucket, mine, todo)
        task = task_of(mine, todo, self._told.read(self._bucket), ready.site.vault.box)
        self._result = ready.partition.build(task)
        return frame_of(self._result.built)


def _stamp(built: About | None, terms: Terms) -> Stamp:
    """What a night changes, and whoever revokes, forgets, or rotates keys."""
    ring = terms.root / terms.site.keys
    layout = terms.layout
    files = layout.about, layout.state, ring, ring.with_name(GENERATIONS)
    return built, *map(_identity, files)


def _identity(path: Path) -> tuple[int, int, int] | None:
    if not path.exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
