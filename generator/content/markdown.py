"""Markdown to safe HTML: what an editor pastes can never become a script on a client's page."""

import re
from functools import lru_cache

import nh3
from markdown import Markdown

EXTENSIONS = ["extra", "admonition", "sane_lists", "smarty"]
SMARTY = {"smarty": {"smart_quotes": False}}
TAGS = {
    *("a", "abbr", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em"),
    *("h3", "h4", "h5", "h6", "hr", "ins", "li", "ol", "p", "pre", "strong", "sub", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
CLASSES = {
    "div": {"admonition", "note", "tip", "warning", "important", "footnote"},
    "p": {"admonition-title", "lead"},
    "a": {"footnote-ref", "footnote-backref", "phone"},
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "li": {"id"},
    "sup": {"id"},
    "ol": {"start"},
}
ALIGN = re.compile(r' style="text-align: (left|center|right);"')


@lru_cache(maxsize=1)
def _markdown() -> Markdown:
    return Markdown(extensions=EXTENSIONS, extension_configs=SMARTY, output_format="html")


@lru_cache(maxsize=1024)  # series that began a month apart tell the same news
def _rough(text: str) -> str:
    """``text`` as HTML that nobody has looked through yet."""
    engine = _markdown()
    engine.reset()
    return ALIGN.sub(r' align="\1"', engine.convert(text))


def to_html(text: str, prefix: str) -> str:
    """``text`` as sanitised HTML; ids and the links to them begin with ``prefix``.

    Many texts stand on one page, and two of them may have a first footnote.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "id":
            return f"{prefix}-{value}".replace(":", "-")
        if tag == "a" and name == "href" and value.startswith("#"):
            return f"#{prefix}-{value[1:]}".replace(":", "-")
        return value

    return nh3.clean(
        _rough(text),
        tags=TAGS,
        attributes={**ATTRIBUTES, "td": {"align"}, "th": {"align", "scope"}},
        allowed_classes=CLASSES,
        url_schemes={"https", "http", "mailto", "tel"},
        attribute_filter=attribute,
        link_rel="noopener noreferrer",
    )
