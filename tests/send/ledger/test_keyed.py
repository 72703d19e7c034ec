"""Digests under the ledger's key."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from generator.send.ledger.keyed import Keyed


@given(key=st.binary(max_size=100), texts=st.lists(st.binary(max_size=200), max_size=3))
def test_each_is_its_hmac(key: bytes, texts: list[bytes]) -> None:
    """Whatever was asked before."""
    keyed = Keyed(key)
    assert [keyed(text) for text in texts] == [hmac.digest(key, it, "sha256") for it in texts]


def test_it_shows_nothing() -> None:
    """Of the key."""
    assert repr(Keyed(b"a key")) == "Keyed(…)"
