"""One Altair chart for every series, compiled to Vega: what is drawn is then data alone.

It is imported by whoever draws, and by nobody else.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert


def compiled(signals: Sequence[str]) -> dict[str, Any]:
    """The chart of any series, in any language; its ends are set by ``signals``.

    These are the first and the last day, the lowest and the highest level.
    """
    chart = (
        alt.layer(*_layers(*signals))
        .add_params(*(alt.param(name=name, value=0) for name in signals))
        .properties(width=1, height=1, autosize="none", padding=0)
        .configure(aria=False, view=alt.ViewConfig(stroke=None))
    )
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(chart.to_dict())
    return vega


def _layers(first: str, last: str, low: str, high: str) -> list[alt.Chart]:
    """The layers from the ground up, as few as there are kinds of marks: each costs half a ms."""
    days = alt.Scale(domain=[alt.ExprRef(first), alt.ExprRef(last)], nice=False, zero=False)
    levels = alt.Scale(type="log", domain=[alt.ExprRef(low), alt.ExprRef(high)], nice=False)
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
