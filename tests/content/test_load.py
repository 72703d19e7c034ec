"""The folder ``content/``: the shipped one is right, and every mistake is told at its place."""

import re
from datetime import date
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import Problem
from generator.content import Content, load_content
from tests.builders import (
    AS_OF,
    NEWS_MD,
    QUESTION_MD,
    ROOT,
    SITE,
    STAGE_MD,
    place_of,
    small_site,
)

CARDS = "content/products/cards"
PRODUCT, ORDERED = f"{CARDS}/product.yaml", f"{CARDS}/stages/ordered.md"
QUESTION = f"{CARDS}/questions/where.md"
SERIES, BANKS = "content/strategies/duo.yaml", "content/banks.yaml"
OFFER = "content/offers/deposit.md"


def load(root: Path, as_of: date = AS_OF) -> tuple[Content, list[str]]:
    """The content of a site and its problems in reading order."""
    problems = list[Problem]()
    content = load_content(root, load_site(root)[0], as_of, problems)
    return content, [str(one) for one in sorted(set(problems), key=lambda each: each.place)]


def test_the_shipped_content_is_right() -> None:
    """The sample that a new user meets first has no problem, and is all there."""
    site, _ = load_site(ROOT)
    assert site.clock
    content, problems = load(ROOT, site.clock)
    assert problems == []
    folder = ROOT / "content"
    assert {product.id for product in content.products} == {
        path.parent.name for path in folder.glob("products/*/product.yaml")
    }
    assert set(content.series) == {path.stem for path in folder.glob("strategies/*.yaml")}
    assert len(content.products) >= 2
    assert len(content.series) >= 4
    assert content.banks
    assert content.offers
    assert all(
        stage.texts[locale].questions
        for product, stage in content.stages()
        for locale in product.locales
    )


def test_the_small_site_is_right(tmp_path: Path) -> None:
    """The site that these tests spoil has no problem before."""
    content, problems = load(small_site(tmp_path))
    assert problems == []
    assert [stage.path for _, stage in content.stages()] == [
        "cards/ordered",
        "cards/ordered/delayed",
    ]


CURSOR = "‸"
"""Where in the spoiled text the problem must be placed."""

