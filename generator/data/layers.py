"""The shard of a bucket as it lies in a vault: what was dealt once, and over it who changed since.

To write a bucket anew because one client in a hundred changed costs most of such a night. So the
rows of these clients lie beside it in a newer file, and what the older one says of them is void.
When they are many, the bucket is written anew. Beside each file lie the marks of its rows
(``data.kept``), in their order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from generator.buckets import Bucket, frame_of, stream_of
from generator.columns import WHO
from generator.data.lying import MARK, Lying, Newer, Packed
from generator.data.shard import Shard, Table, among, packed
from generator.data.vault import Vault, piece, pieces

NEWER, ROWS = "newer-", "rows-"
"""How the names of files with newer rows, and with marks, begin."""
SHARE = 8  # one client in so many may lie in a newer file
MARKED: tuple[Table, ...] = ("people", "policies", "situations")
"""The tables whose rows have marks."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The files of one bucket in a vault."""

    vault: Vault
    bucket: Bucket

    @property
    def newer(self) -> str:
        """The name of the newer file."""
        return f"{NEWER}{self.bucket.name}"

    @property
    def tag(self) -> str:
        """What stands for the rows as they lie."""
        return (self.vault.tag(self.bucket.name) + self.vault.tag(self.newer)).hex()

    def read(self) -> Shard:
        """The rows, in the order of shards.

        Raises:
            OpenError: a file was altered.
            OSError: it cannot be read.
        """
        return self.lying().whole()

    def lying(self) -> Lying:
        """The rows file by file.

        Raises:
            OpenError: a file was altered.
            OSError: it cannot be read.
        """
        older = Packed(self.vault.read(self.bucket.name))
        if not self.has(self.newer):
            return Lying(older, None)
        *frames, void = map(frame_of, pieces(self.vault.read(self.newer)))
        return Lying(older, Newer(Shard(*frames), void))

    def marked(self) -> Lying:
        """The rows file by file, with their marks; raises as ``lying``."""
        older = Packed(self.vault.read(self.bucket.name), self._marks(self.bucket.name))
        if not self.has(self.newer):
            return Lying(older, None)
        *streams, void = pieces(self.vault.read(self.newer))
        newer = Packed(b"".join(map(piece, streams)), self._marks(self.newer)[: len(MARKED)])
        return Lying(older, Newer(newer.whole(), frame_of(void)))

    def marks(self) -> list[pl.Series]:
        """The marks of all rows of each table that have one; the rows themselves are not read.

        Raises:
            OpenError: a file was altered.
            OSError: it cannot be read.
        """
        marks = self._marks(self.bucket.name)
        if self.has(self.newer):
            found = self._marks(self.newer)
            newer, void = found[: len(MARKED)], found[len(MARKED) :]
            pairs = zip(marks, void, strict=True)
            left = (one.filter(~one.is_in(gone.implode())) for one, gone in pairs)
            marks = [pl.concat(pair) for pair in zip(left, newer, strict=True)]
        return [one.drop_nulls() for one in marks]

    def write(self, shard: Shard) -> int:
        """Put down marked rows, in the order of shards, in one file; how many clients these are."""
        self.vault.write(self.bucket.name, packed(_without_marks(shard)))
        self._write_marks(self.bucket.name, shard.tables())
        return len(shard)

    def write_over(self, last: "Layers", lying: Lying, part: Shard, mine: pl.DataFrame) -> int:
        """Put down the marked rows of a bucket that lay as ``lying`` in ``last``; how many clients.

        ``part`` has those of the clients ``mine``, and all who are held; the others did not change.
        """
        void = pl.concat([lying.void, mine]).unique()
        changed = Newer(part, mine)
        newer = (changed.over(lying.newer.shard) if lying.newer else part).sorted()
        rest = lying.older.columns("people", WHO).join(void, on=WHO, how="anti")
        clients = rest.height + len(newer)
        if void.height * SHARE > clients or not self._take([self.bucket.name], last):
            return self.write(changed.over(lying.whole()).sorted())
        self.vault.write(self.newer, Newer(_without_marks(newer), void).packed())
        marks = [among(lying.older.columns(table, WHO, MARK), void) for table in MARKED]
        self._write_marks(self.newer, [*newer.tables(), *marks])
        return clients

    def without(self, who: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
        """The files without some clients: the older first, lest it tell of them again."""
        lying = self.lying()
        yield self.bucket.name, packed(lying.older.whole().without(who))
        if lying.newer:
            void = lying.void.join(who, on=WHO, how="anti")
            yield self.newer, Newer(lying.newer.shard.without(who), void).packed()

    def take_over(self, last: "Layers") -> bool:
        """Take over the files of another vault as they lie; whether that could be."""
        names = [self.bucket.name, self.newer] if last.has(self.newer) else [self.bucket.name]
        return self._take(names, last)

    def drop(self) -> None:
        """Take the files away."""
        self.vault.drop(_with_marks([self.bucket.name, self.newer]))

    def _take(self, names: list[str], last: "Layers") -> bool:
        if all(self.vault.link(name, last.vault) for name in _with_marks(names)):
            return True
        self.drop()  # to write into them would be to write into the last base
        return False

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.vault.folder / name).exists()

    def _marks(self, name: str) -> list[pl.Series]:
        """The marks of the rows of each table in a file, then of those that it declares void."""
        return [frame_of(one)[MARK] for one in pieces(self.vault.read(rows_name(name)))]

    def _write_marks(self, name: str, frames: Iterable[pl.DataFrame]) -> None:
        streams = (piece(stream_of(frame.select(MARK), "uncompressed")) for frame in frames)
        self.vault.write(rows_name(name), b"".join(streams))


def rows_name(name: str) -> str:
    """The file with the marks of the rows of another."""
    return f"{ROWS}{name}"


def _with_marks(names: list[str]) -> list[str]:
    return [*names, *map(rows_name, names)]


def _without_marks(shard: Shard) -> Shard:
    return Shard(*[*(frame.drop(MARK) for frame in shard.tables()), shard.held])
