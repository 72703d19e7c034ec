"""One whole publication: guarded, with a grace, and the CDN told; also where it breaks off."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from generator import publishing
from generator.base.config import Publish
from generator.base.errors import InputError, OutsideError
from generator.cdn import Purge
from generator.inventory import share_of, state_of
from generator.publish import DirectoryStore, Publication, Standing, standing
from generator.publish.guard import Share
from generator.publishing import How, as_published, plan_built, publish_built
from generator.right import Right, right_to_change
from generator.site.about import about_next
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.stores import open_papers
from tests.nights import marks
from tests.publish.conftest import Notes, files_in, silent
from tests.test_inventory import COMMON, FIRST, SECOND, Night, files_of_pages

MONDAY = date(2011, 12, 5)
SETTINGS = Publish(path=Path("store"))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Where a site is built."""
    return Layout(tmp_path)


def build(layout: Layout, night: Night, *epochs: int) -> None:
    """Put a night down as one under these live epochs."""
    night.build(layout)
    about = replace(about_next(layout, MONDAY, ""), epochs=epochs or (1,))
    write_private(layout.about, about.as_json())


def publish_to(layout: Layout, settings: Publish, how: How) -> Publication:
    """Publish what was built, as a command does."""
    papers = open_papers(layout.root, settings)
    with right_to_change(layout, papers, "tests", anew=how.reconcile) as right:
        return publish_built(layout, settings, how, right, silent)


def publish(
    layout: Layout, day: int = 0, *, allow: bool = False, reconcile: bool = False
) -> Publication:
    """Publish so many days after Monday."""
    how = How(MONDAY + timedelta(day), allow=allow, reconcile=reconcile)
    return publish_to(layout, SETTINGS, how)


def published(layout: Layout) -> dict[str, bytes]:
    """What the store has."""
    return files_in(layout.root / "store")


# ── The grace ────────────────────────────────────────────────────────────────────────────────

OLD = {"assets/old": b"x", "p/zz/old": b"x", "q/old": b"x"}


def test_common_files_stay_and_clients_pages_go(layout: Layout) -> None:
    """A page that is open may ask for an asset; a client whose page is to be gone has none."""
    build(layout, Night({1: (0,), 2: (0,)}, {**COMMON, **OLD}))
    publish(layout)
    now = Night({1: (0,)})
    build(layout, now)
    assert publish(layout, 1) == Publication(deleted=1, unchanged=6, kept=3)
    assert published(layout) == {**now.site, **OLD}
    assert publish(layout, 7) == Publication(unchanged=6, kept=3)
    assert publish(layout, 8) == Publication(deleted=3, unchanged=6)
    assert published(layout) == now.site


def test_what_a_retired_key_opens_goes_at_once(layout: Layout) -> None:
    """Sealed parts of a retired epoch have no grace, whenever they went; a new epoch takes none."""
    build(layout, Night({1: (0,)}, {**COMMON, **OLD}), 1)
    publish(layout)
    now = Night({1: (0,)})
    build(layout, now, 1, 2)
    assert publish(layout, 1) == Publication(unchanged=6, kept=3)
    build(layout, now, 2)
    assert publish(layout, 2) == Publication(deleted=1, unchanged=6, kept=2)
    assert published(layout) == {**now.site, "assets/old": b"x", "q/old": b"x"}


def test_what_is_as_it_was_is_not_written_down(layout: Layout) -> None:
    """A publication of nothing leaves every private file as it was, to the inode."""
    build(layout, FIRST)
    publish(layout)
    before = marks(layout.private)
    publish(layout)
    assert marks(layout.private) == before


# ── The guard ────────────────────────────────────────────────────────────────────────────────

MANY = Night({client: (0, 0) for client in range(120)})  # noqa: C420 - two pages each
HALF = Night({client: (0, int(client < 61)) for client in range(120)})
FEWER = Night({client: (0, 0) for client in range(107)})  # noqa: C420