MISTAKES = {
    PRODUCT: [
        ("id: cards", "id: ‸card", "id: is not the folder's name"),
        ("{en: Cards}", "‸{ru: Карты}", "names: the translation into en is missing"),
        ("locales: [en]", "locales: [‸xx]", "locales[1]: is not a locale"),
        ("{en: Delayed}", "‸{de: D}", "stages[2].names: the translation into en is missing"),
        ("parent: ordered", "parent: ‸odered", "stages[2].parent: there is no such stage"),
        ("parent: ordered", "parent: ‸delayed", "stages[2].parent: the stages form a cycle"),
        ("[M-3]", "[M-3, ‸M-2]", "stages[2].markers[2]: two stages have this marker"),
        ("[M-3]", "[M-3, ‸ordered]", "stages[2].markers[2]: two stages have this marker"),
        ("markers: [M-3]", "‸marker: [M-3]", "stages[2].marker: unknown key"),
        ("id: cards", "‸lokales: [en]\nid: cards", "lokales: unknown key"),
    ],
    ORDERED: [
        ("[where]", "[where, ‸wher]", "questions[2]: there is no such question"),
        ("[where]", "[where, ‸where]", "questions[2]: the question is listed twice"),
        ("title: Your card\n", "‸", "title: is required"),
        ("[where]", "[where, ‸Where]", "questions[2]: is not a usable name"),
    ],
    QUESTION: [
        ("title: Where is my card?", "‸titel: Where?", "titel: unknown key"),
        ("2026-12-31", "‸31.12.2026", "review_by: expected a date"),
        ("2026-12-31", "‸2026-11-31", "review_by: this day is not in the calendar"),
        ("tags: [card]", "tags: ‸card", "tags: expected a list"),
        ("tags:", "‸expires_on:", "expires_on: unknown key"),
        ("tags: [card]", "tags: ca‸: rd", "invalid YAML"),
    ],
    SERIES: [
        ("id: duo", "id: ‸trio", "id: is not the file's name"),
        ('floor: "70"', 'floor: ‸"100.5"', "floor: is over the barrier"),
        ('floor: "70"', "floor: ‸0.7", "floor: expected a percentage"),
        ("{ru: Дуэт, en: Duo}", "‸{ru: Дуэт}", "names: the translation into en is missing"),
        ("{ru: О двух акциях., en", "‸{ru: a, de", "summary: the translation into en is missing"),
        ("ticker: BBB", "ticker: ‸AAA", "underlyings[2].ticker: two underlyings have this ticker"),
        ('initial: "50"', 'initial: ‸"-50"', "underlyings[2].initial: must be positive"),
        ('initial: "50"', 'initial: ‸"0"', "underlyings[2].initial: must be greater than 0"),
        ('coupon_rate: "3.00"', "coupon_rate: ‸3.00", "coupon_rate: a number with a point must be"),
        ('coupon_rate: "3.00"', 'coupon_rate: ‸"0"', "coupon_rate: must be greater than 0"),
        ("worst-of", "‸best-of", "basket: is not one of the choices"),
        ("currency: RUB", "currency: ‸rub", "currency: is not written as expected"),
        ("count: 6", "count: ‸0", "observations.count: must be greater than or equal to 1"),
        ("preceding", "‸next", "observations.if_closed: is not one of the choices"),
        (
            'corridor: {outcome: saved, share: "0"}',
            'corridor: ‸{outcome: saved, share: "1"}',
            "outcomes.corridor: a saved outcome pays nothing",
        ),
        (
            'above: {outcome: accrued, share: "1"}',
            'above: ‸{outcome: accrued, share: "0"}',
            "outcomes.above: an accrued outcome pays something",
        ),
        ("outcome: accrued", "outcome: ‸paid", "outcomes.above.outcome: is not one of the choices"),
        ("memory: false", "memory: ‸sometimes", "memory: expected true or false"),
    ],
    "content/strategies/duo/rise.md": [
        ("effect: up", "effect: ‸rise", "effect: is not one of the choices"),
    ],
    BANKS: [
        ("{ru: Берег, en: Shore}", "‸{ru: Берег}", "banks[1].names: the translation into en is"),
        ("id: shore", "id: ‸Shore", "banks[1].id: is not a usable name"),
        ("phone: 8", "‸fone: 8", "banks[1].fone: unknown key — hint: did you mean phone?"),
    ],
    OFFER: [
        ("[shore]", "[‸shores]", "audience.banks[1]: there is no such id"),
        ("[duo]", "[‸dua]", "audience.series[1]: there is no such id — hint: did you mean duo?"),
        ("2026-03-31", "‸2026-02-28", "ends: is before the start"),
        ('"https://', '‸"http://', "action.url: is not written as expected"),
    ],
    "content/offers/deposit.en.md": [
        ("2026-03-01", "‸2026-02-28", "starts: is not the same in every translation"),
        ("audience: {banks: [shore], ", "audience: ‸{", "audience: is not the same in every"),
    ],
}
CASES = [(path, *mistake) for path, mistakes in MISTAKES.items() for mistake in mistakes]


@pytest.mark.parametrize(("path", "old", "new", "told"), CASES)
def test_a_mistake_is_told_at_its_place(
    tmp_path: Path, path: str, old: str, new: str, told: str
) -> None:
    """Each mistake is told by path, line, column, field and sentence."""
    assert SITE[path].count(old) == 1
    marked = SITE[path].replace(old, new)
    line, column = place_of(marked, CURSOR)
    _, problems = load(small_site(tmp_path, {path: marked.replace(CURSOR, "")}))
    start = f"{path}:{line}:{column}: {told}"
    assert [problem for problem in problems if problem.startswith(start)], problems


