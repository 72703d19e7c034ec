"""What others took the place of: it goes while the next build reads, and nobody waits for it.

To free a file's blocks is to wait for the disk: where that is told of each of them (``discard``) a
page whose place is taken costs 420 µs, and one that stays under another name 75. So a commit keeps
the files that it replaces beside the site, up to some thousands, as they were sealed; the next
build removes them beside its other work. Where a link is withdrawn nothing is kept.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from generator.site.layout import Layout

MOST = 20_000  # files: they go in less time than tables of so many clients are read
GOING = ".going"


class Replaced:
    """The files that a commit replaces; any thread may keep one."""

    def __init__(self, layout: Layout) -> None:
        """No more are kept than fit."""
        layout.replaced.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = str(layout.replaced)
        self._room = MOST - len(os.listdir(self._folder))  # noqa: PTH208 - names are enough

    def keep(self, place: str) -> None:
        """Have a file outlive its place, if there is one, and room."""
        if self._room <= 0:
            return
        try:
            os.link(place, f"{self._folder}/{place.rpartition('/')[2]}")
        except OSError:  # it is new, or kept already, or this disk has no links: then it goes
            return
        self._room -= 1


def sweep(layout: Layout) -> None:
    """Remove what is kept."""
    for folder in (layout.replaced, _going(layout)):
        if folder.exists():
            shutil.rmtree(folder)


@contextmanager
def sweeping(layout: Layout) -> Iterator[None]:
    """Remove meanwhile what earlier commits kept; what one keeps now stays."""
    going = _going(layout)
    if layout.replaced.exists() and not going.exists():
        layout.replaced.rename(going)
    with ThreadPoolExecutor(1) as pool:
        if going.exists():  # what cannot be removed now the next build tries again
            pool.submit(shutil.rmtree, going, ignore_errors=True)
        yield


def _going(layout: Layout) -> Path:
    return layout.replaced.with_name(f"{layout.replaced.name}{GOING}")
