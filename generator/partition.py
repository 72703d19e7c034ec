"""One partition of clients: locked rows come in, sealed files and manifest lines go out.

This is what a worker does, in this process, in another or on another machine. It is given the
settings of the night and rows that only the key ring opens; keys it reads itself, so that none
ever crosses from process to process. It answers with digests, counts and manifest lines, never
with pages or keys.
"""

import gc
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from generator.base.allocator import keep_freed
from generator.base.config import Site
from generator.briefs import prepared
from generator.buckets import frame_of, stream_of
from generator.columns import DEAL, WHO
from generator.compare import GENERATION
from generator.content import Content
from generator.data import Client
from generator.data.shard import Shard, packed, unpacked
from generator.data.vault import Box as Locker
from generator.keys import told_mark
from generator.manifest import Night, Reason, entry_line
from generator.pages.client import ClientPages
from generator.pages.packed import PackedTheme
from generator.sealing import Box, Epoch, KeyRing, link_fragment, load_key_ring, path_of, seal
from generator.sealing.secret import Keys
from generator.site.layout import Layout
from generator.site.register import ADDRESS, ADDRESSES, DIGEST, FILES
from generator.site.tree import Changes, Stage
from generator.stores import open_store
from generator.strategy import Course
from generator.told import MARK, MARKS
from generator.upload import Upload

CLIENT = "client"
TASK = "task"
BUILD = "build"
BATCH = 500  # clients that are values at a time
BUILT = {WHO: pl.Binary, ADDRESSES: pl.Binary, FILES: pl.Binary}
RARELY = (20_000, 20, 100)  # pages leave no circles behind


@dataclass(frozen=True, slots=True)
class Settings:
    """What every partition of a night needs; crosses to the workers without keys."""

    root: Path
    site: Site
    theme: PackedTheme
    content: Content
    courses: Mapping[str, Course]
    as_of: date
    night: Night
    direct: bool = False
    """Whether pages go to the store from here, and are not staged."""


class Task(NamedTuple):
    """Clients to look at. The rows are locked; the streams beside them hold only pseudonyms."""

    shard: bytes
    todo: bytes
    """In the shard's order: ``WHO``, ``GENERATION``, ``BUILD`` (or else only tell), and the
    ``ADDRESSES`` and ``FILES`` of the earlier page, empty where there was none."""
    told: bytes
    """The marks of what these clients were told."""
    clients: int


class Result(NamedTuple):
    """What a partition answers with."""

    built: bytes
    """A stream: ``WHO``, ``ADDRESSES`` and ``FILES`` of the pages that were built."""
    manifest: bytes
    """Lines; locked as they come back from ``work``."""
    marks: bytes
    """A stream of ``MARKS``: what the manifest tells."""
    changes: Changes
    pages: int
    entries: int


def task_of(shard: Shard, todo: pl.DataFrame, told: pl.DataFrame, box: Locker) -> Task:
    """The task to look at the clients of ``shard``, each of whom has a row in ``todo``."""
    rows = shard.people.select(DEAL, WHO).join(todo, on=WHO, maintain_order="left")
    columns = rows.select(DEAL, WHO, GENERATION, BUILD, ADDRESSES, FILES)
    theirs = told.join(rows, on=WHO, how="semi")
    return Task(box.lock(packed(shard), TASK), stream_of(columns), stream_of(theirs), len(shard))


def work(brief: bytes, task: Task) -> Result:
    """Build one partition, in a process that may never have seen this night.

    Raises:
        InputError: a template has a mistake.
        KeyRingError: the key ring is missing or damaged here.
        OutsideError: a file cannot be written.
    """
    partition = prepared(brief, _prepare)
    result = partition.build(task)
    # it names people, and the way back may lead over a network
    return result._replace(manifest=partition.box.lock(result.manifest, TASK))


