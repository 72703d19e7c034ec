"""What was built against what was published: the lots of a publication, in their order.

Which files changed comes from what a build and the last publication remembered, never from
reading the site or from listing the store.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial, reduce
from pathlib import Path

import polars as pl

from generator.base.errors import InputError, Problem
from generator.buckets import Bucket, buckets
from generator.lots import HASH, IS_UNSURE, PAGE, PUBLISHED, ClientLot
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
from generator.site.register import REGISTER, WHY, Why
from generator.site.shelf import Shelf
from generator.site.tree import Stage

POINTED_TO = ("assets/", "p/")
"""Common files to which clients' pages point; the others point to clients' pages, or to nothing."""

NO_GRACE = Grace()
PREFIX = 8  # characters of a pseudonym that tell clients apart for a person who looks
STATE = "state.json"
COMMON = ("pointed-to.json", "common.json")
"""The inventories of files that are the same for everyone, those to which others point first."""


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
