"""YAML with the place of every value, and without YAML 1.1's surprises.

Scalars stay the text that the editor typed (``no`` is not False, ``12:30`` is not 750); the
models of the border give them their types. Only an unquoted number with a point becomes a
float, so that a model can refuse it: other tools that read the file would round it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from generator.base.errors import Problem

Place: TypeAlias = tuple[int, int]
Route: TypeAlias = tuple[str | int, ...]
Data: TypeAlias = "str | float | list[Data] | dict[str, Data] | None"

NULLS = {"", "~", "null", "Null", "NULL"}
FLOAT = "tag:yaml.org,2002:float"
POINT = re.compile(r"[-+]?\d*\.\d+")


@dataclass(slots=True)
class Document:
    """A parsed file: its data, and where each value and each key stands (line, column from 1)."""

    path: str
    data: Data
    values: dict[Route, Place] = field(default_factory=dict)
    keys: dict[Route, Place] = field(default_factory=dict)

    def place(self, route: Route) -> Place:
        """Where ``route`` stands, or the nearest thing around it that is in the file."""
        while route and route not in self.values:
            route = route[:-1]
        return self.values.get(route, (1, 1))

    def key_place(self, route: Route) -> Place:
        """Where the key at the end of ``route`` stands."""
        return self.keys.get(route) or self.place(route)

    def problem(self, route: Route, sentence: str, hint: str = "") -> Problem:
        """A problem with the value at ``route``."""
        line, column = self.place(route)
        return Problem(self.path, sentence, hint, dotted(route), line, column)


def dotted(route: Route) -> str:
    """A route as an editor reads it: ``stages[2].names.ru``."""
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in route)
    return text.lstrip(".")


def parse_yaml(text: str, path: str, problems: list[Problem], offset: int = 0) -> Document | None:
    """The document in ``text``, or None with its problems added.

    ``offset`` is the number of lines above the text, for the front matter of a Markdown file.
    """
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax(error, path, offset))
        return None
    except yaml.YAMLError:
        problems.append(Problem(path, "the YAML holds a character that is not allowed"))
        return None
    document = Document(path, None)
    reader = _Reader(document, problems, offset)
    document.data = reader.read(node, ()) if node else None
    return document


def _syntax(error: yaml.MarkedYAMLError, path: str, offset: int) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1 + offset, mark.column + 1) if mark else (1, 1)
    hint = "check the indentation, and quote a value that holds a colon or a hash"
    complaint = (error.problem or "cannot be understood").split(", but found")[0]
    return Problem(path, f"invalid YAML: {complaint}", hint, line=line, column=column)


class _Reader:
    """Walks the node tree once and notes every place."""

    def __init__(self, document: Document, problems: list[Problem], offset: int) -> None:
        self.document, self.problems, self.offset = document, problems, offset
        self.open: set[int] = set()

    def read(self, node: yaml.Node, route: Route) -> Data:
        """The plain data of ``node``."""
        self.document.values[route] = self._mark(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self.open:
            self.problems.append(self.document.problem(route, "an alias contains itself"))
            return None
        self.open.add(id(node))
        try:
            return self._inner(node, route)
        finally:
            self.open.discard(id(node))

    def _inner(self, node: yaml.Node, route: Route) -> Data:
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*route, place)) for place, item in enumerate(node.value)]
        return dict(self._pairs(node, route))

    def _pairs(self, node: yaml.Node, route: Route) -> Iterator[tuple[str, Data]]:
        for key_node, value_node in node.value:
            key = str(key_node.value)
            below = (*route, key)
            if below in self.document.keys:
                line, column = self._mark(key_node)
                self.problems.append(
                    Problem(
                        self.document.path, "the key stands twice", "", dotted(below), line, column
                    )
                )
            self.document.keys[below] = self._mark(key_node)
            yield key, self.read(value_node, below)

    def _scalar(self, node: yaml.ScalarNode) -> Data:
        if node.style is None and node.value in NULLS:
            return None
        if node.style is None and node.tag == FLOAT and POINT.fullmatch(node.value):
            return float(node.value)
        return str(node.value)

    def _mark(self, node: yaml.Node) -> Place:
        return node.start_mark.line + 1 + self.offset, node.start_mark.column + 1
