"""What opening a client's page costs in a browser: bytes, time to the figures, time to all of it.

``python -m bench.page`` builds the sample site, opens a page in Chromium cold (empty cache) and
warm (a second visit), and measures two peers in the same run: the same page, its parts inlined,
sealed by StatiCrypt and by pagecrypt. These derive their key from a password, and so stretch it.
Everything is served on this machine; the answers cost nothing, so the times are the browser's.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bench.report import limit, table
from generator.base.config import load_site
from generator.building import Options
from generator.inputs import Inputs
from generator.pipeline import build
from generator.sealing import Epoch, KeyRing, link_fragment, save_key_ring
from generator.site.reader import fetch_from, open_page
from generator.site.serve import SiteServer

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "tests/node_modules"
CLOCK = date(2011, 12, 2)
KEYS = KeyRing((Epoch(1, CLOCK, bytes(range(32))),), bytes(range(32, 64)))
PASSWORD = "correct-horse-battery-staple"  # noqa: S105 - it guards invented figures
SALT = bytes(range(16)).hex()
KILO = 1000
MOST_KB, MOST_SHIFT = 40, 0.01
BUSY = ' aria-busy="true"'
PHONE = {"width": 360, "height": 740}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

WATCH = """
    const marks = self.marks = {}, shifts = self.shifts = [];
    new PerformanceObserver(list => shifts.push(...list.getEntries().map(one => one.value)))
        .observe({ type: 'layout-shift', buffered: true });
    const look = () => {
        const page = document.querySelector('.client');
        if (page) marks.figures = marks.figures || performance.now();
        const waits = !page || document.querySelector('[aria-busy=true]');
        if (waits) return requestAnimationFrame(look);
        requestAnimationFrame(() => { marks.all = marks.all || performance.now(); });
    };
    requestAnimationFrame(look);
"""
"""Looks at every frame: when the client's own figures are in it, and when everything is."""
DONE = "self.marks && self.marks.all ? [self.marks, self.shifts] : null"


@dataclass(slots=True)
class Runs:
    """What repeated visits of one page gave; times in ms since the navigation began."""

    name: str
    figures: list[float] = field(default_factory=list)
    everything: list[float] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    shifts: list[float] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """A page to open: its address, and what a person must do to see it."""

    name: str
    url: str
    enter: Callable[[Page], None] = lambda _: None


def main() -> None:
    """Measure, print the tables and the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="visits of each page, cold and warm")
    runs = parser.parse_args().runs
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        inputs = _built(root)
        one, rich = _clients(inputs)
        server = stack.enter_context(SiteServer(root / "build/site", log=lambda _: None))
        ours = Subject("sealpress", f"{server.url}/#{_fragment(one)}")
        richest = Subject("sealpress, five policies", f"{server.url}/#{_fragment(rich)}")
        peers = stack.enter_context(_peers(root, ours.url.partition("#")[2]))
        browser = stack.enter_context(_chromium())
        measured = _measure(browser, [ours, richest, *peers], runs)
        _report(measured, runs, browser.version)
    kilobytes = max(measured[ours.name, "cold"].received) / KILO
    own = [visits for (name, _), visits in measured.items() if name in (ours.name, richest.name)]
    moved = max(shift for visits in own for shift in visits.shifts)
    limit("page-transfer-kb", kilobytes, MOST_KB)
    limit("page-layout-shift", moved, MOST_SHIFT)


# ── What is opened ───────────────────────────────────────────────────────────────────────────


def _built(root: Path) -> Inputs:
    """The sample site, built in ``root`` under keys that are always the same."""
    for folder in ("content", "data"):
        shutil.copytree(ROOT / folder, root / folder)
    save_key_ring(KEYS, root / load_site(root)[0].keys)
    return build(root, CLOCK, CLOCK, Options(), lambda *_: None).inputs


def _clients(inputs: Inputs) -> tuple[str, str]:
    """The first client with observations of one series and nothing else, and the richest one."""
    everyone = [client for batch in inputs.base.batches(KILO) for client in batch]
    ones = (
        client.id
        for client in everyone
        if len(client.policies) == 1
        and not client.situations
        and inputs.courses[client.policies[0].series].observations
    )
    return next(ones), max(everyone, key=lambda client: len(client.policies)).id


def _fragment(client: str) -> str:
    return link_fragment(KEYS.current.secrets().secret("client", client, 0))


@contextmanager
def _peers(root: Path, fragment: str) -> Iterator[list[Subject]]:
    """The same page sealed by the peers and served by itself; none where they cannot run."""
    folder = root / "peers"
    folder.mkdir()
    missing = [name for name in ("staticrypt", "pagecrypt") if not (MODULES / name).is_dir()]
    if missing or not shutil.which("node"):
        print(f"The peers cannot run ({', '.join(missing) or 'no node'}): only ours is measured.")
        yield []
        return
    page = folder / "page.html"
    page.write_text(_inlined(root, fragment), encoding="utf-8")
    _node(folder, "pagecrypt/dist/cli.mjs", "page.html", "pagecrypt.html", PASSWORD)
    options = ("-d", "sealed", "-c", "false", "--remember", "false", "--short", "--salt", SALT)
    static = ("staticrypt/cli/index.js", "page.html", "-p", PASSWORD, *options)
    _node(folder, *static)
    share = _node(folder, *static, "--share", "").split()[0]  # it writes no file then
    page.unlink()  # what is served is sealed
    with _served(folder) as url:
        yield [
            Subject("StatiCrypt, password", f"{url}/sealed/page.html", _type_password),
            Subject("StatiCrypt, hash in link", f"{url}/sealed/page.html{share}"),
            Subject("pagecrypt, password in link", f"{url}/pagecrypt.html#{PASSWORD}"),
        ]


def _inlined(root: Path, fragment: str) -> str:
    """The client's page as one document: parts and style sheet inside."""
    article = open_page(fragment, fetch_from(root / "build/site")).replace(BUSY, "")
    [style] = (root / "build/site/assets").glob("page.*.css")
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{style.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{article}</main></body></html>"
    )


