"""``sealpress watch``: what it says and keeps of events, what it waits for, and how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest

from generator.base.config import load_site
from generator.base.errors import OutsideError
from generator.cli import watch as command
from generator.cli.options import OUTSIDE, WRONG_INPUT
from generator.events import DirectoryEvents, Event, ddl
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.watch import Done, Watch
from tests.nights import build, edit, moved, opened, publish
from tests.postgres import postgres, psql
from tests.sites import copy_site, files, outside, private_values, sealpress, with_keys
from tests.watching import (
    drop,
    newcomer,
    same_as_a_night,
    settled,
    site_after_a_night,
    stay,
    text_of,
    to_tables,
)

CLOCK = ("--clock", "2011-12-02")
SERVICE = """
import sys
from generator.cli import main, watch
watch.PAUSE = float(sys.argv[1])
main(sys.argv[2:])
"""
NEVER = 3600.0
"""Seconds of a pause that no test waits for."""


@pytest.fixture(scope="module")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site after its first published night, with a folder for events; for copies only."""
    site = tmp_path_factory.mktemp("night") / "site"
    site_after_a_night(site, "events: {folder: data/events}")
    (site / "data/events").mkdir()
    return site


@pytest.fixture
def site(after_a_night: Path, tmp_path: Path) -> Path:
    """The small site after its first published night, with a folder for events."""
    return moved(after_a_night, tmp_path / "site")


# ── As a service ─────────────────────────────────────────────────────────────────────────────

Service = subprocess.Popen[str]


@contextmanager
def service(site: Path, *words: str, pause: float = NEVER, **variables: str) -> Iterator[Service]:
    """The command as a process of its own."""
    given = [sys.executable, "-c", SERVICE, str(pause), "watch", *CLOCK, "--site", str(site)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        [*given, *words], text=True, env={**outside(), **variables}, **pipes
    ) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def line(process: Service) -> str:
    """The next line that the process says."""
    assert process.stdout is not None
    return process.stdout.readline()


def ended(process: Service) -> tuple[int, str, str]:
    """Ask the process to stop: its exit code, and what else it said."""
    process.send_signal(SIGTERM)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def counted(text: str) -> dict[str, Any]:
    """What a line tells of a batch, without the time."""
    data: dict[str, Any] = json.loads(text)
    assert date.fromisoformat(data.pop("at")[:10])
    return data


def test_a_service(site: Path) -> None:
    """Each batch is a line when it is published; SIGTERM ends the process at once and with 0."""
    with service(site, "--json") as process:
        drop(site, "1", stay("C-002"))
        one = {"events": 1, "pages": 1, "told": 1, "refused": 0, "forgotten": 0}
        assert counted(line(process)) == one
        assert "Arrived" in opened("C-002", site, folder="build/published")
        drop(site, "2", *newcomer())
        assert counted(line(process)) == {**one, "events": 3}
        assert ended(process) == (0, "", "")
    assert [*(site / "data/events").rglob("*.jsonl")] == []
    to_tables(site, [stay("C-002"), *newcomer()])
    same_as_a_night(site)


def test_a_service_speaks_to_people(site: Path) -> None:
    """It says that it watches, then a line a batch."""
    with service(site) as process:
        assert line(process) == "watching for changes; stop with Ctrl-C\n"
        drop(site, "1", stay("C-002"))
        words = line(process).split("  ")
        assert words[1:] == ["events 1", "pages 1", "told 1", "refused 0", "forgotten 0\n"]
        assert ended(process) == (0, "", "")


def test_what_waits_for_a_night_can_be_stopped(site: Path) -> None:
    """While another command has the site nothing is under way."""
    with only_run(Layout(site)), service(site) as process:
        line(process)
        drop(site, "1", stay("C-002"))
        assert ended(process)[0] == 0
    assert sealpress("watch", "--once", *CLOCK, site=site).exit_code == 0
    assert "Arrived" in opened("C-002", site, folder="build/published")


def test_a_pause_can_be_stopped(site: Path) -> None:
    """What waits an hour for a publication ends at once when it is asked to."""
    build(site)
    Layout(site).state.unlink()
    with service(site) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith("warning: changes wait: build/site: this site is not published yet")
        assert ended(process) == (0, "watching for changes; stop with Ctrl-C\n", "")


