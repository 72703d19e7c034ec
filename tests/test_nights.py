"""Nights after nights: what is built from what changed is what would be built from nothing.

The last test of this module draws what happens from ``tests/happenings.py`` and looks at all that
must hold after every night. The tests before it are single nights, each with a name.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.columns import WHO
from generator.data import Shard, base
from generator.data.digests import digests
from generator.pages.client import PartName, clock_part, offer_part, strategy_part
from generator.site import tree
from generator.site.layout import Layout
from generator.site.register import BUILT, GONE, REGISTER, WHY, WORDS, Why
from generator.site.shared import part_paths
from generator.site.shelf import Shelf
from tests import happenings, rows
from tests.depth import examples
from tests.expected import LOCALES, RETENTION, Expected
from tests.happenings import STEPS, Step
from tests.nights import (
    DUO,
    EVERYONE,
    FRIDAY,
    IBM,
    SATURDAY,
    build,
    clients_pages,
    difference,
    edit,
    manifest,
    marks,
    moved,
    page_of,
    publish,
    reasons,
    ring_of,
)
from tests.quick import made_once
from tests.sites import files
from tests.world import World, new_world


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """What is the same in every build of these tests is made once."""
    with made_once():
        yield


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The small site after its first published night; for copies only."""
    world = new_world(tmp_path_factory.mktemp("first") / "site")
    build(world.site)
    publish(world.site)
    return world


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    """The small site after its first published night."""
    return first.moved(tmp_path / "site")


def after(world: World, *steps: tuple[Step, int]) -> None:
    """Let something happen, and write it down."""
    for step, number in steps:
        step(world, number)
    world.write()


def register(site: Path) -> pl.DataFrame:
    """The rows of the register, in order."""
    frames = [rows for _, rows in Shelf(Layout(site).register, REGISTER).frames()]
    return pl.concat([pl.DataFrame(schema=REGISTER), *frames]).sort(WHO)


def why(site: Path, day: date) -> dict[str, Why]:
    """Why the page of each client who was built for on ``day`` was built."""
    ring = ring_of(site)
    numbers = [f"N-{number:03}" for number in range(9)]
    names = {ring.client(client): client for client in (*EVERYONE, *numbers)}
    rows = register(site).filter(pl.col(BUILT) == day)
    return {names[who]: Why(reason) for who, reason in rows.select(WHO, WHY).iter_rows()}


def paths_of(site: Path, *parts: PartName) -> frozenset[str]:
    """Where shared parts lie."""
    return frozenset(path for part in parts for path in part_paths(part, ring_of(site)))


def strategies(site: Path) -> frozenset[str]:
    """Where the parts of both strategies lie."""
    parts = [strategy_part(series, locale) for series in (IBM, DUO) for locale in LOCALES]
    return paths_of(site, *parts)


# ── Why a page is built ──────────────────────────────────────────────────────────────────────

ALL = set(EVERYONE)
HOLDERS = {"C-001", "C-002", "C-005"}
WHYS: list[tuple[Step, int, Why, set[str]]] = [
    (rows.client_comes, 1, Why.NEW, {"N-001"}),
    (rows.client_changes, 0, Why.ROWS, {"C-001"}),
    (rows.premium_changes, 2, Why.ROWS, {"C-002"}),
    (rows.situation_comes, 4, Why.ROWS | Why.STAGES, {"C-005"}),
    (happenings.terms_change, 0, Why.STRATEGIES, HOLDERS),
    (happenings.stage_is_renamed, 0, Why.STAGES, {"C-001", "C-004"}),  # who was in it once, too
    (happenings.bank_changes, 0, Why.EXTRAS, {"C-001", "C-002", "C-003", "C-004"}),
    (happenings.offer_changes, 2, Why.EXTRAS, {"C-001", "C-002"}),
    (happenings.template_changes, 0, Why.PAGE, ALL),
    (happenings.text_changes, 0, Why.PAGE, {"C-001", "C-002", "C-004", "C-006"}),
    (happenings.client_is_revoked, 2, Why.NEW, {"C-003"}),
]


