"""Names: ours are slugs; those of other systems are brought to one form."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.ids import is_slug, normalised


@pytest.mark.parametrize("text", ["a", "property-sale", "tech-2009-03", "2009", "a1-b2"])
def test_slugs(text: str) -> None:
    """Small Latin letters, digits and single hyphens between them make a name."""
    assert is_slug(text)


@pytest.mark.parametrize(
    "text",
    ["", "-a", "a-", "a--b", "A", "a b", "a_b", "a.b", "продажа", "a/b", "..", "a\n", "é", "１"],
)
def test_no_slugs(text: str) -> None:
    """Nothing else does: a name stands in paths and addresses."""
    assert not is_slug(text)


@given(text=st.text(), spaces=st.text(" \t\n\xa0", max_size=3))
def test_spellings_that_look_alike_are_one_id(text: str, spaces: str) -> None:
    """Outer spaces and the Unicode form of an id make no difference."""
    decomposed = unicodedata.normalize("NFD", text)
    assert normalised(spaces + decomposed + spaces) == normalised(text)
    assert normalised(normalised(text)) == normalised(text)
