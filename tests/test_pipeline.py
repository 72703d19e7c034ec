"""Whole nights on the small site: what is told, what changes, what stays, and what survives."""

import os
import re
from datetime import date
from pathlib import Path

import pytest

from generator import building, clients, engines
from generator.base.errors import InputError, OutsideError
from generator.cli.options import OUTSIDE, WRONG_INPUT
from generator.publish import DirectoryStore
from generator.sealing import load_key_ring, parse_link, save_key_ring
from generator.site.reader import fetch_from, open_page
from tests.builders import make_ring
from tests.nights import (
    DUO,
    FRIDAY,
    IBM,
    MONDAY,
    SATURDAY,
    add_line,
    build,
    clients_pages,
    difference,
    edit,
    manifest,
    marks,
    moved,
    opened,
    page_of,
    publish,
    reasons,
    without_client,
    without_lines,
)
from tests.sites import copy_site, files, sealpress, with_keys


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
    return moved(after_a_night, tmp_path / "site")


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
    before = marks(night / "build/site")
    done = build(night, SATURDAY)
    assert reasons(night) == {"C-002": [("stage", "arrived", "2011-12-03")]}
    added, changed, removed = difference(before, night / "build/site")
    assert (done.pages, {*clients_pages(night) & changed}) == (1, {page_of("C-002", night)})
    assert (added, removed) == (frozenset(), frozenset())


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
    done = build(night)
    added, changed, removed = difference(before, night / "build/site")
    assert (*added, *changed, *removed) == (page_of("C-002", night),)
    assert (done.changes.added, done.changes.changed, done.changes.removed) == (0, 1, 0)
    assert publish(night).changed == 1


def test_a_new_day_rewrites_no_clients_page(night: Path) -> None:
    """A night on which only the day moves rewrites what all share: strategies and the day."""
    before = marks(night / "build/site")
    done = build(night, SATURDAY)
    added, changed, removed = difference(before, night / "build/site")
    assert (done.pages, len(changed)) == (0, done.changes.changed)
    assert clients_pages(night).isdisjoint(changed)
    assert 2 <= len(changed) <= 6  # two series and the day, in two languages
    assert (added, removed) == (frozenset(), frozenset())


def test_a_corrected_answer_changes_its_stage(night: Path) -> None:
    """An editor's correction rewrites the part and the plain page of the stages that show it."""
    question = night / "content/products/card/questions/activate.md"
    edit(question, "Open the app", "Call us, or open the app")
    before = marks(night / "build/site")
    assert build(night).pages == 0
    changed = difference(before, night / "build/site").changed
    assert sorted(path[:2] for path in changed) == ["p/", "q/"]
    assert "Call us, or open" not in opened("C-003", night)  # still in the stage before


def test_who_left_the_tables_leaves_the_site(night: Path) -> None:
    """A client without a row has no page any more, built or published, when a while is over."""
    add_line(night / "content/site.yaml", "retention_days: 3")
    without_client(night, "C-006")
    before, page = marks(night / "build/site"), page_of("C-006", night)
    assert (build(night, SATURDAY).gone, publish(night).deleted) == (1, 0)
    assert "Стрекозин" in opened("C-006", night, folder="build/published")
    assert (build(night, date(2011, 12, 6)).gone, publish(night).deleted) == (0, 1)
    assert difference(before, night / "build/site").removed == {page}
    assert not (night / "build/published" / page).exists()


def test_a_theme_of_ones_own(night: Path) -> None:
    """A site's theme with a single template takes the place of that one, and of no other."""
    edit(night / "content/site.yaml", "locales:", "theme: festive\nlocales:")
    template = night / "themes/festive/templates/offer.html"
    template.parent.mkdir(parents=True)
    template.write_text('<aside lang="{{ lang }}"><h2>★ {{ title }}</h2></aside>', encoding="utf-8")
    before = marks(night / "build/site")
    build(night)
    assert len(difference(before, night / "build/site").changed) == 2  # the offer, twice
    assert "★ Разберём ваш портфель" in opened("C-001", night)


# ── The same bytes ───────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_in_any_run(night: Path, tmp_path: Path) -> None:
    """Another folder, and another number of processes, give the same bytes."""
    other = with_keys(copy_site(tmp_path / "other/place"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "SMALL", 0)
        patch.setattr(engines, "STREAM", 0)
        patch.setattr(clients, "CLIENTS", 1)
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
    without_lines(night / "data/quotes.csv", "IBM")
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
    without_lines(night / "data/quotes.csv", "IBM")
    result = sealpress("nightly", "--jobs", 1, site=night)
    assert result.exit_code == WRONG_INPUT
    assert result.stderr.count("warning: content/strategies/blue-2011-05.yaml:") == 3


def test_a_series_that_was_never_built_is_held_too(site: Path) -> None:
    """On the first night its clients get a page that says that the figures are being checked."""
    without_lines(site / "data/quotes.csv", "IBM")
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


@pytest.mark.parametrize("step", ["render_shared", "open_private", "gate_of", "commit"])
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
        patch.setattr(building, step, fail)
        with pytest.raises(OutsideError, match="the disk refused: No space left"):
            build(night)
    assert files(night / "build/site") == before
    assert (night / "build/private/manifest.jsonl").read_bytes() == earlier
    stood = marks(night / "build/site")
    build(night)
    assert page_of("C-001", night) in difference(stood, night / "build/site").changed
    assert "Аглая" in opened("C-001", night)


def test_a_full_disk_is_told_and_ends_with_3(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own words are told, and that the earlier site is whole; a rerun may help."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(building, "commit", fail)
    result = sealpress("build", "--jobs", 1, site=night)
    assert (result.exit_code, result.stdout) == (OUTSIDE, "")
    told = "the disk refused: No space left on device — hint: the earlier site is whole; "
    assert result.stderr.splitlines()[-1].startswith(told)


def die(brief: bytes, task: object) -> None:
    """End the worker process as a lack of memory does."""
    del brief, task
    os._exit(9)


def test_workers_that_die_again_and_again(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every worker is killed the night ends in plain words; the site is whole."""
    edit(night / "data/clients.csv", "Агния", "Аглая")
    before = files(night / "build/site")
    monkeypatch.setattr(engines, "SMALL", 0)
    monkeypatch.setattr(engines, "STREAM", 0)
    monkeypatch.setattr(building, "work", die)
    with pytest.raises(OutsideError, match="worker processes died again and again"):
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