@pytest.mark.parametrize(
    ("then", "told"),
    [(HALF, "would change the pages of 61 of 120"), (FEWER, "would delete all pages of 13 of 120")],
)
def test_what_looks_like_a_mistake_is_stopped(layout: Layout, then: Night, told: str) -> None:
    """Nothing is sent or deleted before somebody allows it; then all of it is."""
    build(layout, MANY)
    assert publish(layout).added == len(MANY.site)  # the first is not stopped
    build(layout, then)
    with pytest.raises(InputError, match=f"{told} clients in the store"):
        publish(layout)
    assert published(layout) == MANY.site
    publish(layout, allow=True)
    assert published(layout) == then.site


def test_a_rotation_is_no_mistake(layout: Layout) -> None:
    """All pages of an epoch are new, or all of one go: nobody is without a page, none changes."""
    one = Night({client: (0,) for client in range(120)})  # noqa: C420
    for night, epochs in ((one, (1,)), (MANY, (1, 2)), (one, (1,))):
        build(layout, night, *epochs)
        publish(layout)
        assert published(layout) == night.site


def test_what_had_been_begun_is_not_counted_again(layout: Layout) -> None:
    """A publication that was allowed and broke off is gone on with, without being allowed again."""
    build(layout, MANY)
    publish(layout)
    build(layout, HALF)
    blocked = layout.root / "store" / sorted(HALF.site.items() - MANY.site.items())[30][0]
    blocked.unlink()
    (blocked / "in the way").mkdir(parents=True)
    with pytest.raises(OutsideError):
        publish(layout, allow=True)
    (blocked / "in the way").rmdir()
    blocked.rmdir()
    publish(layout)
    assert published(layout) == HALF.site


def test_clients_are_counted_once(layout: Layout) -> None:
    """Whoever has a page under each of two epochs is one client, changed if any page is."""
    build(layout, Night({1: (0, 0), 2: (0, 0), 3: (0,)}))
    publish(layout)
    build(layout, Night({1: (1, 1), 2: (0, 1), 4: (0,)}))
    assert share_of(layout) == Share(clients=3, changed=2, deleted=1, fresh=1)


# ── The plan ─────────────────────────────────────────────────────────────────────────────────


def test_a_plan_is_what_happens(layout: Layout) -> None:
    """Counts of a plan are those of the publication after it; the plan itself does nothing."""
    build(layout, MANY)
    publish(layout)
    build(layout, Night(FEWER.pages, {**COMMON, **OLD}))
    before = files_in(layout.root)
    plan = plan_built(layout, SETTINGS, How(MONDAY), silent)
    assert files_in(layout.root) == before
    assert plan.clients == Share(clients=120, deleted=13)
    (objection,) = plan.objections
    assert "would delete all pages of 13 of 120" in objection.sentence
    assert plan.forecast is not None
    assert plan.forecast.seconds is not None  # the first one was measured
    done = publish(layout, allow=True)
    assert plan.sent.files == done.added + done.changed == len(OLD)
    assert plan.deleted == {"clients' pages": done.deleted}
    assert plan.unchanged == done.unchanged


def test_an_object_store_has_its_price(layout: Layout) -> None:
    """Each file that is sent costs what a thousandth of a thousand does; a folder costs nothing."""
    build(layout, FIRST)
    settings = Publish(store="s3", bucket="pages", price_per_1000_puts=Decimal(20))
    plan = plan_built(layout, settings, How(MONDAY), silent)
    assert plan.forecast is not None
    assert plan.forecast.cost == Decimal("0.02") * len(FIRST.site)
    folder = SETTINGS.model_copy(update={"price_per_1000_puts": Decimal(20)})
    free = plan_built(layout, folder, How(MONDAY), silent).forecast
    assert (free and free.writes, free and free.cost) == (len(FIRST.site), None)


# ── The CDN ──────────────────────────────────────────────────────────────────────────────────

LATER = Night({1: (0,), 2: (0, 1)}, SECOND.common)


@dataclass
class Cdn:
    """A CDN that notes what it is to forget, and what lies in the store then; it may be away."""

    store: Path
    asked: list[tuple[frozenset[str], str]] = field(default_factory=list)
    had: list[frozenset[str]] = field(default_factory=list)
    is_away: bool = False

    def purge(self, paths: Iterable[str], occasion: str) -> Purge:
        """Note it."""
        if self.is_away:
            message = "the CDN is away"
            raise OutsideError(message)
        self.asked.append((frozenset(paths), occasion))
        self.had.append(frozenset(files_in(self.store)))
        return Purge(("1",), 1)

    def wait(self, purge: Purge) -> None:
        """Nobody waits."""
        raise AssertionError(purge)


