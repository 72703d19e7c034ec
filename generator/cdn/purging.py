"""What a publisher needs of a CDN, whichever it is; and a site that has none."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Purge:
    """What a CDN was asked to forget."""

    requests: tuple[str, ...] = ()
    """The CDN's own ids, one for each request; none where there was nothing to forget."""
    items: int = 0
    """How many paths, folders and tags were named: this is what a CDN charges for."""


class Cdn(Protocol):
    """What keeps copies of the site near its readers; paths are those below ``build/site``."""

    def purge(self, paths: Iterable[str], occasion: str) -> Purge:
        """Ask that every copy of the files be forgotten, of ``index.html`` also that of ``/``.

        The same paths on the same ``occasion`` are the same purge, however often it is asked for.
        So an occasion must be new for each publication and each withdrawal, also where one brings
        back what was there before: the time and the kind of run, never a digest of the site.

        Raises:
            InputError: the CDN is not set up as the settings say.
            OutsideError: it did not accept the purge; some of the copies may be forgotten.
        """

    def wait(self, purge: Purge) -> None:
        """Return when the CDN says that all of ``purge`` is done everywhere.

        Raises:
            OutsideError: it did not say so in time.
        """


class NoCdn:
    """Readers ask the store itself: nothing is kept, nothing is to be forgotten."""

    def purge(self, paths: Iterable[str], occasion: str) -> Purge:  # noqa: ARG002 - of the protocol
        """An empty purge."""
        return Purge()

    def wait(self, purge: Purge) -> None:
        """Return at once."""
