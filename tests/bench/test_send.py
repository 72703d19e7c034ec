"""The benchmark of handing over, at a tiny size: it comes to its end, whatever the time."""

import subprocess
import sys

from tests.builders import ROOT
from tests.send.channels.kannel import require


def test_it_measures_letters_and_sms() -> None:
    """Each beside a bare loop; a limit may be missed where other tests run."""
    require()
    command = [sys.executable, "-m", "bench.send", "--messages", "5", "--runs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    limits = [line for line in done.stdout.splitlines() if line.startswith("limit ")]
    assert [line.split(",")[0] for line in limits] == ["limit letters", "limit SMS"], done.stderr
