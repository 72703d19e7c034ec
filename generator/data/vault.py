"""Rows on disk, by bucket and locked: no client's value can be read in a file of ours."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hmac import digest
from os import SEEK_END
from pathlib import Path
from typing import Protocol

import polars as pl
import polars_hash as plh

from generator.buckets import Bucket, bucket_named, frame_of, number_of, stream_of
from generator.columns import DEAL, SIZE, WHO, WORD

LENGTH = 4  # bytes before each piece of a file
TAG = 16  # bytes of AES-GCM's


class Box(Protocol):
    """Locks bytes under a key that the data room never sees; ``place`` is bound into them."""

    def lock(self, data: bytes, place: str) -> bytes:
        """The bytes, so that only ``unlock`` reads them."""

    def unlock(self, data: bytes, place: str) -> bytes:
        """The bytes that were locked for this very place."""


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """A folder of locked frames; ``naming`` is the key under which clients get pseudonyms."""

    folder: Path
    box: Box
    naming: str
    """Any text that is hard to guess; its UTF-8 bytes are the key of HMAC-SHA256."""

    def pseudonyms(self, column: str) -> pl.Expr:
        """``WHO`` of the clients in ``column``."""
        return keyed(column, self.naming).str.slice(0, 2 * SIZE).str.decode("hex").alias(WHO)

    def deals(self, column: str) -> pl.Expr:
        """``DEAL`` of the clients in ``column``: even, the same every night, and cheap."""
        number: pl.Expr = plh.col(column).nchash.xxh3_64(seed=seed_of(self.naming))
        return (number % (1 << WORD)).cast(pl.UInt16).alias(DEAL)

    def who(self, client: str) -> bytes:
        """The pseudonym of one client."""
        return pseudonym(self.naming, client)

    def bucket_of(self, client: str, bits: int) -> Bucket:
        """The bucket in which a client's rows lie."""
        one = pl.DataFrame({"client_id": [client]}).select(self.deals("client_id"))
        return Bucket(bits, one.select(number_of(pl.col(DEAL), bits)).item())

    @property
    def bits(self) -> int | None:
        """By how many bits a base was dealt into this folder; None when there is none."""
        found = next(self.folder.glob("[0-9]*"), None)
        return bucket_named(found.name).bits if found else None

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add a piece to the file ``name``."""
        locked = self.box.lock(stream_of(frame, "uncompressed"), name)
        with (self.folder / name).open("ab") as file:
            file.write(piece(locked))

    def taken(self, name: str) -> pl.DataFrame | None:
        """All pieces of the file ``name``, which is gone then; None when there are none.

        Raises:
            OpenError: the file was altered.
        """
        path = self.folder / name
        if not path.exists():
            return None
        data = path.read_bytes()
        path.unlink()
        return pl.concat([frame_of(self.box.unlock(one, name)) for one in pieces(data)])

    def write(self, name: str, content: bytes) -> None:
        """Lock a whole file."""
        (self.folder / name).write_bytes(self.box.lock(content, name))

    def write_as(self, name: str, content: bytes, draft: Path) -> None:
        """Lock a whole file that is to take the place of ``name``."""
        draft.write_bytes(self.box.lock(content, name))

    def tag(self, name: str) -> bytes:
        """What stands for a locked file: its last bytes authenticate it, and no other has them."""
        try:
            with (self.folder / name).open("rb") as file:
                file.seek(-TAG, SEEK_END)
                return file.read()
        except OSError:  # there is none, or it is not whole
            return b""

    def link(self, name: str, other: "Vault") -> bool:
        """Take over a file of another vault as it lies; whether that could be."""
        try:
            (self.folder / name).hardlink_to(other.folder / name)
        except OSError:  # the disk knows no second names
            return False
        return True

    def clear(self) -> None:
        """Take away every file."""
        for file in self.folder.iterdir():
            file.unlink()

    def drop(self, names: Iterable[str]) -> None:
        """Take away files, as far as they are there."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def read(self, name: str) -> bytes:
        """What was locked with ``write``.

        Raises:
            OpenError: the file was altered, or another key locked it.
        """
        return self.box.unlock((self.folder / name).read_bytes(), name)


def pieces(data: bytes) -> Iterator[bytes]:
    """The pieces of some bytes, each of which stands behind its length."""
    start = 0
    while start < len(data):
        end = start + LENGTH + int.from_bytes(data[start : start + LENGTH], "big")
        yield data[start + LENGTH : end]
        start = end


def piece(data: bytes) -> bytes:
    """``data`` as one of the ``pieces``."""
    return len(data).to_bytes(LENGTH, "big") + data


def seed_of(key: str) -> int:
    """The seed of quick digests under a key: what they are of stays as hard to guess."""
    return int.from_bytes(pseudonym(key, DEAL)[:7], "big")


def keyed(column: str, key: str) -> pl.Expr:
    """HMAC-SHA256 of each text in ``column`` under ``key``, in hexadecimal."""
    digests: pl.Expr = plh.col(column).chash.hmac_sha256(key=key)
    return digests


def pseudonym(naming: str, client: str) -> bytes:
    """What stands for a client wherever a name would outlive them: 16 bytes of HMAC-SHA256."""
    return digest(naming.encode(), client.encode(), "sha256")[:SIZE]
