"""The pages in Chromium: on a small phone, by keyboard, light and dark, without a complaint."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from generator.send.listen import Listener
from tests.send.listen.test_listen import ID, NOW, Kept, desk


@pytest.fixture
def kept() -> Kept:
    """Who keeps what is answered."""
    return Kept()


@pytest.fixture
def url(kept: Kept) -> Iterator[str]:
    """A running receiver."""
    with Listener(desk(kept)) as listener:
        yield listener.url


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A small phone, on which no page may complain or be wider than it."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, color_scheme=request.param, locale="en-GB"
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth") == 360
    assert [one for one in complaints if "favicon" not in one] == []
    context.close()


def test_a_vote_by_keyboard(page: Page, url: str, kept: Kept) -> None:
    """The number of the link is chosen and seen; the next one is an arrow away."""
    page.goto(f"{url}/v/{ID}/7")
    chosen = page.get_by_role("radio", name="7", exact=True)
    assert chosen.is_checked()
    colour = "element => getComputedStyle(element.parentElement).backgroundColor"
    other = page.get_by_role("radio", name="6", exact=True)
    assert chosen.evaluate(colour) != other.evaluate(colour)
    chosen.press("ArrowRight")
    page.get_by_role("button", name="Send").press("Enter")
    page.get_by_role("heading", name="Thank you!").wait_for()
    assert kept.told == [("vote", ID, 8, NOW)]


def test_unsubscribing_by_the_button(page: Page, url: str, kept: Kept) -> None:
    """Nothing happens before it is pressed."""
    page.goto(f"{url}/u/{ID}")
    assert kept.told == []
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    assert kept.told == [("unsubscribe", ID, NOW)]


def test_a_like_can_be_changed(page: Page, url: str, kept: Kept) -> None:
    """Before it is sent."""
    page.goto(f"{url}/l/{ID}/yes")
    page.get_by_role("radio", name="No").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you!").wait_for()
    assert kept.told == [("liked", ID, False, NOW)]
