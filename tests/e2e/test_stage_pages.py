"""Stage pages in a real browser: plain files that need no script, and are better with one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from playwright.sync_api import Route, expect

from generator.pages.shared import SEARCHED
from tests.builders import ROOT

from .sample_site import Reader, Sample, overflow, small_targets, violations

PRODUCTS = ROOT / "content/products"
LONG, SHORT = "bankruptcy/preparation", "card-delivery/ordered"
LANGUAGE = {"bankruptcy": "ru", "card-delivery": "en"}
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}

Open = Callable[..., Reader]


def stages() -> list[str]:
    """The path of every stage of the sample's products, as ``product.yaml`` has them."""
    paths = []
    for product in sorted(PRODUCTS.glob("*/product.yaml")):
        for stage in yaml.safe_load(product.read_text(encoding="utf-8"))["stages"]:
            steps = [product.parent.name, stage.get("parent"), stage["id"]]
            paths.append("/".join(step for step in steps if step))
    assert len(paths) >= 17, "the sample has stages"
    return paths


def front_matter(folder: str, stage: str, slug: str) -> dict[str, Any]:
    """The head of a file beside a product, as YAML reads it."""
    path = PRODUCTS / stage.partition("/")[0] / folder / f"{slug}.md"
    head: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    return head


def asked(stage: str) -> list[str]:
    """The titles of a stage's questions, in the order of the stage's own file."""
    slugs = front_matter("stages", stage, stage.rpartition("/")[2])["questions"]
    assert slugs, "a stage has questions"
    return [front_matter("questions", stage, slug)["title"] for slug in slugs]


def address(sample: Sample, stage: str) -> str:
    """Where a stage's page lies, in its product's language."""
    return sample.stage_page(stage, LANGUAGE[stage.partition("/")[0]])


# ── Without scripts ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stage", stages())
def test_questions_in_their_order_without_scripts(sample: Sample, reader: Open, stage: str) -> None:
    """With JavaScript off every question is there, in exactly the order of the stage's file."""
    one = reader(java_script_enabled=False)
    one.page.goto(address(sample, stage))
    expect(one.page.locator("h1")).to_have_text(
        front_matter("stages", stage, stage.rpartition("/")[2])["title"]
    )
    expect(one.page.locator("summary")).to_have_text(asked(stage))
    for question in one.page.locator("summary").all():
        expect(question).to_be_visible()
    expect(one.page.locator(".search")).to_have_count(int(len(asked(stage)) > SEARCHED))
    expect(one.page.get_by_role("searchbox")).to_have_count(0)


@pytest.mark.parametrize("stage", [LONG, SHORT])
def test_answer_opens_without_scripts(sample: Sample, reader: Open, stage: str) -> None:
    """With JavaScript off a tap on a question shows its answer, and another hides it."""
    one = reader(java_script_enabled=False)
    one.page.goto(address(sample, stage))
    question = one.page.locator(".question").nth(1)
    answer = question.locator(".answer")
    expect(answer).to_be_hidden()
    question.locator("summary").click()
    expect(answer).to_be_visible()
    expect(one.page.locator(".question").first.locator(".answer")).to_be_hidden()
    question.locator("summary").click()
    expect(answer).to_be_hidden()


def test_no_hole_where_the_search_would_be(sample: Sample, reader: Open) -> None:
    """With JavaScript off the first question follows the introduction at once."""
    one = reader(java_script_enabled=False)
    one.page.goto(address(sample, LONG))
    intro = one.page.locator(".intro").bounding_box()
    first = one.page.locator(".question").first.bounding_box()
    assert intro is not None
    assert first is not None
    assert 0 <= first["y"] - intro["y"] - intro["height"] < 20


# ── With scripts ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "found", "told"),
    [
        ("единственн жил", 1, "Найден 1 вопрос"),
        ("ПРИСТАВ", 3, "Найдено 3 вопроса"),
        ("квазар", 0, "Ничего не нашлось. Попробуйте другое слово или спросите нас."),
    ],
)
def test_search(sample: Sample, reader: Open, words: str, found: int, told: str) -> None:
    """A word leaves the questions that have it, says how many, and Escape brings all back."""
    one = reader()
    one.page.goto(address(sample, LONG))
    field = one.page.get_by_role("searchbox", name="Найти вопрос")
    questions = one.page.locator(".question")
    everything = len(asked(LONG))
    field.fill(words)
    status = one.page.get_by_role("status")
    shown = questions.filter(visible=True)
    expect(status).to_have_text(told)
    expect(shown).to_have_count(found)
    assert all(
        word.lower() in text.lower() for text in shown.all_text_contents() for word in words.split()
    )
    field.press("Escape")
    expect(shown).to_have_count(everything)
    expect(status).to_have_text("")


