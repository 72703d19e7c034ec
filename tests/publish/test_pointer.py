"""The pointer: a publisher knows whether somebody else has published since."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish import FolderPapers, Pointer, moved, standing, swap
from generator.publish.pointer import NAME, load_pointer

NOW = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)


@pytest.fixture
def papers(tmp_path: Path) -> FolderPapers:
    """Those of a store in which nothing is published."""
    return FolderPapers(tmp_path / "published.sealpress")


def published(papers: FolderPapers, digest: str = "ab") -> Pointer:
    """One more publication."""
    now = standing(papers)
    new = now.next(digest, 3, NOW)
    swap(papers, new, now.tag)
    return new


def test_publications_are_counted(papers: FolderPapers) -> None:
    """Each points to what it published; nothing else of the site stands there."""
    assert standing(papers).pointer is None
    first = published(papers)
    assert first == Pointer(1, "2026-11-27T02:30:00.000000+00:00", "ab", 3)
    second = published(papers, "cd")
    assert (second.number, second.digest) == (2, "cd")
    assert standing(papers).pointer == second


def test_nobody_else_has_published(papers: FolderPapers) -> None:
    """Before the first publication, after it, and while the pointer is being moved."""
    assert not moved(standing(papers), [])
    first = published(papers)
    assert not moved(standing(papers), [first])
    second = published(papers)
    assert not moved(standing(papers), [first, second])


def test_somebody_else_has_published(papers: FolderPapers) -> None:
    """For the first time, or since; or they emptied the store."""
    ours = Pointer(1, "at", "ab", 3)
    assert moved(standing(papers), [ours])
    first = published(papers)
    assert moved(standing(papers), [])
    published(papers)
    assert moved(standing(papers), [first])
    assert moved(standing(papers), [replace(first, number=2, files=4)])


def test_of_two_who_move_it_one_does(papers: FolderPapers) -> None:
    """The other one is told what to do, and the pointer is not theirs."""
    both = standing(papers)
    one, other = both.next("ab", 1, NOW), both.next("cd", 2, NOW)
    swap(papers, one, both.tag)
    with pytest.raises(OutsideError, match=r"somebody else has published since.* --reconcile"):
        swap(papers, other, both.tag)
    assert standing(papers).pointer == one


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"format": "sealpress pointer 1"}',
        b'{"format": "sealpress pointer 2", "number": 1, "at": "", "digest": "", "files": 1}',
        b'{"format": "sealpress pointer 1", "number": "1", "at": "", "digest": "", "files": 1}',
    ],
)
def test_a_damaged_pointer_is_told(content: bytes, papers: FolderPapers) -> None:
    """So is one of another release."""
    papers.write(NAME, content, None)
    with pytest.raises(OutsideError, match="the pointer in the store is damaged"):
        moved(standing(papers), [])


def test_a_pointer_is_what_it_was() -> None:
    """Written and read."""
    pointer = Pointer(7, "2026-11-27T02:30:00.000000+00:00", "ab" * 32, 1_000_000)
    assert load_pointer(pointer.file()) == pointer
