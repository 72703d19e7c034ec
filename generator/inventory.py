"""What was built against what was published: the lots of a publication, in their order.

Which files changed comes from what a build and the last publication remembered, never from
reading the site or from listing the store.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import polars as pl

from generator.base.errors import InputError, Problem
from generator.data import Bucket
from generator.data.vault import DEAL, WHO, buckets
from generator.publish import Files, Lot, inventory_file, load_inventory
from generator.sealing import path_of
from generator.site.common import common_of
from generator.site.layout import Layout
from generator.site.private import close_folder, write_private
from generator.site.register import ADDRESS, ADDRESSES, DIGEST, FILES, REGISTER
from generator.site.shelf import Shelf
from generator.site.tree import Stage

POINTED_TO = ("assets/", "p/")
"""Common files to which clients' pages point; the others point to clients' pages, or to nothing."""

UNSURE = b""  # the digest of a file that may or may not have been sent, or taken away
PAGE, HASH = "page", "digest"
PUBLISHED = {DEAL: pl.UInt16, WHO: pl.Binary, PAGE: pl.Binary, HASH: pl.Binary}
"""The columns of what the store has of clients: an address and the digest of its file."""


def lots_of(layout: Layout, *, to_look_at: bool = False) -> list[Callable[[], Lot]]:
    """The lots of a publication in their order; each looks at the disk when it is made.

    Lots ``to_look_at`` are not to be published: what is remembered stays as it lies.

    Raises:
        InputError: what was built is not on record: all that is published would be taken away.
        OutsideError: a record is damaged, or cannot be written.
    """
    if not all(path.exists() for path in (layout.about, layout.common, layout.register)):
        sentence = "what was built is not on record any more"
        raise InputError([Problem("build/private", sentence, "run: sealpress build")])
    built, store = Shelf(layout.register, REGISTER), inventory_of(layout)
    if not to_look_at:
        store.deal(built.bits)
    clients = [partial(ClientLot, bucket, built, store) for bucket in buckets(built.bits)]
    return [partial(common_lot, layout, first=True), *clients, partial(common_lot, layout)]


def inventory_of(layout: Layout) -> Shelf:
    """What the store has of clients."""
    close_folder(layout.published)
    return Shelf(layout.published, PUBLISHED)


def common_lot(layout: Layout, *, first: bool = False) -> Files:
    """The common files to which others point, with ``first``, or the others."""
    place = layout.published / f"{'pointed-to' if first else 'common'}.json"
    wanted = common_of(layout.common, Stage(layout)).earlier
    return Files(
        {path: digest for path, digest in wanted.items() if path.startswith(POINTED_TO) == first},
        load_inventory(place),
        lambda inventory: write_private(place, inventory_file(inventory)),
    )


@dataclass(frozen=True)
class ClientLot:
    """The pages of the clients of one bucket."""

    bucket: Bucket
    built: Shelf
    published: Shelf
    only: pl.DataFrame | None = None
    """``WHO`` of the clients of whom it is, where it is not of all."""

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
    def unchanged(self) -> int:
        """How many files the store has as they are."""
        return self._wanted.height - len(self.added) - len(self.changed)

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
