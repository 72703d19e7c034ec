"""Pages straight to the store: the same store, nothing here, and nothing ever lost sight of."""

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import sample
from generator import building, clients, engines
from generator.base.config import load_site
from generator.base.errors import InputError, OutsideError
from generator.publish import DirectoryStore, Publication, guard, standing
from generator.sealing import save_key_ring
from generator.sealing.keyring import ENVIRONMENT
from generator.site.layout import Layout
from generator.site.reader import fetch_from, open_page
from generator.stores import open_papers
from generator.watch import Watch
from generator.withdraw import withdraw
from tests.clusters import two_workers
from tests.nights import (
    EVERYONE,
    FRIDAY,
    SATURDAY,
    add_line,
    build,
    clients_pages,
    difference,
    edit,
    marks,
    moved,
    opened,
    own_template,
    page_of,
    publish,
    ring_of,
    secret_of,
    without_client,
)
from tests.quick import made_once
from tests.s3 import Server
from tests.site.builds import Crash, failing_at, full, steps_of
from tests.sites import copy_site, files, private_values, sealpress, with_keys
from tests.tasks import work_far_away
from tests.watching import queue, stay, told

PUBLISHED = "build/published"
SITE = "build/site"
AT = datetime(2011, 12, 2, 12, tzinfo=UTC)


def plain_site(to: Path) -> Path:
    """The small site with known keys and no clock; nothing is built."""
    site = with_keys(copy_site(to))
    edit(site / "content/site.yaml", "clock: 2011-12-02", "retention_days: 0")
    return site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The small site; nothing is built."""
    return plain_site(tmp_path / "site")


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site after a night whose pages went straight to the store; for copies only."""
    site = plain_site(tmp_path_factory.mktemp("night") / "site")
    build(site, direct=True)
    return site


@pytest.fixture
def night(after_a_night: Path, tmp_path: Path) -> Path:
    """The small site after a night whose pages went straight to the store."""
    return moved(after_a_night, tmp_path / "night")


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """What is the same in every build of these tests is made once."""
    with made_once():
        yield


def same_store(site: Path, to: Path, **options: object) -> None:
    """The store has what a build and a publication from nothing give, and the queue as well."""
    shutil.copytree(site, to, ignore=shutil.ignore_patterns("build"))
    build(to, **options)  # type: ignore[arg-type]
    publish(to)
    assert files(site / PUBLISHED) == files(to / PUBLISHED)


def here(site: Path) -> frozenset[str]:
    """Which clients' pages lie in the built site."""
    return clients_pages(site) & files(site / SITE).keys()


# ── What a night does ────────────────────────────────────────────────────────────────────────


def test_a_night_straight_to_the_store(site: Path, tmp_path: Path) -> None:
    """The store, the manifest and the queue are those of a staged night; here lies no page."""
    done = build(site, direct=True)
    plain = shutil.copytree(site, tmp_path / "plain", ignore=shutil.ignore_patterns("build"))
    other = build(plain)
    publication = publish(plain)
    assert files(site / PUBLISHED) == files(plain / PUBLISHED)
    assert queue(site) == queue(plain)
    assert told(site)
    assert here(site) == frozenset()
    assert files(site / SITE).keys() == files(plain / SITE).keys() - clients_pages(site)
    assert done.sent == publication == Publication(added=len(files(site / PUBLISHED)))
    assert (done.pages, done.changes, done.entries) == (other.pages, other.changes, other.entries)
    assert not Layout(site).staged.exists()
    for client in EVERYONE:
        assert opened(client, site, folder=PUBLISHED) == opened(client, plain)


def test_a_quiet_night_sends_nothing(night: Path) -> None:
    """The same tables on the same day: no page is rendered, no file of the store rewritten."""
    before = marks(night / PUBLISHED)
    done = build(night, direct=True)
    assert (done.pages, bool(done.changes)) == (0, False)
    assert done.sent == Publication(unchanged=len(before))
    assert marks(night / PUBLISHED) == before


def test_only_what_changed_is_sent(night: Path, tmp_path: Path) -> None:
    """One client's new name rewrites one file of the store; who left is taken away."""
    before = marks(night / PUBLISHED)
    edit(night / "data/clients.csv", "Агния", "Аглая")
    without_client(night, "C-004")
    gone = page_of("C-004", night)
    done = build(night, direct=True)
    change = difference(before, night / PUBLISHED)
    assert done.pages == 1
    assert change.added == frozenset()
    assert change.changed == {page_of("C-001", night)}
    assert change.removed == {gone}
    assert done.sent == Publication(changed=1, deleted=1, unchanged=len(before) - 2)
    assert "Аглая" in opened("C-001", night, folder=PUBLISHED)
    same_store(night, tmp_path / "other")


