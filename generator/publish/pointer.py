"""The pointer: what a store was published with last, known by a digest of its inventory.

It lies among the papers of the store. The inventory itself is kept privately, since it lists every
address; a publisher that finds another pointer than the one it remembers knows that its inventory
is not true any more.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from generator.base.errors import OutsideError
from generator.publish.papers import Papers, TakenError

NAME = "pointer"
FORMAT = "sealpress pointer 1"
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


def moved(found: Standing, ours: Collection[Pointer]) -> bool:
    """Whether somebody else published since: none of ``ours`` is what was found to stand.

    ``ours`` are the pointers that may be ours: none before the first publication, the last one
    after it, and while one is being moved the last and the new one.
    """
    return found.pointer not in ours if found.pointer else bool(ours)


def moved_by_others() -> OutsideError:
    """What is told when somebody else has published."""
    return OutsideError(f"{MOVED}: what is remembered of the store is not true — hint: {COMPARE}")


def another_store() -> OutsideError:
    """What is told when nothing points to the last publication."""
    sentence = "this is not the store of the last publication, or it was emptied"
    return OutsideError(f"{sentence} — hint: {COMPARE}")


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
