"""The pointer: what a store was published with last, known by a digest of its inventory.

It lies among the papers of the store. The inventory itself is kept privately, since it lists every
address; a publisher that finds another pointer than the one it remembers knows that its inventory
is not true any more.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256

from generator.base.errors import OutsideError
from generator.publish.papers import Papers, TakenError

NAME = "pointer"
FORMAT = "sealpress pointer 1"
RANGE = 2**256  # of SHA-256
MOVED = "somebody else has published since"
COMPARE = "run: sealpress publish --reconcile"


@dataclass(frozen=True, slots=True)
class Pointer:
    """One publication."""

    number: int
    """How many there were, with it."""
    at: str
    """When, by the publisher's clock, to a microsecond, in ISO 8601 and UTC."""
    digest: str
    """That of its inventory, in hex."""
    files: int

    def file(self) -> bytes:
        """It as it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Standing:
    """What points to what a store was published with; a ``tag`` of None where nothing does."""

    pointer: Pointer | None
    tag: str | None

    def next(self, digest: str, files: int, now: datetime) -> Pointer:
        """The pointer of the publication that comes after this one."""
        number = self.pointer.number + 1 if self.pointer else 1
        return Pointer(
            number, now.astimezone(UTC).isoformat(timespec="microseconds"), digest, files
        )


def standing(papers: Papers) -> Standing:
    """The pointer as it is.

    Raises:
        OutsideError: the store failed, or the pointer is of another release, or damaged.
    """
    paper = papers.read(NAME)
    return Standing(load_pointer(paper.content), paper.tag) if paper else Standing(None, None)


def swap(papers: Papers, new: Pointer, tag: str | None) -> str:
    """The tag of the ``new`` pointer, which takes the place of the one with ``tag``.

    ``new`` has to be remembered before, with the one that it replaces: should this process die in
    between, it is not known which of them lies there, and both are ours.

    Raises:
        OutsideError: somebody else moved it; or the store failed, and it may be moved or not.
    """
    try:
        return papers.write(NAME, new.file(), tag)
    except TakenError:
        raise moved_by_others() from None


def moved(papers: Papers, ours: Collection[Pointer]) -> bool:
    """Whether somebody else published since: none of ``ours`` is what lies there.

    ``ours`` are the pointers that may be ours: none before the first publication, the last one
    after it, and while one is being moved the last and the new one.

    Raises:
        OutsideError: as ``standing``.
    """
    pointer = standing(papers).pointer
    return pointer not in ours if pointer else bool(ours)


def moved_by_others() -> OutsideError:
    """What is told when somebody else has published."""
    return OutsideError(f"{MOVED}: what is remembered of the store is not true — hint: {COMPARE}")


def load_pointer(content: bytes) -> Pointer:
    """The pointer in a file.

    Raises:
        OutsideError: the file is of another release, or damaged.
    """
    try:
        data = json.loads(content)
        if data.pop("format") != FORMAT:
            raise ValueError
        pointer = Pointer(**data)
        if not (type(pointer.number) is type(pointer.files) is int):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError):
        sentence = "the pointer in the store is damaged, or of another release"
        raise OutsideError(f"{sentence} — hint: {COMPARE}") from None
    return pointer


class InventoryDigest:
    """A digest of an inventory, path by path, in any order and in memory that does not grow.

    It tells two inventories apart and says nothing of an address: the sum of a SHA-256 for each
    file. It is no proof against somebody who may write to the store.
    """

    def __init__(self) -> None:
        self._sum, self.files = 0, 0

    def add(self, files: Iterable[tuple[bytes, bytes]]) -> None:
        """Add files, each once: paths or addresses, and the digests of their contents."""
        for path, digest in files:
            text = len(path).to_bytes(4) + path + digest
            self._sum = (self._sum + int.from_bytes(sha256(text).digest())) % RANGE
            self.files += 1

    @property
    def hex(self) -> str:
        """The digest of what was added so far."""
        return f"{self._sum:064x}"