@pytest.mark.parametrize(
    ("step", "number", "reason", "whose"), WHYS, ids=lambda one: getattr(one, "__name__", "")
)
def test_why_a_page_is_built(
    step: Step, number: int, reason: Why, whose: set[str], world: World
) -> None:
    """Whatever reaches a page has it built, for its own reason, and no other page is built."""
    after(world, (step, number))
    done = build(world.site, SATURDAY)
    assert (done.pages, why(world.site, SATURDAY)) == (len(whose), dict.fromkeys(whose, reason))


def test_new_keys_build_every_page(world: World) -> None:
    """A new epoch has every page built, for its keys and for the parts that are under them."""
    after(world, (happenings.keys_are_rotated, 1))
    assert build(world.site, SATURDAY).pages == 6
    seen = why(world.site, SATURDAY)
    assert {client: one & Why.KEYS for client, one in seen.items()} == dict.fromkeys(ALL, Why.KEYS)
    assert seen["C-001"] == Why.KEYS | Why.PAGE | Why.STRATEGIES | Why.STAGES | Why.EXTRAS


def test_everything_is_built_when_it_is_asked_for(world: World) -> None:
    """With --full every page is rendered, and no file that comes out the same is rewritten."""
    before = marks(world.site / "build/site")
    done = build(world.site, everything=True)
    assert (done.pages, why(world.site, FRIDAY)) == (6, dict.fromkeys(EVERYONE, Why.ASKED))
    assert marks(world.site / "build/site") == before


def test_every_reason_has_a_test_and_words() -> None:
    """A new reason joins these tests, and is told in words of its own."""
    apart = {Why.KEYS, Why.ASKED}
    assert {one for one in Why for *_, reason, _ in WHYS if one in reason} | apart == {*Why}
    assert len({*WORDS.values()}) == len(WORDS) == len(Why)
    assert (Why.ROWS | Why.STAGES).reasons == [WORDS[Why.ROWS], WORDS[Why.STAGES]]


# ── What is rewritten ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("template", happenings.TEMPLATES)
def test_a_template_rewrites_what_it_is_in(template: str, world: World) -> None:
    """A template of clients' pages renders all of them, another only what it is the template of."""
    site = world.site
    parts = {
        "client.html": clients_pages(site),
        "policy.html": {page_of(f"C-00{number}", site) for number in (1, 2, 3, 5)},
        "strategy.html": strategies(site),
        "offer.html": paths_of(site, *(offer_part("review", locale) for locale in LOCALES)),
        "clock.html": paths_of(site, *map(clock_part, LOCALES)),
        "questions.html": frozenset[str](),  # a comment changes no byte
    }
    before = marks(site / "build/site")
    after(world, (happenings.template_changes, [*happenings.TEMPLATES].index(template)))
    done = build(site)
    assert done.pages == (6 if template in {"client.html", "policy.html"} else 0)
    assert difference(before, site / "build/site") == (frozenset(), parts[template], frozenset())


@pytest.mark.parametrize(
    ("step", "number", "assets"),
    [
        (happenings.style_changes, 0, 1),
        (happenings.style_changes, 1, 0),
        (happenings.theme_is_switched, 0, 1),
    ],
    ids=["pages", "loader", "theme"],
)
def test_a_style_renders_no_client(
    step: Step,
    number: int,
    assets: int,
    world: World,
) -> None:
    """A style lies in a file of its own or in the loader: what links it is written, and no page."""
    site = world.site / "build/site"
    before = marks(site)
    after(world, (step, number))
    assert build(world.site).pages == 0
    change = difference(before, site)
    assert not any(path.startswith("p/") for path in change.changed)
    assert {"index.html", "404.html"} <= change.changed
    for those in (change.added, change.removed):
        assert [path[:12] for path in those] == ["assets/page."] * assets
    after(world, (step, number))
    build(world.site)
    assert marks(site).keys() == before.keys()


def test_a_template_may_change_again_in_one_process(world: World) -> None:
    """A strategy is drawn from the theme as it is, though its quotes and terms are the same."""
    site, mine = world.site, world.site / "themes/default/templates/strategy.html"
    after(world, (happenings.template_changes, [*happenings.TEMPLATES].index("strategy.html")))
    build(site)
    before = marks(site / "build/site")
    edit(mine, "chart wide", "chart wider")
    build(site)
    assert difference(before, site / "build/site").changed == strategies(site)


