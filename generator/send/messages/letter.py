"""A letter's layout, filled with everything but the client: styles are inlined once, not each time.

The layout is a template of the theme. It is rendered when messages are loaded, with marks in place
of a client's values; what comes of it gets its styles inlined (mail programs drop style sheets) and
its tags back, and is a template again: for one client it costs a rendering and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import css_inline
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from generator.base.errors import InputError, Problem
from generator.send.messages.body import body_html, plain_text
from generator.send.messages.engine import sandbox
from generator.send.messages.files import Source
from generator.send.messages.headers import VOTES
from generator.send.messages.look import LETTERS, Look, Words
from generator.send.messages.marks import MARK, Marks

TORN = "a tag of Jinja stands where HTML has no place for it"
TORN_HINT = "put no loops or conditions between the rows of a table, or values into pictures"
LINKS = ("link", "why_link", "stage_link", "unsubscribe_link", "liked_link", "disliked_link")


@dataclass(frozen=True, slots=True)
class Frame:
    """What all letters of a locale share."""

    look: Look
    words: Words
    constants: Mapping[str, Any]
    """The site's name, contacts and account, and the locale."""
    is_answered: bool
    """Whether somebody listens to votes and unsubscribing."""

    def html(self, source: Source, marks: Marks, body: str) -> str:
        """The template of the letter's HTML."""
        values = self._values(source, marks, body) | dict(
            zip(("light", "dark"), self.look.colours(), strict=True)
        )
        page = self._rendered("letter.html", values, html=True)
        inlined = _inliner(self._rendered("letter.css", values, html=False)).inline(page)
        if MARK.findall(inlined) != MARK.findall(page):
            raise InputError([Problem(f"themes/{LETTERS}/letter.html", TORN, TORN_HINT)])
        # the inliner takes away what it cannot inline, and the dark colours are of that kind
        screen = self._rendered("screen.css", values, html=False)
        return marks.put_back(inlined.replace("</head>", f"<style>{screen}</style></head>", 1))

    def text(self, source: Source, marks: Marks, body: str) -> str:
        """The template of the letter's plain text."""
        values = self._values(source, marks, plain_text(body))
        return marks.put_back(self._rendered("letter.txt", values, html=False))

    def _values(self, source: Source, marks: Marks, body: str) -> dict[str, Any]:
        front, environment = source.front, sandbox(source.key.locale, html=False)
        fields = ("subject", "preheader", "title", "button")
        texts = {field: marks.taken_out(getattr(front, field), environment) for field in fields}
        return {
            **self.constants,
            **texts,
            **{name: marks.mark(f"{{{{ {name} }}}}") for name in LINKS},
            "vote_links": [marks.mark(f"{{{{ vote_links[{vote}] }}}}") for vote in VOTES],
            "body": Markup(body),  # noqa: S704 - sanitised, or the plain text's
            "words": self.words,
            "reason_kind": front.reason,
            "is_answered": self.is_answered,
            "asks_votes": self.is_answered and front.votes,
        }

    def _rendered(self, name: str, values: Mapping[str, Any], *, html: bool) -> str:
        environment = sandbox(str(self.constants["locale"]), html=html)
        environment.trim_blocks = environment.lstrip_blocks = True
        try:
            return environment.from_string(self.look.source(f"{LETTERS}/{name}")).render(values)
        except TemplateError as error:
            sentence = f"the layout has a mistake: {error.message}"
            line = getattr(error, "lineno", 0)
            place = Problem(f"themes/{LETTERS}/{name}", sentence, line=line, column=int(line > 0))
            raise InputError([place]) from None


def letter_body(source: Source, marks: Marks, environment: ImmutableSandboxedEnvironment) -> str:
    """The letter's own HTML, with marks in it.

    Raises:
        InputError: a tag of Jinja stands where HTML has no place for it.
    """
    try:
        return body_html(source.body, marks, environment)
    except ValueError:
        raise InputError([Problem(source.path, TORN, TORN_HINT)]) from None


def _inliner(css: str) -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, extra_css=css)
