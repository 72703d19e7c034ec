"""What a publisher needs of a store, whatever kind it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from generator.base.config import Publish

File = tuple[str, bytes]
"""A path below ``build/site``, and the bytes that are to lie there."""

Headers = Callable[[str], Mapping[str, str]]
"""The headers that a file is served with, by its path, as far as a store keeps them."""


Acknowledged = Callable[[str, str], None]
"""Told path and SHA-256 of each file that a store has now, from any thread."""


def nobody(_: str, __: str) -> None:
    """Stands for who does not want to be told."""


class Listed(NamedTuple):
    """A file that a store lists."""

    path: str
    md5: str
    """Of its bytes, in hexadecimal; empty where it is not told. A store may encrypt, and then what
    it tells as a mark is of the same form and no MD5."""


CONTROL = ".sealpress/"
"""Where a bucket has what is no file of the site; it is listed by nobody."""


class Deletable(Protocol):
    """A place from which files can be taken away; paths are those below ``build/site``."""

    def erase_all(self, paths: Iterable[str]) -> int:
        """Take files away with all that is kept of them: earlier versions, a kept generation.

        How many files went, each version of one counted, so far as the store tells. Nothing
        happens where there is none.

        Raises:
            OutsideError: the store cannot be written; some of them may be gone.
        """

    def has(self, path: str) -> bool:
        """Whether a file is there.

        Raises:
            OutsideError: the store cannot be read.
        """


class Store(Deletable, Protocol):
    """A place for files that the world reads; paths are those below ``build/site``."""

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Write files, in any order among themselves; no reader ever meets half of one.

        When this returns all are there, and every reader has them. ``acknowledged`` is told of each
        as soon as it is there, once.

        Raises:
            OutsideError: the store cannot be written; some of them may be there.
        """

    def retouch_all(self, paths: Iterable[str]) -> None:
        """Give files that are there the headers of today, and leave their bytes as they are.

        Raises:
            OutsideError: the store cannot be written, or a file is not there.
        """

    def list_all(self) -> Iterator[Listed]:
        """Every file that is there now, as the store lists them; a million of them pass by.

        Raises:
            OutsideError: the store cannot be read.
        """

    def delete_all(self, paths: Iterable[str]) -> None:
        """Take files away; nothing happens where there is none. A store may keep what they were.

        Raises:
            OutsideError: the store cannot be written; some of them may be gone.
        """

    def get(self, path: str) -> bytes | None:
        """What lies at a path, or None.

        Raises:
            OutsideError: the store cannot be read.
        """


class Keeping(Store, Protocol):
    """A store that can give back what lay there before the last publication."""

    def begin_publication(self) -> None:
        """Note that a publication begins: what was kept for those before it may go.

        Raises:
            OutsideError: the store cannot be written.
        """

    def must_keep(self) -> None:
        """Refuse a store that keeps nothing of what is overwritten or deleted.

        Raises:
            InputError: it is one.
            OutsideError: the store failed.
        """

    def earlier(self, path: str, digest: str) -> bytes | None:
        """The file with this SHA-256 that lies, or lay, at a path; None where it is not kept.

        Raises:
            OutsideError: the store cannot be read.
        """


def name_of(settings: Publish) -> str:
    """What tells the store of a site from any other that it may get."""
    if settings.store == "s3":
        return f"s3 {settings.endpoint} {settings.bucket} {settings.prefix}"
    if settings.store == "netlify":
        return f"netlify {settings.site}"
    return f"directory {settings.path}"
