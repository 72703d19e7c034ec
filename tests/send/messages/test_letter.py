"""Letters: their frame, their two forms, and what mail programs demand of them."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from generator.base.errors import InputError
from generator.base.sending import Send
from generator.send.messages import content_id
from generator.send.messages.body import plain_text
from generator.send.messages.headers import letter_headers
from generator.send.messages.marks import BEGIN
from generator.send.messages.message import Message
from tests.send.letters import SEND, email, sample_values, shipped, written

MESSAGES = shipped()
LETTERS = [message for message in MESSAGES.all.values() if message.html]
VOTE_LINKS = 11


class Read(HTMLParser):
    """The addresses and pictures of a letter, and whatever a mail program would not take."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        found = dict(attrs)
        self.tags.add(tag)
        if tag == "a":
            self.links.append(found["href"] or "")
        if tag == "img":
            self.pictures.append(found)


@pytest.fixture(params=LETTERS, ids=lambda one: f"{one.key.name}-{one.key.locale}")
def letter(request: pytest.FixtureRequest) -> Message:
    """Each letter of the sample."""
    found: Message = request.param
    return found


def test_a_letter_has_every_link(letter: Message) -> None:
    """To the page, the account, the votes and the way out; in both of its forms."""
    values = sample_values(letter)
    rendered = letter.rendered(values)
    wanted = {values["link"], "https://my.north-shore.example", values["unsubscribe_link"]}
    if letter.front.votes:
        wanted |= {values["liked_link"], values["disliked_link"]}
    if letter.front.reason == "stage":
        wanted.add(values["stage_link"])
    found = set(Read(rendered.html).links)
    assert wanted <= found
    assert (set(values["vote_links"]) <= found) == letter.front.votes
    assert all(link in rendered.text for link in wanted)
    assert not re.search(r"[{}]|&\w+;", rendered.text)


def test_a_letter_needs_nothing_from_elsewhere(letter: Message) -> None:
    """No picture that counts readers, no style sheet, no script; Outlook knows what is left."""
    read = Read(letter.rendered(sample_values(letter)).html)
    assert read.tags.isdisjoint({"script", "link", "form", "iframe", "video", "svg", "main"})
    assert all(str(one["src"]).startswith("cid:") for one in read.pictures)
    assert all(one["alt"] for one in read.pictures)


