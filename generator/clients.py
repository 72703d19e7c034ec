"""The clients' part of a night: bucket after bucket is compared, built, and put on record.

Buckets go out as tasks and come back as results, some ahead of others; a bucket is put on record
when its last result is there. Only a few of them are in memory at a time.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, TypeVar

import polars as pl

from generator.base.errors import OpenError
from generator.buckets import Bucket, frame_of
from generator.columns import WHO
from generator.compare import FIRST, GENERATION, Compared, Tonight, compare, register_rows
from generator.data import Base, Rows, Shard, Vault
from generator.data.layers import Layers
from generator.data.vault import Box as Locker
from generator.direct import Direct
from generator.explain import explained
from generator.keys import told_mark
from generator.manifest import Night, due
from generator.partition import BUILD, TASK, Result, Task, task_of
from generator.sealing import KeyRing, path_of
from generator.site.register import ADDRESS, ADDRESSES, FILES, GONE, addresses_of
from generator.site.shelf import Shelf
from generator.site.tree import Changes
from generator.told import MARK, MARKS, NOTHING

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2  # buckets that are compared before they are needed
CLIENTS = 2000  # a task: some tenths of a second, so that progress moves and workers end together


@dataclass(frozen=True, slots=True)
class Shelves:
    """What the last build and the published nights left, and where this night writes."""

    register: Shelf
    next_register: Shelf
    told: Shelf
    telling: Shelf
    """What the last build wanted to tell; what is left of it was never published."""
    next_telling: Shelf


@dataclass(frozen=True, slots=True)
class Asked:
    """A client about whose page it is asked, and the rows of the last build."""

    client: str
    last: Vault

    @property
    def who(self) -> bytes:
        """The client's pseudonym."""
        return self.last.who(self.client)

    def bucket(self, bits: int) -> Bucket:
        """The client's bucket in a base that is dealt by so many bits."""
        return self.last.bucket_of(self.client, bits)

    def before(self, bucket: Bucket) -> Shard | None:
        """The client's bucket of the last build, if it was dealt alike and can be read."""
        try:
            return Layers(self.last, bucket).read()
        except (OSError, OpenError):
            return None


class _Looked(NamedTuple):
    """A bucket that was compared."""

    bucket: Bucket
    rows: Rows
    compared: Compared
    todo: pl.DataFrame
    """Whose page is built, and who may have to be told something."""
    told: pl.DataFrame
    waiting: pl.DataFrame


@dataclass(slots=True)
class _Open:
    """A bucket of which results are awaited."""

    bucket: Bucket
    compared: Compared
    waiting: pl.DataFrame
    """Marks of nothing, for clients to be told something whose page is held or gone tonight."""
    awaited: int
    built: list[pl.DataFrame] = field(default_factory=list)
    marks: list[pl.DataFrame] = field(default_factory=list)


