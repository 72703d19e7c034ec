"""The right to change a store: one at a time, and only by who knows what is there."""

import json
import shutil
from pathlib import Path

import pytest

from generator.base.errors import OutsideError
from generator.publish import LostError, Papers, Pointer, Publication, leased, standing, swap
from generator.publishing import How, publish_built
from generator.right import OURS, right_to_change
from generator.site.layout import Layout
from generator.stores import open_papers
from tests.publish.conftest import files_in, silent
from tests.test_inventory import FIRST, SECOND
from tests.test_publishing import MONDAY, SETTINGS, build, publish_to


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A site that was published once."""
    made = Layout(tmp_path / "one")
    made.private.mkdir(parents=True)
    build(made, FIRST)
    publish_to(made, SETTINGS, How(MONDAY))
    return made


@pytest.fixture
def papers(layout: Layout) -> Papers:
    """The papers of its store."""
    return open_papers(layout.root, SETTINGS)


def elsewhere(layout: Layout) -> Layout:
    """The same site on another machine, which publishes into the same store."""
    other = Layout(layout.root.with_name("two"))
    shutil.copytree(layout.root / "build", other.root / "build")
    for name in ("store", "store.sealpress"):
        (other.root / name).symlink_to(layout.root / name)
    return other


def test_every_publication_moves_the_pointer(layout: Layout, papers: Papers) -> None:
    """By one; one that changed nothing leaves it where it is."""
    first = standing(papers).pointer
    assert first
    assert (first.number, first.files) == (1, len(files_in(layout.root / "store")))
    publish_to(layout, SETTINGS, How(MONDAY))
    assert standing(papers).pointer == first
    build(layout, SECOND)
    publish_to(layout, SETTINGS, How(MONDAY))
    second = standing(papers).pointer
    assert second
    assert (second.number, second.digest == first.digest) == (2, False)


def test_nobody_publishes_while_another_does(layout: Layout, papers: Papers) -> None:
    """It is told who; nothing is sent."""
    build(layout, SECOND)
    before = files_in(layout.root / "store")
    with leased(papers, "sealpress nightly"), pytest.raises(OutsideError) as told:
        publish_to(layout, SETTINGS, How(MONDAY))
    assert str(told.value).startswith("another publisher is at work: sealpress nightly on ")
    assert files_in(layout.root / "store") == before


def test_who_came_too_late_is_told(layout: Layout) -> None:
    """What another machine published is not overwritten by who does not know of it."""
    other = elsewhere(layout)
    build(other, SECOND)
    publish_to(other, SETTINGS, How(MONDAY))
    before = files_in(layout.root / "store")
    build(layout, SECOND)
    with pytest.raises(OutsideError, match="somebody else has published since"):
        publish_to(layout, SETTINGS, How(MONDAY))
    assert files_in(layout.root / "store") == before
    publish_to(layout, SETTINGS, How(MONDAY, reconcile=True))
    publish_to(layout, SETTINGS, How(MONDAY))  # and from then on it is known again


def test_a_lost_memory_is_told(layout: Layout) -> None:
    """Who remembers nothing of a store that has a pointer lists it first."""
    shutil.rmtree(layout.published)
    with pytest.raises(OutsideError, match="--reconcile"):
        publish_to(layout, SETTINGS, How(MONDAY))
    assert publish_to(layout, SETTINGS, How(MONDAY, reconcile=True)).deleted == 0


@pytest.mark.parametrize("is_moved", [False, True])
def test_it_may_break_off_while_the_pointer_is_moved(
    layout: Layout, papers: Papers, monkeypatch: pytest.MonkeyPatch, *, is_moved: bool
) -> None:
    """Whether it was moved or not, both are ours, and the next run sees that it is."""

    def broken(papers: Papers, new: Pointer, tag: str | None) -> str:
        if is_moved:
            swap(papers, new, tag)
        raise OutsideError("cut off")

    build(layout, SECOND)
    with monkeypatch.context() as patched:
        patched.setattr("generator.right.swap", broken)
        with pytest.raises(OutsideError, match="cut off"):
            publish_to(layout, SETTINGS, How(MONDAY))
    assert len(json.loads((layout.published / OURS).read_bytes())) == 2
    publish_to(layout, SETTINGS, How(MONDAY))
    found = standing(papers).pointer
    assert found
    assert found.number == 2


def test_who_lost_the_right_changes_nothing_more(
    layout: Layout, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each lot asks before it begins: what was not begun is not sent."""
    before = files_in(layout.root / "store")
    build(layout, SECOND)
    with right_to_change(layout, papers, "tests") as right:
        monkeypatch.setattr(right.lease, "held", lambda: False)
        somebody = papers.read("lease")
        assert somebody
        papers.write("lease", b"somebody's", somebody.tag)
        with pytest.raises(LostError):
            publish_built(layout, SETTINGS, How(MONDAY), right, silent)
    assert files_in(layout.root / "store") == before


def test_another_store_is_told(layout: Layout) -> None:
    """What is remembered of one store is not true of another, nor of one that was emptied."""
    elsewhere = SETTINGS.model_copy(update={"path": Path("another")})
    with pytest.raises(OutsideError, match="not the store of the last publication"):
        publish_to(layout, elsewhere, How(MONDAY))
    assert not (layout.root / "another").exists()
    assert publish_to(layout, elsewhere, How(MONDAY, reconcile=True)).added > 0


def test_nothing_private_is_in_the_papers(layout: Layout) -> None:
    """No address, no digest of a page: a number, a time, a digest of all, a machine's name."""
    texts = [
        path.read_text() for path in (layout.root / "store.sealpress").rglob("*") if path.is_file()
    ]
    assert len(texts) >= 2
    for path in files_in(layout.root / "store"):
        assert not any(path in text for text in texts)


def test_a_publication_without_changes(layout: Layout, papers: Papers) -> None:
    """Even a first one without files leaves a pointer: it was published."""
    with right_to_change(layout, papers, "tests") as right:
        number = standing(papers).pointer
        right.end(Publication())
    assert standing(papers).pointer == number
