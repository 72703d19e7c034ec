"""What conditions ask for: versions, stages, what clients did."""

from datetime import date

import pytest

from generator.send.ledger import Did, Ledger, Seen, Stage
from tests.send.ledger.samples import HOUR, NOW, TRIGGER, approve, attempt, planned

DAYS = [date(2026, 11, day) for day in (1, 2, 3)]


def test_a_journeys_text_has_a_number(ledger: Ledger) -> None:
    """The same text the same, whoever asks; an old one is found for who entered it."""
    assert ledger.journeys.version_of("coupon", "a") == 1
    assert ledger.journeys.version_of("coupon", "b") == 2
    assert ledger.journeys.version_of("coupon", "a") == 1
    assert ledger.journeys.version_of("digest", "b") == 1
    assert ledger.journeys.text_of("coupon", 2) == "b"
    assert ledger.journeys.text_of("coupon", 3) is None


def test_a_stage_is_the_newest(ledger: Ledger) -> None:
    """Of one lot and of what was known; an older manifest takes nobody back."""
    assert ledger.journeys.stages_of(["A-1"]) == {}
    rows = [Stage("A-1", "bankruptcy", name, day) for name, day in zip("abc", DAYS, strict=True)]
    ledger.journeys.note_stages([rows[1], rows[0]])
    assert ledger.journeys.stages_of(["A-1"]) == {("A-1", "bankruptcy"): rows[1]}
    ledger.journeys.note_stages([rows[0]])
    assert ledger.journeys.stages_of(["A-1"]) == {("A-1", "bankruptcy"): rows[1]}
    ledger.journeys.note_stages([rows[2], Stage("A-2", "bankruptcy", "z", DAYS[0])])
    assert ledger.journeys.stages_of(["A-1"]) == {("A-1", "bankruptcy"): rows[2]}


@pytest.mark.parametrize("by_tag", [True, False])
def test_what_a_client_did_belongs_to_an_enrolment(ledger: Ledger, *, by_tag: bool) -> None:
    """By the tag behind the link, or by the id of the message; strangers are left out."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    where = {"client": "A-1", "tag": planned().tag} if by_tag else {"message": one}
    opened = Seen("opened", NOW, **where)
    strange = [Seen("opened", NOW, client="A-1"), Seen("opened", NOW, client="A-2", tag="111")]
    assert not ledger.journeys.seen_of(["A-1", "A-2"])
    assert ledger.journeys.note_seen([opened, opened, *strange, Seen("opened", NOW)]) == 1
    found = Did("A-1", "coupon", TRIGGER, "opened")
    assert ledger.journeys.seen_of(["A-1", "A-2"]) == {found}
    assert not ledger.journeys.seen_of(["A-2"])
    assert ledger.journeys.note_seen([Seen("voted", NOW + HOUR, one, value="9")]) == 1
    told = ledger.story("A-1").chapters[0].seen
    assert sorted(told) == [("opened", NOW, ""), ("voted", NOW + HOUR, "9")]
    assert "A-1" not in repr(opened)
