"""``sealpress watch``: changes to single clients reach their pages within seconds."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import sleep
from traceback import extract_tb
from typing import TypeVar

import click

from generator.base.config import CONFIG, Feed, Site
from generator.base.errors import InputError, OutsideError, Problem, SealpressError
from generator.cli.console import in_short
from generator.cli.options import Run, site_command
from generator.data.dealing import COLUMNS
from generator.events import Batch, DirectoryEvents, Event, EventSource, PostgresEvents
from generator.site.layout import Layout
from generator.site.private import append_private
from generator.stores import must_take_files
from generator.watch import Done, Watch

T = TypeVar("T")

PAUSE = 5.0  # seconds before what failed is tried again, and between looks at the day


@click.command()
@click.option("--once", is_flag=True, help="End when nothing more is waiting, or with an error.")
@site_command
def watch(run: Run, *, once: bool) -> None:
    """Bring changes to single clients to their pages and to the sender's queue, as they come.

    Changes are taken from the folder or database that is set under events in content/site.yaml.
    The site must be built and published; until it is, changes wait. A change is acknowledged when
    it is published: whatever breaks off, nothing is lost and nothing is told twice. A night may
    run meanwhile.

    \b
    Example:  sealpress watch --site /srv/clients
    """
    site = run.site()
    if site.events is None:
        hint = "add events: {folder: data/events}"
        raise InputError([Problem(CONFIG, "there is nothing to watch", hint, "events")])
    must_take_files(site.publish)
    stop = _Stop()
    with suppress(_Stopped), stop.listening():
        _Service(run, site, stop, Watch(run.root), once=once).serve(site.events)


@dataclass(slots=True)
class _Service:
    """Takes batch after batch, and tries again whatever fails."""

    run: Run
    site: Site
    stop: "_Stop"
    watcher: Watch
    once: bool
    told: str = ""
    """What failed last, and was told."""

    @property
    def day(self) -> date:
        """The day on which events come."""
        return self.site.as_of(self.run.clock, self.run.today)

    def serve(self, feed: Feed) -> None:
        """Go on until it is asked to stop; with ``once`` until nothing more is waiting."""
        with self._insist(lambda: self._open(feed), InputError) as source:
            self.run.voice.say("watching for changes; stop with Ctrl-C")
            while True:
                if not self.once:
                    self._insist(self._prepare)
                batch = self._insist(lambda: self._wait(source))
                if batch:
                    self._bring(source, batch)
                elif self.once:
                    return

    def _insist(self, work: Callable[[], T], but: type[Exception] | tuple[()] = ()) -> T:
        """What ``work`` answers, however often it takes; each reason to wait is told once."""
        while True:
            try:
                done = work()
            except (SealpressError, OSError) as error:
                if self.once or isinstance(error, but):
                    raise
                self._tell(error)
            else:
                self.told = ""
                return done
            with self.stop.at_once():
                sleep(PAUSE)

    def _tell(self, error: SealpressError | OSError) -> None:
        lines = [_reason(error)]
        if isinstance(error, InputError):
            lines = [*in_short(error.problems)]
        if self.told != (told := "\n".join(lines)):
            for line in lines:
                self.run.voice.warn(f"changes wait: {line}")
        self.told = told

    def _open(self, feed: Feed) -> EventSource:
        with self.stop.at_once():
            return _source(self.run, feed)

    def _prepare(self) -> None:
        """Read what the next batch will need, while nobody waits for it."""
        with self.stop.at_once():
            self.watcher.prepare(self.day)

    def _wait(self, source: EventSource) -> Batch:
        with self.stop.at_once():
            return source.wait(0.0 if self.once else PAUSE)

    def _bring(self, source: EventSource, batch: Batch) -> None:
        """Bring a batch all the way, then acknowledge it."""
        done = self._insist(lambda: self._apply(batch.events)) if batch.events else Done()
        self._insist(lambda: _note_refused(self.run, done))
        for line in in_short([*_problems(done), *batch.refused]):
            self.run.voice.warn(line)
        self._insist(lambda: source.acknowledge(batch))
        refused = len(done.refused) + len({(p.path, p.line) for p in batch.refused})
        counts = {"events": done.events, "pages": done.pages, "told": done.entries}
        self.run.voice.event(
            {"at": _now(), **counts, "refused": refused, "forgotten": done.forgotten}
        )

    def _apply(self, events: Sequence[Event]) -> Done:
        with self.stop.at_once():
            try:
                return self.watcher.apply(events, self.day, self.stop.hold)
            except (SealpressError, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - its words may have a client's values
                raise OutsideError(_mistake(error)) from None


def _reason(error: SealpressError | OSError) -> str:
    if isinstance(error, OSError):
        return f"the system refused: {error.strerror or type(error).__name__}"
    return f"{error}"


def _mistake(error: Exception) -> str:
    """What is told of a mistake of ours: its kind and place, never its words."""
    place = extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"  # noqa: PTH119 - no file is meant
    hint = "report this; the next night brings the changes"
    return f"{where}: the program failed ({type(error).__name__}) — hint: {hint}"


def _note_refused(run: Run, done: Done) -> None:
    """Keep why events came to nothing: id, table and column, never what stands there."""
    notes = [
        {"id": event.id, "table": event.table, "field": fault.column, "reason": fault.sentence}
        for event, fault in done.refused
    ]
    if notes:
        lines = [json.dumps({"at": _now(), **note}, ensure_ascii=False) for note in notes]
        append_private(Layout(run.root).refused_events, "\n".join(lines))


def _problems(done: Done) -> Iterator[Problem]:
    for event, fault in done.refused:
        yield Problem(f"event of {event.table}", fault.sentence, fault.hint, fault.column)


def _source(run: Run, feed: Feed) -> EventSource:
    if feed.folder is not None:
        return DirectoryEvents(run.root / feed.folder, COLUMNS)
    return PostgresEvents(_uri(feed.database), COLUMNS)


def _uri(database: str) -> str:
    """The URI of a database, which may stand in a variable."""
    kind, _, name = database.partition(":")
    uri = os.environ.get(name, "") if kind == "env" else database
    if not uri.startswith(("postgresql://", "postgres://")):
        hint = "set the variable to postgresql://USER@HOST/NAME"
        sentence = "is not a database that tells of changes"
        raise InputError([Problem(CONFIG, sentence, hint, "events.database")])
    return uri


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class _Stopped(BaseException):
    """The operator or the system asked to stop, and nothing is under way."""


@dataclass(slots=True)
class _Stop:
    """Whether it was asked to stop; what was begun is brought to its end."""

    asked: bool = False
    _at_once: bool = field(default=False, init=False)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the signals that ask a service to stop."""
        names = (signal.SIGTERM, signal.SIGINT)
        earlier = {name: signal.signal(name, self._ask) for name in names}
        try:
            yield
        finally:
            for name, handler in earlier.items():
                signal.signal(name, handler)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What is done inside only waits: it ends as soon as it is asked to."""
        self._at_once = True
        try:
            if self.asked:
                raise _Stopped
            yield
        finally:
            self._at_once = False

    def hold(self) -> None:
        """From here on something is under way."""
        self._at_once = False

    def _ask(self, *_: object) -> None:
        self.asked = True
        if self._at_once:
            raise _Stopped
