"""Drawing strategies' parts in workers, side by side with the pages of clients."""

import pickle
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from generator.base.config import Site
from generator.content import Content
from generator.data import Quotes
from generator.pages.client import PartName
from generator.pages.strategies import Strategies
from generator.pages.theme import load_theme
from generator.strategy import Course

AT_ONCE = 8  # parts a task: a third of a second


@dataclass(frozen=True, slots=True)
class Sketch:
    """All that strategies' parts are made of, as it is sent with each task."""

    root: Path
    site: Site
    content: Content
    courses: Mapping[str, Course]
    quotes: Quotes
    as_of: date

    def strategies(self) -> Strategies:
        """What renders the parts."""
        theme = load_theme(self.root, self.site.theme)
        return Strategies(theme, self.site, self.content, self.courses, self.quotes, self.as_of)

    def brief(self) -> bytes:
        """The sketch as it is sent."""
        return zlib.compress(pickle.dumps(self))


def draw(brief: bytes, parts: tuple[PartName, ...]) -> list[tuple[PartName, str]]:
    """Some parts, rendered.

    Raises:
        InputError: the template has a mistake.
        OutsideError: a chart could not be drawn.
    """
    strategies = _prepared(brief)
    return [(part, strategies.html(part)) for part in parts]


def in_turns(parts: list[PartName]) -> Iterator[tuple[PartName, ...]]:
    """Parts as tasks for ``draw``."""
    for start in range(0, len(parts), AT_ONCE):
        yield tuple(parts[start : start + AT_ONCE])


_ready: dict[bytes, Strategies] = {}  # the last one that this process prepared


def _prepared(brief: bytes) -> Strategies:
    name = sha256(brief).digest()
    if name not in _ready:
        sketch: Sketch = pickle.loads(zlib.decompress(brief))  # noqa: S301 - our own parent's
        _ready.clear()
        _ready[name] = sketch.strategies()
    return _ready[name]
