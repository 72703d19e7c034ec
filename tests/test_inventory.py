"""What was built against what was published: where one publication breaks off, the next ends it."""

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError, OutsideError
from generator.buckets import Bucket, dealt
from generator.columns import DEAL, WHO
from generator.direct import Direct
from generator.inventory import common_lot, inventory_of, journal_of, lots_of, settle
from generator.lots import HASH, PAGE, PUBLISHED, UNSURE, ClientLot, files_of_clients
from generator.publish import DirectoryStore, Publication, Store, publish
from generator.publish.pace import Pace
from generator.publish.s3 import S3Store
from generator.sealing import path_of
from generator.site.common import Common
from generator.site.headers import stored_headers
from generator.site.layout import Layout
from generator.site.private import write_private
from generator.site.register import ADDRESSES, FILES, REGISTER, WHY, Why
from generator.site.shelf import Shelf
from generator.site.tree import Stage
from tests.builders import write
from tests.publish.conftest import Failing, Notes, files_in, silent
from tests.s3 import Server, use_credentials
from tests.sink import CUT, Answer, refusal, sink

Pages = Mapping[int, tuple[int, ...]]
"""Of each client, by number, what stands on their page under each live epoch."""
COMMON = {
    "assets/page.0a.css": b"css",
    "p/zz/part": b"a part",
    "q/stage": b"a stage",
    "404.html": b"lost",
    "index.html": b"loader",
}


def address(client: int, epoch: int) -> bytes:
    """Where a client's page lies under an epoch."""
    return sha256(b"%d %d" % (client, epoch)).digest()[:16]


def page(client: int, content: int) -> bytes:
    """A page that says something."""
    return b"page %d says %d" % (client, content)


def row(client: int, contents: tuple[int, ...]) -> dict[str, object]:
    """A client in the register."""
    return {
        **dict.fromkeys(REGISTER),
        DEAL: client * 9973 % 65536,
        WHO: b"%016d" % client,
        WHY: int(Why.NEW),
        ADDRESSES: b"".join(address(client, epoch) for epoch in range(len(contents))),
        FILES: b"".join(sha256(page(client, content)).digest() for content in contents),
    }


def register(pages: Pages) -> pl.DataFrame:
    """The register of these clients."""
    return pl.DataFrame([row(*one) for one in pages.items()], REGISTER)


def files_of_pages(pages: Pages) -> dict[str, bytes]:
    """The files of these clients' pages."""
    return {
        path_of(address(client, epoch)): page(client, content)
        for client, contents in pages.items()
        for epoch, content in enumerate(contents)
    }


@dataclass(frozen=True)
class Night:
    """What a night left in ``build``."""

    pages: Pages = field(default_factory=dict)
    common: Mapping[str, bytes] = field(default_factory=lambda: COMMON)
    bits: int = 1

    @property
    def site(self) -> dict[str, bytes]:
        """Every file of the site."""
        return {**self.common, **files_of_pages(self.pages)}

    def build(self, layout: Layout) -> None:
        """Put site and records down as a build does."""
        for folder in (layout.site, layout.register):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        write(layout.site, self.site)
        for bucket, rows in dealt(register(self.pages), self.bits):
            Shelf(layout.register, REGISTER).write(bucket, rows)
        digests = {path: sha256(content).hexdigest() for path, content in self.common.items()}
        write_private(layout.common, Common(Stage(layout), files=digests).as_json())
        write_private(layout.about, b"{}")


