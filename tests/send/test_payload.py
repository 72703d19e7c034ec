"""What is kept of an entry is the entry; its link gets the message's tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.messages import answer_links
from generator.send.payload import Payload, about, payload_of, sent_to
from tests.send.entries import ALL, LINK, coupon, digest, entry_of

TEXT = st.text(max_size=9)


@given(name=TEXT, phone=TEXT, to=TEXT, consents=st.lists(TEXT, max_size=3), amount=TEXT)
def test_it_is_read_as_it_was_written(
    name: str, phone: str, to: str, consents: list[str], amount: str
) -> None:
    """Whatever stands in it."""
    addresses, called = {"phone": phone, "email": ""}, {"full": name, "polite": "", "short": ""}
    entry = entry_of(
        coupon(amount_text=amount), name=called, addresses=addresses, consents=consents
    )
    kept = Payload(entry, to).as_json()
    found = payload_of(kept)
    assert found.as_json() == kept
    assert (found.to, found.entry.name, found.entry.addresses) == (to, called, addresses)
    assert list(found.entry.consents) == consents
    assert list(found.entry.reasons) == list(entry.reasons)


@given(name=TEXT, to=TEXT)
def test_it_is_sent_somewhere(name: str, to: str) -> None:
    """As if it had been written with the address; what goes somewhere goes nowhere else."""
    entry = entry_of(coupon(), client=name)
    kept = sent_to(Payload(entry).as_json(), to)
    assert kept == Payload(entry, to).as_json()
    assert payload_of(kept).to == to
    with pytest.raises(ValueError, match="it goes somewhere already"):
        sent_to(Payload(entry, f"+{to}").as_json(), to)


def test_only_the_reasons_that_it_is_about() -> None:
    """What else the night had to tell belongs to other messages."""
    entry = entry_of(*ALL)
    kept = about(entry, [digest()], "a@example.org")
    assert list(kept.entry.reasons) == [digest()]
    assert (kept.entry.client, kept.to) == (entry.client, "a@example.org")


def test_the_link_has_the_tag() -> None:
    """And answers lead to the message."""
    links = answer_links("https://answers.example", "an-id")
    values = Payload(entry_of(coupon())).values("k7Q", links)
    assert values["link"] == f"{LINK}k7Q"
    assert values["unsubscribe_link"] == "https://answers.example/u/an-id"
    assert values["reason"] == coupon()


def test_it_shows_nothing() -> None:
    """Of the client."""
    assert repr(Payload(entry_of(*ALL), "+79990000001")) == "Payload(4 reasons)"
