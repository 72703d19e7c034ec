"""What the tests of publishing share: a site on disk, and stores that note or fail."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish import (
    DirectoryStore,
    File,
    Files,
    Known,
    Listed,
    Publication,
    Store,
    publish,
)
from generator.publish.store import Acknowledged, nobody
from tests.builders import write

SITE = {
    "assets/page.0a.css": b"css",
    "p/1a/new": b"a part",
    "p/zz/page": b"a page",
    "q/stage": b"a stage",
    "404.html": b"lost",
    "index.html": b"loader",
    "robots.txt": b"robots",
}

both_ways = pytest.mark.parametrize("puts", ["libcurl", "boto3"])
"""Of an object store: whichever library makes the puts."""


def digest(content: bytes) -> str:
    """The digest of a file in an inventory."""
    return sha256(content).hexdigest()


def inventory_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The inventory of a store that has exactly these files."""
    return {path: digest(content) for path, content in files.items()}


class Notes:
    """A store that notes what it is asked to write and to delete; whoever asks gets what it got."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self._got: dict[str, bytes] = {}

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Note some files."""
        for path, content in files:
            assert isinstance(content, bytes)
            self.asked.append(("put", path))
            self._got[path] = content
            acknowledged(path, digest(content))

    def delete_all(self, paths: Iterable[str]) -> None:
        """Note some deletions."""
        self.asked.extend(("delete", path) for path in paths)

    def retouch_all(self, paths: Iterable[str]) -> None:
        """Note which files get other headers."""
        self.asked.extend(("retouch", path) for path in paths)

    def list_all(self) -> Iterator[Listed]:
        """Nothing: nobody asks."""
        raise AssertionError

    def erase_all(self, paths: Iterable[str]) -> int:
        """Note some deletions, as the others."""
        self.delete_all(paths)
        return 0

    def begin_publication(self) -> None:
        """Nothing is kept here."""

    def must_keep(self) -> None:
        """Nothing is kept here."""

    def earlier(self, path: str, digest: str) -> bytes | None:
        """Nothing: nobody asks."""
        raise AssertionError(path, digest)

    def get(self, path: str) -> bytes | None:
        """What was put there; a deletion is not looked at."""
        return self._got.get(path)

    def has(self, path: str) -> bool:
        """Whether a file was put; a deletion is not looked at."""
        return ("put", path) in self.asked


class Failing(DirectoryStore):
    """A folder that fails at the n-th request, counted from 0."""

    def __init__(self, folder: Path, fail_at: int) -> None:
        super().__init__(folder)
        self.left = fail_at

    def put(self, path: str, content: bytes) -> None:
        """Write, or fail when it is time."""
        self._count()
        super().put(path, content)

    def delete(self, path: str) -> None:
        """Delete, or fail when it is time."""
        self._count()
        super().delete(path)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            message = "the network is gone"
            raise OutsideError(message)


@dataclass
class Memory:
    """What is remembered of a store, as a file of it would be."""

    inventory: dict[str, str] = field(default_factory=dict)

    def lot(self, files: Mapping[str, bytes]) -> Files:
        """These files as one lot."""
        return Files(inventory_of(files), self.inventory, self.remember)

    def remember(self, known: Known) -> None:
        """Put an inventory down."""
        self.inventory = dict(known.files)


def silent(done: int, total: int) -> None:
    """Nobody watches."""
    assert 0 < done <= total


def site_of(root: Path, files: Mapping[str, bytes]) -> Path:
    """A built site with exactly these files."""
    for path in sorted((root / "site").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return write(root, {f"site/{path}": content for path, content in files.items()}) / "site"


def published(root: Path, store: Store, memory: Memory, files: Mapping[str, bytes]) -> Publication:
    """Publish a site of these files in one lot."""
    return publish(site_of(root, files), store, [lambda: memory.lot(files)], silent)


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, drafts and all."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