@dataclass(slots=True)
class ClientNight:
    """Makes the tasks of a night and puts their results on record."""

    base: Base
    tonight: Tonight
    night: Night
    ring: KeyRing
    shelves: Shelves
    manifest: BinaryIO
    tell_all: bool
    """Whether everyone is looked at for something to tell, since more days count as news."""
    direct: Direct | None = None
    """The inventory of the store to which pages go straight; None where they are staged."""
    asked: Asked | None = None
    """The client about whose page it is asked why it was built."""
    answer: list[str] = field(default_factory=list)
    looked_at: int = 0
    """Clients who were compared."""
    pages: int = 0
    entries: int = 0
    forgotten: int = 0
    gone: int = 0
    """Clients in no table whose page is still kept."""
    changes: Changes = field(default_factory=Changes)
    removed: list[str] = field(default_factory=list)
    """Paths of pages that are to be taken away."""
    _open: deque[_Open] = field(default_factory=deque)

    def tasks(self) -> Iterator[Task]:
        """What is to be built or told, bucket after bucket."""
        for one in ahead(self._look, self.base.sizes):
            if self.asked and self.asked.bucket(one.bucket.bits) == one.bucket:
                before = self.asked.before(one.bucket)
                self.answer = explained(self.asked.who, one.compared, before, one.rows)
            starts = range(0, one.todo.height, CLIENTS)
            self._open.append(_Open(one.bucket, one.compared, one.waiting, len(starts)))
            self._count(one.bucket, one.compared)
            if not starts:
                self._close_finished()
                continue
            mine, todo = one.rows.only(one.todo), one.todo
            if self.direct:
                todo = self.direct.begin(one.bucket, mine, todo)
            for start in starts:
                yield task_of(mine.cut(start, CLIENTS), todo, one.told, self.base.vault.box)

    def _look(self, bucket: Bucket) -> "_Looked":
        """Compare a bucket; several are at a time, so nothing is put on record here."""
        rows = self.base.lying(bucket)
        compared = compare(
            rows,
            self.shelves.register.read(bucket),
            self.tonight,
            self.base.touched_in(bucket),
        )
        told, telling = self.shelves.told.read(bucket), self.shelves.telling.read(bucket)
        asked = self._asked_for(rows, compared, told, telling)
        todo = pl.concat([to_build(compared), to_tell(compared, asked, self.tonight)])
        return _Looked(bucket, rows, compared, todo, told, self._waiting(telling, todo))

    def take(self, result: Result) -> None:
        """Put what a task answered on record; answers come in the order of the tasks."""
        one = next(one for one in self._open if one.awaited)
        one.awaited -= 1
        one.built.append(frame_of(result.built))
        if self.direct and one.awaited:  # the last one is put on record with all others
            self.direct.arrived(one.bucket, one.built[-1])
        one.marks.append(frame_of(result.marks))
        self.manifest.write(self.base.vault.box.unlock(result.manifest, TASK))
        self.pages += result.pages
        self.entries += result.entries
        self.changes.add(result.changes)
        self._close_finished()

    def _count(self, bucket: Bucket, compared: Compared) -> None:
        self.looked_at += self.base.sizes[bucket]
        self.forgotten += compared.forgotten
        self.gone += compared.kept[GONE].count()
        self.changes.unchanged += _pages_of(compared.kept)
        self.removed += map(path_of, addresses_of(compared.removed[ADDRESSES]))

    def _asked_for(
        self, rows: Rows, compared: Compared, told: pl.DataFrame, telling: pl.DataFrame
    ) -> pl.DataFrame:
        """``WHO`` of those who may have to be told something though their page stays."""
        if self.tell_all:
            return compared.settled
        fresh = due(rows, told, self.night, lambda key: told_mark(self.ring, key))
        return pl.concat([telling.select(WHO), fresh]).unique()

    def _waiting(self, telling: pl.DataFrame, todo: pl.DataFrame) -> pl.DataFrame:
        """Whoever was to be told something by a night that nobody saw, and is not looked at."""
        others = telling.unique(WHO).join(todo, on=WHO, how="anti")
        known = others.join(self.tonight.forgotten, on=WHO, how="anti")
        return known.with_columns(pl.lit(NOTHING).alias(MARK))

    def _close_finished(self) -> None:
        while self._open and not self._open[0].awaited:
            self._put_on_record(self._open.popleft())

    def _put_on_record(self, one: _Open) -> None:
        bucket, compared, shelves = one.bucket, one.compared, self.shelves
        marks = pl.concat([one.waiting, *one.marks])
        if not marks.is_empty():
            shelves.next_telling.write(bucket, marks)
        if compared.is_same and shelves.next_register.link(bucket, shelves.register):
            return
        built = pl.concat(one.built) if one.built else compared.todo.select(WHO, ADDRESSES, FILES)
        rows = register_rows(compared.todo, built, self.tonight)
        if self.direct:
            self.direct.sent(bucket, rows)
        self.removed += left_behind(compared.todo, rows)
        shelves.next_register.write(bucket, pl.concat([compared.kept, rows]))


def ahead(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """What ``function`` makes of each item, in order; a few are made ahead, on all cores.

    It must leave the interpreter for most of its time, as columns do.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def to_build(compared: Compared) -> pl.DataFrame:
    """The clients whose pages are built, as a task has them."""
    return compared.todo.select(WHO, GENERATION, pl.lit(value=True).alias(BUILD), ADDRESSES, FILES)


def to_tell(compared: Compared, asked: pl.DataFrame, tonight: Tonight) -> pl.DataFrame:
    """Those of the clients ``asked`` for whose page stays, as a task has them."""
    rows = compared.kept.join(asked, on=WHO, how="semi").join(compared.settled, on=WHO, how="semi")
    return _as_task_has_them(rows, tonight, build=False)


def to_rehearse(shard: Shard, tonight: Tonight, box: Locker) -> Task:
    """The task to build the pages of all clients of a shard as if they were new."""
    known = shard.people.select(WHO).join(tonight.forgotten, on=WHO, how="anti")
    rows = known.with_columns(pl.lit(b"").alias(ADDRESSES), pl.lit(b"").alias(FILES))
    todo = _as_task_has_them(rows, tonight, build=True)
    return task_of(shard.only(todo), todo, pl.DataFrame(schema=MARKS), box)


def _as_task_has_them(rows: pl.DataFrame, tonight: Tonight, *, build: bool) -> pl.DataFrame:
    numbered = rows.join(tonight.links.revoked, on=WHO, how="left")
    return numbered.select(
        WHO, pl.col(GENERATION).fill_null(FIRST), pl.lit(build).alias(BUILD), ADDRESSES, FILES
    )


def _pages_of(rows: pl.DataFrame) -> int:
    return int(rows[ADDRESSES].bin.size().sum() // ADDRESS)


def left_behind(todo: pl.DataFrame, rows: pl.DataFrame) -> Iterator[str]:
    """The paths of pages that now lie elsewhere."""
    pairs = todo.select(WHO, pl.col(ADDRESSES).alias("before")).join(rows, on=WHO)
    moved = pairs.filter((pl.col("before") != pl.col(ADDRESSES)) & (pl.col("before") != b""))
    before, now = set(addresses_of(moved["before"])), set(addresses_of(moved[ADDRESSES]))
    return map(path_of, sorted(before - now))
