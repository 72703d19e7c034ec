"""What planning a night costs: a manifest of a million lines, and a night of reminders.

``python -m bench.planning`` makes a sender's site and a signed manifest of which every tenth line
begins a journey, and plans in a process of its own: from taking the manifest to the hash. The plan
is approved; four days later each of these clients is due for a reminder, which goes to who did not
open their page, and that is planned too.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.peers.cost import Cost, measured
from bench.report import Measured, limit, table
from tests.send.house import house
from tests.send.manifests import KEY, coupon, digest, line, put, raw

LINES, EVERY = 1_000_000, 10
SECONDS, MEGABYTES = 60.0, 300.0  # of a million lines
MB = 1_000_000
NOON, LATER = "2026-11-28", "2026-12-02"
STEPS = [
    {"send": "news", "over": ["sms"]},
    {"wait": "3d"},
    {"if": {"not": "page opened"}},
    {"send": "news", "over": ["email", "sms"]},
]
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Nights:
    """What the plans of two nights cost."""

    first: Cost
    reminders: Cost


def main() -> None:
    """Measure, print, and fail if a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.planning", description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sealed", action="store_true", help="seal the manifest to the sender")
    options = parser.parse_args()
    found = [_nights(options.lines, is_sealed=options.sealed) for _ in range(options.runs)]
    costs = {
        "planning": [one.first for one in found],
        "planning reminders": [one.reminders for one in found],
    }
    columns = ("what", "median", "of processors", "memory")
    table(f"{options.lines:,} lines", columns, [_row(*pair) for pair in costs.items()])
    share = options.lines / LINES
    held = [
        limit(name, Measured(name, [it.wall for it in some]).median, SECONDS * share, " s")
        for name, some in costs.items()
    ]
    held += [
        limit(f"memory of {name}", _most(some), MEGABYTES, " MB") for name, some in costs.items()
    ]
    sys.exit(not all(held))


def _row(name: str, some: list[Cost]) -> tuple[str, ...]:
    wall, cpu = (Measured(name, runs).median for runs in _times(some))
    return name, f"{wall:.1f} s", f"{cpu:.1f} s", f"{_most(some):.0f} MB"


def _times(some: list[Cost]) -> tuple[list[float], list[float]]:
    return [one.wall for one in some], [one.cpu for one in some]


def _most(some: list[Cost]) -> float:
    return max(one.peak for one in some) / MB


def _nights(lines: int, *, is_sealed: bool) -> Nights:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        house(root).journey(steps=STEPS)
        recipient = ""
        if is_sealed:
            recipient = KEY.public
            KEY.save(root / "keys/sender.json")
        put(root / "build/private/queue", _lines(lines), recipient=recipient)
        first, plan = _planned(root, NOON, lines // EVERY)
        _run(root, NOON, "approve", plan)
        return Nights(first, _planned(root, LATER, lines // EVERY)[0])


def _planned(root: Path, day: str, number: int) -> tuple[Cost, str]:
    """What a plan of so many messages cost, and its hash."""
    cost = _run(root, day, "plan", "--json")
    said = json.loads((root / "output.log").read_text(encoding="utf-8"))
    if said["messages_to_send"] != number:
        raise RuntimeError(said)
    return cost, said["plan"]


def _run(root: Path, day: str, *words: str) -> Cost:
    command = (sys.executable, "-m", "generator", "send", *words, "--clock", day)
    cost = measured(command, root, {"PYTHONPATH": str(ROOT)})
    if cost.died:
        raise RuntimeError(cost.died, (root / "output.log").read_text(encoding="utf-8"))
    return cost


def _lines(number: int) -> Iterator[bytes]:
    for one in range(number):
        reason = digest() if one % EVERY else coupon(policy=f"QH-{one}")
        addresses = {"phone": f"+7999{one:07d}", "email": f"c{one}@client.example"}
        yield raw(line(f"C-{one:07d}", addresses=addresses, reasons=[reason]))


if __name__ == "__main__":
    main()
