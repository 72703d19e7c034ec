"""Clients dealt into buckets, and frames of their rows as bytes.

A base of a million does not fit into flat memory, so it is dealt into buckets of some thousand
clients each, by a hash of the client's id. All rows of a client lie in the bucket of the same
number, and each bucket fits into memory.
"""

import io
from collections.abc import Iterator
from typing import Literal, NamedTuple

import polars as pl

from generator.columns import DEAL, WHO, WORD

NOBODY = pl.DataFrame(schema={WHO: pl.Binary})
"""The pseudonyms of no clients."""

OLDEST = pl.CompatLevel.oldest()  # twice as quick to write and read as Polars' own text columns

Packing = Literal["uncompressed", "lz4"]


class Bucket(NamedTuple):
    """The clients whose ``DEAL`` begins with the ``bits`` bits of ``number``."""

    bits: int
    number: int

    @property
    def name(self) -> str:
        """A name that sorts: ``06-002a``."""
        return f"{self.bits:02}-{self.number:04x}"

    def overlaps(self, other: "Bucket") -> bool:
        """Whether a client may be in both: one is a part of the other."""
        bits = min(self.bits, other.bits)
        return self.number >> (self.bits - bits) == other.number >> (other.bits - bits)

    def has(self, deal: pl.Expr) -> pl.Expr:
        """Whether a client with this ``DEAL`` is in the bucket."""
        return number_of(deal, self.bits) == self.number


def buckets(bits: int) -> list[Bucket]:
    """All buckets of a base that is dealt by so many bits."""
    return [Bucket(bits, number) for number in range(1 << bits)]


def bucket_named(text: str) -> Bucket:
    """The bucket of a ``Bucket.name``."""
    bits, _, number = text.partition("-")
    return Bucket(int(bits), int(number, 16))


def number_of(deal: pl.Expr, bits: int) -> pl.Expr:
    """The number of the bucket for values of ``DEAL``."""
    return deal.cast(pl.Int64) // (1 << (WORD - bits))


def dealt(frame: pl.DataFrame, bits: int) -> Iterator[tuple[Bucket, pl.DataFrame]]:
    """The rows of a frame that has ``DEAL``, by bucket and in their order."""
    numbered = frame.with_columns(number_of(pl.col(DEAL), bits).alias("bucket"))
    parts = numbered.partition_by("bucket", as_dict=True, include_key=False, maintain_order=True)
    return ((Bucket(bits, int(number)), part) for (number,), part in parts.items())


def stream_of(frame: pl.DataFrame, packing: Packing = "lz4") -> bytes:
    """A frame as an Arrow stream; what is only put down for a moment is not packed."""
    plain = io.BytesIO()
    frame.write_ipc_stream(plain, compression=packing, compat_level=OLDEST)
    return plain.getvalue()


def frame_of(stream: bytes, columns: list[str] | None = None) -> pl.DataFrame:
    """The frame of an Arrow stream; only some columns of it cost as much less."""
    return pl.read_ipc_stream(io.BytesIO(stream), columns=columns)
