"""Publishing five and twenty thousand files, and a million, beside peers; and finding no change.

``python -m bench.publish [--objects 5000 20000 1000000] [--runs 3 3 1] [--latency 0 30]
[--unchanged 50000] [--without-peers]``

The store is ``bench.sink``, a process that answers at once, or after so many milliseconds. What it
uses of the processor is told and not counted; ``bench.bare`` tells what it could answer. Ours is
the whole command, from starting Python to the last record, and beside it its store alone, which
decides and remembers nothing. Peers are boto3 and s5cmd, which copy; rclone and ``hugo deploy``
compare first, and so stand beside ours where nothing changed. All take turns within one run, each
with a new store. Of more files than a hundred thousand only the memory is of interest.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.built import built_site, site_for
from bench.peers import TOOLS, Cost, measured
from bench.peers.cost import Command
from bench.peers.publishers import CREDENTIALS, Boto3, HugoDeploy, Publisher, Rclone, S5cmd, puts
from bench.report import at_least, limit, table
from bench.s3 import BUCKET, REGION
from bench.sink import Sink, sink
from bench.site import ROOT, SEALPRESS
from generator.site.layout import Layout

OURS, STORE, BARE = "sealpress publish", "its store alone", "bare loop, the most there is"
COPYING: list[Publisher] = [Boto3(), S5cmd()]
COMPARING: list[Publisher] = [Rclone(), HugoDeploy()]
MIB = 1024 * 1024
FEW, SOME, UNCHANGED, MANY, MILLION = 5_000, 20_000, 50_000, 100_000, 1_000_000
FASTER: dict[float, tuple[float, ...]] = {0: (4, 2), 30: (2.5, 1.5)}
"""By milliseconds of latency: how many times faster than each of ``COPYING`` ours is to be."""
SHARE = 0.25  # of the time that each of ``COMPARING`` takes to find no change
CPU = 0.25  # seconds a thousand files
MEMORY = 400  # MiB at a million files
OWN = 20  # objects of a publisher's own that may be sent when nothing changed: a lease, a pointer
AS_INSTALLED = {"PYTHONPATH": f"{ROOT}", "PYTHONDONTWRITEBYTECODE": ""}
"""What is installed need not be compiled each time it is started."""

Publish = Callable[[Path, Sink, Path], Command]
"""The command that brings a built site to a store; the last folder is its own."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one publication cost, and the store beside it."""

    cost: Cost
    sink: float
    """Seconds of the processor that the store used."""


@dataclass(frozen=True, slots=True)
class Medians:
    """The medians of one thing at one size."""

    files: int
    wall: float
    cpu: float
    peak: float
    sink: float
    died: str = ""

    @property
    def rate(self) -> float:
        """Files a second."""
        return self.files / self.wall

    @property
    def each(self) -> float:
        """Seconds of processor a thousand files."""
        return 1000 * self.cpu / self.files


def main() -> None:
    """Measure, print a table for each size and latency, and a line for each limit."""
    options = _options()
    most = max(options.runs)
    copying, comparing = ([], []) if options.without_peers else (COPYING, COMPARING)
    for peer in (*copying, *comparing):
        peer.prepare(TOOLS)
        print(f"{peer.name}: {peer.version}")
    held = []
    for number, runs in zip(options.objects, options.runs, strict=False):
        with _site(number) as site:
            for latency in options.latency if number < MANY else [0]:
                found = _sent(site, number, latency, runs, copying)
                _show(f"{number:,} files, {latency:g} ms, medians of {runs} runs", found)
                held.append(_limits(number, latency, found))
    for number in options.unchanged:
        with _site(number) as site:
            found = _looked(site, number, most, comparing)
            _show(f"{number:,} files that did not change, {most} runs", found)
            held.append(_limits_of_looking(number, found))
    sys.exit(not all(held))


# ── Measuring ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _site(number: int) -> Iterator[Path]:
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        site = Path(folder) / "built"
        built_site(site, number)
        yield site


def _sent(
    site: Path, number: int, latency: float, runs: int, peers: Sequence[Publisher]
) -> dict[str, Medians]:
    """Everything to a new store, by each in turn."""
    ways: dict[str, Publish] = {OURS: _ours}
    if number < MANY:
        ways |= {STORE: _store, **{peer.name: _by(peer) for peer in peers}}
    if not latency:
        ways[BARE] = lambda _, store, __: _bare(store, number)
    found: dict[str, list[Measured]] = defaultdict(list)
    for _ in range(runs):
        for name, way in ways.items():
            folder = Path(tempfile.mkdtemp(dir=site.parent))
            with sink(latency) as store:
                one = _measured(way(site, store, folder), folder, store)
                missing = max(0, number - store.told()["objects"])
            one = replace(one, cost=_judged(one.cost, missing, "files are missing"))
            print(f"  {number:,} {latency:g} ms {name}: {one.cost.wall:.2f} s", file=sys.stderr)
            found[name].append(one)
    return {name: _medians(number, some) for name, some in found.items()}