@pytest.fixture
def cdn(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Cdn:
    """What stands in front of the store."""
    made = Cdn(layout.root / "store")
    monkeypatch.setattr(publishing, "open_cdn", lambda _: made)
    return made


def test_what_a_cdn_keeps_is_forgotten(layout: Layout, cdn: Cdn) -> None:
    """The loader and the like when they changed, after deletions; each time on another occasion."""
    build(layout, FIRST)
    publish(layout)
    build(layout, LATER)
    publish(layout)
    publish(layout)
    assert [paths for paths, _ in cdn.asked] == [{"404.html", "index.html"}, {"index.html"}]
    assert len({occasion for _, occasion in cdn.asked}) == 2
    left = files_of_pages(FIRST.pages).keys() - LATER.site.keys()
    assert left
    assert not left & cdn.had[-1]


def test_the_pointer_moves_when_all_else_is_done(
    layout: Layout, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While files go, are deleted, and the CDN is told, it points to what was before."""
    build(layout, FIRST)
    publish(layout)
    papers, told = open_papers(layout.root, SETTINGS), cdn.purge
    before, meanwhile = standing(papers), list[Standing]()

    def purge(paths: Iterable[str], occasion: str) -> Purge:
        meanwhile.append(standing(papers))
        return told(paths, occasion)

    monkeypatch.setattr(cdn, "purge", purge)
    build(layout, LATER)
    publish(layout)
    assert meanwhile == [before]
    after = standing(papers).pointer
    assert before.pointer
    assert after
    assert after.number == before.pointer.number + 1


def test_a_purge_that_failed_is_made_by_the_next_run(layout: Layout, cdn: Cdn) -> None:
    """Although the store has everything then: on the same occasion, and once."""
    build(layout, FIRST)
    cdn.is_away = True
    with pytest.raises(OutsideError, match="the CDN is away"):
        publish(layout)
    occasion = state_of(layout).occasion
    cdn.is_away = False
    assert publish(layout) == Publication(unchanged=len(FIRST.site))
    assert cdn.asked == [(frozenset({"404.html", "index.html"}), occasion)]
    publish(layout)
    assert len(cdn.asked) == 1


def test_a_publication_that_broke_off_is_purged_whole(
    layout: Layout, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the broken run had brought, and what the next one brings, on one occasion."""
    build(layout, FIRST)
    publish(layout)
    build(layout, LATER)

    def fails(_: DirectoryStore, path: str) -> None:
        raise OutsideError(path[:0] + "the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(DirectoryStore, "delete", fails)
        with pytest.raises(OutsideError, match="the disk is gone"):
            publish(layout)
    occasion = state_of(layout).occasion
    build(layout, Night(LATER.pages, {**LATER.common, "404.html": b"nothing here"}))
    publish(layout)
    assert cdn.asked[1:] == [(frozenset({"404.html", "index.html"}), occasion)]


# ── Headers ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    """A store that keeps headers, and notes what it is asked for."""
    made = Notes()
    monkeypatch.setattr(publishing, "open_store", lambda *_: made)
    keep_headers(monkeypatch, {})
    return made


def keep_headers(monkeypatch: pytest.MonkeyPatch, other: dict[str, str]) -> None:
    """From now on files that begin so have these caching headers."""

    def headers(path: str) -> dict[str, str]:
        found = [value for start, value in other.items() if path.startswith(start)]
        return {"Cache-Control": found[0] if found else "no-cache"}

    monkeypatch.setattr(publishing, "headers_kept", lambda _: headers)


def test_headers_are_applied_without_bytes(
    layout: Layout, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of a kind whose headers changed are retouched, clients' too; what is sent is not."""
    build(layout, FIRST)
    publish(layout)
    notes.asked.clear()
    assert publish(layout) == Publication(unchanged=len(FIRST.site))
    assert notes.asked == []
    keep_headers(monkeypatch, {"p/": "private"})
    build(layout, SECOND)
    kept = {path for path in FIRST.site.items() & SECOND.site.items() if path[0].startswith("p/")}
    assert publish(layout).headers == len(kept)
    assert {path for asked, path in notes.asked if asked == "retouch"} == {path for path, _ in kept}
    notes.asked.clear()
    assert publish(layout).headers == 0
    assert notes.asked == []


def test_a_plan_tells_of_other_headers(
    layout: Layout, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that would get other headers, by kind, are as many as do; the store is not asked."""
    build(layout, FIRST)
    publish(layout)
    keep_headers(monkeypatch, {"p/": "private", "assets/": "immutable"})
    build(layout, SECOND)
    notes.asked.clear()
    plan = plan_built(layout, SETTINGS, How(MONDAY), silent)
    assert notes.asked == []
    kept = [path for path, _ in FIRST.site.items() & SECOND.site.items()]
    pages = len([path for path in kept if path in files_of_pages(FIRST.pages)])
    assert plan.headers["clients' pages"] == pages > 0
    assert plan.headers["assets"] == len([path for path in kept if path.startswith("assets/")]) > 0
    assert plan.forecast is not None
    assert plan.forecast.writes == plan.sent.files + plan.headers.total()
    assert publish(layout).headers == plan.headers.total()
    assert plan_built(layout, SETTINGS, How(MONDAY), silent).headers == {}


def test_other_headers_of_the_loader_are_purged(
    layout: Layout, notes: Notes, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the CDN has of it tells the old ones."""
    build(layout, FIRST)
    publish(layout)
    keep_headers(monkeypatch, {"index": "private", "assets/": "private"})
    publish(layout)
    assert cdn.asked[-1][0] == {"index.html"}
    assert notes.asked[-2:] == [("retouch", "assets/page.0a.css"), ("retouch", "index.html")]


# ── Nothing to publish ───────────────────────────────────────────────────────────────────────


def test_what_is_as_published_is_found_out_here(layout: Layout) -> None:
    """What a publication that changes nothing would say is known without the store."""
    build(layout, Night({1: (0,)}, {**COMMON, **OLD}))
    assert as_published(layout, SETTINGS, How(MONDAY)) is None
    publish(layout)
    build(layout, Night({1: (0,)}, COMMON))
    assert as_published(layout, SETTINGS, How(MONDAY)) is None  # what goes is to be put down
    publish(layout)
    for day in (0, 6):
        found = as_published(layout, SETTINGS, How(MONDAY + timedelta(day)))
        assert found == Publication(unchanged=6, kept=len(OLD)) == publish(layout, day)
    assert as_published(layout, SETTINGS, How(MONDAY + timedelta(7))) is None  # grace is over


@pytest.mark.parametrize(
    ("settings", "how"),
    [
        (SETTINGS, How(MONDAY, reconcile=True)),
        (Publish(path=Path("elsewhere")), How(MONDAY)),
        (Publish(store="s3", bucket="store"), How(MONDAY)),
    ],
)
def test_another_store_and_a_reconciliation_ask(
    layout: Layout, settings: Publish, how: How
) -> None:
    """What is remembered is of one store, and believed until somebody wants it compared."""
    build(layout, FIRST)
    publish(layout)
    assert as_published(layout, SETTINGS, How(MONDAY))
    assert as_published(layout, settings, how) is None


def test_other_headers_are_to_be_published(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files as they were with other headers than they have in the store."""
    build(layout, FIRST)
    publish(layout)
    keep_headers(monkeypatch, {"p/": "private"})
    publish(layout)
    assert as_published(layout, SETTINGS, How(MONDAY))
    keep_headers(monkeypatch, {"p/": "no-store"})
    assert as_published(layout, SETTINGS, How(MONDAY)) is None


def test_a_pointer_that_was_not_moved_is_not_forgotten(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was sent, and then somebody else was found to have published: the next run asks."""
    build(layout, FIRST)
    publish(layout)
    build(layout, SECOND)

    def fail(*_: object) -> None:
        raise OutsideError("somebody else")

    with monkeypatch.context() as patch:
        patch.setattr(Right, "end", fail)
        with pytest.raises(OutsideError):
            publish(layout)
    assert as_published(layout, SETTINGS, How(MONDAY)) is None
