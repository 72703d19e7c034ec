"""What the site must be after each night, file by file.

Everything is taken from a site that was built from nothing, but for the pages that stay as they
were although nothing would make them: of clients who left a while ago, of whom a row is refused, or
who hold a series that cannot be worked out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from generator.pages.client import strategy_part
from generator.sealing import load_generations
from generator.site.shared import part_paths
from tests.nights import ring_of
from tests.world import World

Files = dict[str, bytes]

LOCALES = ("ru", "en")
RETENTION = timedelta(days=4)


@dataclass(slots=True)
class Expected:
    """What the site must be, night after night."""

    pages: dict[str, Files] = field(default_factory=dict)
    """Of each client the files of their page by path."""
    common: Files = field(default_factory=dict)
    gone: dict[str, date] = field(default_factory=dict)
    """Since when a client stands in no table."""

    def files(self) -> Files:
        """Every file of the site."""
        return {
            **self.common,
            **{path: file for one in self.pages.values() for path, file in one.items()},
        }

    def forget(self, *, common: bool) -> None:
        """Nothing is known of clients' pages, nor, when they are gone too, of ``common`` files."""
        self.pages, self.gone = {}, {}
        if common:
            self.common = {}

    def after(self, world: World, held: Iterable[str], scratch: Files) -> None:
        """Go on by a night; ``scratch`` is what the same input gives when built from nothing."""
        self.pages = self._pages(world, world.held(held), scratch)
        theirs = {path for one in self._theirs(world).values() for path in one}
        parts = [strategy_part(name, locale) for name in held for locale in LOCALES]
        kept = [path for part in parts for path in part_paths(part, ring_of(world.site))]
        common = {path: file for path, file in scratch.items() if path not in theirs}
        self.common = {
            **{path: self.common[path] for path in kept if path in self.common},
            **common,
        }

    def _pages(self, world: World, held: set[str], scratch: Files) -> dict[str, Files]:
        pages, theirs, here = {}, self._theirs(world), set(world.clients())
        for client in here | self.pages.keys():
            earlier = {p: f for p, f in self.pages.get(client, {}).items() if p in theirs[client]}
            if client in here:
                self.gone.pop(client, None)
            if earlier and client not in here:
                since = self.gone.setdefault(client, world.clock)
                pages[client] = earlier if world.clock < since + RETENTION else {}
            elif earlier and client in held:
                pages[client] = earlier
            else:
                pages[client] = {p: scratch[p] for p in theirs[client] if p in scratch}
        return {client: files for client, files in pages.items() if files}

    def _theirs(self, world: World) -> dict[str, list[str]]:
        """Where the page of everyone lies who ever had one: nowhere for the forgotten."""
        ring = ring_of(world.site)
        generations = load_generations(ring, world.site / "keys/ring.json")
        makers = [epoch.secrets() for epoch in ring.live]
        return {
            client: []
            if generations.is_forgotten(client)
            else [m.secret("client", client, generations.of(client)).keys().path for m in makers]
            for client in {*world.clients(), *self.pages}
        }
