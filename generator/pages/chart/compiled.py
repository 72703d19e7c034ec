"""One Altair chart for every series, compiled to Vega: what is drawn is then data alone.

``python -m generator.pages.chart.compiled`` writes ``chart.vega.json``, which is drawn from. Who
draws needs neither Altair nor its time and memory; who changes the chart needs the extra ``chart``.
"""

import json
from typing import Any

import altair as alt
import vl_convert

from generator.pages.chart.vega import COMPILED


def compiled() -> str:
    """The chart of any series, in any language, as the text of the file."""
    chart = (
        alt.layer(*_layers())
        .properties(width=1, height=1, autosize="none", padding=0)
        .configure(aria=False, view=alt.ViewConfig(stroke=None))
    )
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(chart.to_dict())
    return json.dumps(vega, indent=1) + "\n"


def _layers() -> list[alt.Chart]:
    """The layers from the ground up, as few as there are kinds of marks: each costs half a ms.

    A line is a symbol with a shape of its own: by points Vega takes 55 µs for each of them.
    """
    across, down = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    symbol = {"shape": alt.Shape("shape:N", scale=None), "size": alt.Size("size:Q", scale=None)}
    return [
        _layer("lines", "point", x=across, y=down, **symbol),
        _layer("strokes", "rule", x=across, y=down, x2="x2", y2="y2"),
        _layer("symbols", "point", x=across, y=down, **symbol),
    ]


def _layer(name: str, kind: Any, **channels: Any) -> alt.Chart:  # noqa: ANN401 - Altair's own
    color = alt.Color("c:N", scale=None, legend=None)
    return alt.Chart(alt.NamedData(name), mark=kind, name=name).encode(color=color, **channels)


if __name__ == "__main__":
    COMPILED.write_text(compiled(), encoding="utf-8")
