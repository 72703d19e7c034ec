"""A chart as a picture for letters: mail programs show no SVG, and know none of its styles."""

import re
from io import BytesIO

import css_inline
import vl_convert
from PIL import Image

from generator.base.errors import OutsideError
from generator.send.messages.look import COMMENT, Look

SVG = re.compile(r'<svg\b[^>]*\bclass="sp-chart".*?</svg>', re.DOTALL)
VIEW = re.compile(r'\bviewBox="0 0 ([0-9.]+) ([0-9.]+)"')
OPENING = re.compile(r"<svg\b[^>]*>")
CONDITIONAL = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
"""Rules for the dark, for forced colours and for wide pages: a picture is none of these."""
FONT = "Liberation Sans"
"""Comes with the renderer: a picture must not depend on what is installed."""
SHARP = 2
"""Pixels of the picture for one of the letter: most screens have two."""
MARGIN = 6
SIZE = 9
"""Of texts, in units of the chart: 13 pixels in a letter."""
COLOURS = 64


def chart_of(part: str) -> str | None:
    """The SVG of the chart in an opened strategy part, if it has one."""
    found = SVG.search(part)
    return found[0] if found else None


def chart_styles(look: Look) -> str:
    """The theme's styles of charts by day: the picture has a paper of its own in the dark too."""
    light, _ = look.colours()
    variables = "".join(f"--sp-{name}: {value};" for name, value in light.items())
    plain = CONDITIONAL.sub("", COMMENT.sub("", look.source("styles/chart.css")))
    return f".sp-chart {{{variables}}}\n{plain}"


def chart_png(svg: str, width: int, styles: str) -> bytes:
    """``svg`` as a PNG for ``width`` pixels of a letter: the same bytes for the same chart.

    Raises:
        OutsideError: it cannot be drawn.
    """
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, resolve_css_variables=True)
    painted = inliner.inline_fragment(svg, styles).replace("&nbsp;", "&#160;")
    view = VIEW.search(svg)
    if view is None:
        raise OutsideError("the chart of a letter has no size")
    sheet = OPENING.sub(_opening(float(view[1]), float(view[2]), width), painted, count=1)
    try:
        drawn = bytes(vl_convert.svg_to_png(sheet, scale=SHARP))
    except ValueError:
        raise OutsideError("the chart of a letter cannot be drawn") from None
    return _lighter(drawn)


def _lighter(picture: bytes) -> bytes:
    """The same picture in few colours: 30 kB of 180, and a letter may have several."""
    written = BytesIO()
    with Image.open(BytesIO(picture)) as full:
        flat = full.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    flat.save(written, "PNG", optimize=True)
    return written.getvalue()


def _opening(across: float, down: float, width: int) -> str:
    """The beginning of the picture: its size, its font, and white paper with a margin."""
    wide, high = across + 2 * MARGIN, down + 2 * MARGIN
    size = f'width="{width}" height="{round(width * high / wide)}"'
    paper = f'x="{-wide}" y="{-high}" width="{3 * wide}" height="{3 * high}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-MARGIN} {-MARGIN} {wide} {high}" '
        f'{size} font-family="{FONT}" font-size="{SIZE}" fill="none"><rect {paper} fill="#ffffff"/>'
    )
