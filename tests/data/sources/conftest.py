"""What the tests of sources share: a way to see all rows of one, and what it refuses."""

from collections.abc import Sequence
from typing import TypeAlias

import polars as pl
import pytest

from generator.base.errors import InputError
from generator.data.sources import ROW, Source

Row: TypeAlias = tuple[int | str, ...]


def rows(source: Source, columns: Sequence[str] = ("a", "b")) -> list[Row]:
    """Every row of every block: its number, then its cells."""
    frames = list(source.blocks())
    assert frames
    assert {tuple(frame.columns) for frame in frames} == {(ROW, *columns)}
    return pl.concat(frames).rows()


def told(source: Source) -> str:
    """What is wrong with a table as a whole, a line each."""
    with pytest.raises(InputError) as caught:
        list(source.blocks())
    assert caught.value.__cause__ is None
    return str(caught.value)
