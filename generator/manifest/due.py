"""Who may have to be told something although their page stays as it is.

A coupon or a stage that is new makes a new page, and who gets a new page is looked at anyway.
What is left are reasons that the night itself brings, and a night that was never published.
"""

from collections.abc import Callable, Iterator

import polars as pl

from generator.buckets import NOBODY
from generator.columns import WHO
from generator.data import Rows
from generator.manifest.reasons import Night
from generator.told import MARK

Marking = Callable[[tuple[str, ...]], bytes]
"""The mark of a reason's key."""


def due(rows: Rows, told: pl.DataFrame, night: Night, marking: Marking) -> pl.DataFrame:
    """``WHO`` of the clients for whom the night has a reason that was not ``told``."""
    if not (night.digest or night.moved):
        return NOBODY
    reasons = pl.concat(_reasons(rows, night, marking))
    fresh = reasons.join(told, on=[WHO, MARK], how="anti")
    return fresh.select(WHO).unique()


def _reasons(rows: Rows, night: Night, marking: Marking) -> Iterator[pl.DataFrame]:
    holders = rows.columns("policies", WHO, "series").unique()
    if night.digest:
        yield _marked(holders.unique(WHO), marking(("digest", f"{night.digest:%Y-%m}")))
    for series, (_, band) in night.moved.items():
        key = ("strategy", series, night.window.as_of.isoformat(), band)
        yield _marked(holders.filter(pl.col("series") == series), marking(key))


def _marked(clients: pl.DataFrame, mark: bytes) -> pl.DataFrame:
    return clients.select(WHO, pl.lit(mark, pl.Binary).alias(MARK))
