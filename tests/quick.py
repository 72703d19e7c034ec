"""Builds in little time: what is the same in every one of them is made once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from jinja2 import Environment

from generator.pages import shared
from generator.pages.chart import ChartData, ChartMaker, Pen, Voice
from generator.pages.theme import Theme
from tests.sites import files


class Charts:
    """Draws every chart once: nothing here is about charts, and they take their time."""

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
    """Compiles the templates of a theme once, whichever folder they lie in."""

    made: ClassVar[dict[object, Environment]] = {}
    make = Theme.environment

    @classmethod
    def of(cls, theme: Theme, locale: str, shared: Mapping[str, Any]) -> Environment:
        """The theme's templates in ``locale``."""
        own = tuple(files(theme.folders[-1]).items()) if len(theme.folders) > 1 else ()
        key = (own, locale, repr(shared))
        if key not in cls.made:
            cls.made[key] = made = cls.make(theme, locale, shared)
            for name in made.list_templates():  # while the folder is there
                made.get_template(name)
        return cls.made[key]


@contextmanager
def made_once() -> Iterator[None]:
    """Charts are drawn and templates compiled once in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared, "ChartMaker", Charts)
        patch.setattr(Theme, "environment", lambda *given: Environments.of(*given))  # noqa: PLW0108
        yield
