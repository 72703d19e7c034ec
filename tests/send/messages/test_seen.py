"""Letters in a real browser: on a phone, on a desk, in the dark, and without their pictures."""

import base64
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from generator.send.messages import content_id
from generator.send.messages.chart import chart_png, chart_styles
from generator.send.messages.look import look_of
from generator.send.messages.message import Message
from tests.send.charts import sample_chart
from tests.send.letters import ROOT, sample_values, shipped

LETTERS = [message for message in shipped().all.values() if message.html]
SERIES = "tech-2009-03"
PHONE, DESK = 360, 1100
TAP = 24
"""Pixels of what a finger must hit. Source: WCAG 2.2, 2.5.8."""

Scheme = Literal["light", "dark"]
Show = Callable[..., Page]


@pytest.fixture(scope="session")
def picture() -> str:
    """A chart as it comes with a letter, in an address of its own."""
    png = chart_png(sample_chart(SERIES), 536, chart_styles(look_of(ROOT, "default")))
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


@pytest.fixture(params=LETTERS, ids=lambda one: f"{one.key.name}-{one.key.locale}")
def letter(request: pytest.FixtureRequest) -> Message:
    """Each letter of the sample."""
    found: Message = request.param
    return found


@pytest.fixture
def show(browser: Browser, picture: str) -> Iterator[Show]:
    """Shows a letter to a client whose name is long."""
    pages = []

    def shown(
        letter: Message, width: int, scheme: Scheme = "light", *, pictures: bool = True
    ) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        pages.append(page)
        html = letter.rendered(sample_values(letter, "longest")).html
        source = picture if pictures else "data:image/png;base64,"
        page.set_content(html.replace(f"cid:{content_id(SERIES)}", source))
        return page

    yield shown
    for page in pages:
        page.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_is_wider_than_the_screen(letter: Message, width: int, show: Show) -> None:
    """Nobody has to move a letter sideways; on a desk it stays narrow enough to be read."""
    page = show(letter, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    sheet = page.locator(".sheet").bounding_box()
    assert sheet is not None
    assert sheet["width"] <= 600


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(
    letter: Message, scheme: Scheme, show: Show, axe_source: str
) -> None:
    """Axe finds nothing, contrast included."""
    page = show(letter, PHONE, scheme)
    page.evaluate(axe_source)
    rules = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, {rules})", rules)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_the_dark_is_dark(letter: Message, show: Show) -> None:
    """Paper and ink both change."""
    read = "() => ['.body', 'body'].map(one => getComputedStyle(document.querySelector(one)).%s)"
    papers = [
        show(letter, PHONE, scheme).evaluate(read % "backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert papers == [
        ["rgb(255, 255, 255)", "rgb(244, 246, 248)"],
        ["rgb(25, 34, 44)", "rgb(16, 22, 29)"],
    ]


def test_a_letter_without_pictures_says_what_they_are(show: Show) -> None:
    """Many mail programs show none before they are asked."""
    letter = next(one for one in LETTERS if one.key.name == "coupon-accrued")
    page = show(letter, PHONE, pictures=False)
    alt = page.locator("img").first.get_attribute("alt")
    assert alt
    assert sample_values(letter, "longest")["reason"]["series_name"] in alt
    assert page.locator(".button a").is_visible()


def test_a_finger_hits_each_vote(show: Show) -> None:
    """Eleven of them side by side, on a phone."""
    letter = next(one for one in LETTERS if one.key.name == "digest")
    votes = show(letter, PHONE).locator(".vote a").all()
    boxes = [vote.bounding_box() for vote in votes]
    assert len(boxes) == 11
    assert all(box and box["width"] >= TAP - 2 and box["height"] >= TAP for box in boxes)


def test_the_preheader_is_not_seen_in_the_letter(letter: Message, show: Show) -> None:
    """A list of letters shows it; the letter itself begins with the site's name."""
    page = show(letter, PHONE)
    assert page.locator(".preheader").text_content()
    assert not page.locator(".preheader").is_visible()
    assert page.locator("h1").is_visible()
