"""Whole nights on the small site: what is told, what changes, what stays, and what survives."""

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from generator import partition, pipeline
from generator.base.errors import InputError, OutsideError
from generator.cli.options import OUTSIDE, WRONG_INPUT
from generator.inputs import read_inputs
from generator.publish import DirectoryStore, Publication
from generator.sealing import Secret, load_key_ring, parse_link, save_key_ring
from generator.site.reader import fetch_from, open_page
from tests.builders import make_ring
from tests.sites import copy_site, files, sealpress, with_keys

FRIDAY, SATURDAY, MONDAY = date(2011, 12, 2), date(2011, 12, 3), date(2011, 12, 5)
IBM, DUO = "blue-2011-05", "duo-2011-06"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The small site with known keys; nothing is built."""
    return with_keys(copy_site(tmp_path / "site"))


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site after its first published night; for copies only."""
    site = with_keys(copy_site(tmp_path_factory.mktemp("night") / "site"))
    build(site)
    publish(site)
    return site


@pytest.fixture
def night(after_a_night: Path, tmp_path: Path) -> Path:
    """The small site after its first published night."""
    return Path(shutil.copytree(after_a_night, tmp_path / "site"))


def build(site: Path, clock: date = FRIDAY, jobs: int = 1) -> pipeline.Built:
    """Build the site as of ``clock``."""
    return pipeline.build(read_inputs(site, clock, clock), jobs, silent)


def publish(site: Path) -> Publication:
    """Publish what was built."""
    return pipeline.publish_site(site, read_inputs(site, FRIDAY, FRIDAY).site, silent)


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
    assert 0 < done <= total, what


