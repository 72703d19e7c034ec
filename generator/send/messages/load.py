"""All messages of a site: read, checked, compiled and tried, or all that is wrong with them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateSyntaxError

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.base.model import suggestion
from generator.base.sending import Kind, Send
from generator.send.messages.engine import compiled, sandbox
from generator.send.messages.fields import COMMON, LETTER
from generator.send.messages.files import Source, read_sources
from generator.send.messages.letter import Frame, letter_body
from generator.send.messages.lint import lint
from generator.send.messages.look import look_of
from generator.send.messages.marks import Marks
from generator.send.messages.message import Message, Messages
from generator.send.messages.names import Unknown, amounts, unknown_names
from generator.send.messages.tried import tried

KNOWN: dict[Kind, frozenset[str]] = {
    "sms": COMMON,
    "email": LETTER,
    "push": COMMON - {"link"},
}
NO_NAME = re.compile(r"No (filter|test) named '([^']+)'")


def load_messages(root: Path, site: Site, send: Send | None = None) -> Messages:
    """The messages below ``root``; letters ask for votes where ``send.answers`` is set.

    Raises:
        InputError: every problem of every file.
    """
    problems: list[Problem] = []
    loader = _Loader(root, site, send, problems)
    sources = read_sources(root, site.locales, problems)
    found = [loader.message(source) for source in sources]
    if problems:
        raise InputError(problems)
    return Messages({one.key: one for one in found if one}, site.locales)


@dataclass(slots=True)
class _Loader:
    """Makes messages of sources; whatever is wrong goes to ``problems``."""

    root: Path
    site: Site
    send: Send | None
    problems: list[Problem]
    frames: dict[str, Frame | None] = field(default_factory=dict)

    def message(self, source: Source) -> Message | None:
        """One message, or None with its problems added."""
        before = len(self.problems)
        self.problems.extend(_misspelt(source))
        if len(self.problems) > before:
            return None
        forbidden = self.send.forbidden if self.send else {}
        self.problems.extend(lint(source, forbidden, sandbox(source.key.locale, html=False)))
        try:
            message = self._compiled(source)
        except InputError as error:
            self.problems.extend(error.problems)
            return None
        if message:
            self.problems.extend(tried(message, self.site))
        return message

    def _compiled(self, source: Source) -> Message | None:
        locale = source.key.locale
        constants = self._constants(locale)

        def template(text: str, *, html: bool = False) -> Template:
            return compiled(text, constants, locale, html=html)

        texts = {name: template(text) for name, text, _ in source.texts() if name in SHOWN}
        if source.key.kind != "email":
            text = template(source.body)
            return Message(source.key, source.path, source.front, text, texts)
        frame = self._frame(locale)
        if frame is None:
            return None
        marks = Marks()
        body = letter_body(source, marks, sandbox(locale, html=True))
        return Message(
            source.key,
            source.path,
            source.front,
            template(frame.text(source, marks, body)),
            texts,
            template(frame.html(source, marks, body), html=True),
            frame.words.chart,
        )

    def _frame(self, locale: str) -> Frame | None:
        """The frame of letters in ``locale``; what it lacks is told once."""
        if locale not in self.frames:
            look = look_of(self.root, self.site.theme)
            is_answered = bool(self.send and self.send.answers)
            self.frames[locale] = None
            words = look.words(locale)
            self.frames[locale] = Frame(look, words, self._constants(locale), is_answered)
        return self.frames[locale]

    def _constants(self, locale: str) -> dict[str, Any]:
        return {
            "locale": locale,
            "account_url": self.site.account_url,
            "site_name": self.site.name[locale],
            "contacts": self.site.contacts[locale],
        }


SHOWN = ("subject", "preheader", "title")
"""Texts that go out beside the body; the button's stands in the letter."""


def _misspelt(source: Source) -> Iterator[Problem]:
    """Mistakes of Jinja, and values that nobody gives."""
    environment = sandbox(source.key.locale, html=False)
    known = KNOWN[source.key.kind]
    for name, text, line in source.texts():
        allowed = known if not name else known - {"chart"}
        try:
            environment.compile(text)
            tree = environment.parse(text)
        except TemplateSyntaxError as error:
            hint = _near_filter(str(error.message), [*environment.filters, *environment.tests])
            wrong = Unknown("", error.lineno, f"Jinja: {error.message}", hint)
            yield _placed(source, name, text, line, wrong)
            continue
        for found in unknown_names(tree, allowed, source.front.reason):
            yield _placed(source, name, text, line, found)
        if source.key.kind == "push":
            for found in amounts(tree):
                yield _placed(source, name, text, line, found)


def _near_filter(message: str, known: list[str]) -> str:
    found = NO_NAME.search(message)
    return suggestion(found[2], known) if found else ""


def _placed(source: Source, field_: str, text: str, begin: int, found: Unknown) -> Problem:
    if field_:
        return source.document.problem((field_,), found.sentence, found.hint)
    written = text.splitlines()[found.line - 1 : found.line]
    place = (
        re.search(rf"\b{re.escape(found.name)}\b", written[0]) if found.name and written else None
    )
    column = place.start() + 1 if place else 1
    line = begin + found.line - 1
    return Problem(source.path, found.sentence, found.hint, line=line, column=column)
