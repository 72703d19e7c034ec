"""Ids and tags: random, of one form, and even."""

from collections import Counter
from random import Random

import pytest

from generator.sealing.base58 import ALPHABET
from generator.send.ledger import ids
from generator.send.ledger.ids import new_id, new_tag


def test_an_id_has_26_characters_that_go_anywhere() -> None:
    """Small letters and digits; two are never the same."""
    found = {new_id() for _ in range(100)}
    assert len(found) == 100
    assert all(
        len(one) == 26 and set(one) <= set("abcdefghijklmnopqrstuvwxyz234567") for one in found
    )


def test_a_tag_avoids_those_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when hardly one is left; and when none is, it says so."""
    monkeypatch.setattr(ids, "TAG_LENGTH", 1)
    monkeypatch.setattr(ids, "TAGS", len(ALPHABET))
    taken = set(ALPHABET) - {"k"}
    draw = Random(1).randbytes  # noqa: S311 - the same draws each time
    assert new_tag(taken, draw) == "k"
    with pytest.raises(OverflowError):
        new_tag(set(ALPHABET), draw)


def test_tags_are_even() -> None:
    """No character is likelier than another: the largest is within a tenth of the smallest."""
    draw = Random(7).randbytes  # noqa: S311 - the same draws each time
    found = Counter(character for _ in range(60_000) for character in new_tag((), draw))
    assert set(found) == set(ALPHABET)
    assert max(found.values()) < 1.1 * min(found.values())