def manifest(site: Path) -> dict[str, dict[str, Any]]:
    """The entries of the manifest by client."""
    lines = (site / "build/private/manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = {entry["client"]: entry for entry in map(json.loads, lines)}
    assert len(entries) == len(lines), "a client stands twice"
    return entries


def reasons(site: Path) -> dict[str, list[tuple[str, ...]]]:
    """What each client is told: kind, what it is about, day, outcome or nothing, amount."""
    fields = ("kind", "policy", "stage", "series", "month", "date", "since", "outcome", "amount")
    return {
        client: [
            tuple(reason[field] for field in fields if field in reason)
            for reason in entry["reasons"]
        ]
        for client, entry in manifest(site).items()
    }


def page_of(client: str, site: Path, *, epoch: int = -1) -> str:
    """Where the client's page lies under an epoch of the ring."""
    return secret_of(client, site, epoch=epoch).keys().path


def clients_pages(site: Path) -> set[str]:
    """Where the pages of all six clients lie."""
    return {page_of(f"C-00{number}", site) for number in range(1, 7)}


def secret_of(client: str, site: Path, *, epoch: int = -1) -> Secret:
    """The client's secret under an epoch of the ring."""
    ring = load_key_ring(site / "keys/ring.json", {})
    return ring.epochs[epoch].secrets().secret("client", client, 0)


def opened(client: str, site: Path, *, folder: str = "build/site", epoch: int = -1) -> str:
    """The client's page with every part in place."""
    link = secret_of(client, site, epoch=epoch).text
    return open_page(link, fetch_from(site / folder))


def marks(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file: what was rewritten, even with the same bytes."""
    found = {path: (folder / path).stat() for path in files(folder)}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def edit(path: Path, old: str, new: str) -> None:
    """Replace what stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_line(path: Path, line: str) -> None:
    """Add a row to a table."""
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


def without_quotes(site: Path, ticker: str) -> None:
    """Take every close of a ticker away."""
    quotes = site / "data/quotes.csv"
    lines = quotes.read_text(encoding="utf-8").splitlines(keepends=True)
    quotes.write_text("".join(k for k in lines if not k.startswith(ticker)), encoding="utf-8")


# ── What is told ─────────────────────────────────────────────────────────────────────────────

FIRST_NIGHT = {
    "C-001": [
        ("coupon", "QH-7000002", IBM, "2011-11-30", "accrued", "8750.00"),
        ("coupon", "QH-7000001", DUO, "2011-12-02", "accrued", "25000.00"),
        ("stage", "request", "2011-11-28"),
    ],
    "C-002": [("coupon", "QH-7000003", DUO, "2011-12-02", "accrued", "8333.33")],
    "C-003": [("coupon", "QH-7000004", IBM, "2011-11-30", "accrued", "4375.01")],
    "C-004": [("stage", "decision/refusal", "2011-12-02")],
    "C-005": [("coupon", "QH-7000005", DUO, "2011-12-02", "accrued", "1250.00")],
}


def test_the_first_night(night: Path) -> None:
    """Told are the coupons and the stages of the last seven days, to those whom they concern."""
    assert reasons(night) == FIRST_NIGHT


def test_a_link_opens_the_page_that_says_the_same(night: Path) -> None:
    """Behind each link lies the page whose digest is told, with the figures that are told."""
    told = manifest(night)
    for entry in told.values():
        secret = parse_link(entry["link"]).secret
        assert entry["page"]["path"] == secret.keys().path
        page = open_page(entry["link"], fetch_from(night / "build/published"))
        assert entry["name"]["full"] in page
        for reason in entry["reasons"]:
            for field in ("amount_text", "income_text", "date_text", "series_name", "stage_name"):
                assert reason.get(field, "") in page
    stages = [r["link"] for entry in told.values() for r in entry["reasons"] if "link" in r]
    assert len(stages) == 2
    for link in stages:
        path = link.removeprefix("https://clients.quiet-harbour.example/")
        assert "<title>" in (night / "build/published" / path).read_text(encoding="utf-8")


def test_a_night_that_is_not_published_tells_again(site: Path) -> None:
    """Until it is published nothing was told: a rebuild gives the same manifest."""
    first = build(site)
    told = (site / "build/private/manifest.jsonl").read_bytes()
    again = build(site)
    assert (first.entries, again.entries, bool(again.changes)) == (5, 5, False)
    assert (site / "build/private/manifest.jsonl").read_bytes() == told


def test_nothing_is_told_twice(night: Path) -> None:
    """The night after a published one tells nothing again, on the same day and on the next."""
    assert build(night).entries == 0
    assert manifest(night) == {}
    assert build(night, SATURDAY).entries == 0


def test_one_new_situation_is_one_entry(night: Path) -> None:
    """Who came into a stage since yesterday is told so; no other client is told or rewritten."""
    add_line(night / "data/situations.csv", "C-002,card,CRD-20,2011-12-03")
    changes = build(night, SATURDAY).changes
    assert reasons(night) == {"C-002": [("stage", "arrived", "2011-12-03")]}
    assert clients_pages(night) & set(changes.changed) == {page_of("C-002", night)}
    assert (changes.added, changes.removed) == ((), ())


def test_the_digest_is_due_on_its_day(night: Path) -> None:
    """From the fifth of the month whoever holds a policy is due a digest, once a month."""
    assert build(night, MONDAY).entries == 4
    due = [("digest", "2011-12")]
    assert reasons(night) == dict.fromkeys(["C-001", "C-002", "C-003", "C-005"], due)
    publish(night)
    assert build(night, date(2011, 12, 6)).entries == 0


def test_a_strategy_that_crossed_a_level(night: Path) -> None:
    """A series that moved into another band is told to those who hold it."""
    add_line(night / "data/quotes.csv", "IBM,2011-12-03,150.00")
    build(night, SATURDAY)
    crossed = [("strategy", IBM, "2011-12-03")]
    assert reasons(night) == {"C-001": crossed, "C-003": crossed}
    (reason,) = manifest(night)["C-003"]["reasons"]
    assert (reason["was"], reason["band"]) == ("above", "corridor")


def test_lost_nights_are_made_up_for(site: Path) -> None:
    """What happened while no night ran is told by the next one, however long that took."""
    add_line(site / "data/situations.csv", "C-006,card,CRD-10,2011-11-20")
    build(site, date(2011, 11, 18))
    publish(site)
    build(site)
    told = reasons(site)
    crossed = ("strategy", IBM, "2011-12-02")  # since the night before, a fortnight ago
    assert [client for client in told if crossed in told[client]] == ["C-001", "C-003"]
    without = {client: [one for one in told[client] if one != crossed] for client in told}
    assert without == {**FIRST_NIGHT, "C-006": [("stage", "ordered", "2011-11-20")]}


# ── What changes ─────────────────────────────────────────────────────────────────────────────


def test_a_second_night_touches_no_file(night: Path) -> None:
    """With the same input no file is rewritten, neither built nor published."""
    built, published = marks(night / "build/site"), marks(night / "build/published")
    assert len(built) > 22
    done, publication = build(night), publish(night)
    assert (bool(done.changes), done.changes.unchanged) == (False, len(built))
    assert (publication.added, publication.changed, publication.deleted) == (0, 0, 0)
    assert marks(night / "build/site") == built
    assert marks(night / "build/published") == published


def test_one_new_situation_changes_one_page(night: Path) -> None:
    """Within a day, a client's new situation rewrites that client's page and nothing else."""
    add_line(night / "data/situations.csv", "C-002,card,CRD-20,2011-12-02")
    before = marks(night / "build/site")
    done, page = build(night), page_of("C-002", night)
    assert done.changes.changed == (page,)
    assert (done.changes.added, done.changes.removed) == ((), ())
    after = marks(night / "build/site")
    assert [path for path in before if before[path] != after[path]] == [page]
    assert publish(night).changed == 1


def test_a_new_day_rewrites_no_clients_page(night: Path) -> None:
    """A night on which only the day moves rewrites what all share: strategies and the day."""
    done = build(night, SATURDAY)
    assert clients_pages(night).isdisjoint(done.changes.changed)
    assert 2 <= len(done.changes.changed) <= 6  # two series and the day, in two languages


def test_a_corrected_answer_changes_its_stage(night: Path) -> None:
    """An editor's correction rewrites the part and the plain page of the stages that show it."""
    question = night / "content/products/card/questions/activate.md"
    edit(question, "Open the app", "Call us, or open the app")
    done = build(night)
    assert sorted(path[:2] for path in done.changes.changed) == ["p/", "q/"]
    assert "Call us, or open" not in opened("C-003", night)  # still in the stage before


def test_who_left_the_tables_leaves_the_site(night: Path) -> None:
    """A client without a row has no page any more, built or published."""
    clients = night / "data/clients.csv"
    lines = clients.read_text(encoding="utf-8").splitlines(keepends=True)
    clients.write_text("".join(k for k in lines if "C-006" not in k), encoding="utf-8")
    page = page_of("C-006", night)
    assert build(night).changes.removed == (page,)
    assert publish(night).deleted == 1
    assert not (night / "build/published" / page).exists()


def test_a_theme_of_ones_own(night: Path) -> None:
    """A site's theme with a single template takes the place of that one, and of no other."""
    edit(night / "content/site.yaml", "locales:", "theme: festive\nlocales:")
    template = night / "themes/festive/templates/offer.html"
    template.parent.mkdir(parents=True)
    template.write_text('<aside lang="{{ lang }}"><h2>★ {{ title }}</h2></aside>', encoding="utf-8")
    done = build(night)
    assert len(done.changes.changed) == 2  # the offer in two languages
    assert "★ Разберём ваш портфель" in opened("C-001", night)


# ── The same bytes ───────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_in_any_run(night: Path, tmp_path: Path) -> None:
    """Another folder, and another number of processes, give the same bytes."""
    other = with_keys(copy_site(tmp_path / "other/place"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "SMALL", 0)
        patch.setattr(pipeline, "BATCH", 1)
        build(other, jobs=2)
    assert files(other / "build/site") == files(night / "build/site")
    for name in ("manifest.jsonl", "night.json"):
        assert (other / "build/private" / name).read_bytes() == (
            night / "build/private" / name
        ).read_bytes()


def test_other_keys_give_other_pages(night: Path, tmp_path: Path) -> None:
    """The bytes depend on the keys: nothing sealed under one ring stands in another's site."""
    other = with_keys(copy_site(tmp_path / "other"), make_ring(bytes(range(1, 33))))
    build(other)
    mine, theirs = files(night / "build/site"), files(other / "build/site")
    sealed = {path: content for path, content in mine.items() if path.startswith(("p/", "q/"))}
    assert len(sealed) >= 22
    assert sealed.keys().isdisjoint(theirs)


# ── What is held, and what survives ──────────────────────────────────────────────────────────


def test_a_held_series_stays_as_it_was(night: Path) -> None:
    """Without quotes a series keeps its part and its clients' pages; all the others go on."""
    without_quotes(night, "IBM")
    add_line(night / "data/situations.csv", "C-001,card,CRD-20,2011-12-03")  # holds the series
    add_line(night / "data/situations.csv", "C-002,card,CRD-20,2011-12-03")  # does not
    before = files(night / "build/site")
    done = build(night, SATURDAY)
    after = files(night / "build/site")
    assert set(done.inputs.held) == {IBM}
    assert after.keys() == before.keys()
    for client in ("C-001", "C-003"):
        assert after[page_of(client, night)] == before[page_of(client, night)]
        assert "<svg" in opened(client, night)
    assert after[page_of("C-002", night)] != before[page_of("C-002", night)]
    assert reasons(night) == {"C-002": [("stage", "arrived", "2011-12-03")]}


def test_a_held_series_is_a_warning_and_ends_with_1(night: Path) -> None:
    """The command says which series is held and why, and does not call the night a success."""
    without_quotes(night, "IBM")
    result = sealpress("nightly", "--jobs", 1, site=night)
    assert result.exit_code == WRONG_INPUT
    assert result.stderr.count("warning: content/strategies/blue-2011-05.yaml:") == 3


def test_a_series_that_was_never_built_is_held_too(site: Path) -> None:
    """On the first night its clients get a page that says that the figures are being checked."""
    without_quotes(site, "IBM")
    done = build(site)
    assert (done.pages, set(done.inputs.held)) == (6, {IBM})
    assert "The figures of this strategy are being checked." in opened("C-003", site)
    assert "<svg" not in opened("C-003", site)
    assert "C-003" not in reasons(site)


def test_a_refused_row_keeps_the_page(night: Path) -> None:
    """Where a share of bad rows is allowed, their clients' pages stay whole, as they were."""
    add_line(night / "content/site.yaml", 'tables: {refused_percent: "30"}')
    edit(night / "data/policies.csv", "500000.00", "500 000")  # one of two policies
    edit(night / "data/clients.csv", "Barnaby,,en", "Barnaby,,xx")
    before = files(night / "build/site")
    done = build(night, SATURDAY)
    after = files(night / "build/site")
    assert len(done.inputs.base.refused) == 2
    for client in ("C-001", "C-005"):
        assert after[page_of(client, night)] == before[page_of(client, night)]


@pytest.mark.parametrize("step", ["write_shared", "_refuse_leaks", "commit"])
def test_a_build_that_dies_leaves_the_site(
    step: str, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure at any step leaves the earlier site byte for byte; the next build goes through."""
    edit(night / "data/clients.csv", "Агния", "Аглая")
    before = files(night / "build/site")
    earlier = (night / "build/private/manifest.jsonl").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, step, fail)
        with pytest.raises(OSError, match="No space left"):
            build(night)
    assert files(night / "build/site") == before
    assert (night / "build/private/manifest.jsonl").read_bytes() == earlier
    assert page_of("C-001", night) in build(night).changes.changed
    assert "Аглая" in opened("C-001", night)


def test_a_full_disk_is_told_and_ends_with_3(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own words are told; a rerun may help."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(pipeline, "commit", fail)
    result = sealpress("build", "--jobs", 1, site=night)
    assert (result.exit_code, result.stdout) == (OUTSIDE, "")
    assert result.stderr.splitlines()[-1] == "the system refused: No space left on device"


def die(_: object) -> None:
    """End the worker process as a lack of memory does."""
    os._exit(9)


def test_a_worker_that_dies(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker process that is killed ends the night in plain words; the site is whole."""
    before = files(night / "build/site")
    monkeypatch.setattr(pipeline, "SMALL", 0)
    monkeypatch.setattr(partition, "work", die)
    with pytest.raises(OutsideError, match="a worker process died"):
        build(night, jobs=2)
    assert files(night / "build/site") == before


def test_a_publication_that_breaks_off(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing counts as told before all of it is published; a rerun sends the rest."""
    build(site)
    put, count = DirectoryStore.put, 0

    def put_ten(store: DirectoryStore, path: str, content: bytes) -> None:
        nonlocal count
        count += 1
        if count > 10:
            raise OutsideError("the store cannot be written: No space left on device")
        put(store, path, content)

    with monkeypatch.context() as patch:
        patch.setattr(DirectoryStore, "put", put_ten)
        with pytest.raises(OutsideError):
            publish(site)
    assert not (site / "build/private/state.json").exists()
    assert not (site / "build/published/index.html").exists()
    publish(site)
    assert files(site / "build/published") == files(site / "build/site")
    assert build(site).entries == 0


def test_a_leak_stops_the_night(night: Path) -> None:
    """A theme that shows a client's value to everyone is stopped before anything is changed."""
    template = night / "themes/default/templates/stage.html"
    template.parent.mkdir(parents=True)
    template.write_text("<!doctype html><title>x</title>+7999{{ '0000001' }}", encoding="utf-8")
    before = files(night / "build/site")
    with pytest.raises(InputError) as caught:
        build(night)
    assert {problem.path.partition("/")[0] for problem in caught.value.problems} == {"q"}
    assert "0000001" not in str(caught.value)
    assert files(night / "build/site") == before


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────


def test_links_of_every_live_epoch_open(night: Path) -> None:
    """After a rotation old links go on opening, new ones are made under the new epoch."""
    path = night / "keys/ring.json"
    save_key_ring(load_key_ring(path, {}).rotated(FRIDAY), path, replace_earlier=True)
    add_line(night / "data/situations.csv", "C-002,card,CRD-20,2011-12-02")
    build(night)
    old, new = opened("C-002", night, epoch=0), opened("C-002", night, epoch=1)
    assert re.sub(r'data-part="\w+"', "", old) == re.sub(r'data-part="\w+"', "", new)
    assert "Your card has arrived" in new
    assert set(re.findall(r'data-part="(\w+)"', old)).isdisjoint(
        re.findall(r'data-part="(\w+)"', new)
    )
    (entry,) = manifest(night).values()
    assert entry["page"]["path"] == page_of("C-002", night, epoch=1)


@pytest.mark.parametrize("words", [("--leaked",), ("--retire", 1)])
def test_links_of_a_retired_epoch_die(words: tuple[object, ...], night: Path) -> None:
    """After a leak, or when an epoch is retired, only links of the newest epoch open."""
    before = len(files(night / "build/site"))
    if words != ("--leaked",):
        assert sealpress("keys", "rotate", site=night).exit_code == 0
        build(night)
    assert sealpress("keys", "rotate", *words, site=night).exit_code == 0
    build(night)
    publish(night)
    for folder in ("build/site", "build/published"):
        for client in ("C-001", "C-006"):
            assert not (night / folder / page_of(client, night, epoch=0)).exists()
            assert opened(client, night, folder=folder, epoch=1)
    assert len(files(night / "build/site")) == before