class Partition:
    """Builds partitions of clients; made once in a process."""

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        self._settings, self._ring, self.box = settings, ring, Box(ring.working_key)
        where = settings.root, settings.site.publish
        self._store = open_store(*where) if settings.direct else None
        self._layout = Layout(settings.root)
        theme = settings.theme.unpacked()
        self._pages = {
            locale: ClientPages(
                theme, settings.site, settings.content, settings.courses, settings.as_of, locale
            )
            for locale in settings.site.locales
        }
        self._makers = [(epoch.secrets(), SharedSecrets(epoch)) for epoch in ring.live]

    def build(self, task: Task) -> Result:
        """Render, seal and stage or send pages, and collect what their clients are to be told."""
        shard = unpacked(self.box.unlock(task.shard, TASK))
        sink = Upload(self._store) if self._store else Stage(self._layout)
        work = _Work(sink, _marks_by_client(frame_of(task.told)))
        rows = map(_Row._make, frame_of(task.todo).iter_rows())
        for batch in shard.batches(BATCH):
            self._look_at(list(zip(batch, rows)), work)  # noqa: B905 - the rows go on
        sink.finish()
        return work.result()

    def _look_at(self, some: "list[_Asked]", work: "_Work") -> None:
        """Build the pages of some clients, and collect what they are to be told.

        Each step is done for all of them before the next: that what it needs stays in the
        processor's caches halves the cost of a page.
        """
        todo = [one for one in some if one[1].build]
        pages = [self._pages_under(number, todo, work.sink) for number in range(len(self._makers))]
        for (_, row), *made in zip(todo, *pages, strict=True):
            addresses, files = zip(*made, strict=True)
            work.built.append((row.who, b"".join(addresses), b"".join(files)))
        newest = iter(pages[-1])
        digests = [next(newest)[1] if row.build else row.files[-DIGEST:] for _, row in some]
        fresh = [self._fresh(client, row, work) for client, row in some]
        for (client, row), digest, reasons in zip(some, digests, fresh, strict=True):
            if reasons:
                work.manifest.append(self._entry(client, row.generation, digest, reasons))

    def _pages_under(
        self, number: int, todo: "list[_Asked]", sink: Stage | Upload
    ) -> list[tuple[bytes, bytes]]:
        """Render, seal and stage or send pages under an epoch; address and digest of each."""
        maker, shared = self._makers[number]
        keys = [maker.secret(CLIENT, client.id, row.generation).keys() for client, row in todo]
        pages = [self._pages[client.locale].html(client, shared.text) for client, _ in todo]
        files = [seal(page, key, deflate=True) for page, key in zip(pages, keys, strict=True)]
        paths = [key.path for key in keys]
        earlier = [row.earlier(number, key) for (_, row), key in zip(todo, keys, strict=True)]
        digests = map(sink.write, paths, files, earlier)
        return [(key.address, digest) for key, digest in zip(keys, digests, strict=True)]

    def _entry(
        self, client: Client, generation: int, digest: bytes, reasons: list[Reason]
    ) -> bytes:
        """The client's line of the manifest, with a link under the newest epoch."""
        secret = self._makers[-1][0].secret(CLIENT, client.id, generation)
        link = f"{self._settings.site.base_url}/#{link_fragment(secret)}"
        return entry_line(client, link, (path_of(secret.address), digest.hex()), reasons)

    def _fresh(self, client: Client, row: "_Row", work: "_Work") -> list[Reason]:
        """The reasons to write to the client of which they were not told."""
        figures = self._pages[client.locale].figures
        told, fresh = work.told.get(row.who, frozenset()), []
        for reason in self._settings.night.reasons(client, figures, self._settings.content):
            mark = told_mark(self._ring, reason.key)
            if mark not in told:
                fresh.append(reason)
                work.marks.append((row.deal, row.who, mark, reason.day))
        return fresh


class _Row(NamedTuple):
    """One client of a task: what is to be done, and their earlier page."""

    deal: int
    who: bytes
    generation: int
    build: bool
    addresses: bytes
    files: bytes

    def earlier(self, number: int, keys: Keys) -> bytes:
        """The digest of the file that lies under these keys already, if any."""
        same = self.addresses[number * ADDRESS : (number + 1) * ADDRESS] == keys.address
        return self.files[number * DIGEST : (number + 1) * DIGEST] if same else b""


_Asked = tuple[Client, _Row]
"""A client, and what is to be done about them."""


@dataclass(slots=True)
class _Work:
    """What one task has brought so far."""

    sink: Stage | Upload
    told: Mapping[bytes, frozenset[bytes]]
    built: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    manifest: list[bytes] = field(default_factory=list)
    marks: list[tuple[int, bytes, bytes, date]] = field(default_factory=list)

    def result(self) -> Result:
        """What the task answers with."""
        return Result(
            stream_of(pl.DataFrame(self.built, BUILT, orient="row")),
            b"".join(self.manifest),
            stream_of(pl.DataFrame(self.marks, MARKS, orient="row")),
            self.sink.changes,
            len(self.built),
            len(self.manifest),
        )


def _marks_by_client(marks: pl.DataFrame) -> dict[bytes, frozenset[bytes]]:
    grouped = marks.group_by(WHO).agg(MARK)
    return {who: frozenset(some) for who, some in grouped.iter_rows()}


class SharedSecrets:
    """The secrets of shared parts under one epoch, as they stand in ``data-part``."""

    __slots__ = ("_maker", "_texts")

    def __init__(self, epoch: Epoch) -> None:
        self._maker = epoch.secrets()
        self._texts: dict[tuple[str, str], str] = {}

    def text(self, kind: str, subject: str) -> str:
        """22 characters that open the part."""
        key = (kind, subject)
        if key not in self._texts:
            self._texts[key] = self._maker.secret(kind, subject).text
        return self._texts[key]


def _prepare(settings: Settings) -> Partition:
    partition = Partition(settings, load_key_ring(settings.root / settings.site.keys, os.environ))
    keep_memory()
    return partition


def keep_memory() -> None:
    """Keep freed memory in the process, and do not look through what stays for garbage.

    What a night is made of is a hundred thousand objects; to look through them again and again
    costs a tenth of the pages' time.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)
    keep_freed()
