"""A plugin of Pelican that writes a page for each line of the file of pages.

It reads a line, writes its page and forgets both, so that memory stays flat; a Pelican site made
of articles would hold them all. The page's values are the template's whole context, which spares
Pelican the copy of all its settings for each page.
"""

import json
from pathlib import Path

from pelican import signals  # type: ignore[import-not-found]
from pelican.generators import Generator  # type: ignore[import-not-found]
from pelican.writers import Writer  # type: ignore[import-not-found]


class ClientsGenerator(Generator):  # type: ignore[misc]
    """Writes the clients' pages with Pelican's templates and Pelican's writer."""

    def generate_output(self, writer: Writer) -> None:
        """Write every page."""
        with Path(self.settings["PAGES"]).open(encoding="utf-8") as lines:
            for line in lines:
                page = json.loads(line)
                address = page["address"]
                template = self.get_template(page["lang"])
                writer.write_file(f"p/{address[:2]}/{address[2:]}", template, page)


def register() -> None:
    """Tell Pelican of the generator."""
    signals.get_generators.connect(_generator)


def _generator(_: object) -> type[ClientsGenerator]:
    return ClientsGenerator
