"""How every benchmark speaks: a table of medians, the versions of everything, a line a limit."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from rich.console import Console
from rich.table import Table

PACKAGES = (
    "boto3",
    "cryptography",
    "deflate",
    "jinja2",
    "markupsafe",
    "polars",
    "pycurl",
    "vl-convert-python",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Repeated measurements of one thing, in one unit."""

    name: str
    runs: Sequence[float]

    @property
    def median(self) -> float:
        """The median run."""
        return median(self.runs)


def versions() -> str:
    """What was measured on: interpreter, packages, cores."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores"


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], others: Sequence[str] = ()
) -> None:
    """Print a table and the versions under it; ``others`` are those of what else was measured."""
    shown = Table(*columns, title=title, title_justify="left", box=None)
    for row in rows:
        shown.add_row(*row)
    console = Console(width=110)
    console.print(shown)
    console.print(versions(), style="dim")
    if others:
        console.print(", ".join(others), style="dim")


def limit(name: str, measured: float, target: float, unit: str = "") -> bool:
    """Print whether ``measured`` stays at or under ``target``."""
    held = measured <= target
    verdict = "ok" if held else "missed"
    print(f"limit {name} {measured:.2f}{unit} <= {target:g}{unit} {verdict}")
    return held


def at_least(name: str, measured: float, target: float, unit: str = "") -> bool:
    """Print whether ``measured`` reaches ``target``."""
    held = measured >= target
    verdict = "ok" if held else "missed"
    print(f"limit {name} {measured:.2f}{unit} >= {target:g}{unit} {verdict}")
    return held
