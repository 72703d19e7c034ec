"""One Altair chart for every series, compiled to Vega once; each drawing swaps its data.

The classes of the theme travel through Vega as the colours of the marks: it writes what it is
given, and so each shape comes back under its own name. Texts do not travel: Vega would measure
each, which took two fifths of the time.

vl-convert deadlocks in a forked process: draw in the process that compiled the chart.
"""

from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert

from generator.base.errors import OutsideError
from generator.pages.chart.plot import LEFT, Drawing
from generator.pages.chart.svg import shapes_in

SIGNALS = ("first", "last", "low", "high")


def shapes(drawing: Drawing) -> list[ET.Element]:
    """The shapes and texts of ``drawing`` in the order in which they are painted.

    Raises:
        OutsideError: vl-convert failed, or left something out.
    """
    try:
        svg = vl_convert.vega_to_svg(_filled(_vega(), drawing), allowed_base_urls=[])
    except ValueError as error:
        raise OutsideError(f"vl-convert could not draw a chart: {error}") from error
    return shapes_in(svg, drawing)


@cache
def _vega() -> dict[str, Any]:
    """The compiled chart of any series, in any language."""
    chart = (
        alt.layer(*_layers())
        .add_params(*(alt.param(name=name, value=0) for name in SIGNALS))
        .properties(width=1, height=1, autosize="none", padding=0)
        .configure(aria=False, view=alt.ViewConfig(stroke=None))
    )
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(chart.to_dict())
    return vega


def _layers() -> list[alt.Chart]:
    """The layers from the ground up, as few as there are kinds of marks: each costs half a ms."""
    days = alt.Scale(domain=[alt.ExprRef("first"), alt.ExprRef("last")], nice=False, zero=False)
    levels = alt.Scale(type="log", domain=[alt.ExprRef("low"), alt.ExprRef("high")], nice=False)
    day, level = alt.X("x:Q", scale=days, axis=None), alt.Y("y:Q", scale=levels, axis=None)
    across, down = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    symbol = {"shape": alt.Shape("shape:N", scale=None), "size": alt.Size("size:Q", scale=None)}
    return [
        _layer("lines", "line", x=day, y=level, detail="k:N"),
        _layer("strokes", "rule", x=across, y=down, x2="x2", y2="y2"),
        _layer("symbols", "point", x=across, y=down, **symbol),
    ]


def _layer(name: str, kind: Any, **channels: Any) -> alt.Chart:  # noqa: ANN401 - Altair's own
    color = alt.Color("c:N", scale=None, legend=None)
    return alt.Chart(alt.NamedData(name), mark=kind, name=name).encode(color=color, **channels)


def _filled(vega: dict[str, Any], drawing: Drawing) -> dict[str, Any]:
    """The compiled chart with the rows and scales of one drawing; ``vega`` stays as it is."""
    plot, rows = drawing.plot, drawing.rows
    ends = (plot.first.toordinal(), plot.last.toordinal(), plot.low, plot.high)
    signals = dict(zip(SIGNALS, ends, strict=True))
    return {
        **vega,
        "width": plot.width,
        "height": plot.height,
        "padding": {"left": LEFT, "top": plot.top},
        "signals": [{**one, "value": signals[one["name"]]} for one in vega["signals"]],
        "data": [
            {**one, "values": rows[one["name"]]} if one["name"] in rows else one
            for one in vega["data"]
        ],
    }
