"""Watching: what events bring is what a night would bring, once, whatever breaks off meanwhile."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from signal import SIGKILL
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.base.config import load_site
from generator.base.errors import InputError, KeyRingError, OutsideError
from generator.base.ids import normalised
from generator.buckets import bucket_named
from generator.data import base
from generator.events import KEYS, Event
from generator.inputs import vault_of
from generator.sealing import save_key_ring
from generator.sealing.generations import Why
from generator.site.layout import Layout
from generator.watch import Watch
from generator.withdraw import withdraw
from tests.depth import examples
from tests.nights import (
    EVERYONE,
    FRIDAY,
    IBM,
    MONDAY,
    SATURDAY,
    add_line,
    build,
    difference,
    edit,
    marks,
    moved,
    opened,
    page_of,
    publish,
    ring_of,
    without_lines,
)
from tests.site.builds import Crash, failing_at, full, steps_of
from tests.sites import copy_site, files, outside, with_keys
from tests.watching import (
    drop,
    event,
    is_untouched,
    lasting,
    newcomer,
    night,
    queue,
    rows_of,
    same_as_a_night,
    settled,
    site_after_a_night,
    stay,
    to_tables,
    told,
    told_since,
)

THURSDAY = date(2011, 12, 1)
AT = datetime(2011, 12, 2, 12, tzinfo=UTC)
KILLED = """
import os, sys
from signal import SIGKILL
from generator.cli import main
from tests.site.builds import failing_at
step, *words = sys.argv[1:]
with failing_at(int(step), lambda: os.kill(os.getpid(), SIGKILL)):
    main(words)
"""
"""The command, killed at the given change of the disk."""


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site after its first published night; for copies only."""
    return site_after_a_night(tmp_path_factory.mktemp("night") / "site")


@pytest.fixture
def site(after_a_night: Path, tmp_path: Path) -> Path:
    """The small site after its first published night."""
    return moved(after_a_night, tmp_path / "site")


BATCH = [
    stay("C-002"),
    *newcomer(),
    event("clients", client_id="C-006", deleted=True),
    stay("C-004", "HOL-30", deleted=True),
]
"""A situation, a new client, a client who is gone with their page, a situation that is gone."""


# ── One event ────────────────────────────────────────────────────────────────────────────────


def test_one_new_situation(site: Path) -> None:
    """It is on the published page, in register, base and queue; no other client's file changed."""
    before, page, said = marks(site / "build"), page_of("C-002", site), told(site)
    assert "Arrived" not in opened("C-002", site, folder="build/published")
    done = Watch(site).apply([stay("C-002")], FRIDAY)
    assert (done.events, done.pages, done.entries, done.refused) == (1, 1, 1, [])
    assert "Arrived" in opened("C-002", site, folder="build/published")
    assert told_since(said, site) == {("C-002", "stage", "arrived")}
    added, changed, removed = difference(before, site / "build")
    kept, spare, newer, fresh, receipt = sorted(
        added, key=lambda path: (path.startswith("private/"), path)
    )
    assert spare == f"spare/{Path(page).name}"
    assert newer == "private/base/newer-00-0000"
    assert kept == f"published.sealpress/previous/{page}"  # for undo
    assert fresh.startswith("private/queue/2011-12-02-")
    assert receipt == f"{fresh}.receipt.json"
    private = {f"private/{name}/00-0000" for name in ("register", "published", "told")}
    assert {path.removesuffix(".arrow") for path in changed} == {
        *private,
        *(f"{folder}/{page}" for folder in ("site", "published")),
    }
    assert removed == set()
    to_tables(site, [stay("C-002")])
    same_as_a_night(site)


def test_every_link_in_the_queue_opens_what_was_told(site: Path) -> None:
    """The page behind it is there, with the digest that the line tells."""
    before = set(queue(site))
    Watch(site).apply([stay("C-002"), *newcomer()], FRIDAY)
    ((_, file),) = ((name, file) for name, file in queue(site).items() if name not in before)
    entries = [json.loads(line) for line in file.splitlines()]
    assert sorted(entry["client"] for entry in entries) == ["C-002", "N-001"]
    for entry in entries:
        page = (site / "build/published" / entry["page"]["path"]).read_bytes()
        assert sha256(page).hexdigest() == entry["page"]["sha256"]
        assert entry["page"]["path"] == page_of(entry["client"], site)


