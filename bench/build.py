"""Nights of ten thousand, a hundred thousand and a million clients, beside peers and a floor.

``python -m bench.build [--clients 10000 50000 100000 1000000] [--runs 5 3 3 1] [--without-peers]``

Ours is the whole command, from starting Python to the committed site, with the tables read, the
charts drawn, the leak gate passed and the manifest written. The floor (``bench.floor``) is the bare
loop of the same pages, on one process and on two. Peers (``bench.peers``) are given every text
ready and encrypt nothing, or only encrypt. All take turns within one run, each into fresh folders.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from statistics import median

from bench.peers import TOOLS, Cost, Peer, every_page, fields_of, measured, peers, write_pages
from bench.peers.pages import read_pages
from bench.report import at_least, limit, table
from bench.site import (
    NIGHT,
    ROOT,
    SEALPRESS,
    base,
    change_clients,
    change_theme,
    fresh,
    move_quotes,
)
from generator.base.config import load_site
from generator.inputs import inputs_to_look_at
from generator.keys import keys_of
from generator.receipts import Vouched
from generator.site.layout import Layout
from generator.telling import remember_told
from generator.waiting import Courier

JOBS = 2
FLOOR, FLOORS = "floor, one process", "floor, two processes"
FULL, ONE = "full build, two processes", "full build, one process"
UNCHANGED, QUOTES = "unchanged night", "night with new quotes"
CLIENTS, THEME = "night with 1 % of the clients changed", "night with another theme"
CLUSTER = "full build, cluster of two"
NIGHTS: dict[str, Callable[[Path, int], None]] = {
    UNCHANGED: lambda *_: None,
    QUOTES: move_quotes,
    CLIENTS: change_clients,
    THEME: change_theme,
}
EACH = 40  # pages of the peers that take a second for three
MIB = 1024 * 1024
FEW, SOME, MANY, MILLION = 10_000, 50_000, 100_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Medians:
    """The medians of one thing at one size."""

    pages: int
    wall: float
    cpu: float
    peak: float
    parent: float
    worker: float
    died: str

    @property
    def each(self) -> float:
        """Milliseconds of processor a page."""
        return 1000 * self.cpu / self.pages


def main() -> None:
    """Measure, print a table a size and a line a limit."""
    options = _options()
    found = {}
    for clients, runs in zip(options.clients, options.runs, strict=True):
        with base(clients) as site:
            costs: dict[str, list[Cost]] = defaultdict(list)
            for run in range(runs):
                for name, cost in _round(site, clients, run, with_peers=not options.without_peers):
                    costs[name].append(cost)
                    print(f"  {clients:,} {name}: {cost.wall:.1f} s", file=sys.stderr)
            # removing a million files takes minutes: nobody shall wait for the table meanwhile
            found[clients] = {name: _medians(some) for name, some in costs.items()}
            _show(clients, runs, found[clients], with_peers=not options.without_peers)
    held = [_limits(clients, found) for clients in found]
    sys.exit(not all(held))


def _as_if_published(site: Path) -> None:
    settings, _ = load_site(site)
    ring, _ = keys_of(site, settings)
    remember_told(Layout(site), Courier.of(ring, settings), Vouched("directory", 0))


def _round(site: Path, clients: int, run: int, *, with_peers: bool) -> Iterator[tuple[str, Cost]]:
    """Everything once, in turn; of ``SOME`` clients nothing but the memory is of interest."""
    if clients == SOME:
        yield FULL, _build(fresh(site), clients)
        return
    yield FLOORS, _floor(site, JOBS)
    if clients <= MANY:
        yield FLOOR, _floor(site, 1)
        yield ONE, _build(fresh(site), clients, jobs=1)
    built = fresh(site)
    yield FULL, _build(built, clients)
    for name, change in NIGHTS.items():
        _as_if_published(built)
        change(built, run + 1)
        yield name, _build(built, clients)
    if clients == MANY:
        yield CLUSTER, _on_cluster(fresh(site), clients)
    if with_peers and clients <= MANY:
        yield from _peers(site)


def _build(site: Path, clients: int, jobs: int = JOBS, *more: str) -> Cost:
    command = [*SEALPRESS, "build", "--json", "--jobs", str(jobs), "--site", str(site), *more]
    return _of(clients, measured(command, site))


def _on_cluster(site: Path, clients: int) -> Cost:
    """The build alone, on workers that are there already, as a cluster's are."""
    from distributed import LocalCluster  # noqa: PLC0415 - slow to import

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=JOBS, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        address = cluster.scheduler_address.removeprefix("tcp://")
        return _build(site, clients, JOBS, "--engine", f"dask://{address}")


def _floor(site: Path, jobs: int) -> Cost:
    """The longest part's seconds, and the seconds of processor of all."""
    out = Path(tempfile.mkdtemp(dir=site.parent))
    parts = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bench.floor",
                site,
                out,
                "--part",
                str(part),
                "--of",
                str(jobs),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        for part in range(jobs)
    ]
    told = [json.loads(part.communicate()[0]) for part in parts]
    pages, cpu = sum(one["pages"] for one in told), sum(one["cpu"] for one in told)
    return Cost(pages, max(one["wall"] for one in told), cpu, 0)


