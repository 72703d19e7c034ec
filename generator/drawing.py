"""Drawing strategies' parts in workers, side by side with the pages of clients."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from generator.base.config import Site
from generator.briefs import prepared
from generator.content import Content
from generator.data import Quotes
from generator.pages.client import PartName
from generator.pages.packed import PackedTheme
from generator.pages.strategies import Strategies
from generator.pages.theme import Theme
from generator.strategy import Course

AT_ONCE = 24  # parts a task: a quarter of a second


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that strategies' parts are made of, as it is sent with each task."""

    site: Site
    theme: PackedTheme
    content: Content
    courses: Mapping[str, Course]
    quotes: Quotes
    as_of: date

    def strategies(self, theme: Theme) -> Strategies:
        """What renders the parts."""
        return Strategies(theme, self.site, self.content, self.courses, self.quotes, self.as_of)


def draw(brief: bytes, parts: tuple[PartName, ...]) -> list[tuple[PartName, str]]:
    """Some parts, rendered.

    Raises:
        InputError: the template has a mistake.
        OutsideError: a chart could not be drawn.
    """
    strategies = prepared(brief, _prepare)
    return [(part, strategies.html(part)) for part in parts]


def in_turns(parts: list[PartName]) -> Iterator[tuple[PartName, ...]]:
    """Parts as tasks for ``draw``."""
    for start in range(0, len(parts), AT_ONCE):
        yield tuple(parts[start : start + AT_ONCE])


def _prepare(sketch: Sketch) -> Strategies:
    return sketch.strategies(sketch.theme.unpacked())
