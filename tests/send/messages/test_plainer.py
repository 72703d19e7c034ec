"""Typographic characters that make an SMS dearer."""

import pytest

from generator.send.messages.parts import GSM_CHARACTERS
from generator.send.messages.plainer import PLAINER, dearer, one_line, plainer


@pytest.mark.parametrize(
    "text", ["Your page\N{NO-BREAK SPACE}is here", "It’s here", "a – b", "9 ₽"]
)
def test_one_character_can_make_a_text_ucs_2(text: str) -> None:
    """It is named, and the text without it is GSM."""
    found = dearer(text)
    assert found is not None
    assert found.forces
    assert len(found.characters) == 1
    assert GSM_CHARACTERS.issuperset(plainer(text))


def test_a_cyrillic_text_is_told_only_of_another_part() -> None:
    """It is UCS-2 anyway: a dash costs nothing, what stands in its way is a longer text."""
    assert dearer("я – «ты»") is None
    assert dearer("я" * 68 + "₽…") is None  # plainer, it would be longer
    told = dearer("я" * 69 + "\N{ZERO WIDTH SPACE}я")
    assert told is not None
    assert (told.more, told.forces) == (1, False)
    assert str(told) == "\N{ZERO WIDTH SPACE} (zero width space)"


def test_what_stands_instead_is_in_every_alphabet() -> None:
    """No replacement forces UCS-2 itself."""
    assert GSM_CHARACTERS.issuperset("".join(PLAINER.values()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" a\n b\n", "a b"),
        ("a\n\n\n  b", "a\nb"),
        ("9\N{NO-BREAK SPACE}000\N{NARROW NO-BREAK SPACE}₽", "9 000 ₽"),
        ("a\t b", "a b"),
        ("«a» – b", "«a» – b"),
    ],
)
def test_a_text_for_a_phone_has_plain_spaces(text: str, shown: str) -> None:
    """Lines are joined but at empty ones; other typography stays."""
    assert one_line(text) == shown
