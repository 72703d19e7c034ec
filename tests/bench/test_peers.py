"""The peers of the benchmarks: they are given what our pages say, and say it."""

import csv
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from bench.peers import Cost, Fields, Peer, every_page, measured, peers, plain, same, write_pages
from bench.peers.cost import memories_of
from bench.peers.pages import count_of, read_pages, visible, write_array
from bench.peers.tools import counted
from generator.base.config import load_site
from generator.base.errors import Problem  # noqa: TC001 - imports look alike in all files
from generator.content import load_content
from generator.data import Client, Policy, Quotes, Situation
from generator.pages.client import ClientPages
from generator.pages.theme import load_theme
from generator.strategy import observe
from tests.builders import ROOT, make_client, make_ring, quotes_of

NIGHT = date(2011, 12, 2)
BEGUN, LATE = date(2007, 1, 1), date(2011, 6, 15)
HELD = "tech-2009-03"
MAKER = make_ring().current.secrets()
MEBI = 1 << 20
HOSTILE = "<script>alert(\"1\")</script> & 'Co' {{ name }}"


@dataclass(frozen=True, slots=True)
class Sample:
    """Clients, their pages as the peers are given them, and as we make them."""

    clients: list[Client]
    given: list[dict[str, Any]]
    ours: list[str]

    def find(self, wanted: Callable[[Mapping[str, Any]], object]) -> dict[str, Any]:
        """The first page of which ``wanted`` is true."""
        return next(page for page in self.given if wanted(page))


def slot(kind: str, subject: str) -> str:
    """A shared part's secret."""
    return MAKER.secret(kind, subject).text


def everyone(series: list[str], stages: list[str]) -> list[Client]:
    """Clients of both languages: nobody's, one's, two's and all series, late ones, all stages."""
    held = [(), *((name,) for name in series), *combinations(series, 2), tuple(series)]
    found = [
        make_client(id=f"{locale}-{start}-{number}", locale=locale, bank=bank, policies=policies)
        for locale in ("ru", "en")
        for start, bank in ((BEGUN, "old-bridge"), (LATE, "nobody"))
        for number, names in enumerate(held)
        for policies in [tuple(Policy(f"P-{k}", n, 123_456_78, start) for k, n in enumerate(names))]
    ]
    found += [
        make_client(id=stage, locale=locale, situations=(Situation(stage, LATE),))
        for locale, stage in zip(("ru", "en") * len(stages), stages, strict=False)
    ]
    return [*found, make_client(last_name=HOSTILE, bank="north-shore")]


