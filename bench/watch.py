"""From an event to the published page and the sender's queue, beside a base of a million clients.

``python -m bench.watch [--clients 1000000] [--events 40] [--bursts 5]``

A real ``sealpress watch`` runs on a site after a whole night. An event is a file that is renamed
into its folder: one client's new situation. It has arrived when the page that the client's link
opens in the published folder says so, and a file of the queue tells it; both are looked for every
two milliseconds. Events come one at a time, then in bursts of a hundred files.

One thing is spared: the night's pages of clients are not copied into the published folder, which
takes minutes and is no part of this; they are only put on record there. What all clients share is
published, and so is every page that the events change.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from bench.report import limit, table
from bench.sample import client_id
from bench.site import NIGHT, SEALPRESS, base
from generator.base.config import load_site
from generator.content import load_content
from generator.inventory import lots_of
from generator.keys import keys_of
from generator.publish import DirectoryStore, publish
from generator.receipts import Vouched
from generator.sealing import Secret
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.reader import fetch_from, open_page
from generator.telling import remember_told
from generator.waiting import Courier

MILLION = 1_000_000
BURST = 100
PRODUCT, MARKER = "card-delivery", "CRD-20"
LOOK = 0.002  # seconds between two looks
TOO_LONG = 120.0  # seconds
SECONDS = 2.0
"""In the median an event has arrived by then."""


@dataclass(slots=True)
class Site:
    """A published site, the clients to whom something will happen, and how it is told."""

    root: Path
    clients: Iterator[str]
    secret: Callable[[str], Secret]
    stage: str
    """What the page says of the new situation."""
    dropped: int = 0

    @property
    def published(self) -> Path:
        """The folder from which pages are opened."""
        return self.root / "build" / "published"

    def drop(self, client: str) -> float:
        """Rename an event into its folder; the moment after."""
        row = {"client_id": client, "product": PRODUCT, "marker": MARKER, "since": f"{NIGHT}"}
        event = {"id": f"bench-{self.dropped}", "table": "situations", "row": row}
        draft = self.root / "data" / "events" / f"{self.dropped:06}.part"
        self.dropped += 1
        draft.write_text(json.dumps(event) + "\n", encoding="utf-8")
        draft.rename(draft.with_suffix(".jsonl"))
        return time.monotonic()

    def is_shown(self, client: str) -> bool:
        """Whether the client's link opens a page with the new situation."""
        secret = self.secret(client)
        if not (self.published / secret.keys().path).exists():
            return False
        return self.stage in open_page(secret.text, fetch_from(self.published))

    def queued(self, seen: set[str]) -> set[str]:
        """The clients in files of the queue that were not ``seen`` yet."""
        queue = Layout(self.root).queue
        fresh = [one for one in os.scandir(queue) if one.name.endswith(".jsonl")]
        fresh = [one for one in fresh if one.name not in seen]
        seen.update(one.name for one in fresh)
        lines = (line for one in fresh for line in Path(one).read_bytes().splitlines())
        return {json.loads(line)["client"] for line in lines}


def main() -> None:
    """Measure, print a table and a line for the limit."""
    options = _options()
    with base(options.clients) as root:
        site = _site(root, options.clients)
        prepared = _night(root)
        with _watching(root):
            started = _arrival(site, [next(site.clients)])
            single = [_arrival(site, [next(site.clients)]) for _ in range(options.events)]
            bursts = [
                _arrival(site, [next(site.clients) for _ in range(BURST)])
                for _ in range(options.bursts)
            ]
    print(f"night {prepared:.1f} s, first event after the start of watch {started:.2f} s")
    rows = [_row("one event", single), _row(f"burst of {BURST} events", bursts)]
    columns = ["what", "runs", "median s", "90 % s", "worst s"]
    table(f"{options.clients:,} clients, from the rename to page and queue", columns, rows)
    sys.exit(not limit("watch-median", median(single), SECONDS, " s"))


def _site(root: Path, clients: int) -> Site:
    """The site with a folder for events, and clients of it who are in no situation yet."""
    with (root / "content" / "site.yaml").open("a", encoding="utf-8") as settings:
        settings.write("events: {folder: data/events}\n")
    (root / "data" / "events").mkdir()
    site = load_site(root)[0]
    content = load_content(root, site, NIGHT, [])
    _, stage = content.stage(content.markers()[PRODUCT, MARKER])
    ring, _ = keys_of(root, site)
    maker = ring.current.secrets()
    # every fourth client reads English, as this product has it; one in five of them has a card
    free = [number for number in range(3, clients, 4) if number % 20 != 7]  # noqa: PLR2004
    step = max(1, len(free) // 2000)
    chosen = (client_id(number) for number in free[::step])
    return Site(root, chosen, lambda client: maker.secret("client", client), stage.names["en"])


def _night(root: Path) -> float:
    """Build, and publish all but clients' pages; how long the build took."""
    began = time.monotonic()
    _sealpress("build", "--json", "--jobs", "2", root=root)
    built, layout = time.monotonic() - began, Layout(root)
    store = DirectoryStore(root / load_site(root)[0].publish.path)
    with only_run(layout):
        first, *clients, last = lots_of(layout)
        publish(layout.site, store, [first, last], lambda *_: None)
        for make in clients:
            make().sent()
        site, _ = load_site(root)
        ring, _ = keys_of(root, site)
        remember_told(layout, Courier.of(ring, site), Vouched("directory", 0))
    return built


@contextmanager
def _watching(root: Path) -> Iterator[None]:
    command = [*SEALPRESS, "watch", "--json", "--site", str(root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def _arrival(site: Site, clients: Sequence[str]) -> float:
    """Seconds from the first rename until all clients' changes have arrived."""
    seen = set[str]()
    site.queued(seen)
    waiting, queued = set(clients), set[str]()
    began, *_ = [site.drop(client) for client in clients]
    while waiting:
        queued |= site.queued(seen)
        waiting -= {client for client in waiting & queued if site.is_shown(client)}
        if time.monotonic() > began + TOO_LONG:
            raise SystemExit("the events did not arrive")
        time.sleep(LOOK)
    return time.monotonic() - began


def _row(name: str, seconds: Sequence[float]) -> tuple[str, ...]:
    ninth = quantiles(seconds, n=10, method="inclusive")[-1]
    figures = (f"{one:.3f}" for one in (median(seconds), ninth, max(seconds)))
    return name, str(len(seconds)), *figures


def _sealpress(*words: str, root: Path) -> None:
    command = [*SEALPRESS, *words, "--site", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.watch", description=__doc__)
    parser.add_argument("--clients", type=int, default=MILLION)
    parser.add_argument("--events", type=int, default=40)
    parser.add_argument("--bursts", type=int, default=5)
    options = parser.parse_args()
    if min(options.events, options.bursts) < 2:  # noqa: PLR2004 - a percentile needs two
        parser.error("give at least two events and two bursts")
    return options


if __name__ == "__main__":
    main()
