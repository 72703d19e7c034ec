"""The small site as a world to which things happen: its tables as rows, its folder, its day."""

import csv
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from generator.data import base
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from tests.nights import FRIDAY, edit, moved
from tests.sites import copy_site, with_keys

Row = dict[str, str]
TABLES = {"clients": CLIENTS, "policies": POLICIES, "situations": SITUATIONS}
QUOTES = ("ticker", "date", "close")
SETTINGS = 'retention_days: 4\ntables: {refused_percent: "100"}\n'


@dataclass(slots=True, repr=False)
class World:
    """A site to which things happen."""

    site: Path
    clock: date = FRIDAY
    tables: dict[str, list[Row]] = field(default_factory=dict)
    right: list[tuple[Row, str, str]] = field(default_factory=list)
    """Cells that were spoilt, with what stood there before."""
    hidden: list[Row] = field(default_factory=list)
    """Quotes that were taken away."""
    full: int = base.FULL
    """How many clients a bucket has."""
    made: int = 0
    """How many rows were made, so that each has a number of its own."""

    def __repr__(self) -> str:
        """The day alone: tables are long, and stand in the steps that made them."""
        return f"World({self.clock})"

    def moved(self, to: Path) -> "World":
        """The same world in another folder."""
        return replace(deepcopy(self), site=moved(self.site, to))

    def write(self) -> None:
        """Write the tables as they stand now."""
        for name, rows in self.tables.items():
            columns = TABLES.get(name, QUOTES)
            with (self.site / f"data/{name}.csv").open("w", encoding="utf-8", newline="") as file:
                table = csv.DictWriter(file, columns, lineterminator="\n")
                table.writeheader()
                table.writerows(rows)

    def clients(self) -> list[str]:
        """Everyone whose own row is there, be it right or wrong."""
        return [row["client_id"] for row in self.tables["clients"]]

    def one(self, number: int) -> str:
        """A client."""
        clients = sorted(self.clients())
        return clients[number % len(clients)]

    def held(self, series: Iterable[str]) -> set[str]:
        """Those of whom a row is wrong, or who hold one of the ``series``, which are held."""
        spoilt = {row["client_id"] for row, _, _ in self.right}
        policies = self.tables["policies"]
        return spoilt | {row["client_id"] for row in policies if row["series"] in set(series)}

    def toggle(self, path: str, old: str, new: str) -> None:
        """Change a text of the site's, or change it back."""
        there = (self.site / path).read_text(encoding="utf-8")
        edit(self.site / path, *((old, new) if old in there else (new, old)))


def new_world(site: Path) -> World:
    """The small site with keys, a short retention and room for wrong rows; nothing is built."""
    world = World(with_keys(copy_site(site)))
    settings = site / "content/site.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    for name in (*TABLES, "quotes"):
        with (site / f"data/{name}.csv").open(encoding="utf-8", newline="") as file:
            world.tables[name] = list(csv.DictReader(file))
    return world
