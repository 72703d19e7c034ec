"""Files of pages, the words in the peers' templates, and whether two pages say the same."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from bench.peers.tools import HERE
from generator.pages.theme import load_theme

LOCALES = ("ru", "en")
REFERENCE = HERE / "pelican" / "client.html"
MARK = re.compile(r"\[\[(.+?)(?:\|(.+?))?\]\]")
BLANKS = re.compile(r"[ \t\r\n\f]+")  # no-break spaces are seen


def write_pages(values: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write a line of JSON for each client's page: its address, its locale, its texts."""
    with path.open("w", encoding="utf-8") as file:
        for page in values:
            file.write(json.dumps(page, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_pages(path: Path) -> Iterator[dict[str, Any]]:
    """The pages of a file, one after the other."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def write_array(pages: Path, target: Path) -> int:
    """Write a file of pages as one JSON array, and answer how many they are."""
    count = 0
    with pages.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as file:
        for count, line in enumerate(lines, start=1):
            file.write(("[" if count == 1 else ",") + line)
        file.write("]" if count else "[]")
    return count


def count_of(pages: Path) -> int:
    """How many pages a file has."""
    with pages.open("rb") as file:
        return sum(1 for _ in file)


def folded(template: Path, locale: str) -> str:
    """A template with its marks replaced by the default theme's words in ``locale``.

    ``[[Premium]]`` is looked up as it stands; ``[[since %(since)s|expression]]`` is looked up
    without the expression, which then takes the place of ``%(since)s``.
    """
    words = load_theme(HERE.parents[1], "default").words(locale)

    def word(found: re.Match[str]) -> str:
        return words.gettext(found[1]).replace("%(since)s", found[2] or "")

    return MARK.sub(word, template.read_text(encoding="utf-8"))


@cache
def reference(locale: str) -> Template:
    """The whole page as one template, in the words of a locale."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(folded(REFERENCE, locale))


def plain(page: Mapping[str, Any]) -> str:
    """The page as HTML that nobody sealed: what the sealing peers start from."""
    return reference(page["lang"]).render(page)


class _Text(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def visible(html: str) -> str:
    """The text of a page without its tags, every run of blanks as one space."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return BLANKS.sub(" ", " ".join(chain([""], reader.found, [""])))


def same(ours_html: str, theirs: str) -> bool:
    """Whether two pages say the same, word for word."""
    return visible(ours_html) == visible(theirs)
