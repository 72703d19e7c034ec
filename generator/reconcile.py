"""What a store lists against what is remembered of it: after a loss, a restore, or a doubt.

Comes in: the listing of a store. Goes out: an inventory that is true of it, and what lies there
that nobody knows. It deletes nothing, and sends nothing: the publication after it does.

Paths and marks of a whole listing are held in columns, some 100 bytes a file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import md5
from itertools import islice
from pathlib import Path

import polars as pl

from generator.base.config import CONFIG, Guard
from generator.base.errors import Problem
from generator.buckets import Bucket, buckets
from generator.columns import DEAL, WHO
from generator.inventory import common_lot, inventory_of
from generator.lots import HASH, PAGE, PUBLISHED, files_of_clients
from generator.publish import Files, Known, Listed, Store
from generator.publish.guard import FEWEST
from generator.sealing import path_of
from generator.site.layout import Layout
from generator.site.register import REGISTER
from generator.site.shelf import Shelf

PATH, MD5 = "path", "md5"
LISTED = {PATH: pl.String, MD5: pl.String}
AT_ONCE = 50_000  # rows that become columns together
UNSURE = ""


@dataclass(slots=True)
class Reconciled:
    """What the listing of a store told."""

    listed: int = 0
    missing: int = 0
    """Files that were remembered, and are not there: they are sent again where they are wanted."""
    other: int = 0
    """Files of which other bytes are there than was remembered, or nothing was remembered."""
    unknown: list[str] = field(default_factory=list)
    """Paths of files that nobody wants and nobody remembers: they are taken away."""

    @property
    def lot(self) -> Files:
        """What is to be taken away."""
        return Files({}, dict.fromkeys(self.unknown, UNSURE), sealed="unknown sealed files")

    def objections(self, guard: Guard) -> list[Problem]:
        """What looks wrong: very much that is unknown may be somebody else's."""
        count = len(self.unknown)
        if count < FEWEST or count * 100 <= guard.deleted_percent * self.listed:
            return []
        sentence = f"{count:,} of {self.listed:,} files in the store are unknown and would go"
        hint = "is the bucket, or the prefix, the site's alone? then run it again with --allow"
        return [Problem(CONFIG, sentence, hint, "publish.guard.deleted_percent")]


def reconcile(layout: Layout, store: Store, *, to_look_at: bool = False) -> Reconciled:
    """Make the inventory true of what the store lists; ``to_look_at`` leaves it as it is.

    What was built must lie in ``build/site``: bytes are compared by their MD5, where the marks that
    the store gives are such.

    Raises:
        OutsideError: the store cannot be read, or a record is damaged, or cannot be written.
    """
    comparing = _Comparing(layout, _columns(store.list_all()), to_look_at=to_look_at)
    comparing.common()
    built, known = Shelf(layout.register, REGISTER), inventory_of(layout)
    if not to_look_at:
        known.deal(built.bits)
    for bucket in buckets(built.bits):
        comparing.clients(bucket, built, known)
    return comparing.result()


def _columns(listing: Iterator[Listed]) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=LISTED)]
    while some := list(islice(listing, AT_ONCE)):
        frames.append(pl.DataFrame(some, LISTED, orient="row"))
    return pl.concat(frames)


class _Comparing:
    """Goes through lots, and counts."""

    def __init__(self, layout: Layout, listed: pl.DataFrame, *, to_look_at: bool) -> None:
        self._layout, self._listed, self._to_look_at = layout, listed, to_look_at
        self._seen = [pl.DataFrame(schema={PATH: pl.String})]
        self._told = Reconciled(listed.height)
        self._marks_are_md5 = True

    def common(self) -> None:
        """Common files; where not one of them has its MD5, the store's marks are something else."""
        lots = [common_lot(self._layout, first=first) for first in (True, False)]
        wanted = {path: digest for lot in lots for path, digest in lot.wanted.items()}
        there = self._there(wanted)
        self._marks_are_md5 = any(self._is_here(path, mark) for path, mark in there.items())
        for lot in lots:
            known = self._true(dict(lot.wanted), dict(lot.store))
            if not self._to_look_at:
                lot.remember(Known(known, lot.since))

    def clients(self, bucket: Bucket, built: Shelf, known: Shelf) -> None:
        """The pages of the clients of one bucket."""
        wanted, there = files_of_clients(built.read(bucket)), known.read(bucket)
        places = {path_of(page): page for page in pl.concat([wanted, there])[PAGE].unique()}
        true = self._true(_by_path(wanted), _by_path(there))
        if self._to_look_at:
            return
        pages = pl.DataFrame(
            {
                PAGE: [places[path] for path in true],
                HASH: [bytes.fromhex(digest) for digest in true.values()],
            },
            {PAGE: pl.Binary, HASH: pl.Binary},
        )
        whose = pl.concat([wanted, there]).select(DEAL, WHO, PAGE).unique(PAGE)
        known.write(bucket, whose.join(pages, on=PAGE).select(PUBLISHED.keys()))

    def result(self) -> Reconciled:
        """What was found, when all lots were gone through."""
        unknown = self._listed.join(pl.concat(self._seen), on=PATH, how="anti")
        self._told.unknown = unknown[PATH].to_list()
        return self._told

    def _true(self, wanted: dict[str, str], known: dict[str, str]) -> dict[str, str]:
        """What the store has of these files: digests, and unsure where other bytes may be there."""
        paths = wanted.keys() | known.keys()
        self._seen.append(pl.DataFrame({PATH: list(paths)}, {PATH: pl.String}))
        there, true = self._there(paths), dict[str, str]()
        for path in sorted(there):
            before = known.get(path, UNSURE)
            true[path] = self._digest(path, wanted.get(path), before, there[path])
            self._told.other += true[path] != known.get(path)
        self._told.missing += len(known.keys() - there.keys())
        return true

    def _digest(self, path: str, wanted: str | None, before: str, mark: str) -> str:
        if wanted is None or not self._marks_are_md5 or not mark:
            return before
        if self._is_here(path, mark):
            return wanted
        return UNSURE if before == wanted else before

    def _there(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of the paths that are listed, with their marks."""
        asked = pl.DataFrame({PATH: list(paths)}, {PATH: pl.String})
        return dict(asked.join(self._listed, on=PATH).select(PATH, MD5).iter_rows())

    def _is_here(self, path: str, mark: str) -> bool:
        """Whether the built site has a file of this MD5."""
        return _md5(self._layout.site / path) == mark


def _by_path(files: pl.DataFrame) -> dict[str, str]:
    return {path_of(page): digest.hex() for page, digest in files.select(PAGE, HASH).iter_rows()}


def _md5(place: Path) -> str:
    try:
        return md5(place.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError:  # then it cannot be sent either, and that is told
        return ""
