"""Ids and tags: random, of one form, and even."""

from collections import Counter
from itertools import islice

import pytest

from generator.sealing.base58 import ALPHABET
from generator.send.ledger import ids
from generator.send.ledger.ids import free_tag, new_id, tags_of
from generator.send.values import Identity

KEY = bytes(range(32))
MESSAGE = Identity("A-1", "coupon", 1, "coupon/accrued/2011-12-02/1", 0, "sms")


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
    assert free_tag(KEY, MESSAGE, taken) == "k"
    with pytest.raises(OverflowError):
        free_tag(KEY, MESSAGE, set(ALPHABET))


def test_tags_are_even() -> None:
    """No character is likelier than another: the largest is within a tenth of the smallest."""
    tags = islice(tags_of(KEY, MESSAGE), 200_000)
    found = Counter(character for tag in tags for character in tag)
    assert set(found) == set(ALPHABET)
    assert max(found.values()) < 1.1 * min(found.values())
