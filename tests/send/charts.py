"""Charts of the sample's strategies, as opened pages have them."""

from datetime import date
from functools import lru_cache
from pathlib import Path

from generator.content import read_series
from generator.data import read_quotes
from generator.pages.chart import WORDS, ChartMaker, chart_data
from generator.strategy import observe

ROOT = Path(__file__).parents[2]


@lru_cache
def sample_chart(series: str) -> str:
    """The SVG of one series of the sample, in English."""
    terms = read_series(ROOT / f"content/strategies/{series}.yaml", ROOT)
    quotes = read_quotes(ROOT / "data/quotes.csv", ROOT, [])
    course = observe(terms, quotes, date(2011, 12, 2), 7)
    return ChartMaker(WORDS, "en").svg(chart_data(terms, course, quotes))