def test_a_table_of_events(site: Path, tmp_path: Path) -> None:
    """A database whose URI stands in a variable; what is refused is put aside there."""
    edit(site / "content/site.yaml", "folder: data/events", "database: env:EVENTS")
    with postgres(tmp_path / "postgres") as uri:
        psql(uri, ddl())
        with service(site, "--json", EVENTS=uri) as process:
            for text in (text_of(stay("C-002")), "[]"):
                psql(uri, f"insert into sealpress_events (event) values ($e${text}$e$)")  # noqa: S608
            lines = [counted(line(process))]
            while lines[-1]["refused"] == 0:
                lines.append(counted(line(process)))
            code, _, said = ended(process)
        left = psql(uri, "select count(*) from sealpress_events")
        aside = psql(uri, "select count(*) from sealpress_events_refused")
    assert sum(one["told"] for one in lines) == 1
    assert (code, left, aside) == (0, "0", "1")
    assert said.startswith("warning: sealpress_events:2:1: expected an object")
    assert "Arrived" in opened("C-002", site, folder="build/published")


@pytest.mark.parametrize("value", ["", "sqlite:data/events.db"])
def test_a_variable_that_holds_no_database(site: Path, value: str, monkeypatch: Any) -> None:  # noqa: ANN401
    """It is told at once, without what stands there."""
    edit(site / "content/site.yaml", "folder: data/events", "database: env:EVENTS")
    monkeypatch.setenv("EVENTS", value)
    result = sealpress("watch", site=site)
    assert result.exit_code == WRONG_INPUT
    assert "events.database: is not a database that tells of changes" in result.stderr
    assert not value or value not in result.output


# ── What it waits for ────────────────────────────────────────────────────────────────────────


def pauses(patch: pytest.MonkeyPatch, *steps: Callable[[], object]) -> list[float]:
    """Do something in each pause, and stop in the one after; how long each was to be."""
    made, left = list[float](), list(steps)

    def pause(seconds: float) -> None:
        made.append(seconds)
        if not left:
            stop()
        left.pop(0)()

    patch.setattr(command, "sleep", pause)
    return made


def stop() -> None:
    """Ask this very process to stop."""
    os.kill(os.getpid(), SIGTERM)


def stops_when_idle(patch: pytest.MonkeyPatch) -> None:
    """Nothing more comes: the command is asked to stop."""
    real = DirectoryEvents._stir  # noqa: SLF001 - where it waits for the first of a burst

    def stir(source: DirectoryEvents, seconds: float) -> None:
        if not source._lines:  # noqa: SLF001
            stop()
        real(source, seconds)

    patch.setattr(DirectoryEvents, "_stir", stir)


def nothing() -> None:
    """Nothing."""


