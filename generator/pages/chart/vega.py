"""Drawing with vl-convert: the one compiled chart, with the data of a series put in.

The classes of the theme travel through Vega as the colours of the marks: it writes what it is
given, and so each shape comes back under its own name. Texts do not travel: Vega would measure
each, which took two fifths of the time.

vl-convert deadlocks in a forked process: draw in a process of its own.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import vl_convert

from generator.base.errors import OutsideError
from generator.pages.chart.plot import LEFT, Drawing
from generator.pages.chart.svg import shapes_in

COMPILED = Path(__file__).with_name("chart.vega.json")
"""What ``compiled`` makes of the Altair chart: a test holds the two together."""


class Pen:
    """Draws, and keeps the shapes of the last drawing: in another language only texts differ."""

    def __init__(self) -> None:
        self._last: Drawing | None = None
        self._shapes: list[ET.Element] = []

    def shapes(self, drawing: Drawing) -> list[ET.Element]:
        """The shapes of ``drawing`` in the order in which they are painted.

        Raises:
            OutsideError: vl-convert failed, or left something out, or a shape has no place.
        """
        if not (self._last and drawing.has_shapes_of(self._last)):
            self._shapes = shapes_in(_drawn(drawing), drawing)
            self._last = drawing
        return self._shapes


def _drawn(drawing: Drawing) -> str:
    if nowhere := ", ".join(sorted(drawing.nowhere())):  # Vega would draw it at 0
        raise OutsideError(f"a chart has marks that stand nowhere: {nowhere}")
    try:
        return vl_convert.vega_to_svg(_filled(_vega(), drawing), allowed_base_urls=[])
    except ValueError as error:
        raise OutsideError(f"vl-convert could not draw a chart: {error}") from error


@cache
def _vega() -> dict[str, Any]:
    """The compiled chart of any series, in any language."""
    vega: dict[str, Any] = json.loads(COMPILED.read_bytes())
    return vega


def _filled(vega: dict[str, Any], drawing: Drawing) -> dict[str, Any]:
    """The compiled chart with the rows of one drawing; ``vega`` stays as it is."""
    plot, rows = drawing.plot, drawing.rows
    return {
        **vega,
        "width": plot.width,
        "height": plot.height,
        "padding": {"left": LEFT, "top": plot.top},
        "data": [
            {**one, "values": rows[one["name"]]} if one["name"] in rows else one
            for one in vega["data"]
        ],
    }
