"""What editors write, as values: products with stages and questions, series, banks, offers.

Comes in: the folder ``content/`` of a site. Goes out: one ``Content``, its Markdown already safe
HTML, or every problem at once with its file, line and field. It refuses to know of clients.
"""

from generator.content.load import Content, load_content
from generator.content.organisations import Bank, Offer
from generator.content.products import Product, Question, Stage, StageText
from generator.content.series import (
    Band,
    News,
    Outcome,
    Payout,
    Schedule,
    Series,
    Terms,
    Underlying,
    read_series,
)

__all__ = [
    "Band",
    "Bank",
    "Content",
    "News",
    "Offer",
    "Outcome",
    "Payout",
    "Product",
    "Question",
    "Schedule",
    "Series",
    "Stage",
    "StageText",
    "Terms",
    "Underlying",
    "load_content",
    "read_series",
]
