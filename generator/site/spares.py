"""Files whose place others took: new pages are written over them, so that no block changes hands.

To free the blocks of a file is to wait for the disk where it is told of each of them (``discard``):
a page that takes another's place then costs 420 µs, and 75 if the other keeps its blocks under
another name. So a commit lets some thousands of the files that it replaces lie in
``build/spare``, and the next pages are written over them. What is removed from the site, as a page
of a withdrawn link is, leaves nothing here.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from generator.site.layout import Layout

MOST = 100_000  # files, some 400 MB: a night of one in ten clients of a million
SOME = 1000  # names that are looked up at once
ALONE = 1  # name of a file that nobody else can be reading


class Spares:
    """The spare files of a site; processes and threads may take and keep them side by side."""

    __slots__ = ("_folder", "_names", "_room")

    def __init__(self, layout: Layout) -> None:
        """Nothing is looked at yet."""
        self._folder = str(layout.spare)
        self._names: list[str] | None = None
        self._room = -1

    def take(self, place: str) -> bool:
        """Bring a spare file to ``place``, to be written over; whether there was one.

        Raises:
            FileNotFoundError: there is no such folder.
            OSError: the disk does not let us.
        """
        while name := self._first():
            try:
                os.rename(f"{self._folder}/{name}", place)  # noqa: PTH104 - thousands of them
            except FileNotFoundError:
                if not os.path.isdir(place.rpartition("/")[0]):  # noqa: PTH112
                    raise
                self._taken()  # by another process, which was quicker
                continue
            self._taken()
            if os.stat(place).st_nlink == ALONE:  # noqa: PTH116
                return True
            os.unlink(place)  # noqa: PTH108 - a copy of the site made of links shares it
        return False

    def keep(self, place: str) -> None:
        """Have a file that is about to lose its place become a spare one, if there is room."""
        if self._room < 0:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103
            self._room = max(0, MOST - sum(1 for _ in self._listed()))
        if not self._room:
            return
        try:
            os.link(place, f"{self._folder}/{_name(place)}")
        except OSError:  # it is new, or a spare already, or this disk has no links: then it goes
            return
        self._room -= 1

    def drop(self, path: str) -> None:
        """Remove what may be left of earlier files at a path of the site."""
        with suppress(FileNotFoundError):
            os.unlink(f"{self._folder}/{_name(path)}")  # noqa: PTH108

    def _first(self) -> str:
        """The name of a spare file, if there is one."""
        if self._names is None:
            self._names = list(islice(self._listed(), SOME))
        return self._names[-1] if self._names else ""

    def _taken(self) -> None:
        """Go on to the next one, and look for more after the last."""
        if self._names:
            self._names.pop()
        self._names = self._names or None

    def _listed(self) -> Iterator[str]:
        try:
            with os.scandir(self._folder) as found:
                yield from (one.name for one in found)
        except FileNotFoundError:
            return


def _name(path: str) -> str:
    """What one may replace has the name of a digest or of an address: no two are alike."""
    return path.rpartition("/")[2]
