"""What planning a night costs: a manifest of a million lines, a hundred thousand messages.

``python -m bench.planning`` makes a sender's site and a signed manifest of which every tenth line
begins a journey, and plans in a process of its own: from taking the manifest to the hash.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.peers.cost import measured
from bench.report import Measured, limit, table
from tests.send.house import house
from tests.send.manifests import coupon, digest, line, put, raw

LINES, EVERY = 1_000_000, 10
SECONDS, MEGABYTES = 60.0, 300.0  # of a million lines
MB = 1_000_000
NOON = "2026-11-28"
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure, print, and fail if a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.planning", description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    found = [_planned(options.lines) for _ in range(options.runs)]
    wall = Measured("planning", [wall for wall, _ in found])
    most = max(peak for _, peak in found)
    row = (wall.name, f"{wall.median:.1f} s", f"{most:.0f} MB")
    table(f"{options.lines:,} lines", ("what", "median", "memory"), [row])
    share = options.lines / LINES
    held = limit("planning", wall.median, SECONDS * share, " s")
    sys.exit(not (limit("memory of planning", most, MEGABYTES, " MB") and held))


def _planned(lines: int) -> tuple[float, float]:
    """Seconds and megabytes of one plan."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        house(root)
        put(root / "build/private/queue", _lines(lines))
        words = ("-m", "generator", "send", "plan", "--json", "--clock", NOON)
        cost = measured([sys.executable, *words], root, {"PYTHONPATH": str(ROOT)})
        said = (root / "output.log").read_text(encoding="utf-8")
        if cost.died or json.loads(said)["messages_to_send"] != lines // EVERY:
            raise RuntimeError(cost.died or said)
        return cost.wall, cost.peak / MB


def _lines(number: int) -> Iterator[bytes]:
    for one in range(number):
        reason = digest() if one % EVERY else coupon(policy=f"QH-{one}")
        addresses = {"phone": f"+7999{one:07d}", "email": f"c{one}@client.example"}
        yield raw(line(f"C-{one:07d}", addresses=addresses, reasons=[reason]))


if __name__ == "__main__":
    main()
