"""Messages as they are kept in memory, and one of them rendered for one client."""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Template, TemplateError
from markupsafe import Markup, escape

from generator.base.errors import InputError, Problem
from generator.base.model import suggestion
from generator.base.sending import Kind
from generator.send.messages.files import Front, Key
from generator.send.messages.plainer import SPACES, one_line

MISSING = "a value that the message names is missing, or is not what the message does with it"
GAPS = re.compile(r"\n[ \t]*\n\s+")
"""Where a part of a letter was left out."""
IMAGE = (
    '<img src="cid:%s" alt="%s" width="536" '
    'style="display:block;width:100%%;max-width:536px;height:auto;border:0;border-radius:8px">'
)
"""As wide as the layout's text; a mail program that knows no styles takes the attribute."""


@dataclass(frozen=True, slots=True, repr=False)
class Rendered:
    """A message to one client."""

    text: str
    """Of a letter the plain part."""
    subject: str = ""
    html: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    """Content id of each chart in the letter, and the series whose chart it is."""
    title: str = ""
    preheader: str = ""
    link: str = ""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Rendered({len(self.text)} characters)"


def content_id(series: str) -> str:
    """How a letter calls the chart of ``series``. Source: RFC 2392."""
    return f"chart-{series}@sealpress"


@dataclass(slots=True)
class Charts:
    """``chart(series)`` of one rendering: the picture's HTML, and a note of what is needed."""

    words: str
    shown: Container[str] | None
    """The series that have a chart; all of them without it."""
    images: dict[str, str] = field(default_factory=dict)

    def __call__(self, series: str, alt: str = "") -> Markup:
        """The picture; nothing where there is no chart, or it stands in the letter already."""
        if content_id(series) in self.images or not self._has(series):
            return Markup()
        self.images[content_id(series)] = series
        # Markup's own formatting costs a quarter of a letter
        picture = IMAGE % (escape(content_id(series)), escape(alt or self.words))
        return Markup(picture)  # noqa: S704 - both are escaped

    def _has(self, series: str) -> bool:
        return self.shown is None or series in self.shown


def no_chart(series: str, alt: str = "") -> str:
    """``chart(series)`` in a plain text."""
    del series, alt
    return ""


@dataclass(frozen=True, slots=True)
class Message:
    """One file, compiled."""

    key: Key
    path: str
    front: Front
    text: Template
    texts: Mapping[str, Template] = field(default_factory=dict)
    """Subject, preheader and title, of kinds that have them."""
    html: Template | None = None
    chart_words: str = ""

    def rendered(self, values: Mapping[str, Any]) -> Rendered:
        """The message with a client's values.

        Raises:
            InputError: a value is missing; what it is or would be is not told.
        """
        try:
            return self._rendered(values)
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError):
            raise InputError([Problem(self.path, MISSING)]) from None

    def _rendered(self, values: Mapping[str, Any]) -> Rendered:
        texts: dict[str, Any] = {
            name: _flat(one.render(values)) for name, one in self.texts.items()
        }
        link = str(values["link"])
        if self.html is None:
            return Rendered(one_line(self.text.render(values)), link=link, **texts)
        charts = Charts(self.chart_words, values.get("charts"))
        html = self.html.render(values, chart=charts)
        text = GAPS.sub("\n\n", self.text.render(values, chart=no_chart)).strip() + "\n"
        return Rendered(text, html=html, images=charts.images, link=link, **texts)


def _flat(text: str) -> str:
    """A text in one line: a header of a letter can hold no other."""
    return SPACES.sub(" ", text).strip()


@dataclass(frozen=True, slots=True)
class Messages:
    """All messages of a site."""

    all: Mapping[Key, Message]
    locales: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a journey may call, in order."""
        return tuple(sorted({key.name for key in self.all}))

    def kinds(self, name: str) -> tuple[Kind, ...]:
        """The kinds of channels for which ``name`` is written, in order."""
        return tuple(sorted({key.kind for key in self.all if key.name == name}))

    def fronts(self, name: str) -> tuple[Front, ...]:
        """What stands above each of its files."""
        return tuple(one.front for key, one in self.all.items() if key.name == name)

    def of(self, name: str, kind: Kind, locale: str) -> Message:
        """One message; of a locale that the site has no more, the one in its first.

        Raises:
            InputError: there is none.
        """
        known = locale if locale in self.locales else self.locales[0]
        found = self.all.get(Key(name, kind, known))
        if found is None:
            path, hint = f"content/messages/{name}.{kind}.md", suggestion(name, self.names)
            raise InputError([Problem(path, "there is no such message", hint)])
        return found


def render(
    messages: Messages, name: str, kind: Kind, locale: str, values: Mapping[str, Any]
) -> Rendered:
    """The message ``name`` with ``values`` (``message_values``).

    ``values["charts"]`` may name the series whose charts there are; without it a letter shows all
    that it asks for, and ``images`` says which.

    Raises:
        InputError: there is no such message, or a value is missing.
    """
    return messages.of(name, kind, locale).rendered(values)
