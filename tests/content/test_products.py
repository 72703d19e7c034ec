"""Products: stages and their paths, questions in their order, markers."""

from datetime import date
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import Problem
from generator.content import Content, load_content
from tests.builders import AS_OF, PRODUCT_YAML, QUESTION_MD, STAGE_MD, small_site

CARDS = "content/products/cards"


def content_of(root: Path, as_of: date = AS_OF) -> Content:
    """The content of a site that has no problems."""
    problems = list[Problem]()
    content = load_content(root, load_site(root)[0], as_of, problems)
    assert problems == []
    return content


def test_stages_have_paths_and_texts(tmp_path: Path) -> None:
    """A sub-stage lies below its stage; each has the texts of its page."""
    product, stage = content_of(small_site(tmp_path)).stage("cards/ordered/delayed")
    assert product.id == "cards"
    assert (stage.id, stage.parent, stage.markers) == ("delayed", "ordered", ("M-3",))
    text = stage.texts["en"]
    assert (text.title, text.intro) == ("Your card", "<p>We have your order.</p>")
    assert [question.slug for question in text.questions] == ["where"]
    assert text.questions[0].answer == "<p>On its <em>way</em>.</p>"


def test_markers_lead_into_stages(tmp_path: Path) -> None:
    """A stage is found by its path, its id and each of its markers, in its own product only."""
    assert content_of(small_site(tmp_path)).markers() == {
        ("cards", "ordered"): "cards/ordered",
        ("cards", "M-1"): "cards/ordered",
        ("cards", "M-2"): "cards/ordered",
        ("cards", "ordered/delayed"): "cards/ordered/delayed",
        ("cards", "delayed"): "cards/ordered/delayed",
        ("cards", "M-3"): "cards/ordered/delayed",
    }


def test_a_marker_may_repeat_its_own_stage(tmp_path: Path) -> None:
    """A stage that lists its own id among its markers contradicts nobody."""
    text = PRODUCT_YAML.replace("[M-3]", "[M-3, delayed]")
    markers = content_of(small_site(tmp_path, {f"{CARDS}/product.yaml": text})).markers()
    assert markers["cards", "delayed"] == "cards/ordered/delayed"


def test_questions_keep_the_editors_order(tmp_path: Path) -> None:
    """Each stage shows its questions in the order of its own page, not of their names."""
    extra: dict[str, str | bytes | None] = {
        f"{CARDS}/questions/{slug}.md": QUESTION_MD for slug in ("a", "z")
    }
    extra[f"{CARDS}/stages/ordered.md"] = STAGE_MD.replace("[where]", "[z, where, a]")
    extra[f"{CARDS}/stages/delayed.md"] = STAGE_MD.replace("[where]", "[a, z]")
    content = content_of(small_site(tmp_path, extra))
    orders = [
        [question.slug for question in stage.texts["en"].questions] for _, stage in content.stages()
    ]
    assert orders == [["z", "where", "a"], ["a", "z"]]


@pytest.mark.parametrize(
    ("dates", "is_public"),
    [
        ("", True),
        ("publish_on: 2026-03-10\n", True),
        ("publish_on: 2026-03-11\n", False),
        ("expire_on: 2026-03-11\n", True),
        ("expire_on: 2026-03-10\n", False),
        ("publish_on: 2026-03-09\nexpire_on: 2026-03-11\n", True),
    ],
)
def test_questions_come_and_go_by_date(tmp_path: Path, dates: str, *, is_public: bool) -> None:
    """A question is shown from its first day up to the day before it expires."""
    text = QUESTION_MD.replace("tags:", f"{dates}tags:")
    content = content_of(small_site(tmp_path, {f"{CARDS}/questions/where.md": text}))
    questions = content.stage("cards/ordered")[1].texts["en"].questions
    assert bool(questions) == is_public


@pytest.mark.parametrize(
    ("review_by", "dates", "is_overdue"),
    [
        ("2026-03-09", "", True),
        ("2026-03-10", "", False),
        ("2026-03-09", "expire_on: 2026-03-10\n", False),
        ("2026-03-09", "publish_on: 2026-03-11\n", False),
    ],
)
def test_an_overdue_review_is_told(
    tmp_path: Path, review_by: str, dates: str, *, is_overdue: bool
) -> None:
    """A public answer past its review is named with its line; it goes on being shown."""
    text = QUESTION_MD.replace("2026-12-31\n", f"{review_by}\n{dates}")
    content = content_of(small_site(tmp_path, {f"{CARDS}/questions/where.md": text}))
    told = [(one.path, one.line, one.field) for one in content.products[0].overdue]
    assert told == [(f"{CARDS}/questions/where.md", 3, "review_by")] * is_overdue


def test_a_reader_gets_the_products_language_when_it_has_not_theirs(tmp_path: Path) -> None:
    """A product written in English only is shown in English to everyone."""
    (product,) = content_of(small_site(tmp_path)).products
    assert product.locale_for("en") == "en"
    assert product.locale_for("ru") == "en"


def test_footnotes_of_two_texts_of_one_page_do_not_meet(tmp_path: Path) -> None:
    """A client in two products reads the texts of both on one page; no id stands there twice."""
    note = "Text[^1]\n\n[^1]: Note\n"
    files: dict[str, str | bytes | None] = {}
    for product in ("cards", "loans"):
        folder = f"content/products/{product}"
        files[f"{folder}/product.yaml"] = PRODUCT_YAML.replace("id: cards", f"id: {product}")
        files[f"{folder}/questions/where.md"] = QUESTION_MD + note
        for stage in ("ordered", "delayed"):
            files[f"{folder}/stages/{stage}.md"] = STAGE_MD + note
    content = content_of(small_site(tmp_path, files))
    texts = [stage.texts["en"] for _, stage in content.stages() if not stage.parent]
    pieces = [piece for text in texts for piece in (text.intro, text.questions[0].answer)]
    ids = [piece.partition('<li id="')[2].partition('"')[0] for piece in pieces]
    assert all(ids)
    assert len(ids) == len(set(ids)) == 4


def test_a_site_may_have_no_products_banks_or_offers(tmp_path: Path) -> None:
    """An insurer without stages, partner banks and offers has a site too."""
    gone = ["product.yaml", "questions/where.md", "stages/ordered.md", "stages/delayed.md"]
    absent: dict[str, str | bytes | None] = dict.fromkeys(f"{CARDS}/{name}" for name in gone)
    absent |= {"content/banks.yaml": None}
    absent |= {"content/offers/deposit.md": None, "content/offers/deposit.en.md": None}
    content = content_of(small_site(tmp_path, absent))
    assert (content.products, content.banks, content.offers) == ((), {}, ())
    assert content.markers() == {}
