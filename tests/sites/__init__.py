"""Sites for tests: ``small`` is right, each folder of ``broken`` is what spoils it.

A case holds only the files that differ from ``small``; its file ``DELETE`` lists those to take
away, and ``expected.txt`` is what ``sealpress check`` says of it.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from csv import DictReader
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from generator.cli import main
from generator.sealing import KeyRing, save_key_ring
from tests.builders import ROOT, make_ring

SMALL = ROOT / "tests/sites/small"
PAPERS = {"lease", "pointer", "pointers.json", ".pointers.json.draft"}
BROKEN = ROOT / "tests/sites/broken"
DELETE, EXPECTED = "DELETE", "expected.txt"
TABLES = ("clients", "policies", "situations", "quotes")
ENVIRONMENT = {"SEALPRESS_KEYS": None, "FORCE_COLOR": None, "TTY_COMPATIBLE": None}
"""What a developer may have set and a test must not see."""

PRIVATE = ("last_name", "first_name", "phone", "email")
"""Columns of the clients that no message may ever show."""


def copy_site(to: Path, case: str = "") -> Path:
    """A copy of the small site, spoiled as ``case`` has it."""
    shutil.copytree(SMALL, to)
    for line in lines_of(BROKEN / case / DELETE) if case else ():
        (to / line).unlink()
    for path in case_files(case) if case else ():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(BROKEN / case / path, to / path)
    return to


def case_files(case: str) -> list[str]:
    """The files with which ``case`` differs from the small site, as paths below it."""
    return [path for path in files(BROKEN / case) if path not in {DELETE, EXPECTED}]


def lines_of(path: Path) -> list[str]:
    """The lines of a text, none when there is no such file."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def files(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes, in the order of their paths.

    Without the papers of publishers: they tell of times, and each run writes them anew.
    """
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in PAPERS)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def with_keys(site: Path, ring: KeyRing | None = None) -> Path:
    """The site with a key ring that is the same in every test."""
    save_key_ring(ring or make_ring(), site / "keys/ring.json", replace_earlier=True)
    return site


def sealpress(*arguments: object, site: Path | None = None, typed: str = "") -> Result:
    """Run the command in this process; whatever it did not foresee is raised."""
    where = ["--site", str(site)] if site else []
    words = [*map(str, arguments), *where]
    return CliRunner().invoke(main, words, typed, ENVIRONMENT, catch_exceptions=False)


def commands_of(group: click.Group) -> Mapping[str, click.Command]:
    """The commands of a group by their names; those that are imported late too."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command}


def answer(*words: object, site: Path) -> dict[str, Any]:
    """What a command answers to a machine."""
    result = sealpress(*words, "--json", site=site)
    assert (result.exit_code, result.stderr) == (0, "")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def outside() -> dict[str, str]:
    """The environment in which ``python -m generator`` runs as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    return {**kept, "PYTHONPATH": str(ROOT)}


def private_values(*sites: Path) -> set[str]:
    """What no message may show: names, phones, addresses, ids and policy numbers."""
    values = set()
    for site in sites:
        for row in _rows(site / "data/clients.csv"):
            values |= {row.get(column) or "" for column in (*PRIVATE, "client_id")}
        values |= {row.get("policy_number") or "" for row in _rows(site / "data/policies.csv")}
    return {value for value in values if len(value) > 1}


def _rows(path: Path) -> Iterable[dict[str, str]]:
    if not path.exists():
        return []
    text = path.read_bytes().decode("utf-8-sig", "replace")
    return list(DictReader(text.splitlines()))