def test_short_list_needs_no_search(sample: Sample, reader: Open) -> None:
    """A list that is seen at a glance has no field, and its page no script."""
    one = reader()
    one.page.goto(address(sample, SHORT))
    expect(one.page.locator("summary")).to_have_text(asked(SHORT))
    expect(one.page.locator("form, script, [role=status]")).to_have_count(0)
    assert [it.resource_type for it in one.requests] == ["document", "stylesheet"]


@pytest.mark.parametrize("window", [PHONE, DESKTOP])
def test_search_moves_nothing(sample: Sample, reader: Open, window: dict[str, int]) -> None:
    """When the script of the search arrives the questions stay where they are."""
    one = reader(viewport=window)
    held: list[Route] = []
    one.page.route("**/assets/search.*", lambda route: held.append(route))  # noqa: PLW0108
    one.page.goto(address(sample, LONG), wait_until="commit")
    first = one.page.locator(".question").first
    expect(first).to_be_visible()
    # A reader sees nothing before the style has come; a box asked for earlier has none of it.
    one.page.wait_for_function("document.querySelector('link[rel=stylesheet]')?.sheet != null")
    before = first.bounding_box()
    expect(one.page.get_by_role("searchbox")).to_have_count(0)
    [route] = held
    route.continue_()
    expect(one.page.get_by_role("searchbox")).to_be_visible()
    assert first.bounding_box() == before


# ── For everybody ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stage", stages())
def test_language_and_title(sample: Sample, reader: Open, stage: str) -> None:
    """The document is in its product's language, titled after the stage and the site."""
    one = reader()
    one.page.goto(address(sample, stage))
    language = LANGUAGE[stage.partition("/")[0]]
    title = front_matter("stages", stage, stage.rpartition("/")[2])["title"]
    expect(one.page.locator("html")).to_have_attribute("lang", language)
    expect(one.page).to_have_title(f"{title} — {sample.inputs.site.name[language]}")


@pytest.mark.parametrize("stage", stages())
def test_address_tells_nothing(sample: Sample, stage: str) -> None:
    """Who sees the address over a shoulder, or in a log, cannot tell what the page is about."""
    path = address(sample, stage).removeprefix(sample.url)
    assert re.fullmatch(r"/q/[1-9A-HJ-NP-Za-km-z]{22}", path)


@pytest.mark.parametrize("window", [{"width": 320, "height": 640}, PHONE, DESKTOP])
@pytest.mark.parametrize("stage", [LONG, "bankruptcy/mfc", SHORT])
def test_fits_its_window(sample: Sample, reader: Open, stage: str, window: dict[str, int]) -> None:
    """Nothing is wider than the window, folded or unfolded, and all is large enough to tap."""
    one = reader(viewport=window)
    one.read(address(sample, stage))
    assert (overflow(one), small_targets(one)) == ((0, []), [])
    one.unfold()
    assert (overflow(one), small_targets(one)) == ((0, []), [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("stage", [LONG, "card-delivery/delayed"])
def test_axe(sample: Sample, reader: Open, axe_source: str, stage: str, scheme: str) -> None:
    """Everybody can read it: axe finds nothing, contrast included, with all answers open."""
    one = reader(color_scheme=scheme, viewport=PHONE)
    one.read(address(sample, stage))
    one.unfold()
    assert violations(one, axe_source) == []


def test_footnote_and_back(sample: Sample, reader: Open) -> None:
    """A footnote is reached from its answer, and the answer from the footnote."""
    one = reader(viewport=PHONE)
    one.read(address(sample, LONG))
    one.page.get_by_text("Сколько стоит банкротство").click()
    reference = one.page.locator(".answer .footnote-ref").first
    reference.click()
    note = one.page.locator(".footnote li").first
    expect(note).to_be_in_viewport()
    note.locator(".footnote-backref").click()
    expect(reference).to_be_in_viewport()


def test_print(sample: Sample, reader: Open) -> None:
    """On paper there are the questions, and no field to type in."""
    one = reader()
    one.read(address(sample, LONG))
    expect(one.page.get_by_role("searchbox")).to_be_visible()
    one.page.emulate_media(media="print")
    expect(one.page.get_by_role("searchbox")).to_be_hidden()
    expect(one.page.locator(".question").first).to_be_visible()
    expect(one.page.locator(".contacts")).to_be_visible()
