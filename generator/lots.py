"""The pages of the clients of a bucket: what was built of them against what was published.

Comes in: two shelves. Goes out: a lot of a publication, which knows what is to be sent and taken
away, and remembers on the second shelf how far that came.
"""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from generator.buckets import Bucket
from generator.columns import DEAL, WHO
from generator.publish.guard import Share
from generator.sealing import path_of
from generator.site.register import ADDRESS, ADDRESSES, DIGEST, FILES, WHY
from generator.site.shelf import Shelf

UNSURE = b""  # the digest of a file that may or may not have been sent, or taken away
PAGE, HASH = "page", "digest"
IS_UNSURE = pl.col(HASH) == UNSURE
PUBLISHED = {DEAL: pl.UInt16, WHO: pl.Binary, PAGE: pl.Binary, HASH: pl.Binary}
"""The columns of what the store has of clients: an address and the digest of its file."""


@dataclass(frozen=True)
class ClientLot:
    """The pages of the clients of one bucket."""

    bucket: Bucket
    built: Shelf
    published: Shelf
    only: pl.DataFrame | None = None
    """``WHO`` of the clients of whom it is, where it is not of all."""
    sealed: str = "clients' pages"
    """What its files are called in a plan."""

    @cached_property
    def added(self) -> list[str]:
        """Paths that the store does not have."""
        return _paths(self._wanted.join(self._store, on=PAGE, how="anti"))

    @cached_property
    def changed(self) -> list[str]:
        """Paths of which the store has another file, or may have one."""
        other = self._wanted.join(self._store, on=[PAGE, HASH], how="anti")
        return _paths(other.join(self._store, on=PAGE, how="semi"))

    @cached_property
    def gone(self) -> list[str]:
        """Paths that are no longer wanted."""
        return _paths(self._gone)

    @property
    def kept(self) -> tuple[()]:
        """Nothing: clients' pages go at once."""
        return ()

    @property
    def unchanged(self) -> int:
        """How many files the store has as they are."""
        return self._wanted.height - len(self.added) - len(self.changed)

    @property
    def is_settled(self) -> bool:
        """Whether the store has just what is wanted."""
        fresh = self._wanted.join(self._store, on=[PAGE, HASH], how="anti")
        return fresh.is_empty() and self._gone.is_empty()

    @property
    def same(self) -> list[str]:
        """Paths of which the store has this very file."""
        return _paths(self._wanted.join(self._store, on=[PAGE, HASH], how="semi"))

    @property
    def share(self) -> Share:
        """Clients who surely have a page in the store, and what would become of it."""
        known = self._store.filter(~IS_UNSURE)
        both = known.join(self._wanted, on=PAGE, suffix="_wanted")
        changed = both.filter(pl.col(HASH) != pl.col(f"{HASH}_wanted"))
        deleted = known.join(self._wanted, on=WHO, how="anti")
        fresh = self._wanted.join(known, on=WHO, how="anti")
        return Share(*(rows[WHO].n_unique() for rows in (known, changed, deleted, fresh)))

    @property
    def why(self) -> pl.DataFrame:
        """``WHO`` and ``WHY`` of the clients of whom a page is to be sent."""
        sent = self._wanted.join(self._store, on=[PAGE, HASH], how="anti")
        rows = self._mine(self.built.read(self.bucket))
        return rows.join(sent, on=WHO, how="semi").select(WHO, WHY)

    def begin(self) -> None:
        """Remember that nobody knows what the store has of any of these from now on."""
        fresh = self._wanted.join(self._store, on=[PAGE, HASH], how="anti")
        touched = pl.concat([fresh, self._gone])
        others = self._store.join(touched, on=PAGE, how="anti")
        self._remember(pl.concat([others, touched.with_columns(pl.lit(UNSURE).alias(HASH))]))

    def sent(self) -> None:
        """Remember that the store has what was new, and still what is gone."""
        self._remember(pl.concat([self._wanted, self._gone]))

    def end(self) -> None:
        """Remember that what is gone is gone."""
        self._remember(self._wanted)

    @cached_property
    def _wanted(self) -> pl.DataFrame:
        return files_of_clients(self._mine(self.built.read(self.bucket)))

    @cached_property
    def _store(self) -> pl.DataFrame:
        return self._mine(self.published.read(self.bucket))

    def _mine(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows if self.only is None else rows.join(self.only, on=WHO, how="semi")

    def _remember(self, rows: pl.DataFrame) -> None:
        if self.only is not None:
            others = self.published.read(self.bucket).join(self.only, on=WHO, how="anti")
            rows = pl.concat([others, rows])
        self.published.write(self.bucket, rows)

    @cached_property
    def _gone(self) -> pl.DataFrame:
        return self._store.join(self._wanted, on=PAGE, how="anti")


def files_of_clients(register: pl.DataFrame) -> pl.DataFrame:
    """Each file of the clients in rows of the register, with its digest."""
    longest = register[ADDRESSES].bin.size().max()
    epochs = range(int(longest) // ADDRESS if isinstance(longest, int) else 0)
    files = [
        register.select(
            DEAL,
            WHO,
            pl.col(ADDRESSES).bin.slice(number * ADDRESS, ADDRESS).alias(PAGE),
            pl.col(FILES).bin.slice(number * DIGEST, DIGEST).alias(HASH),
        )
        for number in epochs
    ]
    found = pl.concat([pl.DataFrame(schema=PUBLISHED), *files])
    return found.filter(pl.col(PAGE) != b"")


def _paths(files: pl.DataFrame) -> list[str]:
    return sorted(map(path_of, files[PAGE].to_list()))
