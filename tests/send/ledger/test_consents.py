"""What clients agreed to: the latest word counts, and every word is kept."""

from dataclasses import replace

from generator.send.ledger import Asked, Consent, Ledger
from tests.send.ledger.samples import HOUR, NOW

TAKEN = Consent("A-1", "email", "promotion", given=False, at=NOW, evidence="unsubscribe link")
GIVEN = replace(TAKEN, given=True, evidence="account")


def test_the_latest_word_counts(ledger: Ledger) -> None:
    """By when it was said; of two at one moment the one that was written last."""
    assert ledger.consents.latest("A-1", "email", "promotion") is None
    ledger.consents.add([TAKEN])
    assert ledger.consents.latest("A-1", "email", "promotion") == TAKEN
    ledger.consents.add([replace(GIVEN, at=NOW - HOUR)])
    assert ledger.consents.latest("A-1", "email", "promotion") == TAKEN
    ledger.consents.add([GIVEN])
    assert ledger.consents.latest("A-1", "email", "promotion") == GIVEN


def test_each_kind_and_purpose_counts_for_itself(ledger: Ledger) -> None:
    """Who wants no letters may want messages; asked in bulk."""
    rows = [TAKEN, replace(TAKEN, kind="sms"), replace(GIVEN, client="A-2")]
    ledger.consents.add(rows)
    found = ledger.consents.of(["A-1", "A-2", "A-3"])
    assert found == {Asked(it.client, it.kind, it.purpose): it for it in rows}
    assert ledger.consents.latest("A-1", "email", "service") is None
    assert "A-1" not in repr(TAKEN)
