"""Manifests: none twice, none that is older than one before."""

from datetime import date

from generator.send.ledger import Ledger
from tests.send.ledger.samples import NOW

SITE = "https://clients.example.org"
FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)


def test_a_manifest_is_taken_once(ledger: Ledger) -> None:
    """The second time it is known, also under another day."""
    assert ledger.manifests.newest(SITE) is None
    assert not ledger.manifests.is_known("d1")
    assert ledger.manifests.take(SITE, "d1", FRIDAY, 1, NOW)
    assert ledger.manifests.is_known("d1")
    assert not ledger.manifests.take(SITE, "d1", FRIDAY, 1, NOW)
    assert not ledger.manifests.take(SITE, "d1", SATURDAY, 2, NOW)
    assert ledger.manifests.newest(SITE) == (FRIDAY, 1)


def test_an_older_build_is_not_taken(ledger: Ledger) -> None:
    """By its day, and on one day by its number; another site counts for itself."""
    assert ledger.manifests.take(SITE, "d1", SATURDAY, 5, NOW)
    assert not ledger.manifests.take(SITE, "d2", FRIDAY, 9, NOW)
    assert not ledger.manifests.take(SITE, "d3", SATURDAY, 5, NOW)
    assert not ledger.manifests.take(SITE, "d4", SATURDAY, 4, NOW)
    assert ledger.manifests.take(SITE, "d5", SATURDAY, 6, NOW)
    assert ledger.manifests.take("https://other.example.org", "d6", FRIDAY, 1, NOW)
    assert ledger.manifests.newest(SITE) == (SATURDAY, 6)