def test_styles_stand_in_the_elements(letter: Message) -> None:
    """A sheet is left for the dark and for narrow screens alone; no mark is left at all."""
    html = letter.rendered(sample_values(letter)).html
    (sheet,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert re.findall(r"^@media \(([a-z-]+)", sheet, re.MULTILINE) == [
        "max-width",
        "prefers-color-scheme",
    ]
    assert '<h1 style="' in html
    assert "var(--" not in html
    assert BEGIN not in html
    assert '<meta name="color-scheme" content="light dark">' in html


def test_a_letter_is_not_cut_off(letter: Message) -> None:
    """Gmail shows 102 kB of HTML and hides the rest, with the way out."""
    assert len(letter.rendered(sample_values(letter, "longest")).html.encode()) < 102_000


def test_charts_are_pictures_of_the_letter() -> None:
    """Each series once, under the content id that the HTML names."""
    letter = MESSAGES.of("coupon-accrued", "email", "en")
    values = sample_values(letter)
    reasons = [{**values["reason"], "series": series} for series in ("blue", "red", "blue")]
    rendered = letter.rendered({**values, "reasons": reasons})
    assert rendered.images == {content_id("blue"): "blue", content_id("red"): "red"}
    assert rendered.html.count(f'src="cid:{content_id("blue")}"') == 1
    only = letter.rendered({**values, "reasons": reasons, "charts": ["red"]})
    assert only.images == {content_id("red"): "red"}
    assert content_id("blue") not in only.html


def test_a_bracket_of_the_editor_stays_one(tmp_path: Path) -> None:
    """What is no tag is shown, in both forms."""
    body = "{% raw %}{{ x }}{% endraw %} &#123;{ y }}"
    messages = written(tmp_path, {"a.email.md": email(body)})
    letter = messages.of("a", "email", "en")
    rendered = letter.rendered(sample_values(letter))
    assert "{{ x }} {{ y }}" in rendered.text
    assert "<p style=" in rendered.html
    assert "{{ x }} {{ y }}" in rendered.html


def test_an_editor_can_paste_no_script(tmp_path: Path) -> None:
    """HTML in Markdown goes through a sanitiser, and so do addresses."""
    body = '<script>alert(1)</script><img src="https://x.example/1.gif">[a](javascript:alert(1))'
    messages = written(tmp_path, {"a.email.md": email(body)})
    letter = messages.of("a", "email", "en")
    html = letter.rendered(sample_values(letter)).html
    assert "alert" not in html
    assert "x.example" not in html


def test_loops_and_conditions_are_no_paragraphs(tmp_path: Path) -> None:
    """A line of them leaves no empty space, and what follows is Markdown."""
    body = "{% for one in reasons %}\n- **{{ one.policy }}**\n{% endfor %}\nEnd"
    messages = written(tmp_path, {"a.email.md": email(body)})
    letter = messages.of("a", "email", "en")
    values = sample_values(letter, "longest")
    rendered = letter.rendered(values)
    assert rendered.html.count("<li") == len(values["reasons"])
    assert not re.search(r"<p[^>]*>\s*</p>", rendered.html)
    assert f"– {values['reason']['policy']}" in rendered.text


def test_a_loop_in_a_table_is_refused(tmp_path: Path) -> None:
    """HTML has no place for it: the rows would be torn from their table."""
    body = "<table>{% for one in reasons %}<tr><td>{{ one.policy }}</td></tr>{% endfor %}</table>"
    with pytest.raises(InputError, match="put no loops or conditions between the rows"):
        written(tmp_path, {"a.email.md": email(body)})


def test_a_site_that_does_not_listen_asks_nothing(tmp_path: Path) -> None:
    """No votes and no way out that would lead nowhere."""
    messages = written(tmp_path, {"a.email.md": email("Hi")})
    letter = messages.of("a", "email", "en")
    rendered = letter.rendered(sample_values(letter))
    assert "answers.example" not in rendered.html + rendered.text


def test_a_brand_colours_its_letters(tmp_path: Path) -> None:
    """By the same file as its pages, in light and dark."""
    styles = tmp_path / "themes/default/styles"
    styles.mkdir(parents=True)
    dark = "@media (prefers-color-scheme: dark) {\n  :root {--sp-accent: #654321; }\n}"
    css = f":root {{ --sp-accent: #123456 }}\n{dark}"
    (styles / "brand.css").write_text(css, encoding="utf-8")
    messages = written(tmp_path, {"a.email.md": email("Hi")})
    letter = messages.of("a", "email", "en")
    html = letter.rendered(sample_values(letter)).html
    assert 'bgcolor="#123456"' in html
    assert "background-color: #654321 !important" in html


def test_a_mistake_in_the_layout_is_told_with_its_line(tmp_path: Path) -> None:
    """A site's own layout takes the place of the default's."""
    folder = tmp_path / "themes/default/letters"
    folder.mkdir(parents=True)
    (folder / "letter.html").write_text("<p>\n{% if %}", encoding="utf-8")
    with pytest.raises(InputError, match=r"^themes/letters/letter\.html:2:1: the layout has"):
        written(tmp_path, {"a.email.md": email("Hi")})


def test_a_locale_without_words_is_told_once(tmp_path: Path) -> None:
    """The theme speaks Russian and English; others are a file each."""
    files = {"a.email.md": email("Hi"), "b.email.md": email("Hi")}
    with pytest.raises(InputError) as error:
        written(tmp_path, files, locales="de")
    assert str(error.value).count("letters have no words in de") == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a\nb</p><p>c</p>", "a b\n\nc"),
        ('<p>See <a href="https://x.example">here</a>.</p>', "See here: https://x.example."),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul><p>d</p>", "– a\n– b c\n\nd"),
        ("<p>a<br>b &amp; c</p><hr><p>d</p>", "a\nb & c\n\n* * *\n\nd"),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td>c</td></tr></table>", "a  b\nc"),
    ],
)
def test_html_as_plain_text(html: str, text: str) -> None:
    """For readers whose mail program shows no HTML."""
    assert plain_text(html) == text


def test_one_click_leaves_the_list() -> None:
    """By mailbox and by address. Source: RFC 8058, section 3.1."""
    assert letter_headers(SEND, "M1") == {
        "List-Unsubscribe": "<mailto:leave@north-shore.example?subject=unsubscribe%20M1>, "
        "<https://answers.example/u/M1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert letter_headers(Send(channels={}), "M1") == {}
    mail = letter_headers(Send(channels={}, unsubscribe_mail="a@b.example"), "M1")
    assert list(mail) == ["List-Unsubscribe"]