def _looked(site: Path, number: int, runs: int, peers: Sequence[Publisher]) -> dict[str, Medians]:
    """What it takes to find out that a store has everything, for each in turn."""
    found: dict[str, list[Measured]] = defaultdict(list)
    folder = Path(tempfile.mkdtemp(dir=site.parent))
    with sink() as mine, sink() as theirs:
        commands = {peer.name: _by(peer)(site, theirs, folder) for peer in peers}
        commands = {OURS: _ours(site, mine, folder), **commands}
        _measured(commands[OURS], folder, mine)
        _measured(_store(site, theirs, folder), folder, theirs)
        for _ in range(runs):
            for name, command in commands.items():
                store = mine if name == OURS else theirs
                before = store.told()["PUT"]
                one = _measured(command, folder, store)
                sent = max(0, store.told()["PUT"] - before - OWN)
                one = replace(one, cost=_judged(one.cost, sent, "files were sent"))
                found[name].append(one)
    return {name: _medians(number, some) for name, some in found.items()}


def _measured(command: Command, folder: Path, store: Sink) -> Measured:
    before = store.cpu()
    cost = measured(command, folder, {**CREDENTIALS, **AS_INSTALLED})
    return Measured(cost, store.cpu() - before)


def _judged(cost: Cost, wrong: int, what: str) -> Cost:
    died = cost.died or (f"{wrong} {what}" if wrong else "")
    return replace(cost, died=died)


def _ours(site: Path, store: Sink, folder: Path) -> Command:
    settings = {"store": "s3", "bucket": BUCKET, "endpoint": store.endpoint, "region": REGION}
    made = site_for(settings, site, folder / "site")
    return [*SEALPRESS, "publish", "--json", "--site", made]


def _bare(store: Sink, number: int) -> Command:
    return [sys.executable, "-m", "bench.bare", store.endpoint, f"{number}"]


def _store(site: Path, store: Sink, _: Path) -> Command:
    return puts("ours", Layout(site).site, store.endpoint)


def _by(peer: Publisher) -> Publish:
    return lambda site, store, folder: peer.command(Layout(site).site, store.endpoint, folder)


def _medians(number: int, found: Sequence[Measured]) -> Medians:
    return Medians(
        number,
        median(one.cost.wall for one in found),
        median(one.cost.cpu for one in found),
        median(one.cost.peak for one in found),
        median(one.sink for one in found),
        next((one.cost.died for one in found if one.cost.died), ""),
    )


# ── Telling ──────────────────────────────────────────────────────────────────────────────────


def _show(title: str, found: dict[str, Medians]) -> None:
    ours = found[OURS].wall
    rows = [
        (
            name,
            one.died or f"{one.wall:.2f}",
            f"{one.rate:,.0f}",
            f"{one.cpu:.2f}",
            f"{one.each:.3f}",
            f"{one.peak / MIB:,.0f}",
            f"{1000 * one.sink / one.files:.3f}",
            f"{one.wall / ours:.2f}",
        )
        for name, one in found.items()
    ]
    figures = ["seconds", "files a second", "CPU s", "CPU s a 1,000", "peak MiB"]
    table(title, ["what", *figures, "the store's CPU s a 1,000", "times ours"], rows)


def _limits(number: int, latency: float, found: dict[str, Medians]) -> bool:
    """A line for each limit that this size and latency decide; whether all hold."""
    ours, held = found[OURS], [not any(one.died for one in found.values())]
    if number == MILLION:
        held.append(limit("publish-1m-memory", ours.peak / MIB, MEMORY, " MiB"))
    if number >= MANY:
        return all(held)
    for kind, mine in (("publish", ours), ("put-all", found[STORE])):
        name = f"{kind}-{number // 1000}k-{latency:g}ms"
        for peer, least in zip(COPYING, FASTER.get(latency, ()), strict=False):
            if theirs := found.get(peer.name):
                held.append(at_least(f"{name}-{peer.short}", theirs.wall / mine.wall, least, " x"))
        held.append(limit(f"{name}-cpu", mine.each, CPU, " s"))
    return all(held)


def _limits_of_looking(number: int, found: dict[str, Medians]) -> bool:
    """A line for each peer that compares; whether all hold."""
    held = [not any(one.died for one in found.values())]
    for peer in COMPARING:
        if theirs := found.get(peer.name):
            share = found[OURS].wall / theirs.wall
            held.append(limit(f"unchanged-{number // 1000}k-{peer.short}", share, SHARE, " x"))
    return all(held)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.publish", description=__doc__)
    parser.add_argument("--objects", type=int, nargs="*", default=[FEW, SOME, MILLION])
    parser.add_argument("--runs", type=int, nargs="+", default=[3, 3, 1])
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 30], help="Milliseconds.")
    parser.add_argument("--unchanged", type=int, nargs="*", default=[UNCHANGED])
    parser.add_argument("--without-peers", action="store_true")
    options = parser.parse_args()
    if len(options.runs) < len(options.objects):
        parser.error("give as many runs as objects")
    return options


if __name__ == "__main__":
    main()
