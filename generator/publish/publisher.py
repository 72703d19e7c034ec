"""One publication: what is new goes in order, what is gone goes last.

A publication comes in lots, such as the pages of one bucket of clients: a lot fits into memory and
remembers by itself what the store has of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from generator.publish.built import read_built
from generator.publish.journal import Journal
from generator.publish.store import Store
from generator.publish.verify import WrongBytesError, send_checked

Progress = Callable[[int, int], None]
Stale = Callable[[str], bool]
"""Whether the headers of the file at a path are not what they were when it was published."""


class Lot(Protocol):
    """Files that are published together."""

    @property
    def sealed(self) -> str:
        """What its sealed files are called in a plan."""

    @property
    def added(self) -> Sequence[str]:
        """Paths that the store does not have."""

    @property
    def changed(self) -> Sequence[str]:
        """Paths of which the store has another file, or may have one."""

    @property
    def gone(self) -> Sequence[str]:
        """Paths that the store has, or may have, and that are to be taken away."""

    @property
    def kept(self) -> Sequence[str]:
        """Paths that are no longer wanted, and stay for a while."""

    @property
    def same(self) -> Sequence[str]:
        """Paths of which the store has this very file."""

    @property
    def unchanged(self) -> int:
        """How many files the store has as they are."""

    @property
    def is_settled(self) -> bool:
        """Whether a publication would leave it as it is, and all that is remembered of it."""

    def begin(self) -> None:
        """Remember that nobody knows what the store has of any of these from now on."""

    def sent(self) -> None:
        """Remember that the store has what was new, and still what is gone."""

    def end(self) -> None:
        """Remember that what is gone is gone, and since when what is kept is not wanted."""


@dataclass(slots=True)
class Publication:
    """What a publication did, in files."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    headers: int = 0
    """Of these, those that got other headers."""
    kept: int = 0
    """Files that are no longer wanted, and stay for a while."""
    kept_back: int = 0
    """Clients' pages that stay here, since the host would keep them when they are revoked."""

    @property
    def is_change(self) -> bool:
        """Whether the store has anything that it had not before, or not any more what it had."""
        return bool(self.added or self.changed or self.deleted or self.headers)

    @property
    def there(self) -> int:
        """Files that the store has now, of all that were to be published."""
        return self.added + self.changed + self.unchanged

    def and_files(self, added: int, changed: int) -> "Publication":
        """This, and files that went to the store by another way."""
        return replace(self, added=self.added + added, changed=self.changed + changed)

    def after(self, ahead: "Publication") -> "Publication":
        """This, which found unchanged what had been sent ahead of it, and that together."""
        fresh = ahead.added + ahead.changed
        return replace(self.and_files(ahead.added, ahead.changed), unchanged=self.unchanged - fresh)


def publish(
    site: Path,
    store: Store,
    lots: Sequence[Callable[[], Lot]],
    progress: Progress,
    journal: Journal | None = None,
    is_stale: Stale | None = None,
) -> Publication:
    """Bring the files of ``lots`` from the folder ``site`` to ``store``, lot after lot.

    Some files of each lot are read back before it counts as sent. Deletions come after all of it,
    so that no reader meets a page whose parts are not there. Should the run break off, every file
    that may lie in the store is remembered, so that a later run can send it again or take it away;
    those that the ``journal`` says are there need not be sent. Files whose headers ``is_stale`` get
    those of today, and their bytes are not sent for it.

    Raises:
        InputError: a file of the built site is missing.
        OutsideError: the store cannot be written, or the site read; a rerun sends the rest.
    """
    done = send(site, store, lots, progress, journal, is_stale)
    take_away(store, lots, done)
    return done


def before_each(
    lots: Sequence[Callable[[], Lot]], action: Callable[[], None]
) -> list[Callable[[], Lot]]:
    """The same lots; before one of them changes anything ``action`` is called, and may raise."""
    return [partial(_announced, make, action) for make in lots]


def _announced(make: Callable[[], Lot], action: Callable[[], None]) -> Lot:
    return cast("Lot", _Announced(make(), action))


class _Announced:
    """A lot that says so before it changes anything; all else is the lot's own."""

    def __init__(self, lot: Lot, action: Callable[[], None]) -> None:
        self._lot, self._action = lot, action

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the lot has
        return getattr(self._lot, name)

    def begin(self) -> None:
        """Begin, after the action."""
        self._action()
        self._lot.begin()


def take_away(store: Store, lots: Sequence[Callable[[], Lot]], done: Publication) -> None:
    """Delete what is gone of ``lots``, when all of them are sent; ``done`` counts it.

    Raises:
        OutsideError: the store cannot be written; a rerun deletes the rest.
    """
    for make in lots:
        lot = make()
        if lot.gone:
            lot.begin()
            store.delete_all(lot.gone)
        if lot.gone or lot.kept:
            lot.end()
        done.deleted += len(lot.gone)
        done.kept += len(lot.kept)


def send(
    site: Path,
    store: Store,
    lots: Sequence[Callable[[], Lot]],
    progress: Progress,
    journal: Journal | None = None,
    is_stale: Stale | None = None,
) -> Publication:
    """Bring what is new of ``lots``, as ``publish`` does, and delete nothing yet.

    Raises:
        InputError, OutsideError: as ``publish``.
    """
    done = Publication()
    for number, make in enumerate(lots, start=1):
        lot = make()
        done.unchanged += lot.unchanged
        if lot.added or lot.changed:
            _send(site, store, lot, journal)
        if is_stale and (stale := list(filter(is_stale, lot.same))):
            store.retouch_all(stale)
            done.headers += len(stale)
        done.added += len(lot.added)
        done.changed += len(lot.changed)
        progress(number, len(lots))
    return done


def _send(site: Path, store: Store, lot: Lot, journal: Journal | None) -> None:
    lot.begin()
    files = ((path, read_built(site, path)) for path in (*lot.added, *lot.changed))
    if journal is None:
        send_checked(store, files)
        lot.sent()
        return
    try:
        send_checked(store, files, journal.note)
    except WrongBytesError:
        journal.clear()  # what it was told is not to be believed: the lot is sent again
        raise
    lot.sent()
    journal.clear()
