"""Nights on the small site: how tests build, publish, read what came out, and spoil the input."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from generator import pipeline
from generator.base.config import load_site
from generator.building import Built, Options
from generator.publish import Publication
from generator.publishing import How
from generator.release import publish_site
from generator.sealing import KeyRing, Secret, load_generations, load_key_ring
from generator.site.about import about, about_next
from generator.site.layout import Layout
from generator.site.reader import fetch_from, open_page
from tests.sites import files

FRIDAY, SATURDAY, MONDAY = date(2011, 12, 2), date(2011, 12, 3), date(2011, 12, 5)
IBM, DUO = "blue-2011-05", "duo-2011-06"
EVERYONE = tuple(f"C-00{number}" for number in range(1, 7))

Marks = Mapping[str, tuple[int, int]]
"""Of each file its inode and time of change."""


class Difference(NamedTuple):
    """The files in which a folder differs from what it was."""

    added: frozenset[str]
    changed: frozenset[str]
    """Rewritten, be it with the same bytes."""
    removed: frozenset[str]


def build(site: Path, clock: date = FRIDAY, **options: Any) -> Built:  # noqa: ANN401 - of Options
    """Build the site as of ``clock``."""
    return pipeline.build(site, clock, clock, Options(**options), silent)


def publish(site: Path, today: date = FRIDAY, *, allow: bool = False) -> Publication:
    """Publish what was built, on a day."""
    return publish_site(site, load_site(site)[0], How(today, allow=allow), silent)


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
    assert 0 < done <= total, what


def moved(site: Path, to: Path) -> Path:
    """A copy of a site with all that was built; what is remembered is true of the copy too.

    A site that was copied by hand is one of which nothing is known.
    """
    shutil.copytree(site, to)
    if known := about(Layout(site)):
        here = about_next(Layout(to), known.day, known.made_of).site
        Layout(to).about.write_bytes(replace(known, site=here).as_json())
    return to


# ── What came out ────────────────────────────────────────────────────────────────────────────


def manifest(site: Path) -> dict[str, dict[str, Any]]:
    """The entries of the manifest by client."""
    lines = (site / "build/private/manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = {entry["client"]: entry for entry in map(json.loads, lines)}
    assert len(entries) == len(lines), "a client stands twice"
    return entries


def reasons(site: Path) -> dict[str, list[tuple[str, ...]]]:
    """What each client is told: kind, what it is about, day, outcome or nothing, amount."""
    fields = ("kind", "policy", "stage", "series", "month", "date", "since", "outcome", "amount")
    return {
        client: [
            tuple(reason[field] for field in fields if field in reason)
            for reason in entry["reasons"]
        ]
        for client, entry in sorted(manifest(site).items())
    }


def marks(folder: Path) -> Marks:
    """Inode and time of change of every file: what was rewritten, even with the same bytes."""
    found = {path: (folder / path).stat() for path in files(folder)}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def difference(before: Marks, folder: Path) -> Difference:
    """In which files a folder differs from what it was."""
    after = marks(folder)
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    added, removed = after.keys() - before.keys(), before.keys() - after.keys()
    return Difference(frozenset(added), frozenset(changed), frozenset(removed))


def ring_of(site: Path) -> KeyRing:
    """The key ring of the site."""
    return load_key_ring(site / "keys/ring.json", {})


def secret_of(client: str, site: Path, *, epoch: int = -1) -> Secret:
    """The client's secret under an epoch of the ring."""
    ring = ring_of(site)
    generation = load_generations(ring, site / "keys/ring.json").of(client)
    return ring.epochs[epoch].secrets().secret("client", client, generation)


def page_of(client: str, site: Path, *, epoch: int = -1) -> str:
    """Where the client's page lies under an epoch of the ring."""
    return secret_of(client, site, epoch=epoch).keys().path


def clients_pages(site: Path) -> frozenset[str]:
    """Where the pages of all six clients lie."""
    return frozenset(page_of(client, site) for client in EVERYONE)


def opened(client: str, site: Path, *, folder: str = "build/site", epoch: int = -1) -> str:
    """The client's page with every part in place."""
    link = secret_of(client, site, epoch=epoch).text
    return open_page(link, fetch_from(site / folder))


# ── What goes in ─────────────────────────────────────────────────────────────────────────────


def edit(path: Path, old: str, new: str) -> None:
    """Replace what stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_line(path: Path, line: str) -> None:
    """Add a row to a table."""
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


def without_lines(path: Path, piece: str) -> None:
    """Take every line with ``piece`` away; there is one."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if piece not in line]
    assert len(kept) < len(lines)
    path.write_text("".join(kept), encoding="utf-8")


def without_client(site: Path, client: str) -> None:
    """Take a client's rows out of every table that has some."""
    for table in ("clients", "policies", "situations"):
        path = site / f"data/{table}.csv"
        if client in path.read_text(encoding="utf-8"):
            without_lines(path, client)


def own_template(site: Path, name: str, old: str, new: str) -> None:
    """Give the site's own theme a template that differs from the shipped one in a piece."""
    shipped = Path(__file__).resolve().parents[1] / "themes/default/templates" / name
    mine = site / "themes/default/templates" / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    edit(mine, old, new)