def _peers(site: Path) -> Iterator[tuple[str, Cost]]:
    folder = Path(tempfile.mkdtemp(dir=site.parent))
    pages, few = folder / "pages.jsonl", folder / "few.jsonl"
    _write_fields(site, pages)
    write_pages(islice(read_pages(pages), EACH), few)
    for peer in peers():
        peer.prepare(TOOLS)
        given = few if _is_slow(peer) else pages
        yield peer.name, peer.build(given, Path(tempfile.mkdtemp(dir=folder)))


def _write_fields(site: Path, pages: Path) -> None:
    with inputs_to_look_at(site, None, NIGHT) as inputs:
        ring, _ = keys_of(site, inputs.site)
        everyone = (client for batch in inputs.base.batches(EACH) for client in batch)
        write_pages(every_page(fields_of(inputs), everyone, ring.current.secrets()), pages)


def _is_slow(peer: Peer) -> bool:
    return peer.seals


def _of(pages: int, cost: Cost) -> Cost:
    return replace(cost, pages=pages)


def _medians(costs: list[Cost]) -> Medians:
    return Medians(
        costs[0].pages,
        median(cost.wall for cost in costs),
        median(cost.cpu for cost in costs),
        median(cost.peak for cost in costs),
        median(cost.parent for cost in costs),
        median(cost.worker for cost in costs),
        next((cost.died for cost in costs if cost.died), ""),
    )


def _others(*, with_peers: bool) -> Iterator[str]:
    """The versions of what is measured beside ours, and of what that runs on."""
    yield f"distributed {version('distributed')}"
    if with_peers:
        yield from (f"{peer.name} {peer.version}" for peer in peers())
        yield f"node {_node()}"


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        return "is not there"
    told = subprocess.run([node, "--version"], check=True, capture_output=True, text=True)
    return told.stdout.strip().removeprefix("v")


def _show(clients: int, runs: int, found: dict[str, Medians], *, with_peers: bool) -> None:
    full = found[FULL].wall
    rows = [
        (
            name,
            one.died or f"{one.wall:.2f}",
            f"{one.cpu:.2f}",
            f"{one.each:.3f}",
            *(f"{size / MIB:,.0f}" if size else "" for size in (one.peak, one.parent, one.worker)),
            f"{100 * one.wall / full:.1f} %" if one.pages == clients else "",
        )
        for name, one in found.items()
    ]
    memory = ["peak MiB of all", "of the parent", "of a worker"]
    columns = ["what", "seconds", "CPU s", "CPU ms a page", *memory, "of the full build"]
    title = f"{clients:,} clients, medians of {runs} runs"
    table(title, columns, rows, [*_others(with_peers=with_peers)])


def _limits(clients: int, found: dict[int, dict[str, Medians]]) -> bool:
    """A line for each limit that this size decides; whether all hold."""
    at = found[clients]
    if clients == SOME:
        return True
    full, floors = at[FULL], at[FLOORS]
    held = []
    if clients == MANY:
        held += [
            limit("build-100k-floor-one-process", at[ONE].wall / at[FLOOR].wall, 1.6, " x"),
            limit("build-100k-floor-two-processes", full.wall / floors.wall, 1.6, " x"),
        ]
        if hugo := at.get("Hugo"):
            held += [
                at_least("build-100k-hugo-cpu", hugo.each / full.each, 3, " x"),
                at_least("build-100k-hugo-wall", hugo.wall / full.wall, 4, " x"),
                limit("build-100k-hugo-memory", full.peak / hugo.peak, 0.2, " x"),
            ]
        if CLUSTER in at:
            held.append(limit("build-cluster", at[CLUSTER].wall / full.wall, 1.2, " x"))
    if clients == MILLION:
        held += [
            limit("build-1m-floor", full.wall / floors.wall, 2, " x"),
            limit("night-1m-unchanged", 100 * at[UNCHANGED].wall / full.wall, 4, " %"),
            limit("night-1m-clients", 100 * at[CLIENTS].wall / full.wall, 6, " %"),
            limit("night-1m-quotes", 100 * at[QUOTES].wall / full.wall, 10, " %"),
        ]
        if some := found.get(SOME, {}).get(FULL):
            held += [
                limit("memory-1m-all", full.peak / some.peak, 1.3, " x"),
                limit("memory-1m-parent", full.parent / some.parent, 1.3, " x"),
                limit("memory-1m-worker", full.worker / some.worker, 1.3, " x"),
            ]
        if many := found.get(MANY, {}).get(FULL):
            growth = (full.wall / MILLION) / (many.wall / MANY)
            held.append(limit("build-1m-linear", growth, 1.15, " x"))
    return all(held)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.build", description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[FEW, SOME, MANY, MILLION])
    parser.add_argument("--runs", type=int, nargs="+", default=[5, 3, 3, 1])
    parser.add_argument("--without-peers", action="store_true")
    options = parser.parse_args()
    if len(options.runs) != len(options.clients):
        parser.error("give as many runs as clients")
    return options


if __name__ == "__main__":
    main()
