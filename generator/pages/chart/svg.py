"""The few kilobytes that are left of Vega's SVG: classes, plain coordinates, no ids of its own.

vl-convert draws an empty chart rather than fail: every shape is counted against its row.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from math import isfinite
from xml.etree import ElementTree as ET

from generator.base.errors import OutsideError
from generator.pages.chart.plot import (
    HEIGHT,
    LAYERS,
    LEFT,
    TEXT,
    WIDTH,
    Drawing,
    Plot,
    Point,
    Row,
    Text,
)

SVG = "http://www.w3.org/2000/svg"
GROUND = ("sp-corridor", "sp-grid", "sp-barrier", "sp-floor", "sp-today")  # from the lowest up


def svg_text(shapes: Iterable[ET.Element], name: str, title: str, desc: str) -> str:
    """The whole ``<svg>``; its ids begin with ``name``, which is unique in the page."""
    ids = {"title": f"{name}-title", "desc": f"{name}-desc"}
    frame = {"xmlns": SVG, "class": "sp-chart", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"}
    other = {"aria-labelledby": " ".join(ids.values()), "font-size": str(TEXT), "fill": "none"}
    root = ET.Element("svg", frame | other)
    for tag, text in (("title", title), ("desc", desc)):
        ET.SubElement(root, tag, {"id": ids[tag]}).text = text
    root.extend(shapes)
    return ET.tostring(root, encoding="unicode")


def shapes_in(svg: str, drawing: Drawing) -> list[ET.Element]:
    """The shapes of Vega's ``svg`` in the order in which they are painted.

    Raises:
        OutsideError: something of ``drawing`` is not among them.
    """
    found = list(_found(ET.fromstring(svg), 0, 0))  # noqa: S314 - our own renderer's output
    _check(drawing, found)
    return _ordered([_shape(one) for one in found])


def texts_of(drawing: Drawing) -> list[ET.Element]:
    """The texts that are painted over the shapes."""
    return [_text(text, drawing.plot) for text in drawing.texts]


@dataclass(frozen=True, slots=True)
class _Found:
    """An element that has a class; ``x`` and ``y`` are the origin of its coordinates."""

    element: ET.Element
    paint: str
    x: float
    y: float

    def get(self, name: str) -> str:
        """An attribute of the element, or nothing."""
        return self.element.get(name, "")

    def points(self) -> list[Point]:
        """The points of a path of straight lines, counted from the origin of the chart."""
        _, *pairs = self.get("d").replace("Z", "").replace("M", "L").split("L")
        places = (pair.split(",") for pair in pairs)
        return [(self.x + float(x), self.y + float(y)) for x, y in places]


def _found(element: ET.Element, x: float, y: float) -> Iterator[_Found]:
    across, _, down = element.get("transform", "")[len("translate(") : -1].partition(",")
    x, y = x + float(across or 0), y + float(down or 0)
    for paint in (element.get("fill", ""), element.get("stroke", "")):
        if paint.startswith("sp-"):
            yield _Found(element, paint, x, y)
    for child in element:
        yield from _found(child, x, y)


def _check(drawing: Drawing, found: list[_Found]) -> None:
    """Raise unless every row has become a shape of its class, or a point of its line."""
    expected = Counter(row["c"] for layer in LAYERS for row in drawing.rows[layer])
    drawn = Counter(one.paint for one in found)
    differ = {c for c in expected | drawn if expected[c] != drawn[c]}
    lines = [row for row in drawing.rows["lines"] if row["c"] not in differ]
    whole = {row["c"] for row in lines}
    points = (point for one in found if one.paint in whole for point in one.points())
    if differ or sum(all(map(isfinite, one)) for one in points) != sum(map(_length, lines)):
        what = ", ".join(sorted(differ)) or "points of lines"
        raise OutsideError(f"vl-convert drew a chart without all of its marks: {what}")


def _length(line: Row) -> int:
    """How many points a line has."""
    return str(line["shape"]).count("L") + 1


def _shape(one: _Found) -> ET.Element:
    """The element with its class and absolute coordinates, and nothing else."""
    d = one.get("d")
    if "A" in d:  # Vega draws a circle as two arcs from its rightmost point
        place = {"cx": _n(one.x), "cy": _n(one.y), "r": _n(float(d[1 : d.index(",")]))}
        return ET.Element("circle", {"class": one.paint, **place})
    if not d:  # a stroke
        end = one.x + float(one.get("x2") or 0), one.y + float(one.get("y2") or 0)
        return ET.Element("path", {"class": one.paint, "d": _path([(one.x, one.y), end])})
    closed = "z" if d.endswith("Z") else ""
    return ET.Element("path", {"class": one.paint, "d": _path(one.points()) + closed})


def _text(text: Text, plot: Plot) -> ET.Element:
    anchor = {} if text.anchor == "start" else {"text-anchor": text.anchor}
    place = {"x": _n(LEFT + text.x), "y": _n(plot.top + text.y)}
    element = ET.Element("text", {"class": text.c, **place, **anchor})
    element.text = text.text
    return element


def _path(points: list[Point]) -> str:
    """Path data in tenths of a px, each point counted from the one before: half the bytes."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = [(x - u, y - v) for (u, v), (x, y) in pairwise(tenths)]
    (x, y), *_ = tenths
    joined = "".join(_step(number) for step in steps for number in step)
    return f"M{_n(x / 10)} {_n(y / 10)}" + (f"l{joined.lstrip()}" if steps else "")


@lru_cache(maxsize=8192)
def _step(tenths: int) -> str:
    """A number of path data with what parts it from the one before; most are small, and recur."""
    return _n(tenths / 10) if tenths < 0 else f" {_n(tenths / 10)}"


def _n(number: float) -> str:
    """A number as SVG needs it: one decimal, no zero that can be left out."""
    text = f"{round(number, 1) + 0.0:g}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _ordered(shapes: list[ET.Element]) -> list[ET.Element]:
    """The shapes with those of the ground first, which Vega paints last, and the grid as one."""
    by_class = {name: [one for one in shapes if one.get("class") == name] for name in GROUND}
    lines = "".join(one.get("d", "") for one in by_class["sp-grid"])
    by_class["sp-grid"] = [ET.Element("path", {"class": "sp-grid", "d": lines})]
    rest = (one for one in shapes if one.get("class") not in GROUND)
    return [*chain.from_iterable(by_class.values()), *rest]
