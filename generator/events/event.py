"""An event: one row of one table that is new, changed or gone; and how a text becomes one.

Only the shape is checked. No problem repeats what stands in the event, not even the name of a
column that is none: it may be a client's.
"""

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple, TypeAlias

from generator.base.errors import Problem
from generator.base.ids import normalised

KEYS: Mapping[str, tuple[str, ...]] = {
    "clients": ("client_id",),
    "policies": ("policy_number", "client_id"),
    "situations": ("client_id", "product", "marker", "since"),
}
"""Of each table, the columns that name a row; whose it is, is always one of them."""
FIELDS = ("id", "table", "row", "delete")
LONGEST = 64 * 1024  # bytes: a row of the widest table has a hundredth of it
TOLD = 40  # names of one object, and letters of a name: a hostile event must not take our time
ID = re.compile(r"[!-~]{1,128}")
ID_HINT = "write 1 to 128 Latin letters, digits and signs without spaces"
SHAPE_HINT = 'write {"id": …, "table": …, "row": {…}}, or "delete" with the key of the row'
TEXT_HINT = 'write every value in quotes, as in "1000000.00"; leave out what is empty'

Columns: TypeAlias = Mapping[str, tuple[str, ...]]
"""Of each table of the night, its columns in their order."""


class Event(NamedTuple):
    """A row as it is now, or the key of a row that is gone; a tuple, since bursts are large."""

    id: str
    """What the other system calls this event: the same id again is the same event again."""
    table: str
    client: str
    """Whose row it is: the id in Unicode form C, as in the row."""
    row: tuple[tuple[str, str], ...]
    """Column and value in the table's order: all columns, of a row that is gone its key."""
    deleted: bool

    def __repr__(self) -> str:
        """Without the client's values, and so without the id, which is another system's."""
        return f"Event(table={self.table!r}, deleted={self.deleted})"


class Line(NamedTuple):
    """One place of a source: an event, or what is wrong with it."""

    number: int
    event: Event | None
    problems: tuple[Problem, ...]
    raw: bytes = b""
    """What stands there, where it is refused and must be put aside."""

    def __repr__(self) -> str:
        """Without what stands there."""
        return f"Line({self.number}, refused={self.event is None})"


def read_line(text: bytes, path: str, number: int, columns: Columns) -> Line:
    """The event in ``text``, which stands at line ``number`` of ``path``, or all its problems."""
    reader = _Reader(path, number, columns)
    event = reader.read(text)
    if reader.problems or event is None:
        return Line(number, None, tuple(reader.problems), text)
    return Line(number, event, ())


class _Reader:
    """Reads one event and notes whatever is wrong with it."""

    def __init__(self, path: str, line: int, columns: Columns) -> None:
        self.path, self.line, self.columns = path, line, columns
        self.problems: list[Problem] = []

    def read(self, text: bytes) -> Event | None:
        """The event; it counts only when no problem was noted."""
        data = self._object(text)
        if data is None:
            return None
        self._know(data, FIELDS, "")
        name, table, deleted = self._id(data), self._table(data), "delete" in data
        if table is None or not self._is_one(data):
            return None
        values = self._values(data["delete" if deleted else "row"], table, deleted=deleted)
        return Event(name, table, dict(values).get("client_id", ""), values, deleted)

    def _object(self, text: bytes) -> dict[object, object] | None:
        if len(text) > LONGEST:
            self._add("", "the event is too long", f"write at most {LONGEST} bytes in a line")
            return None
        try:
            data = json.loads(text.decode("utf-8-sig"), object_pairs_hook=self._once)
        except UnicodeDecodeError:
            self._add("", "the event is not UTF-8", "write it with the encoding UTF-8")
        except json.JSONDecodeError as error:
            self._add("", "the event is not JSON", "write one whole object a line", error.colno)
        except (ValueError, RecursionError):  # a number of a thousand digits, a thousand brackets
            self._add("", "the event cannot be read", SHAPE_HINT)
        else:
            if isinstance(data, dict):
                return data
            self._add("", "expected an object", SHAPE_HINT)
        return None

    def _once(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in pairs}) < len(pairs):
            self._add("", "a name stands twice in one object", "keep one of them")
        return dict(pairs)

    def _id(self, data: Mapping[object, object]) -> str:
        name = data.get("id")
        if "id" not in data:
            self._add("id", "is required", ID_HINT)
        elif not isinstance(name, str) or not ID.fullmatch(name):
            self._add("id", "is not a usable id", ID_HINT)
        return str(name)

    def _table(self, data: Mapping[object, object]) -> str | None:
        table = data.get("table")
        if isinstance(table, str) and table in self.columns:
            return table
        sentence = "there is no such table" if "table" in data else "is required"
        self._add("table", sentence, f"write {', '.join(self.columns)}")
        return None

    def _is_one(self, data: Mapping[object, object]) -> bool:
        there = [field for field in ("row", "delete") if field in data]
        if len(there) != 1:
            self._add("", "expected a row or a delete, and not both", SHAPE_HINT)
            return False
        if not isinstance(data[there[0]], dict):
            self._add(there[0], "expected an object", SHAPE_HINT)
            return False
        return True

    def _values(self, given: object, table: str, *, deleted: bool) -> tuple[tuple[str, str], ...]:
        """The values of ``given`` in the table's order; what is missing is empty."""
        data = given if isinstance(given, dict) else {}
        field, key = "delete" if deleted else "row", KEYS[table]
        columns = [name for name in self.columns[table] if not deleted or name in key]
        self._know(data, columns, field)
        values = {name: self._text(data.get(name, ""), f"{field}.{name}") for name in columns}
        for name in key:
            if values[name] == "":
                self._add(f"{field}.{name}", "is required", "it names the row")
        return tuple((name, values[name] or "") for name in columns)

    def _text(self, value: object, field: str) -> str | None:
        """``value`` as the tables of the night have it, or None when it is no text."""
        if not isinstance(value, str):
            self._add(field, "expected a text", TEXT_HINT)
            return None
        if not _is_whole(value):
            self._add(field, "holds half a character", "write both halves of each \\u pair")
            return None
        return normalised(value) if field.endswith(".client_id") else value.strip()

    def _know(self, given: Iterable[object], known: Iterable[str], field: str) -> None:
        """A problem for each name that is not known; only a near one of ours is shown."""
        names = [*known]
        for name in islice((name for name in given if name not in names), TOLD):
            near = get_close_matches(str(name)[:TOLD], names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"use {', '.join(names)}"
            self._add(field, "holds a name that is not known", hint)

    def _add(self, field: str, sentence: str, hint: str, column: int = 1) -> None:
        self.problems.append(Problem(self.path, sentence, hint, field, self.line, column))


def _is_whole(text: str) -> bool:
    """Whether ``text`` can be written: JSON lets half of a surrogate pair stand alone."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
