"""How sealpress speaks: to a terminal, to a log, or to a machine.

Progress and problems go to standard error and results to standard output, so that a result can
be piped. On a terminal progress is a bar; in a log each step is one line.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generator.base.errors import Problem
from generator.base.progress import Progress as Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

WIDE = 1000  # a terminal wraps a long line by itself; rich would cut a link off with an ellipsis
ALIKE = 20  # lines about the same mistake; an export with a wrong column has a million of them


def _plain(**options: Any) -> "Console":  # noqa: ANN401 - rich's own options
    """A console that alters nothing: ``:100:`` is a line's number and no emoji to it."""
    from rich.console import Console  # noqa: PLC0415 - slow to import; a machine needs none

    return Console(highlight=False, soft_wrap=True, markup=False, emoji=False, **options)


@dataclass
class Voice:
    """Says things in one run of a command; consoles are made when something is said."""

    as_json: bool = False
    _said: set[str] = field(default_factory=set)

    @cached_property
    def out(self) -> "Console":
        """For results."""
        return _plain(width=WIDE)

    @cached_property
    def err(self) -> "Console":
        """For progress and problems."""
        return _plain(stderr=True)

    def say(self, text: str = "") -> None:
        """A sentence for a person; a machine is not told."""
        if not self.as_json:
            self.out.print(text)

    def warn(self, text: object) -> None:
        """A problem that did not stop the command."""
        self.err.print(f"warning: {text}", style="yellow")

    def refuse(self, text: object) -> None:
        """Why the command ends without having done its work."""
        self.err.print(str(text), style="red")

    def result(self, data: Mapping[str, Any], rows: Mapping[str, object]) -> None:
        """What came out: one JSON object for a machine, a line for each row for a person.

        A row whose value is a tuple has a line for each item, and none without items.
        """
        if self.as_json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
            sys.stdout.flush()  # a machine may wait for it while the command goes on
            return
        from rich.text import Text  # noqa: PLC0415 - as above

        width = max(map(len, rows), default=0)
        for name, value in rows.items():
            for number, line in enumerate(value if isinstance(value, tuple) else (value,)):
                shown = name if not number else ""
                self.out.print(Text.assemble((shown.ljust(width), "bold"), "  ", str(line)))

    def event(self, data: Mapping[str, Any]) -> None:
        """Something that happened while a command goes on: one line, JSON for a machine."""
        if self.as_json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        else:
            self.out.print("  ".join(f"{name} {value}" for name, value in data.items()))

    @contextmanager
    def progress(self) -> Iterator[Report]:
        """A way to report progress: bars on a terminal, a line for each finished step in a log."""
        if self.as_json:
            yield _silent
        elif self.err.is_terminal:
            with _bars(self.err) as bars:
                yield _Bars(bars)
        else:
            yield self._line

    def _line(self, what: str, done: int, total: int) -> None:
        line = f"{what}: {done} of {total}"
        if done == total and line not in self._said:  # a step may pass over its things twice
            self._said.add(line)
            self.err.print(line)


def in_short(problems: Iterable[Problem]) -> Iterator[str]:
    """Each problem as a line; of a mistake that stands on very many lines the first ``ALIKE``."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for problem in problems:
        kind = (problem.path, problem.field, problem.sentence)
        counts[kind] += 1
        if counts[kind] <= ALIKE:
            yield str(problem)
    for (path, field_, sentence), count in counts.items():
        if count > ALIKE:
            more = f"the same on {count - ALIKE:,} more lines: {sentence}"
            yield str(Problem(path, more, field=field_))


def _silent(what: str, done: int, total: int) -> None:
    """Progress that a machine does not read."""


def _bars(console: "Console") -> "Progress":
    from rich.progress import (  # noqa: PLC0415 - only who sits at a terminal needs it
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
    )

    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console)


@dataclass(slots=True)
class _Bars:
    bars: "Progress"
    tasks: "dict[str, TaskID]" = field(default_factory=dict)

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=total)
        self.bars.update(self.tasks[what], completed=done, total=total)
