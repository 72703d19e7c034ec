"""A line of the manifest: what a sender needs, named as people are, no secret but the link."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.data import Client, Policy
from generator.manifest import Reason, entry_line
from generator.sealing import link_fragment
from tests.builders import make_client, make_ring

RING = make_ring()
SECRET = RING.current.secrets().secret("client", "C-1")
LINK = f"https://clients.example.org/#{link_fragment(SECRET)}"
PAGE = (SECRET.keys().path, "0" * 64)
REASON = Reason(date(2026, 3, 5), {"kind": "digest", "month": "2026-03"})
NAMES = ("last_name", "first_name", "middle_name")


def named(locale: str, *names: str) -> Client:
    """A client with last, first and middle name."""
    return make_client(locale=locale, **dict(zip(NAMES, names, strict=True)))


@pytest.mark.parametrize(
    ("client", "full", "polite", "short"),
    [
        (
            named("ru", "Иванов", "Иван", "Петрович"),
            "Иванов Иван Петрович",
            "Иван Петрович",
            "Иванов И. П.",
        ),
        (named("ru", "Иванов", "Иван", ""), "Иванов Иван", "Иван", "Иванов И."),
        (named("ru", "Иванов", "", ""), "Иванов", "Иванов", "Иванов"),
        (named("ru", "Иванов", "", "Петрович"), "Иванов Петрович", "Петрович", "Иванов П."),
        (
            named("en", "Jackson", "Eleanor", "Rose"),
            "Eleanor Rose Jackson",
            "Eleanor",
            "E. Jackson",
        ),
        (named("en", "Jackson", "Eleanor", ""), "Eleanor Jackson", "Eleanor", "E. Jackson"),
        (named("en", "Jackson", "", ""), "Jackson", "Jackson", "Jackson"),
        (named("en", "Ёлкин", "Ян", "Юрьевич"), "Ян Юрьевич Ёлкин", "Ян", "Я. Ёлкин"),
    ],
)
def test_name_forms(client: Client, full: str, polite: str, short: str) -> None:
    """In full, politely and in short, in the order of the language, whatever parts there are."""
    entry = json.loads(entry_line(client, LINK, PAGE, [REASON]))
    assert entry["name"] == {"full": full, "polite": polite, "short": short}


def test_an_entry_has_all_that_a_sender_needs() -> None:
    """Every field of the line, as the schema has it."""
    client = make_client(
        time_zone="Asia/Irkutsk",
        segment="premium",
        phone="+79990001234",
        email="a@example.org",
        consents=("sms", "push"),
    )
    assert json.loads(entry_line(client, LINK, PAGE, [REASON, REASON])) == {
        "format": 1,
        "client": "C-1",
        "name": {
            "full": "Иванов Иван Иванович",
            "polite": "Иван Иванович",
            "short": "Иванов И. И.",
        },
        "locale": "ru",
        "time_zone": "Asia/Irkutsk",
        "addresses": {"phone": "+79990001234", "email": "a@example.org"},
        "consents": ["sms", "push"],
        "bank": "shore",
        "segment": "premium",
        "link": LINK,
        "page": {"path": PAGE[0], "sha256": PAGE[1]},
        "reasons": [REASON.told, REASON.told],
    }


@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=9, max_size=9),
    consents=st.lists(st.text(max_size=5), max_size=3),
)
def test_an_entry_is_one_line_of_json(texts: list[str], consents: list[str]) -> None:
    """Whatever stands in a client's row, the entry is one line, and reads back as it was."""
    client = make_client(
        **dict(zip(Client._fields[1:10], texts, strict=True)), consents=tuple(consents)
    )
    line = entry_line(client, LINK, PAGE, [REASON])
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    entry = json.loads(line)
    assert entry["addresses"] == {"phone": client.phone, "email": client.email}
    assert entry["consents"] == consents
    assert entry["name"]["full"] == client.full_name


def test_an_entry_has_no_secret_but_the_link() -> None:
    """The link's own characters stand there once; no key, no other client's, no amount unasked."""
    client = make_client(policies=(Policy("P-1", "duo", 123_456_789, date(2026, 1, 1)),))
    text = entry_line(client, LINK, PAGE, [REASON]).decode()
    assert text.count(SECRET.text) == 1
    keys = SECRET.keys()
    values = (SECRET.value, keys.seal_key, keys.nonce_key, RING.current.master, RING.pseudonym_key)
    assert not [value for value in values if value.hex() in text]
    assert "P-1" not in text
    assert "123456789" not in text
