"""The chart of a series: one SVG of a few kilobytes, whose colours and fonts are the theme's.

Comes in: a series, its course and the quotes. Goes out: SVG with classes instead of colours
(``chart.css`` has them), and no ids but those of its title and description. ``data`` says what is
shown, ``drawing`` and ``plot`` where it stands, ``vega`` draws it, ``svg`` keeps what is needed.
"""

from generator.pages.chart.data import ChartData, chart_data
from generator.pages.chart.drawing import Voice
from generator.pages.chart.maker import WORDS, ChartMaker, chart_words
from generator.pages.chart.vega import Pen

__all__ = ["WORDS", "ChartData", "ChartMaker", "Pen", "Voice", "chart_data", "chart_words"]