def test_it_waits_until_the_site_is_published(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reason to wait is told once; when it is gone the changes are brought."""
    Layout(site).state.unlink()
    keys = site / "keys/ring.json"
    away = keys.with_suffix(".away")

    def published_without_keys() -> None:
        build(site)
        publish(site)
        keys.rename(away)

    drop(site, "1", stay("C-002"))
    stops_when_idle(monkeypatch)
    steps = (nothing, nothing, published_without_keys, nothing, lambda: away.rename(keys))
    assert pauses(monkeypatch, *steps) == []
    result = sealpress("watch", *CLOCK, site=site)
    assert result.exit_code == 0
    first, second = result.stderr.splitlines()
    assert first.startswith("warning: changes wait: build/site: this site is not published yet")
    assert second.startswith("warning: changes wait: ")
    assert "ring.json" in second
    assert "Arrived" in opened("C-002", site, folder="build/published")


def test_once_ends_with_the_error(site: Path) -> None:
    """It waits for nothing, and the changes come again; without changes nothing is wrong."""
    Layout(site).state.unlink()
    assert sealpress("watch", "--once", *CLOCK, site=site).exit_code == 0
    drop(site, "1", stay("C-002"))
    result = sealpress("watch", "--once", *CLOCK, site=site)
    assert (result.exit_code, result.stdout) == (
        WRONG_INPUT,
        "watching for changes; stop with Ctrl-C\n",
    )
    assert result.stderr.startswith("build/site: this site is not published yet")
    build(site)
    publish(site)
    assert sealpress("watch", "--once", *CLOCK, site=site).exit_code == 0
    assert "Arrived" in opened("C-002", site)


def test_a_second_watch_stands_by(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits while another process has the folder, and goes on when that one is gone."""
    drop(site, "1", stay("C-002"))
    other = DirectoryEvents(site / "data/events", {})
    once = sealpress("watch", "--once", *CLOCK, site=site)
    assert once.exit_code == OUTSIDE
    assert "another process watches it" in once.stderr
    stops_when_idle(monkeypatch)
    pauses(monkeypatch, nothing, other.close)
    result = sealpress("watch", *CLOCK, site=site)
    assert result.exit_code == 0
    assert result.stderr.count("another process watches it") == 1
    assert "Arrived" in opened("C-002", site)


def test_a_store_that_fails_for_a_while(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is brought again until it is there; it is told why it waits."""
    store = site / load_site(site)[0].publish.path
    away = store.with_name("away")
    store.rename(away)
    store.touch()

    def mend() -> None:
        store.unlink()
        away.rename(store)

    drop(site, "1", stay("C-002"))
    stops_when_idle(monkeypatch)
    assert pauses(monkeypatch, nothing, mend) == []
    result = sealpress("watch", "--json", *CLOCK, site=site)
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("warning: changes wait: the store cannot be written")
    assert counted(result.stdout)["told"] == 1
    settled(site)


def test_a_source_that_cannot_acknowledge(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch was brought once; only its acknowledging is tried again."""
    real, tries = DirectoryEvents.acknowledge, list[int]()

    def acknowledge(*given: Any) -> None:  # noqa: ANN401 - as of the real one
        tries.append(1)
        if len(tries) < 3:
            raise OutsideError("events: cannot be written")
        real(*given)

    monkeypatch.setattr(DirectoryEvents, "acknowledge", acknowledge)
    drop(site, "1", stay("C-002"))
    stops_when_idle(monkeypatch)
    assert pauses(monkeypatch, nothing, nothing) == []
    result = sealpress("watch", "--json", *CLOCK, site=site)
    assert (result.exit_code, result.stderr.count("cannot be written")) == (0, 1)
    assert counted(result.stdout)["told"] == 1
    assert [*(site / "data/events").rglob("*.jsonl")] == []


def test_a_batch_that_is_under_way_is_finished(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to stop in its midst, the command brings it to its end, and acknowledges it."""
    real = Watch.apply

    def apply(watch: Watch, events: list[Event], day: date, begun: Callable[[], None]) -> Done:
        def begin() -> None:
            begun()
            stop()

        return real(watch, events, day, begin)

    monkeypatch.setattr(Watch, "apply", apply)
    drop(site, "1", stay("C-002"))
    result = sealpress("watch", "--json", *CLOCK, site=site)
    assert (result.exit_code, result.stderr) == (0, "")
    assert counted(result.stdout)["told"] == 1
    assert [*(site / "data/events").rglob("*.jsonl")] == []


def test_a_mistake_of_ours_shows_no_value(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that can never succeed is told, by the mistake's kind and place; others wait."""

    def apply(*_: object) -> Done:
        raise KeyError("Зимородкова")

    monkeypatch.setattr(Watch, "apply", apply)
    drop(site, "1", stay("C-002"))
    once = sealpress("watch", "--once", *CLOCK, site=site)
    assert once.exit_code == OUTSIDE
    pauses(monkeypatch, nothing, nothing)
    result = sealpress("watch", *CLOCK, site=site)
    assert result.exit_code == 0
    assert result.stderr.count("the program failed (KeyError)") == 1
    assert "Зимородкова" not in once.output + result.output
    assert len([*(site / "data/events").rglob("*.jsonl")]) == 1


# ── What is refused ──────────────────────────────────────────────────────────────────────────


def test_refused_events_are_told_and_kept_without_values(site: Path) -> None:
    """A row that breaks a rule is noted by id and column; a line that is no event is put aside."""
    drop(site, "1", stay("C-003", "CRD-99"), stay("C-002"), '{"id": "Зимородкова"}')
    result = sealpress("watch", "--once", "--json", *CLOCK, site=site)
    assert result.exit_code == 0
    told = {"events": 2, "pages": 1, "told": 1, "refused": 2, "forgotten": 0}
    assert counted(result.stdout) == told
    first, *others = result.stderr.splitlines()
    hint = "hint: add it to the stage's markers in product.yaml"
    sentence = "no stage of this product has this marker"
    assert first == f"warning: event of situations: marker: {sentence} — {hint}"
    assert len(others) == 2
    assert all(other.startswith("warning: 1.jsonl:3:1: ") for other in others)
    kept = Layout(site).refused_events
    assert kept.stat().st_mode & 0o777 == 0o600
    note = json.loads(kept.read_text(encoding="utf-8"))
    del note["at"]
    assert note == {"id": "crm-1", "table": "situations", "field": "marker", "reason": sentence}
    everything = result.output + kept.read_text(encoding="utf-8")
    assert [value for value in private_values(site) if value in everything] == []
    assert len(files(site / "data/events/refused")) == 2


# ── How it begins ────────────────────────────────────────────────────────────────────────────


def test_nothing_to_watch(tmp_path: Path) -> None:
    """A site without a feed says how one is set; one whose folder is missing says that."""
    site = with_keys(copy_site(tmp_path / "site"))
    result = sealpress("watch", site=site)
    assert result.exit_code == WRONG_INPUT
    hint = "hint: add events: {folder: data/events}"
    assert f"content/site.yaml: events: there is nothing to watch — {hint}" in result.stderr
    edit(site / "content/site.yaml", "clock:", "events: {folder: data/events}\nclock:")
    result = sealpress("watch", site=site)
    assert (result.exit_code, "there is no such folder" in result.stderr) == (WRONG_INPUT, True)
