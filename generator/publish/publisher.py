"""One publication: what is new goes in order, what is gone goes last.

A publication comes in lots, such as the pages of one bucket of clients: a lot fits into memory and
remembers by itself what the store has of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from generator.base.errors import InputError, OutsideError, Problem
from generator.publish.store import Store

Progress = Callable[[int, int], None]


class Lot(Protocol):
    """Files that are published together."""

    @property
    def added(self) -> Sequence[str]:
        """Paths that the store does not have."""

    @property
    def changed(self) -> Sequence[str]:
        """Paths of which the store has another file, or may have one."""

    @property
    def gone(self) -> Sequence[str]:
        """Paths that the store has, or may have, and that are no longer wanted."""

    @property
    def unchanged(self) -> int:
        """How many files the store has as they are."""

    def begin(self) -> None:
        """Remember that nobody knows what the store has of any of these from now on."""

    def sent(self) -> None:
        """Remember that the store has what was new, and still what is gone."""

    def end(self) -> None:
        """Remember that what is gone is gone."""


@dataclass(slots=True)
class Publication:
    """What a publication did, in files."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    kept_back: int = 0
    """Clients' pages that stay here, since the host would keep them when they are revoked."""

    def and_files(self, added: int, changed: int) -> "Publication":
        """This, and files that went to the store by another way."""
        return replace(self, added=self.added + added, changed=self.changed + changed)

    def after(self, ahead: "Publication") -> "Publication":
        """This, which found unchanged what had been sent ahead of it, and that together."""
        fresh = ahead.added + ahead.changed
        return replace(self.and_files(ahead.added, ahead.changed), unchanged=self.unchanged - fresh)


def publish(
    site: Path, store: Store, lots: Sequence[Callable[[], Lot]], progress: Progress
) -> Publication:
    """Bring the files of ``lots`` from the folder ``site`` to ``store``, lot after lot.

    Deletions come after all of it, so that no reader meets a page whose parts are not there.
    Should the run break off, every file that may lie in the store is remembered, so that a later
    run can send it again or take it away.

    Raises:
        InputError: a file of the built site is missing.
        OutsideError: the store cannot be written, or the site read; a rerun sends the rest.
    """
    done = send(site, store, lots, progress)
    for make in lots:
        lot = make()
        if lot.gone:
            lot.begin()
            store.delete_all(lot.gone)
            lot.end()
        done.deleted += len(lot.gone)
    return done


def send(
    site: Path, store: Store, lots: Sequence[Callable[[], Lot]], progress: Progress
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
            lot.begin()
            store.put_all((path, _read(site, path)) for path in (*lot.added, *lot.changed))
            lot.sent()
        done.added += len(lot.added)
        done.changed += len(lot.changed)
        progress(number, len(lots))
    return done


def _read(site: Path, path: str) -> bytes:
    try:
        return (site / path).read_bytes()
    except FileNotFoundError:
        hint = "run: sealpress build --full"
        sentence = "a file of the built site is missing"
        raise InputError([Problem("build/site", sentence, hint)]) from None
    except OSError as error:
        raise OutsideError(f"build/site: cannot be read: {error.strerror}") from None