def test_the_same_event_again(site: Path) -> None:
    """Nobody knew whether it was acknowledged: it changes no byte, and is told no second time."""
    Watch(site).apply([stay("C-002")], FRIDAY)
    before = marks(site / "build")
    for watch in (Watch(site), again := Watch(site), again):
        done = watch.apply([stay("C-002"), stay("C-002")], FRIDAY)
        assert (done.events, done.pages, done.entries) == (2, 0, 0)
        assert is_untouched(before, site / "build")


def test_one_client_again_and_again(site: Path) -> None:
    """One watch brings batch after batch, of one client and of others, and each is told."""
    watch, said = Watch(site), told(site)
    for one in (stay("C-002", "CRD-10", THURSDAY), stay("C-002"), stay("C-005", "CRD-10")):
        assert watch.apply([one], FRIDAY).pages == 1
    stages = {("C-002", "ordered"), ("C-002", "arrived"), ("C-005", "ordered")}
    assert told_since(said, site) == {(client, "stage", stage) for client, stage in stages}
    settled(site)


def test_a_batch_of_every_kind(site: Path) -> None:
    """Who is new has a page, who is gone has none, and a night makes the same of the tables."""
    gone = page_of("C-006", site)
    done = Watch(site).apply(BATCH, FRIDAY)
    assert (done.events, done.pages, done.refused) == (len(BATCH), 3, [])
    assert "Lapwing" in opened("N-001", site, folder="build/published")
    assert gone not in files(site / "build/published")
    to_tables(site, BATCH)
    same_as_a_night(site)


def test_no_events(site: Path) -> None:
    """A batch in which nothing was an event changes nothing."""
    before = marks(site / "build")
    assert Watch(site).apply([], FRIDAY).pages == 0
    assert is_untouched(before, site / "build")


def test_a_refused_event(site: Path) -> None:
    """It is told with the sentence of the night; the others of its batch are brought."""
    wrong, strange = stay("C-003", "CRD-99"), stay("X-1")
    done = Watch(site).apply([wrong, stay("C-002"), strange], FRIDAY)
    assert {(one, fault.column, fault.sentence) for one, fault in done.refused} == {
        (wrong, "marker", "no stage of this product has this marker"),
        (strange, "client_id", "there is no such client"),
    }
    assert (done.pages, done.entries) == (1, 1)
    to_tables(site, [stay("C-002")])
    same_as_a_night(site)


# ── Any events ───────────────────────────────────────────────────────────────────────────────

CLIENTS = st.sampled_from([*EVERYONE, "N-001", "é", "e\u0301", "<b>&amp;'\""])
TEXTS = st.text(max_size=12)
KINDS = {
    "clients": {
        "client_id": CLIENTS,
        "last_name": st.one_of(st.just("Lapwing"), TEXTS),
        "first_name": TEXTS,
        "locale": st.sampled_from(["ru", "en", "en", "de"]),
        "time_zone": st.sampled_from(["", "Asia/Omsk", "Omsk"]),
        "bank": st.sampled_from(["", "harbour", "x"]),
        "segment": TEXTS,
        "phone": TEXTS,
        "consents": st.sampled_from(["", "sms;;email", ";"]),
    },
    "policies": {
        "client_id": CLIENTS,
        "policy_number": st.integers(0, 2).map(str),
        "series": st.sampled_from([IBM, "duo-2011-06", "x"]),
        "premium": st.sampled_from(["0", "1", "9999999999999.99", "1.001", "01000.50"]),
        "start_date": st.sampled_from(["2011-05-20", "0001-01-01", "9999-12-31", "2011-02-30"]),
    },
    "situations": {
        "client_id": CLIENTS,
        "product": st.sampled_from(["card", "card", "holiday", "x"]),
        "marker": st.sampled_from(["CRD-10", "CRD-20", "HOL-10", "HOL-30"]),
        "since": st.sampled_from(
            ["2011-12-02", "2011-12-01", "2011-11-20", "2011-12-03", "0001-01-01", "9999-12-31"]
        ),
    },
}


