"""Sealed client pages a second, on one and on two processes, against a bare loop.

``python -m bench.build [--clients 10000] [--runs 5]``

The floor renders the same template with values that were formatted before, deflates, encrypts and
writes the same files, in one loop in one process: what no build in Python can do without. Ours is
the whole command in a process of its own, from reading the tables to the committed site. Every
run writes into fresh folders, since creating files after a mass delete is many times slower.
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
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.report import Measured, limit, table
from generator.inputs import keys_of, read_inputs
from generator.pages.client import ClientPages
from generator.partition import CLIENT, SharedSecrets, keep_memory
from generator.sealing import new_key_ring, padme, save_key_ring
from generator.sealing.envelope import deflated

ROOT = Path(__file__).resolve().parent.parent
NIGHT = date(2011, 12, 2)
TARGET = 2.0  # two processes against the floor's time


def main() -> None:
    """Measure alternately, print the table and the limit."""
    options = _options()
    with _base(options.clients) as base:
        floor, one, two = [], [], []
        for run in range(options.runs):
            floor.append(_floor(base, base / f"floor-{run}"))
            one.append(_ours(base, jobs=1))
            two.append(_ours(base, jobs=2))
    found = [
        Measured("floor: bare loop, one process", floor),
        Measured("sealpress build, one process", one),
        Measured("sealpress build, two processes", two),
    ]
    table(
        f"{options.clients:,} sealed client pages, median of {options.runs} runs",
        ["what", "seconds", "pages/s", "x floor"],
        [_row(m, options.clients, found[0].median) for m in found],
    )
    held = limit("build-two-processes", found[2].median / found[0].median, TARGET, " x floor")
    sys.exit(not held)


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


def _ours(base: Path, jobs: int) -> float:
    """Seconds of the whole command, its start included."""
    fresh = Path(tempfile.mkdtemp(dir=base))
    for name in ("content", "data", "keys"):
        (fresh / name).symlink_to(base / name)
    sealpress = str(Path(sys.executable).with_name("sealpress"))
    command = [sealpress, "build", "--json", "--jobs", str(jobs)]
    began = time.perf_counter()
    subprocess.run([*command, "--site", str(fresh)], check=True, stdout=subprocess.DEVNULL)
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
