"""Audiences: expressions over what is known of a client, worked out once for each combination."""

import pytest
from pydantic_core import PydanticCustomError

from generator.send.journeys.audience import NAMES, Audience, audience_of
from tests.send.entries import ALL, coupon, digest, entry_of, stage, strategy


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("true", True),
        ("false", False),
        ("segment == 'mass'", True),
        ("segment == 'premium'", False),
        ("segment in ('mass', 'premium') and bank == 'shore'", True),
        ("not bank", False),
        ("locale != 'ru' or time_zone == 'Europe/Moscow'", True),
        ("time_zone.startswith('Asia/')", False),
        ("'duo' in series", True),
        ("'trio' in series", False),
        ("series == ('duo',)", True),
        ("'cards' in products and 'cards/ordered/delayed' in stages", True),
        ("'below' in bands", True),
        ("outcomes == ('accrued',)", True),
        ("'digest' in kinds and kinds | length == 4", True),
        ("(segment | upper) == 'MASS'", True),
    ],
)
def test_expressions(text: str, *, holds: bool) -> None:
    """Each name stands for what it says."""
    assert audience_of(text).has(entry_of(*ALL), ALL) is holds


def test_only_what_begins_the_journey_counts() -> None:
    """A series that merely moved does not make the client one of its coupon's audience."""
    entry = entry_of(coupon(), strategy("trio"))
    audience = audience_of("'trio' in series")
    assert not audience.has(entry, entry.reasons[:1])
    assert audience.has(entry, entry.reasons[1:])
    told = audience_of("'strategy' in kinds")
    assert told.has(entry, entry.reasons[:1])


def test_answers_do_not_mix() -> None:
    """Clients after each other get their own answers, also those that were given before."""
    audience = audience_of("segment == 'premium' and 'duo' in series")
    rich, poor = entry_of(segment="premium"), entry_of()
    reasons, other = [coupon()], [coupon(series="trio")]
    answers = [audience.has(one, those) for one in (rich, poor, rich) for those in (reasons, other)]
    assert answers == [True, False, False, False, True, False]


@pytest.mark.parametrize(
    "text",
    [
        "client == 'C-1'", "name", "addresses", "link", "self", "range(5)", "lipsum()", "dict()",
        "cycler", "namespace()", "loop", "segment.format(1", "segment }} {{ client",
        "segment == client", "''.__class__.__mro__", "segment.__init__", "1 / 0", "kinds[5]",
        "series.append('x')", "segment < 1", "{% set x = 1 %}", "segment |attr('__class__')|length",
    ],
)  # fmt: skip
def test_nothing_else_can_be_said(text: str) -> None:
    """Neither who the client is nor anything of Python; and what fails at night fails at load."""
    with pytest.raises(PydanticCustomError):
        audience_of(text)


def test_names_are_fixed() -> None:
    """None of them tells who somebody is."""
    assert set(NAMES) == {
        "segment", "bank", "locale", "time_zone", "kinds", "series", "products", "stages", "bands",
        "outcomes",
    }  # fmt: skip


def test_only_the_names_it_has_are_looked_up() -> None:
    """An expression over the segment works where an entry's reasons are of a kind unheard of."""
    entry = entry_of({"kind": "birthday"})
    assert audience_of("segment == 'mass'").has(entry, entry.reasons)
    assert not audience_of("'x' in stages or bands or series").has(entry, entry.reasons)


def test_audiences_compare_by_what_they_say() -> None:
    """A version that the ledger gives back equals the file's."""
    assert audience_of("bank == 'a'") == audience_of("bank == 'a'")
    assert audience_of("bank == 'a'") != audience_of("bank == 'b'")
    assert audience_of(" ") == Audience()
    assert audience_of("stages").has(entry_of(), [digest(), stage()])