@st.composite
def events(draw: st.DrawFn) -> Event:
    """A change of any row, right or wrong."""
    table = draw(st.sampled_from([*KINDS]))
    row = {column: draw(cell) for column, cell in KINDS[table].items()}
    if table == "policies":
        row["policy_number"] = number(row["client_id"], row["policy_number"])
    deleted = draw(st.integers(0, 3)) == 0
    row = {name: row[name] for name in KEYS[table]} if deleted else row
    return event(table, row, deleted=deleted)


def number(client: str, digit: str) -> str:
    """A number that only this client's policies have: other buckets are not looked into."""
    owned = {"C-001": ("QH-7000001", "QH-7000002"), "C-002": ("QH-7000003",)}
    mine = (*owned.get(client, ()), *(f"QH-{normalised(client)}-{k}" for k in range(3)))
    return mine[int(digit)]


BATCHES = st.lists(st.lists(events(), max_size=6), min_size=1, max_size=3)


@settings(max_examples=examples(15), phases=[Phase.explicit, Phase.generate])
@given(BATCHES, st.sampled_from([2, 16_000]))
def test_any_events(after_a_night: Path, batches: list[list[Event]], most: int) -> None:
    """A night finds done whatever was not refused; each batch may come twice, in many buckets."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "FULL", most)
        site = moved(after_a_night, Path(folder) / "site")
        night(site)
        watch = Watch(site)
        for batch in batches:
            refused = {id(one) for one, _ in watch.apply(batch, FRIDAY).refused}
            settled(site)
            taken = [one for one in batch if id(one) not in refused]
            assert watch.apply(taken, FRIDAY).entries == 0
            to_tables(site, taken)
        same_as_a_night(site)


# ── Broken off ───────────────────────────────────────────────────────────────────────────────


def broken_off(
    site: Path, scratch: Path, error: Callable[[], BaseException], every: int = 1
) -> Iterator[tuple[Path, Watch]]:
    """Copies of the site, in each of which a watch broke off at another step of a batch."""
    watch = Watch(whole := moved(site, scratch / "whole"))
    watch.prepare(FRIDAY)
    steps = steps_of(lambda: watch.apply(BATCH, FRIDAY))
    assert steps > 40
    for step in range(0, steps, every):
        watch = Watch(some := moved(site, scratch / f"{step}"))
        watch.prepare(FRIDAY)
        with failing_at(step, error) as broken, suppress(Crash, OutsideError, OSError):
            watch.apply(BATCH, FRIDAY)
        assert broken.failed
        yield some, watch
        settled(some)
        assert told(some) == told(whole)
        assert files(some / "build/site") == files(whole / "build/site")


def test_killed_at_any_step(site: Path, tmp_path: Path) -> None:
    """Wherever a watch dies, the next one brings the batch whole, and tells all of it once."""
    for some, _ in broken_off(site, tmp_path, Crash, every=2):
        Watch(some).apply(BATCH, FRIDAY)
        assert lasting(some) == lasting(tmp_path / "whole")


def test_a_full_disk_at_any_step(site: Path, tmp_path: Path) -> None:
    """The same, when the disk is full for a moment: then it is the same watch that tries again."""
    for some, watch in broken_off(site, tmp_path, full, every=3):
        watch.apply(BATCH, FRIDAY)
        assert lasting(some) == lasting(tmp_path / "whole")


def test_a_night_after_a_crash(site: Path, tmp_path: Path) -> None:
    """A night comes between: the events come again all the same, and nothing is told twice."""
    for some, _ in broken_off(site, tmp_path, Crash, every=8):
        to_tables(some, BATCH)
        night(some)
        assert Watch(some).apply(BATCH, FRIDAY).pages == 0
        same_as_a_night(some)


def test_killed_at_random_moments(site: Path) -> None:
    """A dozen batches, each brought by a process that is killed somewhere; nothing is lost."""
    (site / "data/events").mkdir()
    edit(site / "content/site.yaml", "retention_days: 0", "events: {folder: data/events}")
    night(site)
    random = Random(7)  # noqa: S311 - no secret
    sent, deaths = list[Event](), 0
    words = ("watch", "--once", "--clock", f"{FRIDAY}", "--site", str(site))
    for number in range(12):
        client = random.choice([*EVERYONE, "N-001"])
        some = [*newcomer(client)[:1], stay(client, since=date(2011, 11, number + 1))]
        drop(site, f"{number:02}", *some)
        sent += some
        died = run(["-c", KILLED, str(random.randrange(120)), *words])
        assert died in {0, -SIGKILL}
        deaths += died == -SIGKILL
    assert deaths > 6
    assert run(["-m", "generator", *words]) == 0
    assert [path.name for path in (site / "data/events").rglob("*.jsonl")] == []
    to_tables(site, sent)
    same_as_a_night(site)


def run(words: Sequence[str]) -> int:
    """How a process of ours ends."""
    command = [sys.executable, *words]
    return subprocess.run(command, env=outside(), capture_output=True, check=False).returncode


# ── Many buckets ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def wide(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small site in many buckets."""
    monkeypatch.setattr(base, "FULL", 2)
    night(site)
    return site


