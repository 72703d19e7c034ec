"""A text is known by its digest, whoever's id and tag it has."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from generator.send.messages import Rendered
from generator.send.payload import Payload
from generator.send.texts import Texts, digest_of
from generator.send.values import Identity, Planned
from tests.send.entries import LINK, coupon, entry_of
from tests.send.house import NOON, house

IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)
TAGS = st.text("123456789ABCabc", min_size=3, max_size=3)


def rendered(one: str, tag: str, text: str = "Купон. ") -> Rendered:
    """A message with its link, and its id in a letter's links."""
    link = LINK + tag
    return Rendered(f"{text}{link}", html=f"<a href='{link}'>{one}</a>", link=link)


@given(one=IDS, tag=TAGS, other=IDS, another=TAGS)
def test_the_same_text_has_the_same_digest(one: str, tag: str, other: str, another: str) -> None:
    """So that it is seen when it goes to an address again and again."""
    assert digest_of(rendered(one, tag), one, tag) == digest_of(
        rendered(other, another), other, another
    )


@given(text=st.text(min_size=1, max_size=20))
def test_another_text_has_another(text: str) -> None:
    """Where it differs, and where it is cut."""
    usual = digest_of(rendered("a" * 26, "k7Q"), "a" * 26, "k7Q")
    assert digest_of(rendered("a" * 26, "k7Q", f"Купон. {text}"), "a" * 26, "k7Q") != usual
    first, second = Rendered(text, subject="a"), Rendered("a", subject=text)
    same = first == second
    assert (digest_of(first, "x", "y") == digest_of(second, "x", "y")) is same


def test_another_clients_link_is_another_text() -> None:
    """Two who share a phone are not told the same."""
    mine = Rendered(f"Купон. {LINK}k7Q", link=f"{LINK}k7Q")
    other = LINK.replace("1A", "1B")
    theirs = Rendered(f"Купон. {other}k7Q", link=f"{other}k7Q")
    assert digest_of(mine, "x", "k7Q") != digest_of(theirs, "x", "k7Q")


def test_what_is_handed_over(tmp_path: Path) -> None:
    """Of a push the title, the link, and by what a second one replaces it."""
    identity = Identity("C-1", "news", 1, "coupon/accrued/x", 0, "push")
    row = Planned(identity, "push", "service", "news", "", NOON, NOON, tag="k7Q", id="i" * 26)
    with house(tmp_path).open() as sender:
        texts = Texts(sender.messages, sender.settings)
        made = texts.letter(row, Payload(entry_of(coupon()), "a-token"), {})
    assert (made.to, made.subject, made.text) == ("a-token", "Новости", "Есть новости")
    assert (made.link, made.collapse, made.headers) == (f"{LINK}k7Q", "news-k7Q", {})
    assert repr(made) == f"Outgoing({'i' * 26})"
