"""What was built against what was published: the lots of a publication, in their order.

Which files changed comes from what a build and the last publication remembered, never from
reading the site or from listing the store.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial, reduce
from pathlib import Path

import polars as pl

from generator.base.errors import InputError, Problem
from generator.data import Bucket
from generator.data.vault import DEAL, WHO, buckets
from generator.publish import (
    Files,
    Grace,
    Journal,
    Known,
    Lot,
    State,
    inventory_file,
    load_inventory,
    load_state,
    state_file,
)
from generator.publish.guard import Share
from generator.sealing import base58, path_of
from generator.site.about import about
from generator.site.common import common_of
from generator.site.layout import Layout
from generator.site.private import close_folder, write_private
from generator.site.register import ADDRESS, ADDRESSES, DIGEST, FILES, REGISTER, WHY, Why
from generator.site.shelf import Shelf
from generator.site.tree import Stage

POINTED_TO = ("assets/", "p/")
"""Common files to which clients' pages point; the others point to clients' pages, or to nothing."""

UNSURE = b""  # the digest of a file that may or may not have been sent, or taken away
NO_GRACE = Grace()
PREFIX = 8  # characters of a pseudonym that tell clients apart for a person who looks
STATE = "state.json"
COMMON = ("pointed-to.json", "common.json")
"""The inventories of files that are the same for everyone, those to which others point first."""
PAGE, HASH = "page", "digest"
IS_UNSURE = pl.col(HASH) == UNSURE
PUBLISHED = {DEAL: pl.UInt16, WHO: pl.Binary, PAGE: pl.Binary, HASH: pl.Binary}
"""The columns of what the store has of clients: an address and the digest of its file."""


def lots_of(
    layout: Layout, grace: Grace = NO_GRACE, *, to_look_at: bool = False
) -> list[Callable[[], Lot]]:
    """The lots of a publication in their order; each looks at the disk when it is made.

    Common files that are no longer wanted stay for the ``grace``. Clients' pages go at once: they
    had their retention, or were revoked.

    Lots ``to_look_at`` are not to be published: clients stay dealt as they are.

    Raises:
        InputError: what was built is not on record: all that is published would be taken away.
        OutsideError: a record is damaged, or cannot be written.
    """
    if not all(path.exists() for path in (layout.about, layout.common, layout.register)):
        sentence = "what was built is not on record any more"
        raise InputError([Problem("build/private", sentence, "run: sealpress build")])
    settle(layout)
    built, store = Shelf(layout.register, REGISTER), inventory_of(layout)
    if not to_look_at:
        store.deal(built.bits)
    clients = [partial(ClientLot, bucket, built, store) for bucket in buckets(built.bits)]
    common = partial(common_lot, layout, grace=grace)
    return [partial(common, first=True), *clients, common]


def inventory_of(layout: Layout) -> Shelf:
    """What the store has of clients."""
    close_folder(layout.published)
    return Shelf(layout.published, PUBLISHED)


def journal_of(layout: Layout) -> Journal:
    """What the store acknowledged and the inventory does not say yet."""
    return Journal(layout.published / "sent.log")


def journal_of_bucket(published: Path, bucket: Bucket) -> Journal:
    """The same of the pages of a bucket that workers send, several buckets at a time."""
    return Journal(published / f"sent-{bucket.name}.log")


def grace_of(layout: Layout, today: date, days: int) -> Grace:
    """How long common files stay; sealed ones not at all once an epoch is no longer live.

    Raises:
        OutsideError: the record of the last publication is damaged.
    """
    built, last = about(layout), state_of(layout).epochs
    is_safe = bool(built and last and set(last) <= set(built.epochs))
    return Grace(today, days, for_sealed=is_safe)


def state_of(layout: Layout) -> State:
    """What the last publication left.

    Raises:
        OutsideError: the record is damaged.
    """
    return load_state(layout.published / STATE)


def remember_state(layout: Layout, state: State) -> None:
    """Put down what this publication leaves, where that is something else.

    Raises:
        OutsideError: the disk is full, or does not let us write.
    """
    if state != state_of(layout):
        write_private(layout.published / STATE, state_file(state))


def reasons_of(layout: Layout, most: int) -> tuple[Counter[str], list[str]]:
    """Why pages were built that are to be sent, in words with numbers of clients; and some clients.

    They are named by the beginning of their pseudonym, ``most`` of them.

    Raises:
        OutsideError: a record is damaged.
    """
    built, store = Shelf(layout.register, REGISTER), inventory_of(layout)
    counts, samples = Counter[int](), list[str]()
    for bucket in buckets(built.bits):
        why = ClientLot(bucket, built, store).why
        counts.update(dict(why.group_by(WHY).len().iter_rows()))
        for who, flags in why.head(most - len(samples)).iter_rows():
            name = base58.encode(who)[:PREFIX]
            samples.append(f"client {name}…: {'; '.join(Why(flags).reasons)}")
    words = Counter[str]()
    for flags, clients in counts.items():
        words.update(dict.fromkeys(Why(flags).reasons, clients))
    return words, samples


def share_of(layout: Layout) -> Share:
    """Of how many clients a publication would change or delete pages that are surely there.

    What a run that broke off had begun is not counted again.

    Raises:
        OutsideError: a record is damaged.
    """
    built, store = Shelf(layout.register, REGISTER), inventory_of(layout)
    shares = (ClientLot(bucket, built, store).share for bucket in buckets(built.bits))
    return reduce(Share.plus, shares, Share())


def settle(layout: Layout) -> None:
    """Remember of what a publication was sending when it broke off which files arrived.

    To be called before anything is begun, by whoever sends: a later line would be taken for an
    earlier one's.

    Raises:
        OutsideError: a record is damaged, or cannot be written.
    """
    journals = list(map(Journal, layout.published.glob("sent*.log")))
    if arrived := {path: digest for one in journals for path, digest in one.entries().items()}:
        for first in (True, False):
            place = _common_place(layout, first=first)
            there, since = load_inventory(place)
            known = {path: digest or arrived.get(path, "") for path, digest in there.items()}
            if known != there:
                write_private(place, inventory_file(Known(known, since)))
        store = inventory_of(layout)
        for bucket, rows in store.frames():
            unsure = rows.filter(IS_UNSURE)[PAGE].unique()
            digests = {page: arrived.get(path_of(page), "") for page in unsure}
            if any(digests.values()):
                store.write(bucket, rows.with_columns(_with(digests)))
    for journal in journals:
        journal.clear()


def _with(digests: Mapping[bytes, str]) -> pl.Expr:
    """The digests of a bucket, with those of some pages put in."""
    found = [bytes.fromhex(digest) for digest in digests.values()]
    page, before = pl.col(PAGE), pl.col(HASH)
    return page.replace_strict(list(digests), found, default=before, return_dtype=pl.Binary).alias(
        HASH
    )


def common_lot(layout: Layout, *, first: bool = False, grace: Grace = NO_GRACE) -> Files:
    """The common files to which others point, with ``first``, or the others."""
    place = _common_place(layout, first=first)
    wanted = common_of(layout.common, Stage(layout)).earlier
    known = load_inventory(place)
    return Files(
        {path: digest for path, digest in wanted.items() if path.startswith(POINTED_TO) == first},
        known.files,
        lambda now: write_private(place, inventory_file(now)),
        known.since,
        grace,
        sealed="shared parts",
    )


def inventory_files(layout: Layout) -> list[Path]:
    """The files that hold the inventory, as far as they are there, in the order of their names."""
    common = filter(Path.exists, (layout.published / name for name in COMMON))
    return sorted([*inventory_of(layout).places(), *common])


def _common_place(layout: Layout, *, first: bool) -> Path:
    return layout.published / COMMON[not first]


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