def buckets_of(site: Path) -> list[str]:
    """The buckets of the base."""
    return sorted(path.name for path in Layout(site).base.glob("[0-9]*"))


def test_several_clients_in_several_buckets(wide: Path) -> None:
    """A batch changes the buckets of its clients alone, in one step, with one file of the queue."""
    before, some = marks(wide / "build/private"), [stay("C-002"), stay("C-005"), *newcomer()]
    vault, names = vault_of(ring_of(wide), Layout(wide).base), buckets_of(wide)
    bits = bucket_named(names[0]).bits
    mine = {vault.bucket_of(one.client, bits).name for one in some}
    assert 1 < len(mine) < len(names)
    done = Watch(wide).apply(some, FRIDAY)
    assert (done.pages, done.entries) == (3, 3)
    added, changed, _ = difference(before, wide / "build/private")
    queued = sorted(path for path in added if path.startswith("queue/"))
    assert queued == [*queued[:1], f"{queued[0]}.receipt.json"]
    touched = {Path(path).name.removesuffix(".arrow") for path in added | changed}
    assert {name for name in touched if name in names} == mine
    assert {name for name in touched if name.startswith("newer-")} == {f"newer-{n}" for n in mine}
    to_tables(wide, some)
    same_as_a_night(wide)


def test_a_base_that_is_dealt_otherwise(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night has more buckets than the one before: marks are found where they lie now."""
    watch = Watch(site)
    watch.apply([stay("C-002")], FRIDAY)
    to_tables(site, [stay("C-002")])
    monkeypatch.setattr(base, "FULL", 1)
    night(site)
    assert len(buckets_of(site)) > 1
    for _ in range(2):
        done = watch.apply([stay("C-002"), stay("C-005")], FRIDAY)
    assert done.entries == 0
    assert "00-0000.arrow" not in {path.name for path in Layout(site).told.iterdir()}
    to_tables(site, [stay("C-005")])
    same_as_a_night(site)


# ── What a watch waits for ───────────────────────────────────────────────────────────────────

UNPUBLISHED = "build/site: this site is not published yet — hint: run: sealpress nightly"


def refuses(site: Path, watch: Watch, sentence: str) -> None:
    """A watch does nothing, and says why."""
    before = marks(site / "build") if (site / "build").exists() else {}
    with pytest.raises(InputError, match=sentence):
        watch.apply([stay("C-002")], FRIDAY)
    after = {path for path in marks(site / "build") if not path.endswith("lock")}
    assert after == {path for path in before if not path.endswith("lock")}


def test_a_site_that_was_never_built(tmp_path: Path) -> None:
    """There is no page to change."""
    site = with_keys(copy_site(tmp_path / "site"))
    refuses(site, watch := Watch(site), UNPUBLISHED)
    build(site)
    refuses(site, watch, UNPUBLISHED)
    publish(site)
    assert watch.apply([stay("C-002")], FRIDAY).pages == 1


def test_a_site_that_is_built_and_not_published(site: Path) -> None:
    """A page of the new build may need parts that are not there yet."""
    watch = Watch(site)
    watch.prepare(FRIDAY)
    edit(site / "content/products/card/questions/activate.md", "Open the app", "Open our app")
    to_tables(site, [stay("C-005")])
    build(site)
    refuses(site, watch, UNPUBLISHED)
    publish(site)
    assert watch.apply([stay("C-002")], FRIDAY).pages == 1
    settled(site)


def test_a_built_site_that_is_gone(site: Path) -> None:
    """Somebody removed it: nothing is known of what lies in the store."""
    watch = Watch(site)
    watch.prepare(FRIDAY)
    shutil.rmtree(site / "build/site")
    refuses(site, watch, UNPUBLISHED)
    night(site)
    assert watch.apply([stay("C-002")], FRIDAY).pages == 1


def test_content_that_changed_since_the_build(site: Path) -> None:
    """A watch goes on with what the site was made of; a new one cannot know it any more."""
    watch = Watch(site)
    watch.prepare(FRIDAY)
    edit(site / "content/products/card/product.yaml", "en: Arrived", "en: Delivered")
    assert watch.apply([stay("C-002")], SATURDAY).pages == 1
    assert "Arrived" in opened("C-002", site, folder="build/published")
    refuses(site, Watch(site), "changed since it was built")
    to_tables(site, [stay("C-002")])
    night(site)
    assert watch.apply([stay("C-002")], FRIDAY).pages == 0
    assert Watch(site).apply([stay("C-003")], FRIDAY).pages == 1
    assert "Delivered" in opened("C-003", site)


def test_a_base_that_is_gone(site: Path) -> None:
    """Without the rows of the last build nobody knows what else a client has."""
    shutil.rmtree(Layout(site).base)
    refuses(site, Watch(site), "changed since it was built")


def test_keys_that_are_gone(site: Path) -> None:
    """Nothing is built without keys, nor with those of a moment ago."""
    watch = Watch(site)
    watch.prepare(FRIDAY)
    (site / "keys/ring.json").unlink()
    with pytest.raises(KeyRingError):
        watch.apply([stay("C-002")], FRIDAY)
    with_keys(site)
    assert watch.apply([stay("C-002")], FRIDAY).pages == 1


# ── Nights between batches ───────────────────────────────────────────────────────────────────


def test_a_night_that_does_not_know_an_event(site: Path) -> None:
    """Its tables are the truth: the page is as they say, until the event comes again."""
    watch, said = Watch(site), told(site)
    watch.apply([stay("C-002")], FRIDAY)
    assert night(site) == (1, 0)
    assert "Arrived" not in opened("C-002", site)
    assert watch.apply([stay("C-003")], FRIDAY).pages == 1
    done = watch.apply([stay("C-002")], FRIDAY)
    assert (done.pages, done.entries) == (1, 0)
    assert told_since(said, site) == {(one, "stage", "arrived") for one in ("C-002", "C-003")}
    to_tables(site, [stay("C-002"), stay("C-003")])
    same_as_a_night(site)


def test_settings_that_a_night_took_up(site: Path) -> None:
    """After that night the watch has them too: here pages are published at another place."""
    watch = Watch(site)
    watch.prepare(FRIDAY)
    edit(site / "content/site.yaml", "retention_days: 0", "publish: {path: build/other}")
    shutil.rmtree(Layout(site).published)
    night(site)
    before = marks(site / "build/published")
    assert watch.apply([stay("C-002")], FRIDAY).pages == 1
    assert "Arrived" in opened("C-002", site, folder="build/other")
    assert is_untouched(before, site / "build/published")


def test_a_new_day(site: Path) -> None:
    """Events of the new day are told before its night, and the night tells them to nobody again."""
    watch, said = Watch(site), told(site)
    assert watch.apply([stay("C-002", since=SATURDAY)], FRIDAY).entries == 0
    done = watch.apply([stay("C-002", since=SATURDAY), stay("C-003")], SATURDAY)
    assert (done.pages, done.entries) == (2, 2)
    assert {name[:10] for name in queue(site)} == {"2011-12-02", "2011-12-03"}
    assert "Arrived" in opened("C-002", site)
    to_tables(site, [stay("C-002", since=SATURDAY), stay("C-003")])
    assert night(site, SATURDAY) == (0, 0)
    assert watch.apply([stay("C-002", since=SATURDAY)], SATURDAY).entries == 0
    assert told_since(said, site) == {(one, "stage", "arrived") for one in ("C-002", "C-003")}


def test_the_day_of_the_digest(site: Path) -> None:
    """Who has an event before that day's night is told the digest with it, the others at night."""
    watch, said = Watch(site), told(site)
    watch.apply([stay("C-002", since=MONDAY)], MONDAY)
    to_tables(site, [stay("C-002", since=MONDAY)])
    due = {(one, "digest") for one in ("C-001", "C-002", "C-003", "C-005")}
    assert {one[:2] for one in told_since(said, site)} == {("C-002", "stage"), ("C-002", "digest")}
    assert night(site, MONDAY) == (0, 3)
    assert due <= {one[:2] for one in told_since(said, site)}
    settled(site)


def test_an_earlier_day(site: Path) -> None:
    """A clock that goes back does not undo the night."""
    before = marks(site / "build")
    assert Watch(site).apply([], date(2011, 11, 1)).pages == 0
    done = Watch(site).apply([stay("C-001", "HOL-10", date(2011, 11, 28))], date(2011, 11, 1))
    assert (done.pages, done.entries) == (0, 0)
    assert is_untouched(before, site / "build")


def test_a_level_that_moved_since_the_night(site: Path) -> None:
    """It is told when the strategy's part shows it: by the next night, to all at once."""
    quotes, said = site / "data/quotes.csv", told(site)
    without_lines(quotes, "IBM,2011-12-02")
    add_line(quotes, "IBM,2011-12-02,150.00")
    watch = Watch(site)
    assert watch.apply([stay("C-003")], FRIDAY).entries == 1
    assert told_since(said, site) == {("C-003", "stage", "arrived")}
    to_tables(site, [stay("C-003")])
    said = told(site)
    assert night(site) == (0, 2)
    assert told_since(said, site) == {(one, "strategy", IBM) for one in ("C-001", "C-003")}
    settled(site)


def test_a_held_series(site: Path) -> None:
    """Pages of its clients stay, and they are told nothing until their page shows it."""
    without_lines(site / "data/quotes.csv", "IBM")
    assert night(site, SATURDAY) == (0, 0)
    before, said = files(site / "build/site"), told(site)
    watch, some = Watch(site), [stay(one, since=SATURDAY) for one in ("C-001", "C-002", "C-003")]
    done = watch.apply(some, SATURDAY)
    assert (done.pages, done.entries) == (1, 1)
    after = files(site / "build/site")
    assert {path for path in after if before.get(path) != after[path]} == {page_of("C-002", site)}
    assert told_since(said, site) == {("C-002", "stage", "arrived")}
    to_tables(site, some)
    same_as_a_night(site, SATURDAY)
    shutil.copy(copy_site(site / "fresh") / "data/quotes.csv", site / "data/quotes.csv")
    assert night(site, SATURDAY) == (2, 2)
    settled(site)


def test_a_client_who_was_refused_at_night(site: Path) -> None:
    """Who has no page waits for the night which knows all their rows; who has one keeps it."""
    edit(site / "content/site.yaml", "retention_days: 0", "tables: {refused_percent: '50'}")
    policy = "QH-8000001,N-001,duo-2011-06,7000.00,2011-06-01"
    add_line(site / "data/clients.csv", "N-001,Lapwing,,,xx,,,,,,")
    add_line(site / "data/policies.csv", policy)
    without_lines(site / "data/clients.csv", "C-005")
    add_line(site / "data/clients.csv", "C-005,Featherstone,Barnaby,,xx,,,private,,,")
    night(site)
    before, watch = files(site / "build/site"), Watch(site)
    some = [
        event("clients", client_id="N-001", last_name="Lapwing", locale="en"),
        event("clients", client_id="C-005", last_name="Featherstone", locale="en"),
        stay("C-005"),
        stay("N-001"),
    ]
    done = watch.apply(some, FRIDAY)
    assert (done.pages, done.entries, done.refused) == (0, 0, [])
    assert files(site / "build/site") == before
    to_tables(site, some)
    night(site)
    assert "QH-8000001" in opened("N-001", site)
    settled(site)


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────


def withdrawn(site: Path, client: str, why: Why) -> None:
    """Revoke a client's links, or forget the client."""
    withdraw(site, load_site(site)[0], client, why, AT, {})


def test_a_client_who_was_revoked_between_batches(site: Path) -> None:
    """The page comes under the new link; nothing lies under the old one any more."""
    watch = Watch(site)
    watch.apply([stay("C-002", "CRD-10", THURSDAY)], FRIDAY)
    old = page_of("C-002", site)
    withdrawn(site, "C-002", "revoked")
    assert watch.apply([stay("C-002")], FRIDAY).pages == 1
    built = files(site / "build/published")
    assert page_of("C-002", site) != old
    assert page_of("C-002", site) in built
    assert old not in built
    to_tables(site, [stay("C-002", "CRD-10", THURSDAY), stay("C-002")])
    assert night(site) == (0, 0)
    assert files(site / "build/published") == built


def test_a_client_who_was_forgotten_between_batches(site: Path) -> None:
    """Events of a forgotten client are counted, and leave nothing anywhere."""
    watch = Watch(site)
    watch.apply([stay("C-002", "CRD-10", THURSDAY), stay("C-003")], FRIDAY)
    withdrawn(site, "C-002", "forgotten")
    before = marks(site / "build")
    done = watch.apply([stay("C-002"), event("clients", client_id="C-002", last_name="X")], FRIDAY)
    assert (done.events, done.forgotten, done.pages, done.refused) == (2, 2, 0, [])
    assert is_untouched(before, site / "build")
    assert watch.apply([stay("C-002"), stay("C-004", "CRD-10")], FRIDAY).forgotten == 1
    settled(site)


def test_forgetting_takes_what_watching_made(site: Path) -> None:
    """Lines in the queue and rows in the base go with the client; all others stay."""
    Watch(site).apply([stay("C-002"), stay("C-003")], FRIDAY)
    rows, said = rows_of(site), told(site)
    dry = withdraw(site, load_site(site)[0], "C-002", "forgotten", AT, {}, dry_run=True).receipt
    assert (rows_of(site), told(site)) == (rows, said)
    receipt = withdraw(site, load_site(site)[0], "C-002", "forgotten", AT, {}).receipt
    assert (dry.manifest_lines, receipt.manifest_lines) == (2, 2)  # of the night, and of the day
    assert told(site) == {one: number for one, number in said.items() if one[0] != "C-002"}
    who = ring_of(site).client("C-002")
    others = {name: [row for row in some if who not in row] for name, some in rows.items()}
    assert rows_of(site) == others
    assert others != rows
    settled(site)


def test_two_live_epochs(site: Path) -> None:
    """The page is brought under both; one that goes, goes under both."""
    watch = Watch(site)
    watch.prepare(FRIDAY)
    save_key_ring(ring_of(site).rotated(FRIDAY), site / "keys/ring.json", replace_earlier=True)
    refuses(site, watch, "changed since it was built")
    night(site)
    assert watch.apply(BATCH, FRIDAY).pages == 3
    for epoch in (0, 1):
        page = opened("C-002", site, folder="build/published", epoch=epoch)
        assert "Arrived" in page
        assert page_of("C-006", site, epoch=epoch) not in files(site / "build/published")
    to_tables(site, BATCH)
    same_as_a_night(site)
