"""The chart of a letter: a picture that looks as the page's does by day."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from generator.base.errors import OutsideError
from generator.send.messages.chart import chart_of, chart_png, chart_styles
from generator.send.messages.look import look_of
from tests.send.charts import sample_chart

WIDTH = 536
STYLES = chart_styles(look_of(Path(), "default"))


def colours(png: bytes) -> set[tuple[int, ...]]:
    """Every colour of a picture that covers more than a few pixels."""
    with Image.open(BytesIO(png)) as picture:
        found = picture.convert("RGB").getcolors(1 << 20) or []
    return {tuple(colour) for count, colour in found if count > 50 and isinstance(colour, tuple)}


def near(colour: tuple[int, ...], hexed: str) -> bool:
    """Whether a colour is the one that is written ``0065ad``, as a palette has it."""
    return all(abs(a - b) < 12 for a, b in zip(colour, bytes.fromhex(hexed), strict=True))


def test_a_chart_has_the_colours_of_the_theme() -> None:
    """White paper, the ink of barriers, the blue of accrued, the green of the first line."""
    found = colours(chart_png(sample_chart("tech-2009-03"), WIDTH, STYLES))
    for wanted in ("ffffff", "1a2330", "0065ad", "00755a"):
        assert any(near(one, wanted) for one in found), wanted


def test_a_chart_is_sharp_light_and_always_the_same() -> None:
    """Twice as many pixels as it takes room, and few kilobytes."""
    svg = sample_chart("pair-2010-12")
    png = chart_png(svg, WIDTH, STYLES)
    assert png == chart_png(svg, WIDTH, STYLES)
    assert struct.unpack(">I", png[16:20])[0] == 2 * WIDTH
    assert len(png) < 60_000


def test_the_paper_reaches_the_edges() -> None:
    """In the dark a picture with a clear rim would have a black line."""
    png = chart_png(sample_chart("tech-2009-03"), WIDTH, STYLES)
    with Image.open(BytesIO(png)) as picture:
        flat = picture.convert("RGB")
        wide, high = flat.size
        corners = [(0, 0), (wide - 1, 0), (0, high - 1), (wide - 1, high - 1)]
        assert {flat.getpixel(corner) for corner in corners} == {(255, 255, 255)}


def test_the_chart_of_an_opened_part_is_found() -> None:
    """And nothing in a part that has none."""
    svg = sample_chart("tech-2009-03")
    assert chart_of(f'<div><svg class="i"></svg><figure class="chart">{svg}</figure></div>') == svg
    assert chart_of("<p>The figures are being checked.</p>") is None


@pytest.mark.parametrize("svg", ["<p>", '<svg class="sp-chart" viewBox="0 0 a b"></svg>'])
def test_what_is_no_chart_is_refused(svg: str) -> None:
    """A letter with an empty picture would go out to everybody."""
    with pytest.raises(OutsideError):
        chart_png(svg, WIDTH, STYLES)
