"""Links as they come back from the wild: whole, with tags, with what others append."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import LinkError
from generator.sealing import Secret, link_fragment, parse_link
from generator.sealing.base58 import ALPHABET

SECRET = Secret(bytes(range(16)))
TAGS = st.text(ALPHABET, max_size=9)


@given(value=st.binary(min_size=16, max_size=16), tag=TAGS)
def test_a_link_comes_back(value: bytes, tag: str) -> None:
    """Whatever secret and tag a link carries, they are read from it."""
    link = parse_link("https://clients.example.org/#" + link_fragment(Secret(value), tag))
    assert (link.secret, link.tag) == (Secret(value), tag)


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "#{}",
        "/#{}",
        "https://clients.example.org/#{}",
        "http://127.0.0.1:8080/#{}",
        "https://clients.example.org/?utm_source=sms#{}",
        "https://clients.example.org/p/xx/yy?a=b#{}",
        "https://HOST#{}",
    ],
)
@pytest.mark.parametrize(
    ("after", "tag"),
    [
        ("", ""),
        ("k7Q", "k7Q"),
        ("k7Q&utm_source=sms&utm_medium=x", "k7Q"),
        ("&utm_source=sms", ""),
        ("k7Q?utm_source=sms", "k7Q"),
        ("k7Q%20", "k7Q"),
        ("%2F%zz", ""),
        ("k7Q.", "k7Q"),
        ("k7Q»", "k7Q"),
        ("k7Qи", "k7Q"),
        ("k7Q-", "k7Q"),
        ("k7Q=", "k7Q"),
        ("k7Q\n", "k7Q"),
        ("k7Q0OIl", "k7Q"),
        (" k7Q", ""),
    ],
)
def test_what_others_append_is_ignored(around: str, after: str, tag: str) -> None:
    """Trackers, linkifiers and typists may add what they like behind a link."""
    link = parse_link(around.format(SECRET.text + after))
    assert (link.secret, link.tag) == (SECRET, tag)


def test_a_second_fragment_is_ignored() -> None:
    """Of a link in a link's fragment the first secret counts."""
    link = parse_link(f"https://clients.example.org/#{SECRET.text}k7Q#{Secret(bytes(16)).text}")
    assert (link.secret, link.tag) == (SECRET, "k7Q")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "https://clients.example.org/",
        "https://clients.example.org/#",
        "https://clients.example.org/#" + SECRET.text[:21],
        "https://clients.example.org/#" + SECRET.text[:10] + "-" + SECRET.text[10:],
        "https://clients.example.org/#%23" + SECRET.text,
        "https://clients.example.org/%23" + SECRET.text,
        "https://clients.example.org/#/" + SECRET.text,
        "https://clients.example.org/#" + "z" * 22,
        "https://clients.example.org/#" + "z" * 25,
        "https://clients.example.org/##" + SECRET.text,
        "q/" + SECRET.text,
        " " + SECRET.text,
    ],
)
def test_a_link_that_is_not_whole_is_refused(text: str) -> None:
    """A cut or spoiled link is told to be incomplete, and is not repeated."""
    with pytest.raises(LinkError) as caught:
        parse_link(text)
    assert caught.value.reason == str(caught.value) == "incomplete"


@given(text=st.text() | st.text(f"{ALPHABET}#&/%", max_size=60))
def test_any_text_is_a_link_or_incomplete(text: str) -> None:
    """Nothing that a person may paste does anything else."""
    try:
        link = parse_link(text)
    except LinkError:
        return
    fragment = text.partition("#")[2] if "#" in text else text
    assert fragment.startswith(link_fragment(link.secret, link.tag))
    rest = fragment[22 + len(link.tag) :]
    assert not rest or rest[0] not in ALPHABET
