"""The pages of the small site, word by word; ``python -m tests.golden`` makes them anew."""

import pytest

from tests import golden


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages as they are rendered now."""
    return golden.pages()


def test_no_page_is_missing_or_left_over(made: dict[str, str]) -> None:
    """A golden page is kept for each page that is made, and for nothing else."""
    assert sorted(golden.kept()) == sorted(made)
    assert len([name for name in made if name.startswith("client-")]) == 6


@pytest.mark.parametrize("name", sorted(golden.kept()))
def test_page_is_as_it_was_reviewed(made: dict[str, str], name: str) -> None:
    """Every page is rendered as it was last read and agreed to."""
    assert made[name].splitlines() == golden.kept()[name].splitlines()


def test_golden_pages_hold_no_chart(made: dict[str, str]) -> None:
    """A chart is kept as its digest, which changes when the chart does."""
    charts = [html for name, html in made.items() if name.startswith("strategy-")]
    assert len(charts) == 4
    assert all("<path" not in html and "\nsha256 " in html for html in charts)
    assert len({html.partition("\nsha256 ")[2][:64] for html in charts}) == 4