def published(layout: Layout, store: Store) -> Publication:
    """Publish what was built last."""
    return publish(layout.site, store, lots_of(layout), silent)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Where a site is built."""
    return Layout(tmp_path / "site")


# ── Files of clients ─────────────────────────────────────────────────────────────────────────


def test_each_page_is_a_file() -> None:
    """A client has a file under each live epoch, in whatever number; one without pages has none."""
    pages: Pages = {1: (7,), 2: (8, 9), 3: ()}
    found = files_of_clients(register(pages))
    assert found.schema == pl.Schema(PUBLISHED)
    assert {path_of(each): digest for each, digest in found.select(PAGE, HASH).rows()} == {
        path: sha256(content).digest() for path, content in files_of_pages(pages).items()
    }
    assert sorted(found[WHO].to_list()) == [b"%016d" % 1, b"%016d" % 2, b"%016d" % 2]


@pytest.mark.parametrize("pages", [{}, {1: ()}])
def test_without_pages_there_are_no_files(pages: Pages) -> None:
    """An empty register, or one of clients without pages, has no files but all columns."""
    found = files_of_clients(register(pages))
    assert found.is_empty()
    assert found.schema == pl.Schema(PUBLISHED)


# ── One lot ──────────────────────────────────────────────────────────────────────────────────

ALL = Bucket(0, 0)
CONTENTS = st.lists(st.integers(0, 2), max_size=2).map(tuple)
PAGES = st.dictionaries(st.integers(0, 7), CONTENTS, max_size=6)


def shelves(folder: Path, built: Pages, store: Pages, unsure: set[int]) -> tuple[Shelf, Shelf]:
    """What was built and what is published; of some clients nobody knows what the store has."""
    shelf, published_shelf = Shelf(folder / "built", REGISTER), Shelf(folder / "store", PUBLISHED)
    shelf.write(ALL, register(built))
    doubted = pl.col(WHO).is_in([b"%016d" % client for client in unsure])
    hashes = pl.when(doubted).then(pl.lit(UNSURE)).otherwise(pl.col(HASH)).alias(HASH)
    published_shelf.write(ALL, files_of_clients(register(store)).with_columns(hashes))
    return shelf, published_shelf


def known(store: Shelf) -> dict[str, bytes]:
    """What is remembered of the store."""
    rows = store.read(ALL).select(PAGE, HASH).rows()
    assert len({each for each, _ in rows}) == len(rows), "a file is remembered twice"
    return {path_of(each): digest for each, digest in rows}


def digests(pages: Pages) -> dict[str, bytes]:
    """The digests of these clients' files."""
    return {path: sha256(file).digest() for path, file in files_of_pages(pages).items()}