def _node(folder: Path, script: str, *arguments: str) -> str:
    """What a command of one of the peers said."""
    command = ["node", str(MODULES / script), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def _type_password(page: Page) -> None:
    """What a client does at StatiCrypt's form, without the time of typing."""
    page.locator("#staticrypt-password").fill(PASSWORD)
    page.locator("#staticrypt-form").evaluate("form => form.requestSubmit()")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """A folder on a port of its own, with the headers of a plain file server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# ── Measuring ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _measure(
    browser: Browser, subjects: Sequence[Subject], runs: int
) -> Mapping[tuple[str, str], Runs]:
    """Every page in turn, again and again, so that whatever slows the machine slows all."""
    measured = {
        (subject.name, state): Runs(f"{subject.name}, {state}")
        for subject in subjects
        for state in ("cold", "warm")
    }
    for number in range(runs + 1):
        for subject in subjects:
            context = browser.new_context(viewport=PHONE, locale="ru-RU")  # type: ignore[arg-type]
            context.add_init_script(WATCH)
            for state in ("cold", "warm"):
                visits = measured[subject.name, state]
                _visit(context, subject, visits if number else Runs("warming up"))
            context.close()
    return measured


def _visit(context: BrowserContext, subject: Subject, visits: Runs) -> None:
    page = context.new_page()
    session = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    received: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = _kind(event["response"]["url"])

    def finished(event: dict[str, Any]) -> None:
        received[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    page.goto(subject.url, wait_until="domcontentloaded")
    subject.enter(page)
    expect(page.locator(".client")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    marks, shifts = _marks(page)
    visits.figures.append(marks["figures"])
    visits.everything.append(marks["all"])
    visits.shifts.append(sum(shifts))
    visits.received.append(sum(received.values()))
    for request, size in received.items():
        kind = kinds.get(request, "other")
        visits.kinds[kind] = visits.kinds.get(kind, 0) + size
    page.close()


def _marks(page: Page) -> tuple[dict[str, float], list[float]]:
    """What the watcher saw, as soon as it has seen everything."""
    while not (seen := page.evaluate(f"JSON.stringify({DONE})")) or seen == "null":
        page.evaluate("new Promise(requestAnimationFrame)")
    marks, shifts = json.loads(seen)
    return marks, shifts


def _kind(url: str) -> str:
    path = url.partition("//")[2].partition("/")[2]
    if path.startswith("p/"):
        return "sealed files"
    return "style sheet" if path.endswith(".css") else "script" if path.endswith(".js") else "page"


# ── Telling ──────────────────────────────────────────────────────────────────────────────────


def _report(measured: Mapping[tuple[str, str], Runs], runs: int, version: str) -> None:
    ours = median(measured["sealpress", "cold"].everything)
    rows = [
        (
            visits.name,
            f"{median(visits.received) / KILO:.1f}",
            f"{median(visits.figures):.0f}",
            f"{median(visits.everything):.0f}",
            f"{median(visits.everything) / ours:.2f}",
            f"{max(visits.shifts):.4f}",
        )
        for visits in measured.values()
    ]
    columns = ("page", "KB", "figures, ms", "all, ms", "against ours", "layout shift")
    table(f"Opening a page; medians of {runs} visits, Chromium {version}", columns, rows)
    kinds = {
        (name, kind): f"{size / runs / KILO:.1f}"
        for (name, state), visits in measured.items()
        if state == "cold"
        for kind, size in sorted(visits.kinds.items())
    }
    table(
        "Bytes of a first visit, headers included",
        ("page", "kind", "KB"),
        [(name, kind, size) for (name, kind), size in kinds.items()],
    )


if __name__ == "__main__":
    main()