def test_every_night_that_sends_moves_the_pointer(night: Path) -> None:
    """Whoever publishes on another machine is told, were only a client's page sent."""
    papers = open_papers(night, load_site(night)[0].publish)
    before = standing(papers).pointer
    build(night, direct=True)
    assert standing(papers).pointer == before
    edit(night / "data/clients.csv", "Агния", "Аглая")
    add_line(night / "data/clients.csv", "C-007,Бекасов,Лев,,ru,,,mass,+79990000007,,sms")
    build(night, direct=True)
    after = standing(papers).pointer
    assert before
    assert after
    assert (after.number, after.digest == before.digest) == (before.number + 1, False)
    assert after.files == before.files + 1 == len(files(night / PUBLISHED))


def test_what_others_point_to_goes_first(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever a file is put, every page that is in the store opens with all its parts."""
    put, seen = DirectoryStore.put, [0]

    def watched(store: DirectoryStore, path: str, content: bytes) -> None:
        put(store, path, content)
        for client in EVERYONE:
            if (site / PUBLISHED / page_of(client, site)).exists():
                page = opened(client, site, folder=PUBLISHED)
                assert "no page lies at this address" not in page
                seen[0] += 1

    monkeypatch.setattr(DirectoryStore, "put", watched)
    build(site, direct=True)
    own_template(site, "footer.html", "</footer>", "<p>more</p></footer>")
    build(site, SATURDAY, direct=True)
    assert seen[0] > 100


# ── The other way of building ────────────────────────────────────────────────────────────────


def test_from_staged_nights_and_back(site: Path, tmp_path: Path) -> None:
    """A night of the other kind renders everything, and sends what the store does not have."""
    build(site)
    publish(site)
    before = marks(site / PUBLISHED)
    assert here(site) == clients_pages(site)
    done = build(site, direct=True)
    assert (done.pages, here(site)) == (len(EVERYONE), frozenset())
    assert done.sent == Publication(unchanged=len(before))
    edit(site / "data/clients.csv", "Агния", "Аглая")
    back = build(site)
    assert (back.pages, here(site)) == (len(EVERYONE), clients_pages(site))
    assert publish(site) == Publication(changed=1, unchanged=len(before) - 1)
    assert difference(before, site / PUBLISHED).changed == {page_of("C-001", site)}
    same_store(site, tmp_path / "other")


def test_another_store_gets_everything(night: Path) -> None:
    """What went to one store is not taken to be in another; an emptied inventory sends all."""
    add_line(night / "content/site.yaml", "publish: {path: build/elsewhere}")
    shutil.rmtree(night / "build/private/published")
    done = build(night, direct=True)
    assert done.sent == Publication(added=len(files(night / PUBLISHED)))
    assert files(night / "build/elsewhere") == files(night / PUBLISHED)


def test_what_needs_the_pages_here_says_so(night: Path) -> None:
    """Publishing and auditing a site without its pages is refused; looking reads the store."""
    for command in ("publish", "audit"):
        result = sealpress(command, site=night)
        assert result.exit_code == 1
        assert "the last night sent clients' pages straight to the store" in result.stderr
    link = f"#{secret_of('C-001', night).text}"
    result = sealpress("open", link, site=night)
    assert (result.exit_code, result.stdout) == (0, opened("C-001", night, folder=PUBLISHED) + "\n")


def test_the_command(site: Path) -> None:
    """``nightly --direct`` tells what it built and what it sent."""
    result = sealpress("nightly", "--direct", "--clock", FRIDAY, "--jobs", 1, site=site)
    assert result.exit_code == 0, result.stderr
    sent = len(files(site / PUBLISHED))
    assert f"{sent} new, 0 changed, 0 deleted, 0 as they were" in result.stdout
    assert here(site) == frozenset()


# ── The rehearsal ────────────────────────────────────────────────────────────────────────────


def test_a_leak_is_found_before_anything_is_sent(night: Path) -> None:
    """A template that writes a client's name into a public file: the store stays as it was."""
    own_template(night, "stage.html", "</main>", "<p>+7999{{ '0000001' }}</p></main>")
    before = marks(night / PUBLISHED)
    assert "+79990000001" in private_values(night)
    with pytest.raises(InputError, match="of client #"):
        build(night, direct=True, audit_all=True)
    assert marks(night / PUBLISHED) == before
    assert files(night / SITE).keys() == files(night / PUBLISHED).keys() - clients_pages(night)


def test_a_template_that_fails_is_found_before_anything_is_sent(night: Path) -> None:
    """A mistake that only a client's page shows ends the night before the store is touched."""
    own_template(night, "policy.html", "{{ income }}", "{{ incom }}")
    before = marks(night / PUBLISHED)
    with pytest.raises(InputError, match="cannot be rendered"):
        build(night, direct=True)
    assert marks(night / PUBLISHED) == before


def test_the_forgotten_are_not_rehearsed(night: Path) -> None:
    """Nobody who was forgotten is rendered again, nor sent, though their rows are still there."""
    path = page_of("C-001", night)
    withdraw(night, load_site(night)[0], "C-001", "forgotten", AT, {})
    assert not (night / PUBLISHED / path).exists()
    done = build(night, direct=True, everything=True)
    assert (done.pages, done.forgotten) == (len(EVERYONE) - 1, 1)
    assert not (night / PUBLISHED / path).exists()


def test_many_deletions_are_stopped(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of clients whose pages would go nobody loses one, until somebody allows it."""
    monkeypatch.setattr(guard, "FEWEST", 1)
    gone = page_of("C-004", night)
    without_client(night, "C-004")
    edit(night / "data/clients.csv", "Агния", "Аглая")
    words = ("nightly", "--direct", "--clock", FRIDAY, "--jobs", 1)
    before = files(night / PUBLISHED)
    stopped = sealpress(*words, site=night)
    assert (stopped.exit_code, stopped.stdout) == (1, "")
    assert "would delete all pages of 1 of 6 clients in the store" in stopped.stderr
    assert files(night / PUBLISHED).keys() == before.keys()
    assert sealpress(*words, "--allow", site=night).exit_code == 0
    assert files(night / PUBLISHED).keys() == before.keys() - {gone}


# ── What breaks off ──────────────────────────────────────────────────────────────────────────


def change(site: Path) -> None:
    """Something for every step of a night to do: a change, a newcomer, one who left."""
    edit(site / "data/clients.csv", "Агния", "Аглая")
    without_client(site, "C-004")
    add_line(site / "data/clients.csv", "N-001,Lapwing,,,en,,,,,,")


def test_a_crash_at_any_step(after_a_night: Path, tmp_path: Path) -> None:
    """Wherever a night dies, every page in the store opens, and the next night ends it all."""
    for name in ("warm", "whole"):  # what is made once in this process is made by the first
        whole = moved(after_a_night, tmp_path / name)
        change(whole)
        steps = steps_of(lambda site=whole: build(site, direct=True, engine="here"))  # type: ignore[misc]
    expected, said = files(whole / PUBLISHED), told(whole)
    assert steps > 60
    for step in range(0, steps, 11):
        site = moved(after_a_night, tmp_path / f"{step}")
        change(site)
        with failing_at(step), pytest.raises(Crash):
            build(site, direct=True, engine="here")
        for client in {*EVERYONE, "N-001"} - {"C-004"}:
            if (site / PUBLISHED / page_of(client, site)).exists():
                open_page(secret_of(client, site).text, fetch_from(site / PUBLISHED))
        build(site, direct=True, engine="here")
        assert files(site / PUBLISHED) == expected
        assert told(site) == said
        shutil.rmtree(site)


def test_who_left_meanwhile_leaves_nothing(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer's page was sent, the night died, the newcomer is in no table any more: it goes."""
    add_line(night / "data/clients.csv", "N-001,Lapwing,,,en,,,,,,")
    path = page_of("N-001", night)
    with monkeypatch.context() as patch:
        patch.setattr(clients.ClientNight, "take", _dies)
        with pytest.raises(Crash):
            build(night, direct=True)
    assert (night / PUBLISHED / path).exists()
    without_client(night, "N-001")
    build(night, direct=True)
    assert not (night / PUBLISHED / path).exists()


def _dies(*_: object) -> None:
    raise Crash


def test_a_full_store_is_told(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is full ends the night with a clear error; the next night sends the rest."""
    change(night)
    write_bytes = Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        if path.is_relative_to(night / PUBLISHED):
            raise full()
        return write_bytes(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write)
        with pytest.raises(OutsideError, match=r"No space left on device"):
            build(night, direct=True)
    assert build(night, direct=True).pages == 2
    assert "Аглая" in opened("C-001", night, folder=PUBLISHED)


def test_a_store_that_spoils_pages_is_told(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The night ends with it, and the next one sends those pages again."""
    change(night)
    get = DirectoryStore.get

    def spoilt(store: DirectoryStore, path: str) -> bytes | None:
        found = get(store, path)
        return found and (found + b"!" if path in clients_pages(night) else found)

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "get", spoilt)
        with pytest.raises(OutsideError, match="answers with other bytes than it was sent"):
            build(night, direct=True, engine="here")
    done = build(night, direct=True, engine="here")
    assert done.pages == 2
    assert "Аглая" in opened("C-001", night, folder=PUBLISHED)


# ── Between nights ───────────────────────────────────────────────────────────────────────────


def test_watching_after_a_night_straight_to_the_store(night: Path) -> None:
    """An event's page goes straight to the store as well, and a night finds it all done."""
    before, papers = marks(night / PUBLISHED), open_papers(night, load_site(night)[0].publish)
    first = standing(papers).pointer
    done = Watch(night).apply([stay("C-002")], FRIDAY)
    assert (done.pages, done.entries) == (1, 1)
    second = standing(papers).pointer
    assert first
    assert second
    assert (second.number, second.files) == (first.number + 1, first.files)
    assert difference(before, night / PUBLISHED).changed == {page_of("C-002", night)}
    assert here(night) == frozenset()
    again = Watch(night).apply([stay("C-002")], FRIDAY)
    assert (again.pages, again.entries) == (0, 0)
    add_line(night / "data/situations.csv", f"C-002,card,CRD-20,{FRIDAY}")
    assert build(night, direct=True).pages == 0


def test_revoking_after_a_night_straight_to_the_store(night: Path) -> None:
    """The page is gone from the store at once; the next night makes another at a new address."""
    old = page_of("C-002", night)
    receipt = withdraw(night, load_site(night)[0], "C-002", "revoked", AT, {}).receipt
    assert receipt.files == 1
    assert not (night / PUBLISHED / old).exists()
    done = build(night, direct=True)
    assert (done.pages, done.sent and done.sent.added) == (1, 1)
    assert page_of("C-002", night) != old
    assert (night / PUBLISHED / page_of("C-002", night)).exists()


# ── An object store ──────────────────────────────────────────────────────────────────────────


def test_the_commands_and_an_object_store(s3_server: Server, site: Path) -> None:
    """Nights of both kinds, looking, revoking: a bucket is as good a store as a folder."""
    bucket = s3_server.new_bucket()
    store = {"store": "s3", "bucket": bucket.name, "endpoint": bucket.endpoint}
    add_line(site / "content/site.yaml", f"publish: {json.dumps(store)}")
    link = f"#{secret_of('C-001', site).text}"
    for words in (("nightly", "--jobs", 1), ("nightly", "--direct", "--jobs", 1)):
        result = sealpress(*words, "--clock", FRIDAY, site=site)
        assert result.exit_code == 0, result.stderr
        assert (
            sealpress("open", "--published", link, site=site).stdout
            == sealpress("open", link, site=site).stdout
        )
    assert bucket.files().keys() == files(site / SITE).keys() | clients_pages(site)
    assert here(site) == frozenset()
    told_of = sealpress("serve", site=site)
    assert (told_of.exit_code, "published to an object store" in told_of.stderr) == (1, True)
    page = page_of("C-001", site)
    assert sealpress("revoke", "C-001", site=site).exit_code == 0
    assert page not in bucket.files()
    assert sealpress("open", link, site=site).exit_code == 1


# ── Workers ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["processes", "cluster"])
def workers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Two workers that have the keys from their environment, and nothing else of the site."""
    ring = ring_of(plain_site(tmp_path / "ring"))
    save_key_ring(ring, tmp_path / "ring.json")
    text = (tmp_path / "ring.json").read_text(encoding="utf-8")
    monkeypatch.setenv(ENVIRONMENT, text)
    monkeypatch.setattr(engines, "SMALL", 0)
    monkeypatch.setattr(engines, "STREAM", 0)
    monkeypatch.setattr(clients, "CLIENTS", 60)
    with two_workers() if request.param == "cluster" else nullcontext("processes") as engine:
        yield engine


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of six hundred clients, built in this process and published into a folder."""
    folder = tmp_path_factory.mktemp("sample") / "near"
    sample.main(["--clients", "600", "--site", str(folder)])
    site = with_keys(folder)
    own_template(site, "footer.html", "</footer>", "<p>more</p></footer>")
    build(site, engine="here")
    publish(site)
    return site


def test_workers_and_an_object_store(
    s3_server: Server, workers: str, near: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They see no file of the site, and one is killed when it has sent pages: the same bytes."""
    far = shutil.copytree(near, tmp_path / "far", ignore=shutil.ignore_patterns("build"))
    bucket = s3_server.new_bucket()
    store = {"store": "s3", "bucket": bucket.name, "endpoint": bucket.endpoint}
    add_line(far / "content/site.yaml", f"publish: {json.dumps(store)}")
    monkeypatch.setattr(building, "work", work_far_away)
    done = build(far, engine=workers, jobs=2, direct=True)
    assert (done.pages, (tmp_path / "died").exists()) == (600, True)
    assert bucket.files() == files(near / PUBLISHED)
    assert queue(far) == queue(near)