@given(built=PAGES, store=PAGES, unsure=st.sets(st.integers(0, 7)))
def test_every_page_is_one_of_four(
    built: Pages, store: Pages, unsure: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Added, changed, unchanged or gone, the unsure changed; and each step is remembered."""
    lot = ClientLot(ALL, *shelves(tmp_path_factory.mktemp("lot"), built, store, unsure))
    wanted, had = digests(built), known(lot.published)
    assert lot.added == sorted(wanted.keys() - had.keys())
    assert lot.changed == sorted(
        path for path in wanted.keys() & had.keys() if wanted[path] != had[path]
    )
    assert lot.gone == sorted(had.keys() - wanted.keys())
    assert lot.unchanged == len(wanted.items() & had.items())
    touched = [*lot.added, *lot.changed, *lot.gone]
    lot.begin()
    assert known(lot.published) == {**had, **dict.fromkeys(touched, UNSURE)}
    lot.sent()
    assert wanted.items() <= known(lot.published).items()
    assert known(lot.published).keys() == wanted.keys() | set(lot.gone)
    lot.end()
    assert known(lot.published) == wanted


@given(built=PAGES, store=PAGES, only=st.sets(st.integers(0, 7)))
def test_a_lot_of_some_clients_leaves_the_others_alone(
    built: Pages, store: Pages, only: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A lot of some clients has their pages only, and nothing is forgotten of the others'."""
    who = pl.DataFrame({WHO: [b"%016d" % client for client in only]}, {WHO: pl.Binary})
    shelf, published_shelf = shelves(tmp_path_factory.mktemp("lot"), built, store, set())
    lot = ClientLot(ALL, shelf, published_shelf, who)
    mine = {client: pages for client, pages in built.items() if client in only}
    others = {client: pages for client, pages in store.items() if client not in only}
    touched = {*lot.added, *lot.changed, *lot.gone}
    assert not touched & digests(others).keys()
    for step in (lot.begin, lot.sent, lot.end):
        step()
        assert digests(others).items() <= known(published_shelf).items()
    assert known(published_shelf) == {**digests(others), **digests(mine)}


# ── A whole publication ──────────────────────────────────────────────────────────────────────


def test_lots_go_in_the_order_of_their_readers(layout: Layout) -> None:
    """Assets, shared parts, clients' pages, stage pages, others, the loader; then deletions."""
    gone = {f"{folder}/gone": b"" for folder in ("assets", "p/zz", "q")}
    Night({1: (0,), 9: (0,)}, {**COMMON, **gone}).build(layout)
    published(layout, Notes())
    Night({2: (0,)}, {path: content + b"!" for path, content in COMMON.items()}).build(layout)
    notes = Notes()
    published(layout, notes)
    mine = next(iter(files_of_pages({2: (0,)})))
    left = files_of_pages({1: (0,), 9: (0,)})
    assert [path for asked, path in notes.asked if asked == "put"] == [
        *("assets/page.0a.css", "p/zz/part", mine, "q/stage", "404.html", "index.html"),
    ]
    deleted = notes.asked[6:]
    assert {asked for asked, _ in deleted} == {"delete"}
    assert {path for _, path in deleted} == {*gone, *left}


@pytest.mark.parametrize("missing", ["about", "common", "register"])
def test_without_a_record_nothing_is_published(layout: Layout, missing: str) -> None:
    """When it is not known what was built, the store is not taken for one of unwanted files."""
    Night({1: (0,)}).build(layout)
    published(layout, Notes())
    place: Path = getattr(layout, missing)
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(InputError, match=r"not on record any more — hint: run: sealpress build$"):
        lots_of(layout)


FIRST = Night({1: (0,), 2: (0, 0), 3: (0,)}, {**COMMON, "p/zz/gone": b"x", "q/gone": b"x"})
SECOND = Night(
    {1: (0,), 2: (0, 1), 3: (1,), 4: (0,)}, {**COMMON, "index.html": b"another", "q/new": b"x"}
)
THIRD = Night({2: (1, 0), 5: (0,)}, {**COMMON, "p/zz/part": b"another"})


def requests(earlier: Night, later: Night) -> int:
    """How often a publication asks the store for something."""
    sent = later.site.items() - earlier.site.items()
    return len(sent) + len(earlier.site.keys() - later.site.keys())


@pytest.mark.parametrize("then", [FIRST, SECOND, THIRD], ids=["back", "again", "on"])
@pytest.mark.parametrize("bits", [0, 1, 3])
def test_a_publication_that_breaks_off_is_ended_by_the_next(
    tmp_path: Path, then: Night, bits: int
) -> None:
    """At any request: the next, of the same or of another night, leaves the site and no more."""
    later = Night(SECOND.pages, SECOND.common, bits)
    assert requests(FIRST, later) > 6
    for fail_at in range(requests(FIRST, later) + 1):
        layout, folder = Layout(tmp_path / f"{fail_at}"), tmp_path / f"{fail_at}/store"
        FIRST.build(layout)
        published(layout, DirectoryStore(folder))
        assert files_in(folder) == FIRST.site
        later.build(layout)
        if fail_at < requests(FIRST, later):
            with pytest.raises(OutsideError, match="the network is gone"):
                published(layout, Failing(folder, fail_at))
        else:
            published(layout, Failing(folder, fail_at))
        then.build(layout)
        published(layout, DirectoryStore(folder))
        assert files_in(folder) == then.site


COMMONS = st.dictionaries(st.sampled_from(list(COMMON)), st.binary(max_size=1))
NIGHTS = st.builds(Night, PAGES, COMMONS, st.integers(0, 3))


@given(nights=st.lists(st.tuples(NIGHTS, st.integers(0, 20)), min_size=1, max_size=4))
def test_after_any_nights_the_store_is_the_site(
    nights: list[tuple[Night, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever came, went, was dealt anew and broke off: what ends leaves the site and no more."""
    root = tmp_path_factory.mktemp("nights")
    layout, folder = Layout(root / "site"), root / "store"
    folder.mkdir()
    for night, fail_at in nights:
        night.build(layout)
        try:
            published(layout, Failing(folder, fail_at))
        except OutsideError:
            continue
        assert files_in(folder) == night.site
    published(layout, DirectoryStore(folder))
    assert files_in(folder) == nights[-1][0].site
    notes = Notes()
    assert published(layout, notes) == Publication(unchanged=len(nights[-1][0].site))
    assert notes.asked == []


# ── What had arrived when a publication broke off ────────────────────────────────────────────

MANY = Night(dict.fromkeys(range(20), (0, 1)), bits=1)


def with_journal(layout: Layout, store: Store) -> Publication:
    """Publish what was built last, as a night does."""
    lots = lots_of(layout)
    return publish(layout.site, store, lots, silent, journal_of(layout))


class Gone(DirectoryStore):
    """A folder that is out of reach after so many files."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder)
        self.left = after
        self.put_paths: list[str] = []

    def put(self, path: str, content: bytes) -> None:
        """Write a file, or fail."""
        self.left -= 1
        if self.left < 0:
            message = "the credentials are expired"
            raise OutsideError(message)
        self.put_paths.append(path)
        super().put(path, content)


@pytest.mark.parametrize("after", range(0, 45, 4))
def test_what_had_arrived_is_not_sent_again(layout: Layout, tmp_path: Path, after: int) -> None:
    """Wherever the store is lost, the next run sends the files that are missing, and no other."""
    MANY.build(layout)
    first, second = Gone(tmp_path / "store", after), Gone(tmp_path / "store", 999)
    with pytest.raises(OutsideError, match="expired"):
        with_journal(layout, first)
    with_journal(layout, second)
    assert sorted(first.put_paths + second.put_paths) == sorted(MANY.site)
    assert files_in(tmp_path / "store") == MANY.site
    assert with_journal(layout, Notes()) == Publication(unchanged=len(MANY.site))


def test_a_journal_says_nothing_of_what_was_sure(layout: Layout, tmp_path: Path) -> None:
    """A line that is left over from before does not hide that a file changed since."""
    FIRST.build(layout)
    with_journal(layout, DirectoryStore(tmp_path / "store"))
    for path in FIRST.site:
        journal_of(layout).note(path, "0" * 64)
    assert with_journal(layout, Notes()) == Publication(unchanged=len(FIRST.site))
    assert journal_of(layout).entries() == {}


def test_another_site_comes_after_a_broken_publication(layout: Layout, tmp_path: Path) -> None:
    """What had arrived of the one is changed or taken away by the other."""
    FIRST.build(layout)
    with pytest.raises(OutsideError):
        with_journal(layout, Gone(tmp_path / "store", 7))
    THIRD.build(layout)
    with_journal(layout, DirectoryStore(tmp_path / "store"))
    assert files_in(tmp_path / "store") == THIRD.site


def test_what_workers_sent_is_noted(layout: Layout) -> None:
    """Task by task, while a bucket is on its way; when all of it is there nothing is left over."""
    rows, some = register({1: (0, 0), 2: (0,)}), register({1: (0, 0)})
    store = inventory_of(layout)
    store.write(ALL, files_of_clients(rows).with_columns(pl.lit(UNSURE).alias(HASH)))
    write_private(layout.common, Common(Stage(layout)).as_json())
    direct = Direct(store, [])
    direct.arrived(ALL, some)
    settle(layout)
    unsure = dict.fromkeys(digests({2: (0,)}), UNSURE)
    assert known(store) == {**digests({1: (0, 0)}), **unsure}
    before = set(layout.published.iterdir())
    direct.arrived(ALL, some)
    assert set(layout.published.iterdir()) > before
    direct.sent(ALL, rows)
    assert set(layout.published.iterdir()) == before


def killed(layout: Layout, after: int, *where: str) -> None:
    """Publish in a process that is killed after so many files."""
    command = [sys.executable, "-m", "tests.publish.kill", str(layout.root), str(after), *where]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize("after", [1, 17, 44])
def test_a_publisher_is_killed(layout: Layout, after: int) -> None:
    """After kill -9 the next run sends what the killed one did not, file by file."""
    MANY.build(layout)
    killed(layout, after)
    rest = Gone(layout.root / "store", 999)
    with_journal(layout, rest)
    assert len(rest.put_paths) == len(MANY.site) - after
    assert files_in(layout.root / "store") == MANY.site


@pytest.mark.parametrize("after", [1, 23])
def test_a_publisher_to_a_bucket_is_killed(layout: Layout, after: int, s3_server: Server) -> None:
    """The server itself counts how often a file came: what was acknowledged came once."""
    bucket = s3_server.new_bucket()
    enabled = {"Status": "Enabled"}
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=enabled)
    MANY.build(layout)
    killed(layout, after, bucket.endpoint, bucket.name)
    arrived = journal_of(layout).entries().keys() | sure(layout)
    assert len(arrived) >= after
    with_journal(layout, S3Store(bucket.settings(), stored_headers))
    assert bucket.files() == MANY.site
    came = Counter(
        one["Key"]
        for page in bucket.client.get_paginator("list_object_versions").paginate(Bucket=bucket.name)
        for one in page["Versions"]
    )
    assert {path: came[path] for path in arrived} == dict.fromkeys(arrived, 1)


@pytest.mark.parametrize("wrong", [refusal(400, "ExpiredToken"), CUT], ids=["expired", "cut off"])
@pytest.mark.parametrize("after", [0, 5, 30])
def test_a_bucket_is_lost_in_the_middle(
    layout: Layout, after: int, wrong: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that expire, a line that is cut: the next run sends only what is not there."""
    use_credentials(monkeypatch)
    MANY.build(layout)
    with sink() as bad:
        store = S3Store(bad.settings(), stored_headers, Pace(sleep=lambda _: None))
        bad.misbehave = lambda *_: wrong if len(bad.objects) >= after else None
        with pytest.raises(OutsideError):
            with_journal(layout, store)
        there = dict(bad.objects)
        assert len(there) == after
        bad.misbehave, bad.asked = lambda *_: None, []
        with_journal(layout, store)
        assert bad.objects == MANY.site
        assert Counter(key for asked, key in bad.asked if asked == "PUT") == Counter(
            MANY.site.keys() - there.keys()
        )


def sure(layout: Layout) -> set[str]:
    """The files of which the inventory says what the store has."""
    pages = inventory_of(layout).frames()
    clients = {
        path_of(page) for _, rows in pages for page in rows.filter(pl.col(HASH) != UNSURE)[PAGE]
    }
    common = [common_lot(layout, first=first).store for first in (True, False)]
    return clients | {path for some in common for path, digest in some.items() if digest}
