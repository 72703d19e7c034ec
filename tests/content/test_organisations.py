"""Banks and offers: who is reached how, and which offer is for whom and when."""

from datetime import date
from pathlib import Path

import pytest

from generator.base.config import load_site
from generator.base.errors import Problem
from generator.content import Offer, load_content
from tests.builders import AS_OF, OFFER_MD, small_site


def offers_of(root: Path, as_of: date = AS_OF) -> tuple[Offer, ...]:
    """The offers of a site that has no problems."""
    problems = list[Problem]()
    content = load_content(root, load_site(root)[0], as_of, problems)
    assert problems == []
    return content.offers


def test_a_bank_is_read(tmp_path: Path) -> None:
    """A bank has its names and contacts; what it has not is empty."""
    root = small_site(tmp_path)
    bank = load_content(root, load_site(root)[0], AS_OF, []).banks["shore"]
    assert bank.names == {"ru": "Берег", "en": "Shore"}
    assert (bank.phone, bank.email, bank.url, bank.hours) == ("8 800 000-00-00", "", "", {})


@pytest.mark.parametrize(
    ("as_of", "count"),
    [
        (date(2026, 2, 28), 0),
        (date(2026, 3, 1), 1),
        (date(2026, 3, 31), 1),
        (date(2026, 4, 1), 0),
    ],
)
def test_an_offer_runs_from_its_first_to_its_last_day(
    tmp_path: Path, as_of: date, count: int
) -> None:
    """Both ends of an offer's period belong to it."""
    assert len(offers_of(small_site(tmp_path), as_of)) == count


def test_an_offer_has_its_text_in_each_locale(tmp_path: Path) -> None:
    """Title, text and link are those of the reader's language."""
    (offer,) = offers_of(small_site(tmp_path))
    assert {locale: text.title for locale, text in offer.texts.items()} == {
        "ru": "Вклад",
        "en": "Deposit",
    }
    assert offer.texts["en"].action == ("Look", "https://offers.example.org/Deposit")
    assert offer.texts["en"].text == "<p>An offer.</p>"


def test_an_offer_needs_no_link(tmp_path: Path) -> None:
    """An offer may be words only."""
    files: dict[str, str | bytes | None] = {
        f"content/offers/deposit{suffix}.md": "".join(
            line for line in OFFER_MD.splitlines(keepends=True) if not line.startswith("action")
        ).format(title="A")
        for suffix in ("", ".en")
    }
    (offer,) = offers_of(small_site(tmp_path, files))
    assert offer.texts["ru"].action is None


EVERYONE = Offer("o", frozenset(), frozenset(), frozenset(), frozenset(), {})


@pytest.mark.parametrize(
    ("conditions", "is_meant"),
    [
        ({}, True),
        ({"banks": {"shore"}}, True),
        ({"banks": {"bridge"}}, False),
        ({"series": {"duo", "trio"}}, True),
        ({"series": {"trio"}}, False),
        ({"segments": {"mass", "premium"}}, True),
        ({"segments": {"premium"}}, False),
        ({"locales": {"ru"}}, True),
        ({"locales": {"en"}}, False),
        ({"banks": {"shore"}, "series": {"duo"}, "segments": {"mass"}, "locales": {"ru"}}, True),
        ({"banks": {"shore"}, "series": {"duo"}, "segments": {"premium"}}, False),
    ],
)
def test_every_condition_must_hold(conditions: dict[str, set[str]], *, is_meant: bool) -> None:
    """An offer is for a client who meets all its conditions; without any it is for everyone."""
    parts = {name: frozenset(values) for name, values in conditions.items()}
    offer = Offer(
        "o",
        banks=parts.get("banks", frozenset()),
        series=parts.get("series", frozenset()),
        segments=parts.get("segments", frozenset()),
        locales=parts.get("locales", frozenset()),
        texts={},
    )
    assert offer.is_for("shore", {"duo", "solo"}, "mass", "ru") == is_meant


def test_a_client_without_policies_holds_no_series() -> None:
    """An offer to holders of a series is not for a client without one."""
    offer = Offer("o", frozenset(), frozenset({"duo"}), frozenset(), frozenset(), {})
    assert not offer.is_for("shore", set(), "mass", "ru")
    assert EVERYONE.is_for("", set(), "", "en")
