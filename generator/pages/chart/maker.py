"""The chart of a series as one SVG in one language."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from generator.base.dates import long_date, percent
from generator.content import Outcome
from generator.pages.chart.data import ChartData
from generator.pages.chart.drawing import Voice, drawing
from generator.pages.chart.svg import svg_text, texts_of
from generator.pages.chart.vega import Pen

WORDS = {
    "title": "{name}: course in percent of the initial level",
    "desc": "On {date} the level is {level} of the initial one; the barrier is {barrier}, the "
    "floor {floor}. Observations: accrued {accrued}, saved {saved}, to come {pending}.",
    "desc_over": "The strategy is over. At the last observation, on {date}, the level was {level} "
    "of the initial one; the barrier was {barrier}, the floor {floor}. Observations: accrued "
    "{accrued}, saved {saved}.",
    "barrier": "barrier {level}",
    "floor": "floor {level}",
    "today": "today, {date}",
    "accrued": "Accrued",
    "saved": "Saved",
    "worst-of": "Lowest share",
    "average": "Average",
}


def chart_words(gettext: Callable[[str], str]) -> dict[str, str]:
    """The texts of a chart, each translated by ``gettext`` from ``WORDS``."""
    return {key: gettext(text) for key, text in WORDS.items()}


class ChartMaker:
    """Draws charts in one locale; ``words`` has a text for each key of ``WORDS``.

    Makers of one site leave room for the ``others``' texts and share a ``pen``: then a series is
    drawn once, whatever the number of its languages.

    Raises:
        KeyError: a word is missing.
    """

    def __init__(
        self,
        words: Mapping[str, str],
        locale: str,
        others: Sequence[Voice] = (),
        pen: Pen | None = None,
    ) -> None:
        self._words = {key: words[key] for key in WORDS}
        self._locale, self._others, self._pen = locale, others, pen or Pen()

    def svg(self, data: ChartData) -> str:
        """The chart of one series as an ``<svg>`` for a page: the same bytes for the same data.

        Raises:
            OutsideError: vl-convert failed, or left something out.
        """
        drawn = drawing(data, Voice(self._words, self._locale), self._others)
        painted = [*self._pen.shapes(drawn), *texts_of(drawn)]
        name = data.names.get(self._locale) or data.id
        title = self._words["title"].format(name=name)
        return svg_text(painted, f"sp-chart-{data.id}", title, self._desc(data))

    def _desc(self, data: ChartData) -> str:
        outcomes = Counter(mark.outcome for mark in data.marks)
        levels = {"level": data.level, "barrier": data.barrier, "floor": data.floor}
        return self._words["desc_over" if data.over else "desc"].format(
            date=long_date(data.on, self._locale),
            accrued=outcomes[Outcome.ACCRUED],
            saved=outcomes[Outcome.SAVED],
            pending=data.pending,
            **{key: percent(level, self._locale) for key, level in levels.items()},
        )
