"""Builds in little time: what is the same in all of them is made once in a process.

A test builds the small site in a quarter of a second instead of more than one, and there are a
thousand such builds. Nothing is left out that a test looks at: the first of each kind is made as
ever, processes of their own do all of it, and tests of the disk put theirs in its place.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from jinja2 import Environment

from generator import partition
from generator.content import organisations, products, series
from generator.content.markdown import to_html
from generator.pages import shared, versions
from generator.pages.chart import ChartData, ChartMaker, Pen, Voice
from generator.pages.theme import Theme
from generator.site import tree
from tests.sites import files


class Charts:
    """Draws every chart once: they take their time."""

    drawn: ClassVar[dict[str, str]] = {}

    def __init__(
        self, words: Mapping[str, str], locale: str, others: Sequence[Voice], pen: Pen | None
    ) -> None:
        self._words, self._locale, self._others, self._pen = words, locale, others, pen

    def svg(self, data: ChartData) -> str:
        """The chart of one series."""
        key = repr((self._words, self._locale, self._others, data))
        if key not in self.drawn:
            maker = ChartMaker(self._words, self._locale, self._others, self._pen)
            self.drawn[key] = maker.svg(data)
        return self.drawn[key]


class Environments:
    """Compiles the templates of a theme once, and looks once what they are made of."""

    made: ClassVar[dict[object, Environment]] = {}
    sources: ClassVar[dict[object, dict[str, list[object]]]] = {}
    make = Theme.environment
    look = staticmethod(versions._templates)  # noqa: SLF001 - the half of a build's time

    @classmethod
    def of(cls, theme: Theme, locale: str, shared: Mapping[str, Any], *, own: bool) -> Environment:
        """The theme's templates in ``locale``; ``own`` themes of sites count by their bytes.

        Without that their environments are made anew: mistakes are told with the folder's name.
        """
        if len(theme.folders) > 1 and not own:
            return cls.make(theme, locale, shared)
        layers = [*theme.folders[:1], *(tuple(files(one).items()) for one in theme.folders[1:])]
        key = (*layers, locale, repr(shared))
        if key not in cls.made:
            made = cls.make(theme, locale, shared)
            for name in made.list_templates():  # while the folder is there
                made.get_template(name)
            cls.made[key] = made
        return cls.made[key]

    @classmethod
    def sources_of(
        cls, theme: Theme, environment: Environment, names: Iterable[str]
    ) -> dict[str, list[object]]:
        """What templates are made of, with their texts."""
        key = environment, tuple(names)
        if environment not in cls.made.values():
            return cls.look(theme, *key)
        if key not in cls.sources:
            cls.sources[key] = cls.look(theme, *key)
        return cls.sources[key]


html = cache(to_html)
"""What editors write, as HTML."""


@contextmanager
def made_once() -> Iterator[None]:
    """Templates of sites' own themes are compiled once too, whichever folder they lie in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Theme, "environment", _method(own=True))
        yield


@contextmanager
def quick() -> Iterator[None]:
    """Charts, shipped templates and editors' texts are made once, and nobody pulls the plug.

    Nor is garbage looked for at each build: that is for workers, which have less in memory.
    """
    with pytest.MonkeyPatch.context() as patch:
        for room in (organisations, products, series):
            patch.setattr(room, "to_html", html)
        patch.setattr(shared, "ChartMaker", Charts)
        patch.setattr(Theme, "environment", _method(own=False))
        patch.setattr(versions, "_templates", Environments.sources_of)
        patch.setattr(partition, "keep_memory", lambda: None)
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(tree, "CDLL", lambda _: SimpleNamespace(syncfs=lambda _: 0))
        yield


def _method(*, own: bool) -> Callable[[Theme, str, Mapping[str, Any]], Environment]:
    def environment(theme: Theme, locale: str, shared: Mapping[str, Any]) -> Environment:
        return Environments.of(theme, locale, shared, own=own)

    return environment
