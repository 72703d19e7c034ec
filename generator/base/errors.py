"""The tree of errors, and the one form in which a problem is told.

::

    SealpressError
    ├── InputError        content, terms, tables or configuration are wrong
    ├── KeyRingError      the key ring is missing, readable by others or damaged
    ├── LinkError         a link is cut or was never one
    ├── OpenError         a sealed file does not open ("format", "authentication")
    ├── NotFoundError     the thing asked for is not in this site
    └── OutsideError      disk, network or another process failed; a rerun may help

No message carries a client's value: a problem names the place, not what stands there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it stands and how to mend it.

    ``line`` and ``column`` count from 1; 0 means that the whole file is meant.
    """

    path: str
    sentence: str
    hint: str = ""
    field: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """``path:line:column: field: sentence — hint: hint``, without the parts that are empty."""
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        field = f"{self.field}: " if self.field else ""
        hint = f" — hint: {self.hint}" if self.hint else ""
        return f"{where}: {field}{self.sentence}{hint}"

    @property
    def place(self) -> tuple[str, int, int, str]:
        """The order in which problems are shown: by file, line, column, field."""
        return self.path, self.line, self.column, self.field


class SealpressError(Exception):
    """Anything sealpress can tell its user about; the root of all its errors."""


class InputError(SealpressError):
    """The input is wrong; carries every problem that was found, in reading order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.place, p.sentence)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Each problem on a line of its own."""
        return "\n".join(map(str, self.problems))


class KeyRingError(SealpressError):
    """The key ring is missing, too short, readable by others, or not a key ring."""


class LinkError(SealpressError):
    """A text holds no whole link; ``reason`` is the class of the format, ``incomplete``."""

    reason: Literal["incomplete"] = "incomplete"


class OpenError(SealpressError):
    """A sealed file does not open; ``reason`` is the error class of the format."""

    def __init__(self, reason: Literal["format", "authentication"]) -> None:
        self.reason = reason
        super().__init__(reason)

    def __str__(self) -> str:
        """What the class means, for a person."""
        if self.reason == "format":
            return "this is not a sealed page of a known version"
        return "the page was altered, or belongs to another link"


class NotFoundError(SealpressError):
    """The client, page or file asked for is not in this site."""


class OutsideError(SealpressError):
    """Something outside the input failed (disk, network, a worker); a rerun may help."""