NO_FILE = "is missing — hint: add this file"
SUB_STAGE = "  - id: lost\n    names: {en: Lost}\n    parent: delayed\n"
SAME_STAGE = "  - id: ordered\n    names: {en: Again}\n"
OFFER_EN = "content/offers/deposit.en.md"
FOR_ALL = re.sub("audience: .*\n", "", SITE[OFFER_EN])
BETWEEN: dict[str, tuple[dict[str, str | bytes | None], list[str]]] = {
    "a stage without a page": (
        {f"{CARDS}/stages/delayed.md": None},
        [f"{PRODUCT}:8:9: stages[2].id: has no page — hint: write {CARDS}/stages/delayed.md"],
    ),
    "a page without a stage": (
        {f"{CARDS}/stages/delaied.md": STAGE_MD},
        [f"{CARDS}/stages/delaied.md: there is no such stage — hint: add it to {PRODUCT}; did you"],
    ),
    "a question with an unusable name": (
        {f"{CARDS}/questions/Where.md": QUESTION_MD},
        [f"{CARDS}/questions/Where.md: the file's name is not usable — hint: use small Latin"],
    ),
    "news without a translation": (
        {"content/strategies/duo/fall.md": NEWS_MD.format(title="Спад")},
        [f"content/strategies/duo/fall.en.md: the translation into en {NO_FILE}"],
    ),
    "an offer without a translation": (
        {OFFER_EN: None},
        [f"{OFFER_EN}: the translation into en {NO_FILE}"],
    ),
    "a translation of an offer that is meant for everyone": (
        {OFFER_EN: FOR_ALL},
        [f"{OFFER_EN}:2:1: audience: is not the same in every translation — hint: write it as in"],
    ),
    "two banks with an id": (
        {BANKS: SITE[BANKS] + SITE[BANKS].removeprefix("banks:\n")},
        [
            f"{BANKS}:2:9: banks[1].id: two banks have this id",
            f"{BANKS}:5:9: banks[2].id: two banks have this id",
        ],
    ),
    "a stage below a sub-stage": (
        {PRODUCT: SITE[PRODUCT] + SUB_STAGE, f"{CARDS}/stages/lost.md": STAGE_MD},
        [f"{PRODUCT}:14:13: stages[3].parent: sub-stages go one level deep — hint: let it be part"],
    ),
    "two stages with an id": (
        {PRODUCT: SITE[PRODUCT] + SAME_STAGE},
        [
            f"{PRODUCT}:5:9: stages[1].id: two stages have this id — hint: rename one of them",
            f"{PRODUCT}:12:9: stages[3].id: two stages have this id — hint: rename one of them",
        ],
    ),
    "a file in another encoding": (
        {QUESTION: b"---\ntitle: \xcf\xee\n---\n"},
        [f"{QUESTION}:2:8: the file is not UTF-8 — hint: save it with the encoding UTF-8"],
    ),
}


@pytest.mark.parametrize(("changes", "told"), BETWEEN.values(), ids=BETWEEN)
def test_mistakes_between_files(
    tmp_path: Path, changes: dict[str, str | bytes | None], told: list[str]
) -> None:
    """What does not fit together is told, with how to mend it, and nothing else is."""
    _, problems = load(small_site(tmp_path, changes))
    assert len(problems) == len(told), problems
    assert all(one.startswith(start) for one, start in zip(problems, told, strict=True)), problems


def test_nothing_that_may_be_right_is_blamed_for_a_broken_file(tmp_path: Path) -> None:
    """Offers for a bank or a series whose file is broken are not told to name what is not there."""
    broken: dict[str, str | bytes | None] = {SERIES: "id: [", BANKS: "banks: 3"}
    _, problems = load(small_site(tmp_path, broken))
    assert {problem.partition(":")[0] for problem in problems} == {SERIES, BANKS}


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Mistakes in all kinds of files are found in one run."""
    spoiled: dict[str, str | bytes | None] = {
        path: SITE[path].replace(old, new)
        for path, old, new in [
            (PRODUCT, "parent: ordered", "parent: odered"),
            (QUESTION, "review_by", "review"),
            (SERIES, "memory: false", "memory: x"),
            (BANKS, "    phone: 8 800 000-00-00\n", ""),
        ]
    }
    _, problems = load(small_site(tmp_path, spoiled))
    assert {problem.partition(":")[0] for problem in problems} >= set(spoiled)
