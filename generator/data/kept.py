"""Rows of the last base that stand in tonight's tables as they stood: only the others are dealt.

Most nights bring nearly the rows of the night before. Every row that came into a shard is known by
a digest of its cells, its mark. A row with a known mark is read and no more: it is not judged
again, nor locked, nor dealt. What the other rows alone do not tell (one that repeats a row of the
last base, one whose client is gone) raises ``Unlike``, and all rows are dealt.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from generator.buckets import Bucket
from generator.columns import WHO
from generator.data.layers import MARKED, Layers
from generator.data.lying import MARK, Lying
from generator.data.shard import Shard
from generator.data.vault import Vault, seed_of

NUMBER = "bucket"
MARKS = {MARK: pl.UInt64, NUMBER: pl.UInt16}


class Unlike(Exception):  # noqa: N818 - no error: the long way is taken
    """The rows that changed do not tell by themselves what becomes of them."""


class Lasting(NamedTuple):
    """A bucket of the last base whose shard lies as it was dealt."""

    clients: int
    is_whole: bool
    """Whether nobody in it is held, and every row has a mark."""


def marked(block: pl.DataFrame, columns: Collection[str], naming: str) -> pl.DataFrame:
    """Rows with their marks; ``naming`` is the key."""
    return block.with_columns(block.select(columns).hash_rows(seed_of(naming)).alias(MARK))


def alone(raw: pl.DataFrame) -> pl.DataFrame:
    """Rows with their marks, but for those that are alike: a mark does not tell how many."""
    return raw.with_columns(pl.when(pl.col(MARK).is_unique()).then(pl.col(MARK)))


@dataclass(slots=True)
class Standing:
    """The rows of one table in the last base, while tonight's table is read past them."""

    marks: pl.DataFrame
    """``MARK``, sorted, and the ``NUMBER`` of the bucket."""
    is_same: bool
    """Whether the table is the same, and every row of it came into a shard."""
    _seen: list[pl.Series] = field(default_factory=list)

    def fresh(self, block: pl.DataFrame) -> pl.DataFrame:
        """The rows of a block that were not in the last base; the others are noted."""
        if self.marks.is_empty():
            return block
        known, marks = self.marks[MARK], block[MARK]
        near = known.search_sorted(marks).clip(0, len(known) - 1)
        is_known = known.gather(near) == marks
        self._seen.append(marks.filter(is_known))
        return block.filter(~is_known)

    def gone(self) -> dict[int, pl.Series]:
        """The marks of rows that are not in tonight's table, by the number of their bucket.

        Raises:
            Unlike: a row stands twice tonight that stood once.
        """
        if self.is_same:
            return {}
        seen = pl.concat([self.marks[MARK].clear(), *self._seen])
        if seen.n_unique() < len(seen):
            raise Unlike
        left = self.marks.join(seen.to_frame(), on=MARK, how="anti")
        parts = left.partition_by(NUMBER, as_dict=True)
        return {int(number): part[MARK] for (number,), part in parts.items()}


@dataclass(frozen=True, slots=True)
class Last:
    """The base of the last build, dealt into as many buckets under the same rules."""

    vault: Vault
    buckets: Mapping[Bucket, Lasting]
    """Those that lie untouched: what ``watch`` or ``forget`` wrote is not what the tables say."""
    tables: Mapping[str, Standing]

    def lying(self, bucket: Bucket) -> Lying | None:
        """The rows of a bucket with their marks; None where it was touched."""
        return self.layers(bucket).marked() if bucket in self.buckets else None

    def layers(self, bucket: Bucket) -> Layers:
        """The files of a bucket."""
        return Layers(self.vault, bucket)


def last_of(
    vault: Vault, buckets: Mapping[Bucket, Lasting], tables: Mapping[str, int | None]
) -> Last:
    """The last base in ``vault``; ``tables`` tells how many rows those have that are the same.

    Raises:
        OpenError: a file was altered.
        OSError: it cannot be read.
    """
    found = [[pl.DataFrame(schema=MARKS)] for _ in tables]
    for bucket in buckets:
        number = pl.lit(bucket.number, pl.UInt16).alias(NUMBER)
        for frames, marks in zip(found, Layers(vault, bucket).marks(), strict=True):
            frames.append(marks.to_frame().with_columns(number))
    rows = (pl.concat(frames).sort(MARK) for frames in found)
    standing = {
        name: Standing(marks, marks.height == same)
        for (name, same), marks in zip(tables.items(), rows, strict=True)
    }
    return Last(vault, buckets, standing)


Gone = Mapping[str, Mapping[int, pl.Series]]
"""By source and number of the bucket: the marks of rows of the last base that do not stand."""


def others(lying: Lying, gone: Gone, bucket: Bucket) -> pl.DataFrame:
    """``WHO`` of the clients of a bucket of whom not all rows stand, or one was refused."""
    pairs = zip(MARKED, _standing(gone, bucket), strict=True)
    found = (lying.columns(table, WHO, MARK).filter(~stands) for table, stands in pairs)
    return pl.concat([lying.columns("held", WHO), *(rows.select(WHO) for rows in found)])


def standing(shard: Shard, gone: Gone, bucket: Bucket) -> Shard:
    """Those rows of the last base that stand tonight."""
    pairs = zip(shard.tables(), _standing(gone, bucket), strict=True)
    left = [frame.filter(stands) for frame, stands in pairs]
    return Shard(*[*left, shard.held.clear()])


def _standing(gone: Gone, bucket: Bucket) -> Iterator[pl.Expr]:
    """For each table, whether a row of the bucket stands."""
    return (_stands(by_number.get(bucket.number)) for by_number in gone.values())


def _stands(gone: pl.Series | None) -> pl.Expr:
    """Whether a row stands tonight; what has no mark is dealt every night."""
    is_marked = pl.col(MARK).is_not_null()
    return is_marked if gone is None else is_marked & ~pl.col(MARK).is_in(gone.implode())