def test_a_strategy_that_names_contacts(world: World) -> None:
    """A setting that a template of strategies shows is part of their recipe."""
    site, mine = world.site, world.site / "themes/default/templates/strategy.html"
    after(world, (happenings.template_changes, [*happenings.TEMPLATES].index("strategy.html")))
    edit(mine, '<figure class="chart wide">', '<p>{{ contacts }}</p><figure class="chart wide">')
    build(site)
    before = marks(site / "build/site")
    edit(site / "content/site.yaml", "Ask us on", "Call us on")
    build(site)
    english = paths_of(site, *(strategy_part(series, "en") for series in (IBM, DUO)))
    changed = difference(before, site / "build/site").changed
    assert changed & strategies(site) == english


def test_an_answer_renders_no_client(world: World) -> None:
    """What stands in a stage's part is not what clients' pages are made of."""
    before = marks(world.site / "build/site")
    after(world, (happenings.answer_changes, 0))
    assert build(world.site).pages == 0
    changed = difference(before, world.site / "build/site").changed
    assert sorted(path[:2] for path in changed) == ["p/", "q/"]


def test_quotes_rewrite_strategies_and_the_day(world: World) -> None:
    """A night of quotes alone, without an observation, rewrites what all share and no page."""
    before = marks(world.site / "build/site")
    after(world, (happenings.a_day_passes, 0))
    assert build(world.site, world.clock).pages == 0
    clocks = paths_of(world.site, *map(clock_part, LOCALES))
    assert difference(before, world.site / "build/site").changed == strategies(world.site) | clocks


def test_a_stage_that_begins(world: World) -> None:
    """A situation of a day to come shows on no page until its day, and then without a new row."""
    after(world, (rows.situation_comes, 7))  # in three days, for the second client
    assert build(world.site, FRIDAY + timedelta(days=2)).pages == 0
    done = build(world.site, FRIDAY + timedelta(days=3))
    assert (done.pages, [*why(world.site, FRIDAY + timedelta(days=3))]) == (1, ["C-002"])
    assert ("stage", "decision/refusal", "2011-12-05") in reasons(world.site)["C-002"]


def test_what_did_not_change_is_not_worked_out_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the rows, versions and day of the night before has its digests as well."""
    looked: list[int] = []

    def listen(shard: Shard, *more: Any) -> pl.DataFrame:  # noqa: ANN401 - of digests
        looked.append(len(shard))
        return digests(shard, *more)

    monkeypatch.setattr("generator.compare.digests", listen)
    after(world, (rows.situation_comes, 7))  # in three days, for the second client
    begins, table = FRIDAY + timedelta(days=3), world.site / "data/clients.csv"
    build(world.site)  # one row is new
    build(world.site)
    build(world.site, begins)  # the stage begins
    build(world.site, FRIDAY)  # and has not begun
    build(world.site, everything=True)
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    build(world.site)  # other bytes, and no other row
    assert looked == [1, 1, 1, 6]


def test_a_disk_that_tells_once_what_it_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for while leaks are looked for, and what it says then is not forgotten."""
    after(world, (rows.situation_comes, 7))  # in three days, for the second client
    begins = FRIDAY + timedelta(days=3)
    before, answers = marks(world.site / "build/site"), iter([-1])
    monkeypatch.setattr(tree, "CDLL", lambda _: SimpleNamespace(syncfs=lambda _: next(answers, 0)))
    with pytest.raises(OutsideError, match="the disk did not take what was written"):
        build(world.site, begins)
    assert marks(world.site / "build/site") == before
    build(world.site, begins)
    assert marks(world.site / "build/site") != before


# ── Who is gone ──────────────────────────────────────────────────────────────────────────────


def test_gone_and_back_again(world: World) -> None:
    """A page outlives a row that is missing for some nights, and then all is as it was."""
    before, page = marks(world.site / "build/site"), page_of("C-004", world.site)
    world.tables["clients"], kept = rows.split(world.tables["clients"], "C-004")
    world.write()
    for days in (1, 3):
        done = build(world.site, FRIDAY + timedelta(days=days))
        assert (done.gone, done.pages, done.changes.removed) == (1, 0, 0)
        assert page not in difference(before, world.site / "build/site").changed
    world.tables["clients"] += kept
    world.write()
    done = build(world.site, FRIDAY + timedelta(days=5))
    assert (done.gone, done.pages) == (0, 0)
    assert register(world.site)[GONE].null_count() == 6
    assert marks(world.site / "build/site")[page] == before[page]


