"""Letters as they are made: whatever is in them comes out again, and nothing else does."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from re import search

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.channels.letter import address_of, letter_of
from generator.send.channels.parts import WIDTH
from tests.send.channels.samples import NOW, letter

SENDER = '"Страховая, «Полис»" <letters@insurer.example>'
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read(content: bytes) -> EmailMessage:
    """As a mail program does."""
    made = message_from_bytes(content, policy=default)
    assert isinstance(made, EmailMessage)
    return made


def text_of(made: EmailMessage, kind: str) -> str:
    """The content of the part, without the end of its last line."""
    part = made.get_body((kind,))
    assert isinstance(part, EmailMessage)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().removesuffix("\r\n")


@given(text=TEXTS, html=TEXTS, image=st.binary())
def test_every_part_comes_out_as_it_went_in(text: str, html: str, image: bytes) -> None:
    """With line ends of mail; and no line could be taken for the end of the letter."""
    made = letter_of(letter(text=text, html=html or "a", images={"a": image}), SENDER, NOW)
    read_again = read(made.content)
    for kind, wanted in (("plain", text), ("html", html or "a")):
        lines = wanted.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        assert text_of(read_again, kind) == lines.replace("\n", "\r\n")
    picture = next(one for one in read_again.walk() if one.get_content_type() == "image/png")
    assert picture.get_payload(decode=True) == image
    assert not search(rb"\r(?!\n)|(?<!\r)\n", made.content)
    assert made.content.isascii()
    assert max(map(len, made.content.split(b"\r\n"))) <= WIDTH + 20


@given(WORDS)
def test_a_subject_has_any_words(subject: str) -> None:
    """They are encoded and folded; no header comes of them."""
    made = read(letter_of(letter(subject=subject), SENDER, NOW).content)
    assert str(made["Subject"]).split() == subject.split()
    assert set(made.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_a_second_try_is_the_same_letter() -> None:
    """But for its date."""
    first, second = (letter_of(letter(), SENDER, NOW) for _ in range(2))
    assert first.content == second.content


def test_a_sender_has_a_name_of_any_signs() -> None:
    """A comma in it is not a second sender."""
    made = read(letter_of(letter(), SENDER, NOW).content)
    addresses = [(one.display_name, one.addr_spec) for one in made["From"].addresses]
    assert addresses == [("Страховая, «Полис»", "letters@insurer.example")]


def test_a_letter_without_html_is_text() -> None:
    """And nothing is wrapped around it."""
    made = read(letter_of(letter(html="", images={}), SENDER, NOW).content)
    assert made.get_content_type() == "text/plain"
    assert [part.get_content_type() for part in made.walk()] == ["text/plain"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@b.example", "a@b.example"),
        ("a+b@B.Example", "a+b@b.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("o'neil@b.example", "o'neil@b.example"),
    ],
)
def test_a_domain_is_that_of_today(text: str, address: str) -> None:
    """IDNA 2008: in 2003 ß was ss, which is another's domain now."""
    assert address_of(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "@", "a@", "@b.example", "a b@c.example", "-a@b.example", "a@b..example", "a@-b.example",
     "a@b.example\r\n", "a@b.example>", "<a@b.example", "a@[1.2.3.4]", "a" * 65 + "@b.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    """Without a word of it."""
    with pytest.raises(ValueError, match=r"^not an address$"):
        address_of(text)


def test_nothing_of_it_is_shown() -> None:
    """In its repr."""
    assert "client" not in repr(letter_of(letter(), SENDER, NOW))
