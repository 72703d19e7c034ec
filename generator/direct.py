"""Pages straight to the store: what is remembered of them, so that none is ever lost sight of.

Comes in: a bucket's clients whose pages are built, before and after. Goes out: the inventory of
the store. Addresses are put down before anything is sent to them: whatever breaks off, a later run
knows what may lie in the store, sends again what is not sure, and takes away what nobody wants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from generator.buckets import Bucket
from generator.columns import DEAL, WHO
from generator.compare import GENERATION
from generator.data import Shard
from generator.inventory import inventory_of, journal_of_bucket, settle
from generator.lots import HASH, PAGE, PUBLISHED, UNSURE, files_of_clients
from generator.partition import BUILD, CLIENT
from generator.sealing import KeyRing, path_of
from generator.sealing.secret import SecretMaker
from generator.site.layout import Layout
from generator.site.register import ADDRESS, ADDRESSES, DIGEST, FILES
from generator.site.shelf import Shelf
from generator.upload import NOTHING


@dataclass(frozen=True, slots=True)
class Direct:
    """The inventory of a store to which workers send clients' pages."""

    store: Shelf
    makers: Sequence[SecretMaker]
    """Of the live epochs, oldest first."""

    def begin(self, bucket: Bucket, shard: Shard, todo: pl.DataFrame) -> pl.DataFrame:
        """``todo`` with the addresses of the pages to build, and what the store has there.

        From now on nobody knows what lies at these addresses, until it is ``sent``.
        """
        mine = todo.filter(BUILD)
        if mine.is_empty():
            return todo
        ids = mine.join(shard.people.select(DEAL, WHO, "client_id"), on=WHO, maintain_order="left")
        places = [
            [maker.secret(CLIENT, client, generation).address for maker in self.makers]
            for client, generation in ids.select("client_id", GENERATION).iter_rows()
        ]
        there = self.store.read(bucket)
        known = dict(there.select(PAGE, HASH).iter_rows())
        self.store.write(bucket, _unsure(there, ids, places))
        found = mine.with_columns(
            pl.Series(ADDRESSES, map(b"".join, places), pl.Binary),
            pl.Series(FILES, _digests(known, places), pl.Binary),
        )
        return pl.concat([found, todo.filter(~pl.col(BUILD))])

    def arrived(self, bucket: Bucket, built: pl.DataFrame) -> None:
        """Note that the store has these pages, while others of the bucket are still on their way.

        ``built`` has ``ADDRESSES`` and ``FILES``, as in the register. Should the night break off,
        the next one does not send them again.
        """
        journal = journal_of_bucket(self.store.folder, bucket)
        for addresses, files in built.select(ADDRESSES, FILES).iter_rows():
            for number in range(len(addresses) // ADDRESS):
                page = addresses[number * ADDRESS : (number + 1) * ADDRESS]
                digest = files[number * DIGEST : (number + 1) * DIGEST]
                journal.note(path_of(page), digest.hex())
        journal.close()

    def sent(self, bucket: Bucket, built: pl.DataFrame) -> None:
        """Remember that the store has the pages in these rows of the register."""
        fresh = files_of_clients(built)
        others = self.store.read(bucket).join(fresh, on=PAGE, how="anti")
        self.store.write(bucket, pl.concat([others, fresh]))
        journal_of_bucket(self.store.folder, bucket).clear()


def direct_to_store(layout: Layout, ring: KeyRing, bits: int) -> Direct:
    """The inventory of the site's store, dealt as the base is."""
    settle(layout)
    store = inventory_of(layout)
    store.deal(bits)
    return Direct(store, [epoch.secrets() for epoch in ring.live])


def _unsure(there: pl.DataFrame, ids: pl.DataFrame, places: list[list[bytes]]) -> pl.DataFrame:
    """The inventory of a bucket, in which nobody knows what lies at these places."""
    touched = pl.DataFrame(
        [
            (deal, who, place, UNSURE)
            for (deal, who), some in zip(ids.select(DEAL, WHO).iter_rows(), places, strict=True)
            for place in some
        ],
        PUBLISHED,
        orient="row",
    )
    return pl.concat([there.join(touched, on=PAGE, how="anti"), touched])


def _digests(known: dict[bytes, bytes], places: list[list[bytes]]) -> Iterator[bytes]:
    """What the store has at each client's places, one after the other."""
    return (b"".join(known.get(place) or NOTHING for place in some) for some in places)
