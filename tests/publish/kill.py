"""A publisher that kills itself: publishes a site, and is gone after so many acknowledged files.

::

    python -m tests.publish.kill FOLDER AFTER [ENDPOINT BUCKET]
"""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from generator.base.config import Publish
from generator.inventory import journal_of, lots_of
from generator.publish import DirectoryStore, File, Listed, Store, publish
from generator.publish.s3 import S3Store
from generator.publish.store import Acknowledged, nobody
from generator.site.headers import stored_headers
from generator.site.layout import Layout


class Deadly:
    """A store that kills this process when it has acknowledged so many files."""

    def __init__(self, store: Store, after: int) -> None:
        self._store, self._left = store, after

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Write files, up to the one."""

        def count(path: str, digest: str) -> None:
            acknowledged(path, digest)
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        self._store.put_all(files, count)

    def delete_all(self, paths: Iterable[str]) -> None:
        """Take files away."""
        self._store.delete_all(paths)

    def erase_all(self, paths: Iterable[str]) -> int:
        """Take files away with all that is kept of them."""
        return self._store.erase_all(paths)

    def retouch_all(self, paths: Iterable[str]) -> None:
        """Give files other headers."""
        self._store.retouch_all(paths)

    def list_all(self) -> Iterator[Listed]:
        """Every file."""
        return self._store.list_all()

    def get(self, path: str) -> bytes | None:
        """What lies at a path."""
        return self._store.get(path)

    def has(self, path: str) -> bool:
        """Whether a file is there."""
        return self._store.has(path)


def main(folder: str, after: str, endpoint: str = "", bucket: str = "") -> None:
    """Publish what was built below ``folder``, and be killed."""
    layout, store = Layout(Path(folder)), DirectoryStore(Path(folder) / "store")
    s3 = Publish(store="s3", endpoint=endpoint, bucket=bucket) if bucket else None
    deadly = Deadly(S3Store(s3, stored_headers) if s3 else store, int(after))
    lots, journal = lots_of(layout), journal_of(layout)
    publish(layout.site, deadly, lots, lambda *_: None, journal)


if __name__ == "__main__":
    main(*sys.argv[1:])
