"""Markdown of a letter's body to HTML and to plain text, with marks in place of Jinja's tags."""

import re
from html.parser import HTMLParser
from typing import Final

import nh3
from jinja2.environment import Environment
from markdown import Markdown

from generator.send.messages.marks import BEGIN, END, MARK, Marks

EXTENSIONS = ["extra", "sane_lists", "smarty"]
SMARTY = {"smarty": {"smart_quotes": False}}
TAGS = {
    *("a", "b", "blockquote", "br", "em", "h2", "h3", "hr", "i", "li", "ol", "p", "strong"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ONE = f"{BEGIN}[0-9]+{END}"
ALONE = re.compile(rf"<p>((?:\s*{ONE})+)\s*</p>")
LINE = re.compile(rf"^[ \t]*((?:{ONE}[ \t]*)+)$", re.MULTILINE)


def body_html(body: str, marks: Marks, environment: Environment) -> str:
    """The body as safe HTML; a line of statements alone is no paragraph.

    Raises:
        ValueError: a tag stands where HTML has no place for it, and was moved or lost.
    """
    text = LINE.sub(lambda found: _own_line(found, marks), marks.taken_out(body, environment))
    engine = Markdown(extensions=EXTENSIONS, extension_configs=SMARTY, output_format="html")
    rough = engine.convert(text)
    clean = nh3.clean(
        rough,
        tags=TAGS,
        attributes={"a": {"href", "title"}, "td": {"align"}, "th": {"align"}},
        url_schemes={"https", "mailto", "tel"},
        link_rel=None,
    )
    if MARK.findall(clean) != MARK.findall(rough):
        raise ValueError
    return ALONE.sub(lambda found: _bare(found, marks), clean)


def _own_line(found: re.Match[str], marks: Marks) -> str:
    """Markdown would draw the next line into the same paragraph."""
    return f"\n{found[1]}\n" if _are_statements(found[1], marks) else found[0]


def _bare(found: re.Match[str], marks: Marks) -> str:
    return found[1] if _are_statements(found[1], marks) else found[0]


def _are_statements(text: str, marks: Marks) -> bool:
    return all(marks.is_statement(number) for number in MARK.findall(text))


def plain_text(html: str) -> str:
    """``html`` for a reader of plain text: a link's address stands behind its words."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(writer.pieces))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Writer(HTMLParser):
    """Writes down texts as they come, with line ends where blocks end."""

    BEGIN: Final = {"li": "\n– ", "br": "\n", "hr": "\n\n* * *\n\n", "tr": "\n", "h2": "\n\n"}
    END: Final = {
        **dict.fromkeys(("p", "ul", "ol", "blockquote", "h2", "h3", "table"), "\n\n"),
        "td": "  ",
        "th": "  ",
    }

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins, or a link whose address is needed later."""
        self.pieces.append(self.BEGIN.get(tag, ""))
        if tag == "a":
            self.address = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        """A block ends, or a link, whose address is shown."""
        self.pieces.append(self.END.get(tag, ""))
        if tag == "a" and self.address:
            shown = self.address.removeprefix("mailto:").removeprefix("tel:")
            self.pieces.append("" if self.pieces[-2:-1] == [shown] else f": {shown}")

    def handle_data(self, data: str) -> None:
        """A text, whose line ends mean nothing."""
        if data.strip() or "\n" not in data:
            self.pieces.append(re.sub(r"\s*\n\s*", " ", data))
