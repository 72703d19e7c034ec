"""Reading back some of what a store acknowledged: it may have kept other bytes, or none."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from random import Random
from threading import Lock

from generator.base.errors import OutsideError
from generator.publish.lanes import at_once
from generator.publish.store import Acknowledged, File, Store, nobody

SAMPLED = 20  # files of a lot
LOADER = "index.html"  # every link opens it: it is always read back


_DRAW = Random().random  # noqa: S311 - no secret; the system is asked for a seed once


class WrongBytesError(OutsideError):
    """A store answers with other bytes than it was sent."""

    def __init__(self) -> None:
        hint = "run it again; if it stays so, the store or a cache before it spoils files"
        super().__init__(f"the store answers with other bytes than it was sent — hint: {hint}")


class Sample:
    """Some of the files that were sent, each as likely as another, and the loader."""

    def __init__(self, draw: Callable[[], float] = _DRAW) -> None:
        """``draw`` gives a number from 0 to less than 1."""
        self._draw, self._lock = draw, Lock()
        self._count, self._kept, self._loader = 0, list[tuple[str, str]](), list[tuple[str, str]]()

    def take(self, path: str, digest: str) -> None:
        """Look at a file; it takes the place of another, or is left out. Any thread may do so."""
        with self._lock:
            if path == LOADER:
                self._loader = [(path, digest)]
                return
            self._count += 1
            place = int(self._draw() * self._count)
            if len(self._kept) < SAMPLED:
                self._kept.append((path, digest))
            elif place < SAMPLED:
                self._kept[place] = (path, digest)

    def is_in(self, store: Store) -> bool:
        """Whether the store answers with the bytes that were sent.

        Raises:
            OutsideError: it cannot be read.
        """
        others = list[str]()

        def read_back(file: tuple[str, str]) -> None:
            path, digest = file
            found = store.get(path)
            if found is None or sha256(found).hexdigest() != digest:
                others.append(path)

        at_once(read_back, [*self._kept, *self._loader], SAMPLED)
        return not others


def send_checked(store: Store, files: Iterable[File], note: Acknowledged = nobody) -> None:
    """Bring files to a store, ``note`` path and digest of each that it has, and read some back.

    Raises:
        WrongBytesError: the store has other bytes than it was sent, though it did not refuse them.
        OutsideError: the store cannot be written or read.
    """
    sample = Sample()

    def acknowledged(path: str, digest: str) -> None:
        note(path, digest)
        sample.take(path, digest)

    store.put_all(files, acknowledged)
    if not sample.is_in(store):
        raise WrongBytesError
