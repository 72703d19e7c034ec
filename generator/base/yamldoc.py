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
YAML_HINT = "check the indentation, and quote a value that holds a colon or a hash"
MISPLACED = (
    "the line stands too far to the left or to the right",
    "begin it right under the lines that it belongs with",
)
INTERRUPTED = (
    "the value ends here, and yet something follows",
    "put the whole text in quotes, and write a quotation mark inside it twice",
)
COMPLAINTS = {
    "alphabetic or numeric": ("a value begins with * or &", "put the text in quotes"),
    "undefined alias": ("a value begins with *", "put the text in quotes"),
    "mapping values are not allowed": (
        "a colon where none can stand",
        "put a text that holds a colon in quotes, or correct the indentation",
    ),
    "cannot start any token": (
        "a sign with which no value can begin",
        "put a text that begins with @, ` or % in quotes; indent with spaces, never with tabs",
    ),
    "could not find expected ':'": (
        "a line without a colon",
        "write a colon and a space after the key, here or on the line above",
    ),
    "did not find expected ',' or": (
        "a bracket or a quotation mark is not closed",
        "close it, here or on the line above",
    ),
    "unexpected end of stream": ("a quotation mark is not closed", "it was opened further above"),
    "did not find expected": MISPLACED,
    "unknown escape": ("a backslash in double quotes", "write it twice, or use single quotes"),
    "another document": ("a second --- line", "keep only the first"),
}
"""What the parser says, and what an editor who never heard of tokens is told."""
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
        problems.append(_syntax(error, text, path, offset))
        return None
    except yaml.YAMLError:
        problems.append(Problem(path, "the YAML holds a character that is not allowed"))
        return None
    document = Document(path, None)
    reader = _Reader(document, problems, offset)
    document.data = reader.read(node, ()) if node else None
    return document if reader.readable else None


def _syntax(error: yaml.MarkedYAMLError, text: str, path: str, offset: int) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    complaint = (error.problem or "cannot be understood").split(", but found")[0]
    told = (words for piece, words in COMPLAINTS.items() if piece in complaint)
    sentence, hint = next(told, (complaint, YAML_HINT))
    before = "".join(text.splitlines()[line - 1 : line])[: column - 1]
    if (sentence, hint) == MISPLACED and before.strip():
        sentence, hint = INTERRUPTED
    return Problem(path, f"invalid YAML: {sentence}", hint, line=line + offset, column=column)


class _Reader:
    """Walks the node tree once and notes every place."""

    def __init__(self, document: Document, problems: list[Problem], offset: int) -> None:
        self.document, self.problems, self.offset = document, problems, offset
        self.open: set[int] = set()
        self.readable = True

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
            if not isinstance(key_node, yaml.ScalarNode):
                hint = "put a text that begins with { or [ in quotes"
                self._add(key_node, route, "a bracket where none can stand", hint)
                self.readable = False
                continue
            key = str(key_node.value)
            below = (*route, key)
            if below in self.document.keys:
                self._add(key_node, below, "the key stands twice", "")
                self._forget(below)
            self.document.keys[below] = self._mark(key_node)
            yield key, self.read(value_node, below)

    def _forget(self, route: Route) -> None:
        """Take back the keys below ``route``, lest each of them count as standing twice too."""
        inner = [key for key in self.document.keys if key[: len(route)] == route]
        for key in inner:
            del self.document.keys[key]

    def _add(self, node: yaml.Node, route: Route, sentence: str, hint: str) -> None:
        line, column = self._mark(node)
        problem = Problem(self.document.path, sentence, hint, dotted(route), line, column)
        self.problems.append(problem)

    def _scalar(self, node: yaml.ScalarNode) -> Data:
        is_plain = not node.style  # libyaml calls it "", the parser in Python None
        if is_plain and node.value in NULLS:
            return None
        if is_plain and node.tag == FLOAT and POINT.fullmatch(node.value):
            return float(node.value)
        return str(node.value)

    def _mark(self, node: yaml.Node) -> Place:
        return node.start_mark.line + 1 + self.offset, node.start_mark.column + 1