def test_gone_for_good(world: World) -> None:
    """When the while is over the page is gone, and of the client nothing is remembered."""
    page = world.site / "build/site" / page_of("C-004", world.site)
    world.tables["clients"], _ = rows.split(world.tables["clients"], "C-004")
    world.write()
    build(world.site, SATURDAY)
    last = SATURDAY + RETENTION - timedelta(days=1)
    assert (build(world.site, last).gone, page.exists()) == (1, True)
    done = build(world.site, SATURDAY + RETENTION)
    assert (done.gone, done.changes.removed, page.exists()) == (0, 1, False)
    assert len(register(world.site)) == 5


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────


def test_two_live_epochs(world: World) -> None:
    """Every page lies under both; a client's change rewrites theirs under both, and no other's."""
    after(world, (happenings.keys_are_rotated, 1))
    assert build(world.site).pages == 6
    before = marks(world.site / "build/site")
    after(world, (rows.client_changes, 2))
    assert build(world.site).pages == 1
    both = {page_of("C-003", world.site, epoch=number) for number in (0, 1)}
    assert difference(before, world.site / "build/site").changed == both
    after(world, (happenings.an_epoch_is_retired, 0))
    old = {page_of(client, world.site, epoch=0) for client in EVERYONE}
    before = marks(world.site / "build/site")
    build(world.site)
    assert difference(before, world.site / "build/site").removed >= old


DEAD: list[tuple[Step, int]] = [
    (rows.series_is_held, 0),
    (rows.row_is_spoilt, 0),
    (rows.client_is_lost, 3),
]


@pytest.mark.parametrize(("step", "number"), DEAD, ids=lambda one: getattr(one, "__name__", ""))
def test_links_of_a_leaked_key_die(step: Step, number: int, world: World) -> None:
    """No page stays under a key that leaked, though it be kept for a while as it was."""
    after(world, (step, number))
    build(world.site, SATURDAY)
    after(world, (happenings.keys_are_rotated, 0))
    build(world.site, SATURDAY)
    old = {page_of(client, world.site, epoch=0) for client in EVERYONE}
    assert old & files(world.site / "build/site").keys() == set()


# ── What is told ─────────────────────────────────────────────────────────────────────────────

HIDING: list[tuple[Step, Step]] = [
    (rows.series_is_held, rows.series_is_mended),
    (rows.row_is_spoilt, rows.rows_are_mended),
    (rows.client_is_lost, rows.lost_clients_come_back),
]


@pytest.mark.parametrize("between", [(), (publish,)], ids=["not published", "published"])
@pytest.mark.parametrize(("hide", "show"), HIDING, ids=lambda one: getattr(one, "__name__", ""))
def test_what_was_not_told_is_told_later(
    hide: Step, show: Step, between: tuple[Callable[[Path], object], ...], tmp_path: Path
) -> None:
    """Who was to be told something, and then is not looked at for a night, is told after it."""
    world = new_world(tmp_path / "site")
    build(world.site)  # and not published: nobody was told anything
    first = manifest(world.site)["C-001"]
    after(world, (hide, 0))
    build(world.site)
    assert "C-001" not in manifest(world.site)
    for step in between:
        step(world.site)
    after(world, (show, 0))
    build(world.site)
    assert manifest(world.site)["C-001"] == first


# ── What is remembered ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["register", "register.json"])
def test_a_register_that_is_lost(name: str, world: World) -> None:
    """Without it every page is built and compared; no file is rewritten, nobody is told again."""
    before, lost = marks(world.site / "build/site"), world.site / "build/private" / name
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    done = build(world.site)
    assert (done.pages, done.entries, bool(done.changes)) == (6, 0, False)
    assert marks(world.site / "build/site") == before
    assert build(world.site).pages == 0


def test_a_register_that_is_damaged(world: World) -> None:
    """It is noticed, and told with what to do; done so, the next night goes through."""
    (file, *_) = (world.site / "build/private/register").glob("*.arrow")
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    before = files(world.site / "build/site")
    with pytest.raises(OutsideError, match="the file is damaged — hint: remove build/private/regi"):
        build(world.site)
    assert files(world.site / "build/site") == before
    shutil.rmtree(world.site / "build/private/register")
    assert build(world.site).pages == 6
    assert files(world.site / "build/site") == before


