"""How sealpress speaks: to a terminal, to a log, or to a machine.

Progress and problems go to standard error and results to standard output, so that a result can
be piped. On a terminal progress is a bar; in a log each step is one line.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table

from generator.pipeline import Progress as Report


@dataclass(slots=True)
class Voice:
    """Says things in one run of a command."""

    as_json: bool = False
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    err: Console = field(
        default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True)
    )

    _said: set[str] = field(default_factory=set)

    def say(self, text: str = "") -> None:
        """A sentence for a person; a machine is not told."""
        if not self.as_json:
            self.out.print(text, markup=False)

    def warn(self, text: object) -> None:
        """A problem that did not stop the command."""
        self.err.print(f"warning: {text}", markup=False, style="yellow")

    def result(self, data: Mapping[str, Any], rows: Mapping[str, object], title: str = "") -> None:
        """What came out: one JSON object for a machine, a small table for a person."""
        if self.as_json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
            return
        table = Table(title=title or None, show_header=False, box=None, title_justify="left")
        table.add_column(style="bold")
        table.add_column()
        for name, value in rows.items():
            table.add_row(name, str(value))
        self.out.print(table)

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
            self.err.print(line, markup=False)


def _silent(what: str, done: int, total: int) -> None:
    """Progress that a machine does not read."""


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console)


@dataclass(slots=True)
class _Bars:
    bars: Progress
    tasks: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=total)
        self.bars.update(self.tasks[what], completed=done, total=total)
