"""Texts with settings above them, between two lines of dashes."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from generator.base.errors import Problem
from generator.base.model import Strict, checked
from generator.base.text import read_text
from generator.base.yamldoc import Document, parse_yaml

M = TypeVar("M", bound=Strict)
FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
HINT = "begin the file with --- and end its settings with another --- line"


@dataclass(frozen=True, slots=True)
class Fronted(Generic[M]):
    """A file: its settings as YAML and as a model, and the text below them."""

    document: Document
    meta: M
    body: str
    line: int
    """On which the text begins."""


def read_fronted(
    path: Path, name: str, model: type[M], problems: list[Problem]
) -> Fronted[M] | None:
    """The file, which is called ``name`` in problems; None with its problems added."""
    text = read_text(path, name, problems)
    if text is None:
        return None
    begin = FENCE.match(text)
    end = FENCE.search(text, begin.end()) if begin else None
    if not begin or not end:
        problems.append(Problem(name, "there is no front matter", HINT, line=1, column=1))
        return None
    document = parse_yaml(text[begin.end() + 1 : end.start()], name, problems, offset=1)
    meta = checked(model, document, problems) if document else None
    if document is None or meta is None:
        return None
    line = text.count("\n", 0, end.end()) + 2
    return Fronted(document, meta, text[end.end() + 1 :], line)
