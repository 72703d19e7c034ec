"""The shard of a bucket as it lies in a vault: what was dealt once, and over it who changed since.

To write a bucket anew because one client in a hundred changed costs most of such a night. So the
rows of these clients lie beside it in a newer file, and what the older one says of them is void.
When they are many, the bucket is written anew. Beside each file lie the marks of its rows
(``data.kept``), in their order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from generator.data.shard import Shard, packed, unpacked
from generator.data.vault import NOBODY, WHO, Bucket, Vault, frame_of, piece, pieces, stream_of

MARK = "mark"
"""The column of marks: 64 bits of a keyed digest of a row; null where another row has the same."""

NEWER, ROWS = "newer-", "rows-"
"""How the names of files with newer rows, and with marks, begin."""
SHARE = 8  # one client in so many may lie in a newer file
TABLES = 3  # whose rows have marks: clients, policies, situations


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

    older: Shard
    newer: Newer | None

    @property
    def shard(self) -> Shard:
        """The rows of the bucket; in the order of shards where nobody changed."""
        return self.newer.over(self.older) if self.newer else self.older

    @property
    def void(self) -> pl.DataFrame:
        """``WHO`` of the clients of whom the older file does not tell."""
        return self.newer.void if self.newer else NOBODY

    def sorted(self) -> Shard:
        """The rows of the bucket, in the order of shards."""
        return self.shard.sorted() if self.newer else self.older

    def changed(self, shard: Shard, mine: pl.DataFrame) -> bytes:
        """What the newer file has to tell when ``shard`` is true, of which ``mine`` changed."""
        void = pl.concat([self.void, mine]).unique()
        return Newer(replace(shard.only(void), held=shard.held), void).packed()


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
        return self.lying().sorted()

    def lying(self) -> Lying:
        """The rows file by file.

        Raises:
            OpenError: a file was altered.
            OSError: it cannot be read.
        """
        older = unpacked(self.vault.read(self.bucket.name))
        if not self.has(self.newer):
            return Lying(older, None)
        *frames, void = map(frame_of, pieces(self.vault.read(self.newer)))
        return Lying(older, Newer(Shard(*frames), void))

    def marked(self) -> Lying:
        """The rows file by file, with their marks; raises as ``lying``."""
        lying = self.lying()
        older = _with(lying.older, self._marks(self.bucket.name))
        if lying.newer is None:
            return Lying(older, None)
        newer = _with(lying.newer.shard, self._marks(self.newer)[:TABLES])
        return Lying(older, Newer(newer, lying.newer.void))

    def marks(self) -> list[pl.Series]:
        """The marks of all rows of each table that have one; the rows themselves are not read.

        Raises:
            OpenError: a file was altered.
            OSError: it cannot be read.
        """
        marks = self._marks(self.bucket.name)
        if self.has(self.newer):
            found = self._marks(self.newer)
            newer, void = found[:TABLES], found[TABLES:]
            pairs = zip(marks, void, strict=True)
            left = (one.filter(~one.is_in(gone.implode())) for one, gone in pairs)
            marks = [pl.concat(pair) for pair in zip(left, newer, strict=True)]
        return [one.drop_nulls() for one in marks]

    def write(self, shard: Shard) -> int:
        """Put down marked rows, in the order of shards, in one file; how many clients these are."""
        self.vault.write(self.bucket.name, packed(_without_marks(shard)))
        self._write_marks(self.bucket.name, [shard])
        return len(shard)

    def write_over(self, last: "Layers", lying: Lying, part: Shard, mine: pl.DataFrame) -> int:
        """Put down the marked rows of a bucket that lay as ``lying`` in ``last``; how many clients.

        ``part`` has those of the clients ``mine``, and all who are held; the others did not change.
        """
        void = pl.concat([lying.void, mine]).unique()
        changed = Newer(part, mine)
        newer = (changed.over(lying.newer.shard) if lying.newer else part).sorted()
        rest = lying.older.people.select(WHO).join(void, on=WHO, how="anti")
        clients = rest.height + len(newer)
        if void.height * SHARE > clients or not self._take([self.bucket.name], last):
            return self.write(changed.over(lying.shard).sorted())
        self.vault.write(self.newer, Newer(_without_marks(newer), void).packed())
        self._write_marks(self.newer, [newer, lying.older.only(void)])
        return clients

    def without(self, who: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
        """The files without some clients: the older first, lest it tell of them again."""
        lying = self.lying()
        yield self.bucket.name, packed(lying.older.without(who))
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

    def _write_marks(self, name: str, shards: list[Shard]) -> None:
        frames = [frame.select(MARK) for shard in shards for frame in shard.tables()]
        streams = (piece(stream_of(frame, "uncompressed")) for frame in frames)
        self.vault.write(rows_name(name), b"".join(streams))


def rows_name(name: str) -> str:
    """The file with the marks of the rows of another."""
    return f"{ROWS}{name}"


def _with_marks(names: list[str]) -> list[str]:
    return [*names, *map(rows_name, names)]


def _with(shard: Shard, marks: list[pl.Series]) -> Shard:
    pairs = zip(shard.tables(), marks, strict=True)
    return Shard(*[*(frame.hstack([some]) for frame, some in pairs), shard.held])


def _without_marks(shard: Shard) -> Shard:
    return Shard(*[*(frame.drop(MARK) for frame in shard.tables()), shard.held])