def shipped_quotes() -> Quotes:
    """The closes of ``data/quotes.csv``."""
    closes: dict[str, dict[date, str]] = {}
    with (ROOT / "data/quotes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            closes.setdefault(row["ticker"], {})[date.fromisoformat(row["date"])] = row["close"]
    return quotes_of(closes)


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Made-up clients of the shipped site; one of its series is held."""
    problems: list[Problem] = []
    site, _ = load_site(ROOT)
    content = load_content(ROOT, site, NIGHT, problems)
    assert problems == []
    quotes = shipped_quotes()
    courses = {
        name: observe(series, quotes, NIGHT, 7)
        for name, series in content.series.items()
        if name != HELD
    }
    theme = load_theme(ROOT, site.theme)
    pages = {name: ClientPages(theme, site, content, courses, NIGHT, name) for name in site.locales}
    fields = {name: Fields(site, content, courses, NIGHT, name) for name in site.locales}
    clients = everyone([*content.series], [stage.path for _, stage in content.stages()])
    return Sample(
        clients,
        list(every_page(fields, clients, MAKER)),
        [pages[client.locale].html(client, slot).decode() for client in clients],
    )


def test_given_pages_say_what_ours_say(sample: Sample) -> None:
    """Rendered from what the peers are given, a page says what ours says, word for word."""
    assert len(sample.given) > 100
    for client, page, html in zip(sample.clients, sample.given, sample.ours, strict=True):
        assert same(html, plain(page)), client.id


def test_sample_has_every_kind_of_page(sample: Sample) -> None:
    """The comparison would not see a block of the page that no client of it has."""
    policies = [one for page in sample.given for held in page["series"] for one in held["policies"]]
    for name in ("rows", "outlooks", "waiting"):
        assert {bool(policy[name]) for policy in policies} == {True, False}, name
    for name in ("series", "totals", "alone", "stages", "offers", "bank"):
        assert {bool(page[name]) for page in sample.given} == {True, False}, name
    assert {bool(one["part"]) for page in sample.given for one in page["series"]} == {True, False}


@pytest.mark.parametrize("peer", peers(), ids=lambda peer: peer.name)
def test_peer_says_what_ours_say(peer: Peer, sample: Sample, tmp_path: Path) -> None:
    """Pages that an installed peer wrote, or sealed, say what ours say."""
    if not peer.is_installed:
        assert os.environ.get("CI") != "true", "nothing may be skipped"
        pytest.skip("not installed: make build/bench-tools/run")
    few = [
        sample.find(lambda page: len(page["totals"]) > 1),
        max(sample.given, key=lambda page: len(page["series"])),
        sample.find(lambda page: page["stages"] and page["lang"] == "en"),
        sample.given[-1],
    ]
    write_pages(few, tmp_path / "pages.jsonl")
    out = tmp_path / "out"
    out.mkdir()
    cost = peer.build(tmp_path / "pages.jsonl", out)
    assert (cost.pages, cost.died) == (len(few), "")
    for page in few:
        assert same(sample.ours[sample.given.index(page)], peer.text(out, page))


def test_same_sees_a_word_that_is_missing() -> None:
    """Tags and blanks do not matter; a word does."""
    assert same("<p>Income:\n <b>1 &amp; 2</b></p>", "<div>Income: 1 &#38; 2</div>")
    assert not same("<p>Income: <b>1</b></p>", "<p>Income:</p>")


def test_no_break_spaces_are_seen() -> None:
    """An amount that could be torn apart is not the same amount."""
    assert visible("<p>1\u00a0000\n</p>") == " 1\u00a0000 "
    assert not same("1\u00a0000", "1 000")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_array_has_the_pages_of_the_lines(sample: Sample, tmp_path: Path, count: int) -> None:
    """Whether a peer reads lines or an array, it reads the same pages."""
    lines, array = tmp_path / "lines", tmp_path / "array"
    write_pages(sample.given[:count], lines)
    assert write_array(lines, array) == count_of(lines) == count
    assert json.loads(array.read_text(encoding="utf-8")) == list(read_pages(lines))


def test_peak_has_what_was_held_for_a_while() -> None:
    """Memory that a command gave back is counted; that of the process which started it is not."""
    ballast = b"x" * (256 * MEBI)
    script = f"held = b'x' * {64 * MEBI}; del held; print('ready', flush=True); input()"
    command = [sys.executable, "-c", script]
    with Popen(command, stdin=PIPE, stdout=PIPE, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        assert 64 * MEBI < sum(memories_of(process.pid).values()) < len(ballast)
        process.communicate(b"\n")


def test_a_command_and_its_workers_are_told_apart() -> None:
    """What each process of a session holds is known by its number."""
    worker = f"held = b'x' * {96 * MEBI}; print('ready', flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])"
    command = [sys.executable, "-c", parent]
    with Popen(command, stdin=PIPE, stdout=PIPE, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        held = memories_of(process.pid)
        assert 0 < held.pop(process.pid) < 64 * MEBI < max(held.values())
        process.communicate(b"\n")


def test_command_that_fails_has_died(tmp_path: Path) -> None:
    """A cost tells how a command ended, in words that have nothing of what it said."""
    assert measured([sys.executable, "-c", "exit('secret')"], tmp_path).died == "ended with code 1"
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert measured([sys.executable, "-c", killed], tmp_path).died == "ended by SIGKILL"


def test_command_that_stalls_is_stopped(tmp_path: Path) -> None:
    """What never ends is ended, and the cost says why."""
    cost = measured([sys.executable, "-c", "while True: pass"], tmp_path, most_seconds=0.1)
    assert cost.died.startswith("stopped after")


def test_missing_page_is_death(tmp_path: Path) -> None:
    """A peer that ended well but left out a page has not done its work."""
    (tmp_path / "p/xx").mkdir(parents=True)
    (tmp_path / "p/xx/yyyy.html").touch()
    cost = Cost(0, 1.0, 1.0, 1)
    assert counted(cost, tmp_path, 1) == replace(cost, pages=1)
    assert counted(cost, tmp_path, 2).died == "wrote 1 of 2 pages"
