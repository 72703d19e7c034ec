"""What the files of a bucket have, unpacked only as far as it is asked for.

Most nights ask a bucket of thousands for who is in it and for the rows of a few. Names alone cost a
tenth of whole rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from generator.buckets import NOBODY, frame_of, stream_of
from generator.columns import WHO
from generator.data.shard import TABLES, Rows, Shard, Table, among, packed, unpacked
from generator.data.vault import piece, pieces

MARK = "mark"
"""The column of marks: 64 bits of a keyed digest of a row; null where another row has the same."""


class Packed:
    """A shard as it was packed; with the marks of its rows, where these are given."""

    __slots__ = ("_data", "_frames", "_marks", "_streams")

    def __init__(self, data: bytes, marks: Sequence[pl.Series] = ()) -> None:
        self._data = data
        self._streams = dict(zip(TABLES, pieces(data), strict=True))
        self._marks = dict(zip(TABLES, marks, strict=False))
        self._frames: dict[tuple[str, ...], pl.DataFrame] = {}

    def columns(self, table: Table, *names: str) -> pl.DataFrame:
        """Some columns of one table."""
        if (table, *names) not in self._frames:
            read = [name for name in names if name != MARK]
            frame = frame_of(self._streams[table], read)
            self._frames[table, *names] = self._with_marks(table, frame).select(names)
        return self._frames[table, *names]

    def only(self, who: pl.DataFrame) -> Shard:
        """The rows of those clients."""
        return self.whole().only(who)

    def whole(self) -> Shard:
        """All rows."""
        frames = zip(TABLES, unpacked(self._data).frames(), strict=True)
        return Shard(*(self._with_marks(table, frame) for table, frame in frames))

    def _with_marks(self, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.hstack([self._marks[table]]) if table in self._marks else frame


@dataclass(frozen=True, slots=True)
class Newer:
    """The clients of a bucket who changed since it was dealt."""

    shard: Shard
    """Their rows as they are; those who are held are all whom the bucket has."""
    void: pl.DataFrame
    """``WHO`` of all of them; some may have no rows any more."""

    def packed(self) -> bytes:
        """The bytes of the file."""
        return packed(self.shard) + piece(stream_of(self.void))

    def over(self, older: Shard) -> Shard:
        """The rows of the bucket, in no order."""
        pairs = zip(older.without(self.void).frames(), self.shard.frames(), strict=True)
        people, policies, situations, _ = map(pl.concat, pairs)
        return Shard(people, policies, situations, self.shard.held)


@dataclass(frozen=True, slots=True)
class Lying:
    """What the files of a bucket have."""

    older: Rows
    newer: Newer | None

    @property
    def void(self) -> pl.DataFrame:
        """``WHO`` of the clients of whom the older file does not tell."""
        return self.newer.void if self.newer else NOBODY

    def columns(self, table: Table, *names: str) -> pl.DataFrame:
        """Some columns of one table, ``WHO`` among them; in no order."""
        if self.newer and table == "held":
            return self.newer.shard.columns(table, *names)
        older = self.older.columns(table, *names)
        if not self.newer:
            return older
        left = older.join(self.newer.void, on=WHO, how="anti")
        return pl.concat([left, self.newer.shard.columns(table, *names)])

    def only(self, who: pl.DataFrame) -> Shard:
        """The rows of those clients, in the order of shards."""
        if not self.newer:
            return self.older.only(who)
        newer = replace(self.newer, shard=self.newer.shard.only(who))
        if among(who, self.newer.void).height == who.height:  # the older file tells of nobody
            return newer.shard
        return newer.over(self.older.only(who)).sorted()

    def whole(self) -> Shard:
        """The rows of the bucket, in the order of shards."""
        older = self.older.whole()
        return self.newer.over(older).sorted() if self.newer else older

    def changed(self, shard: Shard, mine: pl.DataFrame) -> bytes:
        """What the newer file has to tell when ``shard`` is true, of which ``mine`` changed."""
        void = pl.concat([self.void, mine]).unique()
        return Newer(replace(shard.only(void), held=shard.held), void).packed()
