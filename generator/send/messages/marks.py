"""Jinja's tags taken out of a text and put back: between the two it may be any other language.

A tag becomes a mark of private characters, which Markdown, a sanitiser and an inliner of styles
pass on as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jinja2.environment import Environment

BEGIN, END = "\ue000", "\ue001"
MARK = re.compile(f"{BEGIN}([0-9]+){END}")
BRACE = re.compile(r"\{(?=[{%#])")
"""Would begin a tag where the editor wrote none."""
SHOWN = {"variable_begin": "variable_end", "block_begin": "block_end"}
CLOSING = SHOWN | {
    "comment_begin": "comment_end",
    "raw_begin": "raw_begin",
    "raw_end": "raw_end",
}


@dataclass(slots=True)
class Marks:
    """The tags of one message by their numbers."""

    tags: list[str] = field(default_factory=list)

    def mark(self, tag: str) -> str:
        """What stands in a text for ``tag``."""
        self.tags.append(tag)
        return f"{BEGIN}{len(self.tags) - 1}{END}"

    def taken_out(self, source: str, environment: Environment) -> str:
        """``source`` with marks in place of its tags, and without its comments.

        What stands in ``raw`` is a text as any other.
        """
        pieces = tagged(source, environment)
        return "".join(
            text if not kind else self.mark(text) if kind in SHOWN else "" for kind, text in pieces
        )

    def put_back(self, text: str) -> str:
        """``text`` with the tags in place of their marks: a template again."""
        safe = BRACE.sub("{{ '{' }}", text)
        return MARK.sub(lambda found: self.tags[int(found[1])], safe)

    def is_statement(self, number: str) -> bool:
        """Whether the tag shows nothing by itself."""
        return not self.tags[int(number)].startswith("{{")


def tagged(source: str, environment: Environment) -> Iterator[tuple[str, str]]:
    """The pieces of ``source``: texts under an empty kind, whole tags under that of their begin.

    Raises:
        TemplateSyntaxError: a tag is not closed.
    """
    clean = source.replace(BEGIN, "").replace(END, "")
    opened, held = "", ""
    for _, kind, text in environment.lex(clean):
        held += text
        opened = opened or (kind if kind in CLOSING else "")
        if opened and kind != CLOSING[opened]:
            continue
        yield opened, held
        opened, held = "", ""


def words_of(source: str, environment: Environment) -> str:
    """``source`` with blanks in place of its tags, so that every word keeps its place."""
    return "".join(
        re.sub(r"[^\n]", " ", text) if kind else text for kind, text in tagged(source, environment)
    )
