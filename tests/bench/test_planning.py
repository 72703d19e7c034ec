"""The benchmark of planning, at a tiny size: it comes to its end, whatever the time."""

import subprocess
import sys

import pytest

from tests.builders import ROOT

LIMITS = [
    "limit planning",
    "limit planning reminders",
    "limit memory of planning",
    "limit memory of planning reminders",
]


@pytest.mark.parametrize("sealed", [(), ("--sealed",)], ids=["plain", "sealed"])
def test_it_measures_two_nights(sealed: tuple[str, ...]) -> None:
    """Every message of both was planned; a limit may be missed where other tests run."""
    command = [sys.executable, "-m", "bench.planning", "--lines", "40", "--runs", "1", *sealed]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    limits = [line for line in done.stdout.splitlines() if line.startswith("limit ")]
    assert [one[: len(name)] for one, name in zip(limits, LIMITS, strict=True)] == LIMITS, (
        done.stderr
    )