@pytest.mark.parametrize("lost", ["register", "register.json", "common.json"])
def test_what_is_not_remembered_does_not_stay(lost: str, world: World) -> None:
    """A page or a part that nothing would make goes, though nobody remembers that it was made."""
    after(world, (rows.client_goes, 5), (happenings.offer_changes, 0))
    build(world.site)
    place = world.site / "build/private" / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    after(world, (happenings.keys_are_rotated, 0))
    build(world.site)
    scratch = moved(world.site, world.site.with_name("scratch"))
    shutil.rmtree(scratch / "build")
    build(scratch)
    assert_same(files(world.site / "build/site"), files(scratch / "build/site"))


def test_a_full_build_takes_away_what_is_not_wanted(world: World) -> None:
    """With --full too, the parts of what ended are gone from the site."""
    old = paths_of(world.site, *(offer_part("review", locale) for locale in LOCALES))
    after(world, (happenings.offer_changes, 0))
    before = marks(world.site / "build/site")
    build(world.site, everything=True)
    assert difference(before, world.site / "build/site").removed == old


def test_a_site_that_is_lost(world: World) -> None:
    """Without the site everything is built anew, and is what it was."""
    before = files(world.site / "build/site")
    shutil.rmtree(world.site / "build/site")
    done = build(world.site)
    assert (done.pages, done.entries, done.changes.added) == (6, 0, len(before))
    assert files(world.site / "build/site") == before


# ── Whatever happens ─────────────────────────────────────────────────────────────────────────

STEP = st.tuples(st.sampled_from(STEPS), st.integers(0, 9))


@settings(
    max_examples=examples(4),
    phases=(Phase.explicit, Phase.generate),  # to make an example smaller takes minutes
)
@given(steps=st.lists(STEP, min_size=4, max_size=9))
def test_whatever_happens(steps: list[tuple[Step, int]], first: World) -> None:
    """After any sequence of changes the site is what a build of all of it from nothing gives."""
    with TemporaryDirectory() as folder:
        world, expected = first.moved(Path(folder) / "site"), Expected()
        expected.after(world, (), files(world.site / "build/site"))
        for step, number in steps:
            after(world, (step, number))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(base, "FULL", world.full)
                night(world, expected)


def night(world: World, expected: Expected) -> None:
    """A night, and everything that must hold after it."""
    layout, twin = Layout(world.site), world.site.with_name("twin")
    if not layout.site.is_dir() or not layout.register.is_dir():
        expected.forget(common=not layout.site.is_dir())
    scratch = from_nothing(world)
    moved(world.site, twin)
    before, stood = _read(layout.site)
    done = build(world.site, world.clock)
    built, stands = _read(layout.site)
    expected.after(world, done.inputs.held, scratch)
    assert_same(built, expected.files())
    same = [path for path in built if built[path] == before.get(path)]
    assert [path for path in same if stood[path] != stands[path]] == [], "rewritten for nothing"
    build(twin, world.clock, everything=True)
    assert_same(files(twin / "build/site"), built)
    for name in ("manifest.jsonl", "night.json", "refused.csv"):
        mine, its = (site / "build/private" / name for site in (world.site, twin))
        assert mine.read_bytes() == its.read_bytes(), name
    assert register(world.site).drop(BUILT, WHY).equals(register(twin).drop(BUILT, WHY))
    shutil.rmtree(twin)


def from_nothing(world: World) -> dict[str, bytes]:
    """The site that the same input and keys give where nothing was ever built."""
    scratch = world.site.with_name("scratch")
    shutil.copytree(world.site, scratch, ignore=shutil.ignore_patterns("build"))
    build(scratch, world.clock, everything=True)
    found = files(scratch / "build/site")
    shutil.rmtree(scratch)
    return found


def assert_same(mine: dict[str, bytes], other: dict[str, bytes]) -> None:
    """Two sites have the same files with the same bytes; else the paths are told."""
    surplus, missing = mine.keys() - other.keys(), other.keys() - mine.keys()
    assert (sorted(surplus), sorted(missing)) == ([], [])
    assert [path for path in mine if mine[path] != other[path]] == []


def _read(site: Path) -> tuple[dict[str, bytes], Mapping[str, tuple[int, int]]]:
    return (files(site), marks(site)) if site.is_dir() else ({}, {})
