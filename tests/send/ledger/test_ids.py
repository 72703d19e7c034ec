"""Ids and tags: random, of one form, and even."""

from base64 import b32encode
from collections import Counter
from itertools import islice

import pytest

from generator.sealing.base58 import ALPHABET
from generator.send.ledger import ids
from generator.send.ledger.ids import name_of, new_id, tags_of
from generator.send.ledger.keyed import Keyed
from generator.send.values import Identity

KEY = Keyed(bytes(range(32)))
MESSAGE = Identity("A-1", "coupon", 1, "coupon/accrued/2011-12-02/1", 0, "sms")


def test_an_id_has_26_characters_that_go_anywhere() -> None:
    """Small letters and digits; two are never the same."""
    found = {new_id() for _ in range(100)}
    assert len(found) == 100
    assert all(
        len(one) == 26 and set(one) <= set("abcdefghijklmnopqrstuvwxyz234567") for one in found
    )


def test_an_id_is_base32() -> None:
    """As RFC 4648 has it, in small letters and without padding."""
    drawn = bytes(range(240, 256))
    assert new_id(lambda _: drawn) == b32encode(drawn).decode().lower().rstrip("=")


def test_a_name_is_the_same_again() -> None:
    """Its tag is another where that is taken, its id is not; another message has another name."""
    name, tag = name_of(KEY, MESSAGE, ())
    assert name_of(KEY, MESSAGE, ()) == (name, tag)
    assert name_of(KEY, MESSAGE, {tag}) == (name, next(tags_of(KEY, MESSAGE)))
    assert not {name, tag} & {*name_of(KEY, MESSAGE._replace(step=1), ())}


def test_a_tag_avoids_those_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when hardly one is left; and when none is, it says so."""
    monkeypatch.setattr(ids, "TAG_LENGTH", 1)
    monkeypatch.setattr(ids, "TAGS", len(ALPHABET))
    taken = set(ALPHABET) - {"k"}
    assert name_of(KEY, MESSAGE, taken)[1] == "k"
    with pytest.raises(OverflowError):
        name_of(KEY, MESSAGE, set(ALPHABET))


def test_tags_are_even() -> None:
    """No character is likelier than another: the largest is within a tenth of the smallest."""
    tags = islice(tags_of(KEY, MESSAGE), 200_000)
    found = Counter(character for tag in tags for character in tag)
    assert set(found) == set(ALPHABET)
    assert max(found.values()) < 1.1 * min(found.values())
