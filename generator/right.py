"""The right to change what is published: one publisher at a time, on whichever machine it runs.

Comes in: the papers of a store, and what this site remembers of its own publications. Goes out: a
lease for as long as something is changed, and a pointer that says what was. It refuses whom
somebody else came before: then what is remembered of the store is not true any more.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest, sha256

from generator.base.errors import OutsideError
from generator.inventory import inventory_files
from generator.publish import (
    Lease,
    Lot,
    Papers,
    Pointer,
    Publication,
    Standing,
    before_each,
    leased,
    moved,
    owner_of,
    standing,
    swap,
)
from generator.publish.pointer import NAME, another_store, load_pointer, moved_by_others
from generator.site.layout import Layout
from generator.site.private import close_folder, write_private

OURS = "pointers.json"


@dataclass(slots=True)
class Right:
    """The right to change a store, while it is held."""

    layout: Layout
    papers: Papers
    lease: Lease
    standing: Standing

    def must_hold(self) -> None:
        """Return if it still is ours.

        Raises:
            OutsideError: it is not, or the store does not tell; nothing more may be changed.
        """
        self.lease.must_hold()

    def asked(self, lots: Sequence[Callable[[], Lot]]) -> list[Callable[[], Lot]]:
        """The same lots; each asks for the right before it changes anything."""
        return before_each(lots, self.must_hold)

    def end(self, done: Publication) -> None:
        """Point to what the store has now, if anything of it was changed.

        Raises:
            OutsideError: somebody else has published meanwhile, or the store failed.
        """
        last, ours, digest = self.standing.pointer, _ours(self.layout), _digest(self.layout)
        is_same = last is not None and last.digest == digest
        if last in ours and is_same and not (done.added or done.changed or done.deleted):
            return
        files = last.files + done.added - done.deleted if last else done.there + done.kept
        new = self.standing.next(digest, max(0, files), datetime.now(UTC))
        _remember(self.layout, [*ours, new])
        self.lease.renew()
        tag = swap(self.papers, new, self.standing.tag)
        _remember(self.layout, [new])
        self.standing = Standing(new, tag)


@contextmanager
def right_to_change(
    layout: Layout, papers: Papers, command: str, *, patience: float = 0.0, anew: bool = False
) -> Iterator[Right]:
    """The right, for as long as it is needed; the lock of the site is held already.

    For ``patience`` seconds a publisher on another machine is waited for. ``anew`` tells that what
    is remembered of the store is made true now, whoever published since.

    Raises:
        OutsideError: somebody else has it, or has published since; or the store failed.
    """
    with leased(papers, command, owner_of(layout.lock), patience) as lease:
        yield Right(layout, papers, lease, _standing(layout, papers, anew=anew))


def _standing(layout: Layout, papers: Papers, *, anew: bool) -> Standing:
    if anew:
        return _whatever_stands(papers)
    found = standing(papers)
    if moved(found, _ours(layout)):
        raise moved_by_others() if found.pointer else another_store()
    return found


def _whatever_stands(papers: Papers) -> Standing:
    """The pointer, which may be somebody else's; none where it cannot be read."""
    paper = papers.read(NAME)
    if paper is None:
        return Standing(None, None)
    try:
        return Standing(load_pointer(paper.content), paper.tag)
    except OutsideError:
        return Standing(None, paper.tag)


def _ours(layout: Layout) -> list[Pointer]:
    """The pointers that may be ours: two of them where it broke off while one was moved."""
    place = layout.published / OURS
    if not place.exists():
        return []
    return [load_pointer(one.encode()) for one in json.loads(place.read_text(encoding="utf-8"))]


def _remember(layout: Layout, pointers: Sequence[Pointer]) -> None:
    close_folder(layout.published)
    texts = [one.file().decode() for one in pointers]
    write_private(layout.published / OURS, json.dumps(texts).encode())


def _digest(layout: Layout) -> str:
    """What stands for the inventory: a digest of its files, in their order."""
    total = sha256()
    for place in inventory_files(layout):
        with place.open("rb") as file:
            total.update(place.name.encode() + file_digest(file, "sha256").digest())
    return total.hexdigest()
