"""What every peer has in common: where it is installed, and what it is started with."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from bench.peers.cost import MACHINE, Cost

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parents[1] / "build" / "bench-tools"
REQUIREMENTS, LOCK = HERE / "requirements.txt", HERE / "package-lock.json"
HEAP_MB = int(MACHINE * 0.8) >> 20
HEAP = {"NODE_OPTIONS": f"--max-old-space-size={HEAP_MB}"}
"""Without it node gives up at 4 GB, whatever the machine has."""


class Peer(Protocol):
    """Another tool that writes, or seals, a page for each client."""

    name: str
    seals: bool

    @property
    def version(self) -> str:
        """The version that is written in this folder, and no other, is installed."""

    def prepare(self, folder: Path) -> None:
        """Install it below ``folder``, unless it is there.

        Raises:
            CalledProcessError: it cannot be had.
            FileNotFoundError: there is no npm.
        """

    @property
    def is_installed(self) -> bool:
        """Whether ``build`` can run: in ``TOOLS``, or where ``prepare`` put it."""

    def build(self, pages: Path, out: Path) -> Cost:
        """What it took to write the pages of the file ``pages`` into the empty folder ``out``."""

    def text(self, out: Path, page: Mapping[str, Any]) -> str:
        """The HTML that a client finds at the page, opened with the password if it is sealed."""


@dataclass(slots=True)
class PythonTool:
    """A peer from PyPI, in a virtual environment of the benchmarks' own."""

    package: str
    tools: Path = TOOLS

    @property
    def home(self) -> Path:
        """The virtual environment."""
        return self.tools / "python"

    @property
    def version(self) -> str:
        """The version in ``requirements.txt``."""
        lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
        return dict(line.split("==") for line in lines)[self.package]

    @property
    def is_installed(self) -> bool:
        """Whether what ``requirements.txt`` asks for is there."""
        return _is_done(self.home, REQUIREMENTS)

    def prepare(self, folder: Path) -> None:
        """Install what ``requirements.txt`` asks for below ``folder``."""
        self.tools = folder.resolve()
        if self.is_installed:
            return
        subprocess.run([sys.executable, "-m", "venv", "--clear", self.home], check=True)
        command = ["bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r"]
        subprocess.run([*command, REQUIREMENTS], cwd=self.home, check=True)
        shutil.copy(REQUIREMENTS, _note(self.home, REQUIREMENTS))


@dataclass(slots=True)
class NodeTool:
    """A peer from npm, in a folder of the benchmarks' own."""

    package: str
    tools: Path = TOOLS

    @property
    def home(self) -> Path:
        """The folder in which ``node_modules`` lies."""
        return self.tools / "node"

    @property
    def version(self) -> str:
        """The version in ``package-lock.json``."""
        lock = json.loads(LOCK.read_text(encoding="utf-8"))
        return str(lock["packages"][f"node_modules/{self.package}"]["version"])

    @property
    def is_installed(self) -> bool:
        """Whether what ``package-lock.json`` names is there."""
        return _is_done(self.home, LOCK)

    def prepare(self, folder: Path) -> None:
        """Install what ``package-lock.json`` names below ``folder``."""
        self.tools = folder.resolve()
        if self.is_installed:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, self.home)
        command = ["npm", "ci", "--silent", "--no-fund", "--no-audit", "--ignore-scripts"]
        subprocess.run(command, cwd=self.home, check=True)
        shutil.copy(LOCK, _note(self.home, LOCK))


def _note(home: Path, wanted: Path) -> Path:
    """Where a copy of ``wanted`` is laid once all that it asks for is installed."""
    return home / f"installed.{wanted.name}"


def _is_done(home: Path, wanted: Path) -> bool:
    note = _note(home, wanted)
    return note.is_file() and note.read_bytes() == wanted.read_bytes()


@contextmanager
def project(folder: Path) -> Iterator[Path]:
    """An empty folder beside an installed tool, for one run; what the tool said outlives it."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="run-") as name:
        yield Path(name)
        shutil.copy(Path(name, "output.log"), folder)


def counted(cost: Cost, out: Path, expected: int) -> Cost:
    """``cost`` with the pages that are there; dead when some are not."""
    found = sum(len(names) for _, _, names in os.walk(out / "p"))
    died = cost.died or ("" if found == expected else f"wrote {found} of {expected} pages")
    return replace(cost, pages=found, died=died)


def place(out: Path, address: str, suffix: str) -> Path:
    """Where the page of ``address`` lies, as in our site: two characters are its folder."""
    return out / "p" / address[:2] / f"{address[2:]}{suffix}"
