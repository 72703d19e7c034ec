"""Sites for benchmarks: a base of so many clients, and the changes of another night."""

import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from generator.sealing import new_key_ring, save_key_ring

ROOT = Path(__file__).resolve().parent.parent
NIGHT = date(2011, 12, 2)
SERIES, OBSERVATIONS = 200, 24
LINKED = ("keys", "themes")
THEME = "themes/default/templates/footer.html"
SEALPRESS = (sys.executable, "-m", "generator")
"""The command, of this very program."""


@contextmanager
def base(clients: int) -> Iterator[Path]:
    """A whole site with so many invented clients, 200 series and 24 observations of each."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        site = Path(folder) / "base"
        sample = [sys.executable, "-m", "bench.sample", "--site", str(site)]
        sizes = {"--clients": clients, "--series": SERIES, "--observations": OBSERVATIONS}
        options = [word for name, size in sizes.items() for word in (name, str(size))]
        subprocess.run([*sample, *options], cwd=ROOT, check=True)
        save_key_ring(new_key_ring(NIGHT), site / "keys" / "ring.json")
        yield site


def fresh(site: Path) -> Path:
    """The same site in a new folder, where nothing was built yet.

    Creating files right after as many were deleted is many times slower, so no folder is used
    twice; all go at the end.
    """
    folder = Path(tempfile.mkdtemp(dir=site.parent))
    shutil.copytree(site / "content", folder / "content")
    (folder / "data").mkdir()
    for table in (site / "data").iterdir():
        (folder / "data" / table.name).symlink_to(table)
    (folder / "keys").symlink_to(site / "keys")
    return folder


def move_quotes(site: Path, night: int) -> None:
    """Another close of the last day for every share: levels move, no observation changes."""
    _rewrite(site / "data" / "quotes.csv", lambda row: _moved(row, night))


def change_clients(site: Path, night: int) -> None:
    """Another first name for one client of a hundred."""
    _rewrite(site / "data" / "clients.csv", lambda row: _renamed(row, night))


def change_theme(site: Path, night: int) -> None:
    """Another footer on every client's page."""
    folder = site / "themes" / "bench" / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / THEME).read_text(encoding="utf-8")
    (folder / "footer.html").write_text(text + f"<p>{night}</p>\n", encoding="utf-8")
    settings = site / "content" / "site.yaml"
    written = settings.read_text(encoding="utf-8")
    if "theme: bench" not in written:
        settings.write_text(written + "theme: bench\n", encoding="utf-8")


def _moved(row: list[str], night: int) -> list[str]:
    ticker, day, close = row
    return [ticker, day, f"{float(close) * (1 + 0.0001 * night):.4f}"] if day == f"{NIGHT}" else row


def _renamed(row: list[str], night: int) -> list[str]:
    client, last, first, *rest = row
    is_chosen = client.removeprefix("A-").isdigit() and int(client[2:]) % 100 == night % 100
    return [client, last, f"{first}-{night}" if is_chosen else first, *rest]


def _rewrite(table: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Write a table anew in the place of the link to that of the base."""
    draft = table.with_suffix(".draft")
    with table.open(encoding="utf-8", newline="") as rows, draft.open("w", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows(map(change, csv.reader(rows)))
    draft.replace(table)
