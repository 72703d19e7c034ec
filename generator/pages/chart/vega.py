"""One Altair chart for every series, compiled to Vega once; each drawing swaps its data.

The classes of the theme travel through Vega as the colours of the marks: it writes what it is
given, and so each shape comes back under its own name.

vl-convert deadlocks in a forked process: make a ``Renderer`` in the process that uses it.
"""

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert
from babel import Locale

from generator.base.dates import percent
from generator.base.errors import OutsideError
from generator.pages.chart.plot import (
    BOTTOM,
    DROP,
    HEIGHT,
    LEFT,
    TEXT,
    Drawing,
    millis,
)
from generator.pages.chart.svg import shapes_in

SIGNALS = ("first", "last", "low", "high", "days", "day_format", "levels")


class Renderer:
    """Draws in one locale; the chart is compiled once."""

    def __init__(self, locale: str) -> None:
        self._vega: dict[str, Any] = vl_convert.vegalite_to_vega(_chart().to_dict())
        self._numbers, self._times = _number_locale(locale), _time_locale(locale)

    def shapes(self, drawing: Drawing) -> list[ET.Element]:
        """The shapes of ``drawing`` in the order in which they are painted.

        Raises:
            OutsideError: vl-convert failed, or left something out.
        """
        try:
            svg = vl_convert.vega_to_svg(
                _filled(self._vega, drawing),
                allowed_base_urls=[],
                format_locale=self._numbers,
                time_format_locale=self._times,
            )
        except ValueError as error:
            raise OutsideError(f"vl-convert could not draw a chart: {error}") from error
        return shapes_in(svg, drawing)


def _chart() -> alt.LayerChart:
    """The chart of any series. Nothing in it depends on the width of a text.

    vl-convert would measure it with the fonts of the machine, and with them the bytes would vary.
    """
    chart: alt.LayerChart = (
        alt.layer(*_layers())
        .add_params(*(alt.param(name=name, value=0) for name in SIGNALS))
        .properties(width=1, height=1, autosize="none", padding=0)
        .configure(aria=False, view=alt.ViewConfig(stroke=None))
    )
    return chart


def _layers() -> list[alt.Chart]:
    """The layers from the ground up; those in px have no scale."""
    day, level = _day(), _level()
    across, down = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    symbol = {"shape": alt.Shape("shape:N", scale=None), "size": alt.Size("size:Q", scale=None)}
    return [
        _layer("corridor", "area", x=day, y=level, y2="y2"),
        _layer("rules", "rule", y=level),
        _layer("today", "rule", x=day),
        _layer("lines", "line", x=day, y=level, detail="k:N"),
        _layer("strokes", "rule", x=across, y=down, x2="x2", y2="y2"),
        _layer("marks", "point", x=day, y=level, **symbol),
        _layer("keys", "point", x=across, y=down, **symbol),
        _layer("texts", "text", x=across, y=down, text="text:N"),
    ]


def _layer(name: str, kind: Any, **channels: Any) -> alt.Chart:  # noqa: ANN401 - Altair's own
    text: dict[str, Any] = {"align": alt.ExprRef("datum.align"), "baseline": "alphabetic"}
    mark = alt.MarkDef(kind, **(text if kind == "text" else {}))
    color = alt.Color("c:N", scale=None, legend=None)
    return alt.Chart(alt.NamedData(name), mark=mark, name=name).encode(color=color, **channels)


def _day() -> alt.X:
    scale = alt.Scale(type="utc", domain=[alt.ExprRef("first"), alt.ExprRef("last")])
    shown = "utcFormat(datum.value, day_format)"
    axis = _axis(values=alt.ExprRef("days"), labelExpr=shown, grid=False, labelPadding=BOTTOM - 5)
    return alt.X("x:T", scale=scale, axis=axis)


def _level() -> alt.Y:
    domain = [alt.ExprRef("low"), alt.ExprRef("high")]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    shown = "format(datum.value / 100, ',.0%')"
    axis = _axis(values=alt.ExprRef("levels"), labelExpr=shown, labelPadding=6, labelOffset=DROP)
    return alt.Y("y:Q", scale=scale, axis=axis)


def _axis(**options: Any) -> alt.Axis:  # noqa: ANN401 - Altair's own
    return alt.Axis(
        title=None,
        ticks=False,
        domain=False,
        gridColor="sp-grid",
        labelColor="sp-axis",
        labelBaseline="alphabetic",
        labelFontSize=TEXT,
        labelOverlap=False,
        labelFlush=False,
        labelLimit=0,
        translate=0,
        **options,
    )


def _number_locale(locale: str) -> dict[str, Any]:
    """Babel's numbers for d3: the chart writes them as the page around it does."""
    symbols = Locale.parse(locale).number_symbols["latn"]
    return {
        "decimal": symbols["decimal"],
        "thousands": symbols["group"],
        "grouping": [3],
        "currency": ["", ""],
        "percent": percent(Decimal(0), locale).removeprefix("0"),
    }


def _time_locale(locale: str) -> dict[str, Any]:
    """Babel's months for d3: ``%b`` is one that stands alone (март), ``%B`` follows a day (мар.).

    d3's own Russian has a single short form, and abbreviates otherwise than the page.
    """
    months = Locale.parse(locale).months
    alone, after = (list(months[use]["abbreviated"].values()) for use in ("stand-alone", "format"))
    unused = {"dateTime": "", "date": "", "time": "", "periods": ["", ""]}
    week = {"days": [""] * 7, "shortDays": [""] * 7}
    return {**unused, **week, "months": after, "shortMonths": alone}


def _filled(vega: dict[str, Any], drawing: Drawing) -> dict[str, Any]:
    """The compiled chart with the rows and scales of one drawing; ``vega`` stays as it is."""
    plot, rows = drawing.plot, drawing.rows
    scales = (millis(plot.first), millis(plot.last), plot.low, plot.high)
    ticks = ([millis(day) for day in drawing.days], drawing.day_format, drawing.levels)
    signals = dict(zip(SIGNALS, scales + ticks, strict=True))
    return {
        **vega,
        "width": plot.width,
        "height": plot.height,
        "padding": {"left": LEFT, "top": HEIGHT - BOTTOM - plot.height},
        "signals": [{**one, "value": signals[one["name"]]} for one in vega["signals"]],
        "data": [
            {**one, "values": rows[one["name"]]} if one["name"] in rows else one
            for one in vega["data"]
        ],
    }
