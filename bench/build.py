"""Sealed client pages a second, on one and on two processes, against a bare loop.

``python -m bench.build [--clients 10000] [--runs 5]``

The floor renders the same template with values that were formatted before, deflates, encrypts and
writes the same files, in one loop in one process: what no build in Python can do without. Ours
starts from the table's rows: it works out coupons and sums, formats, derives keys, renders, seals,
compares, stages and collects the manifest, in workers that were started before, as on a long night.
The whole command, from starting Python to the committed site with charts and the leak gate, is
shown beside it. Every run writes into fresh folders, since creating files after a mass delete is
many times slower.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.report import Measured, limit, table
from generator.inputs import keys_of, read_inputs
from generator.manifest import Night, Window
from generator.pages.client import ClientPages
from generator.partition import CLIENT, Settings, SharedSecrets, keep_memory, workers
from generator.sealing import new_key_ring, padme, save_key_ring
from generator.sealing.envelope import deflated
from generator.site.shared import stage_links
from generator.site.tree import begin

ROOT = Path(__file__).resolve().parent.parent
NIGHT = date(2011, 12, 2)
BATCH = 500
FLOOR = "floor: bare loop, one process"
ONE = "sealpress, one process"
TWO = "sealpress, two processes"
WHOLE = "the whole command, two processes"
TARGET = 2.0  # two processes against the floor's time


def main() -> None:
    """Measure alternately, print the table and the limit."""
    options = _options()
    found: dict[str, list[float]] = {name: [] for name in (FLOOR, ONE, TWO, WHOLE)}
    with _base(options.clients) as base:
        for run in range(options.runs):
            found[FLOOR].append(_floor(base, base / f"floor-{run}"))
            found[ONE].append(_pages(base, jobs=1))
            found[TWO].append(_pages(base, jobs=2))
            found[WHOLE].append(_command(base))
    measured = {name: Measured(name, runs) for name, runs in found.items()}
    floor = measured[FLOOR].median
    table(
        f"{options.clients:,} sealed client pages, median of {options.runs} runs",
        ["what", "seconds", "pages/s", "x floor"],
        [_row(one, options.clients, floor) for one in measured.values()],
    )
    sys.exit(not limit("build-two-processes", measured[TWO].median / floor, TARGET, " x floor"))


def _row(measured: Measured, clients: int, floor: float) -> tuple[str, ...]:
    seconds = measured.median
    return measured.name, f"{seconds:.2f}", f"{clients / seconds:,.0f}", f"{seconds / floor:.2f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.build", description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    return parser.parse_args()


@contextmanager
def _base(clients: int) -> Iterator[Path]:
    """A site with so many invented clients."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        base = Path(folder)
        shutil.copytree(ROOT / "content", base / "content")
        (base / "data").mkdir()
        shutil.copy(ROOT / "data" / "quotes.csv", base / "data")
        command = [sys.executable, "-m", "bench.sample", "--clients", str(clients)]
        subprocess.run([*command, "--out", str(base / "data")], cwd=ROOT, check=True)
        save_key_ring(new_key_ring(NIGHT), base / "keys" / "ring.json")
        yield base


def _fresh(base: Path) -> Path:
    """An empty site on the same base."""
    fresh = Path(tempfile.mkdtemp(dir=base))
    for name in ("content", "data", "keys"):
        (fresh / name).symlink_to(base / name)
    return fresh


def _pages(base: Path, jobs: int) -> float:
    """Seconds from the table's rows to all staged pages, in workers that were started before."""
    inputs = read_inputs(_fresh(base), None, NIGHT)
    ring, _ = keys_of(base, inputs.site)
    begin(inputs.layout)
    links = stage_links(inputs.content, ring, inputs.site.base_url)
    window = Window(NIGHT - timedelta(days=inputs.site.news_days), NIGHT)
    settings = Settings(
        root=inputs.root,
        site=inputs.site,
        content=inputs.content,
        courses=inputs.courses,
        held_series=frozenset(),
        held_clients=frozenset(),
        as_of=NIGHT,
        night=Night(window, {}, links, inputs.site.digest_day),
        told=frozenset(),
    )
    with workers(settings, jobs) as run:
        for _ in run([[]] * 4 * jobs):
            pass
        began = time.perf_counter()
        done = sum(result.pages for result in run(inputs.base.batches(BATCH)))
        seconds = time.perf_counter() - began
    if done != len(inputs.base):
        raise RuntimeError("a page is missing")
    return seconds


def _command(base: Path) -> float:
    """Seconds of the whole command on two processes, its start included."""
    sealpress = str(Path(sys.executable).with_name("sealpress"))
    command = [sealpress, "build", "--json", "--jobs", "2", "--site", str(_fresh(base))]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _floor(base: Path, out: Path) -> float:
    """Seconds of the bare loop over values, keys and paths that were all made before."""
    keep_memory()
    inputs = read_inputs(base, None, NIGHT)
    ring, _ = keys_of(base, inputs.site)
    maker, slot = ring.current.secrets(), SharedSecrets(ring.current).text
    pages = {
        locale: ClientPages(
            inputs.theme, inputs.site, inputs.content, inputs.courses, inputs.as_of, locale
        )
        for locale in inputs.site.locales
    }
    ready = []
    for client in (client for batch in inputs.base.batches(500) for client in batch):
        keys = maker.secret(CLIENT, client.id).keys()
        values = pages[client.locale].values(client, slot)
        path = out / keys.path
        path.parent.mkdir(parents=True, exist_ok=True)
        ready.append((pages[client.locale].template, values, AESGCM(keys.seal_key), str(path)))
    nonce, header = os.urandom(12), b"SP\x01\x01"
    began = time.perf_counter()
    for template, values, cipher, place in ready:
        packed = deflated(template.render(values).encode())
        payload = packed + bytes(padme(max(4 + len(packed), 512)) - len(packed))
        with open(place, "wb") as file:  # noqa: PTH123 - the cheapest way there is
            file.write(header + nonce + cipher.encrypt(nonce, payload, header))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
