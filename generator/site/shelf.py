"""Frames on disk by bucket: what was built for whom, and what they were told.

Each bucket is a file of its own, so that a night reads and writes one after the other and memory
stays flat. Nobody is named in them but by a pseudonym.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import polars as pl

from generator.base.errors import OutsideError
from generator.buckets import Bucket, bucket_named, buckets, frame_of, stream_of
from generator.columns import DEAL, WHO
from generator.site.private import where, write_private
from generator.site.tree import NEXT

Schema = Mapping[str, type[pl.DataType]]

SUFFIX = ".arrow"
CHECK = 4  # bytes of CRC-32 at the end: without them a cut stream reads as one with fewer rows

HINTS = {
    "told": "restore it: without it everything is told again",
    "telling": "remove build/private/telling, then run: sealpress build --full",
    "former": "remove build/private/former: then the last publication cannot be undone",
    "published": "remove build/private/published to publish everything again",
}
"""What helps when a file of a folder is damaged."""
BUILD_ANEW = "remove build/private/register.json, and everything is built anew"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder with a file for each bucket; one that is not there is empty."""

    folder: Path
    schema: Schema

    def read(self, bucket: Bucket) -> pl.DataFrame:
        """The rows of the clients in ``bucket``, however the base was dealt when they were put.

        Raises:
            OutsideError: a file is damaged.
        """
        near = [one for one in self.buckets() if one.overlaps(bucket)]
        if not near:
            return pl.DataFrame(schema=self.schema)
        rows = pl.concat([self._read(one) for one in near])
        is_whole = all(one.bits >= bucket.bits for one in near)
        return rows if is_whole else rows.filter(bucket.has(pl.col(DEAL)))

    def write(self, bucket: Bucket, frame: pl.DataFrame, *, keep: bool = False) -> None:
        """Put the rows of a bucket, sorted, in place of what was there.

        None take no file, but with ``keep`` an empty one.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        if frame.is_empty() and not keep:
            self.place(bucket).unlink(missing_ok=True)
        else:
            is_drafted = self.folder.name.endswith(NEXT)  # then the commit syncs all at once
            write_private(self.place(bucket), self._file(frame), sync=not is_drafted)

    def draft(self, bucket: Bucket, frame: pl.DataFrame) -> str:
        """Write the rows that are to take the place of a bucket; the private file to commit.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        place = self.place(bucket)
        write_private(place.with_name(f"{place.name}{NEXT}"), self._file(frame))
        return f"{self.folder.name}/{place.name}"

    @property
    def bits(self) -> int:
        """By how many bits the rows are dealt."""
        return max((bucket.bits for bucket in self.buckets()), default=0)

    def deal(self, bits: int) -> None:
        """Deal all rows into buckets of so many bits.

        Broken off, it leaves rows twice, never none; the next time puts that right.

        Raises:
            OutsideError: the disk is full, or does not let us write, or a file is damaged.
        """
        old = [one for one in self.buckets() if one.bits != bits]
        for bucket in buckets(bits):
            if any(one.overlaps(bucket) for one in old):
                self.write(bucket, self.read(bucket).unique(maintain_order=True))
        for one in old:
            self.place(one).unlink()

    def link(self, bucket: Bucket, other: "Shelf") -> bool:
        """Take over the file of a bucket from another shelf as it is; whether that could be."""
        try:
            self.place(bucket).hardlink_to(other.place(bucket))
        except OSError:  # there is none, or the disk knows no second names
            return False
        return True

    def buckets(self) -> list[Bucket]:
        """The buckets that have a file, in order."""
        found = self.folder.glob(f"[0-9]*{SUFFIX}")
        return [bucket_named(path.name.removesuffix(SUFFIX)) for path in sorted(found)]

    def places(self) -> list[Path]:
        """The files of these buckets."""
        return [self.place(bucket) for bucket in self.buckets()]

    def frames(self) -> Iterator[tuple[Bucket, pl.DataFrame]]:
        """Every bucket that has a file, with its rows."""
        return ((bucket, self._read(bucket)) for bucket in self.buckets())

    def place(self, bucket: Bucket) -> Path:
        """The file of a bucket."""
        return self.folder / f"{bucket.name}{SUFFIX}"

    def _file(self, frame: pl.DataFrame) -> bytes:
        ordered = frame.select(self.schema.keys()).sort(DEAL, WHO, maintain_order=True)
        stream = stream_of(ordered, "uncompressed")  # digests do not compress
        return stream + _check(stream)

    def _read(self, bucket: Bucket) -> pl.DataFrame:
        place = self.place(bucket)
        raw = place.read_bytes()
        stream, check = raw[:-CHECK], raw[-CHECK:]
        frame = frame_of(stream) if _check(stream) == check else None
        if frame is None or frame.schema != pl.Schema(self.schema):
            hint = HINTS.get(self.folder.name, BUILD_ANEW)
            raise OutsideError(f"{where(place)}: the file is damaged — hint: {hint}")
        return frame


def _check(stream: bytes) -> bytes:
    return crc32(stream).to_bytes(CHECK, "big")
