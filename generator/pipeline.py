"""The night, in order: read, compare, render and seal, look for leaks, commit; then publish."""

import csv
import io
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from generator.base.config import Site, load_site
from generator.base.errors import InputError, OutsideError, Problem
from generator.base.ids import normalised
from generator.briefs import brief_of
from generator.clients import Asked, ClientNight
from generator.data import Client, estimated
from generator.drawing import Sketch, draw, in_turns
from generator.engines import Engine, engine
from generator.gate import Gate
from generator.inputs import Inputs, inputs_to_look_at, keys_of, read_inputs, vault_of
from generator.inventory import lots_of
from generator.manifest import load_told
from generator.night import Keys, bands, night_of, settings_of, shelves_of, tonight_of
from generator.pages.client import ClientPages
from generator.pages.shared import render_shared
from generator.partition import Task, work
from generator.publish import DirectoryStore, Publication, publish
from generator.site.about import about_next, is_true
from generator.site.audit import AuditReport
from generator.site.common import Common, common_of
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.private import open_private, write_private
from generator.site.public import public_files
from generator.site.register import addresses_in
from generator.site.shared import part_names, part_paths, write_parts, write_stage_pages
from generator.site.tree import Changes, Stage, begin, commit, draft, files_of, recover
from generator.telling import finish_remembering, manifest_digest, remember_told

AUDITED = 200  # clients whose values a build looks for
WHOLE = 20_000  # so many clients a nightly looks for one and all: a minute
IN_TURN = 2000  # of more it looks for so many, others every night
SAMPLED = 20  # clients whose pages `check` renders
PART = 100  # clients whose pages cost as much as drawing a strategy
NOBODY = Client("", "", "", "", "", "", "", "", "", "", (), (), ())

Progress = Callable[[str, int, int], None]
"""(what is being done, how much is done, how much there is)"""


@dataclass(frozen=True, slots=True)
class Options:
    """How a build is done; none of it changes a byte of the site."""

    jobs: int = 1
    engine: str = "processes"
    audit_all: bool = False
    """Look for every client's values, or of a large base for many more than a sample's."""
    explain: str = ""
    """A client about whose page it is asked why it was built, or was not."""
    everything: bool = False
    """Build every page, and trust nothing that was remembered."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    inputs: Inputs
    changes: Changes
    pages: int
    """Clients' pages that were rendered; the others were known to be the same."""
    parts: int
    stage_pages: int
    entries: int
    forgotten: int
    gone: int
    """Clients in no table whose pages are kept for a while."""
    audited: int
    """Clients whose values the leak gate looked for."""
    seconds: float
    explained: tuple[str, ...] = ()


def check(root: Path, clock: date | None, today: date) -> Inputs:
    """Read everything and render a sample of it; nothing is written.

    Raises:
        InputError: anything at all is wrong, failings of a night included.
    """
    with inputs_to_look_at(root, clock, today) as inputs:
        if inputs.failings():
            raise InputError(inputs.failings())
        public_files(inputs.theme, inputs.site)
        render_shared(inputs.theme, inputs.site, inputs.content, inputs.as_of)
        strategies = _sketch(inputs).strategies(inputs.theme)
        for part in strategies.parts:
            strategies.html(part)
        _render_sample(inputs)
        return inputs


def build(
    root: Path,
    clock: date | None,
    today: date,
    options: Options,
    progress: Progress,
    warn: Callable[[Inputs], None] = lambda _: None,
) -> Built:
    """Read everything, render and seal what changed, look for leaks, then commit it in one step.

    ``warn`` is given the inputs when they are read, to tell what is not right about them.

    Raises:
        InputError: the input is wrong, or a leak was found; the earlier site is whole.
        KeyRingError: the key ring is missing, unsafe or damaged.
        OutsideError: a source, the disk or a worker failed; the earlier site is whole.
    """
    try:
        with only_run(Layout(root)), engine(options.engine, options.jobs) as workers:
            return _build(root, clock, today, options, workers, progress, warn)
    except OSError as error:
        sentence = f"the disk refused: {error.strerror or type(error).__name__}"
        hint = "the earlier site is whole; mend it, and run it again"
        raise OutsideError(f"{sentence} — hint: {hint}") from None


def audit(root: Path, clock: date | None, today: date, progress: Progress) -> AuditReport:
    """What the leak gate finds in the built site, looking for every client's values.

    Raises:
        InputError: the input is wrong, or nothing was built yet.
    """
    layout = Layout(root)
    with only_run(layout), inputs_to_look_at(root, clock, today) as inputs:
        recover(layout)
        gate = _gate(inputs, Keys(*keys_of(root, inputs.site)))
        return gate.audit(layout.site, None, _named("leak gate", progress))


def publish_site(root: Path, site: Site, progress: Progress) -> Publication:
    """Publish what was built last, and remember what that night told.

    Raises:
        InputError: nothing was built yet.
        OutsideError: the store failed; a rerun sends the rest.
    """
    layout = Layout(root)
    with only_run(layout):
        recover(layout)
        if not layout.site.is_dir():
            hint = "run: sealpress build"
            raise InputError([Problem("build/site", "nothing is built yet", hint)])
        store = DirectoryStore(root / site.publish.path)
        done = publish(layout.site, store, lots_of(layout), _named("publishing", progress))
        remember_told(layout)
    return done


def _build(
    root: Path,
    clock: date | None,
    today: date,
    options: Options,
    workers: Engine,
    progress: Progress,
    warn: Callable[[Inputs], None],
) -> Built:
    began, layout = time.monotonic(), Layout(root)
    begin(layout)
    finish_remembering(layout)
    site = load_site(root)[0]
    keys = Keys(*keys_of(root, site))
    if options.everything or not layout.site.exists():
        workers.expect(estimated(root, site.tables))
    folder = draft(layout, layout.base.name)
    folder.mkdir(mode=0o700)
    last = None if options.everything else vault_of(keys.ring, layout.base)
    inputs = read_inputs(root, clock, today, vault_of(keys.ring, folder), last)
    warn(inputs)
    built = _Build(inputs, keys, options, workers, progress).run()
    return replace(built, seconds=time.monotonic() - began)


@dataclass(slots=True)
class _Build:
    """One build, from the inputs to the committed site."""

    inputs: Inputs
    keys: Keys
    options: Options
    engine: Engine
    progress: Progress

    def run(self) -> Built:
        """Build and commit."""
        inputs, layout = self.inputs, self.inputs.layout
        told = load_told(layout.state)
        common = self._common()
        with open_private(draft(layout, layout.manifest.name)) as manifest:
            clients = ClientNight(
                inputs.base,
                tonight_of(
                    inputs,
                    self.keys,
                    everything=self.options.everything,
                    is_last=inputs.base.is_last,
                ),
                night_of(inputs, told, self.keys.ring),
                self.keys.ring,
                shelves_of(layout, self.keys.ring),
                manifest,
                tell_all=told.news_days not in {0, inputs.site.news_days},
                asked=self._asked(),
            )
            self._clients(clients)
        audited = self._look_for_leaks()
        night = told.extended(
            inputs.as_of,
            bands(inputs),
            inputs.site.news_days,
            manifest_digest(draft(layout, layout.manifest.name)),
        )
        made_of = clients.tonight.versions.mark()
        drafts = {
            layout.about: about_next(layout, inputs.as_of, made_of, self.keys.ring).as_json(),
            layout.common: common.as_json(),
            layout.night: night.as_json(),
            layout.refused: _refused_rows(inputs.base.refused),
        }
        for path, content in drafts.items():
            write_private(draft(layout, path.name), content)
        removed = [*common.gone(), *clients.removed, *self._left_over(common, clients)]
        names = [layout.base, layout.register, layout.telling, layout.manifest, *drafts]
        changes = Changes(removed=commit(layout, removed, [path.name for path in names]))
        changes.add(common.changes)
        changes.add(clients.changes)
        base = replace(inputs.base, vault=vault_of(self.keys.ring, layout.base))
        return Built(
            inputs=replace(inputs, base=base),
            changes=changes,
            pages=clients.pages,
            parts=sum(path.startswith("p/") for path in common.files),
            stage_pages=sum(path.startswith("q/") for path in common.files),
            entries=clients.entries,
            forgotten=clients.forgotten,
            gone=clients.gone,
            audited=audited,
            seconds=0.0,
            explained=tuple(clients.answer),
        )

    def _asked(self) -> Asked | None:
        """About whom it is asked why their page is built."""
        if not self.options.explain:
            return None
        last = vault_of(self.keys.ring, self.inputs.layout.base)
        return Asked(normalised(self.options.explain), last)

    def _common(self) -> Common:
        """Stage what is the same for everyone."""
        inputs, ring = self.inputs, self.keys.ring
        layout, stage = inputs.layout, Stage(inputs.layout)
        common = common_of(layout.common, stage) if is_true(layout, ring) else Common(stage)
        common.is_believed = not self.options.everything
        shared = render_shared(inputs.theme, inputs.site, inputs.content, inputs.as_of)
        write_parts(shared.parts, ring, common)
        write_stage_pages(shared.stage_pages, ring, common)
        self._strategies(common)
        for part in part_names(inputs.content, inputs.site.locales):
            common.keep(path for path in part_paths(part, ring) if path not in common.files)
        for path, file in public_files(inputs.theme, inputs.site).items():
            common.write(path, file)
        return common

    def _strategies(self, common: Common) -> None:
        """Draw the strategies whose recipe is not what it was."""
        sketch, ring = _sketch(self.inputs), self.keys.ring
        fresh = []
        for part, recipe in sketch.strategies(self.inputs.theme).recipes().items():
            paths = part_paths(part, ring)
            if False in [common.is_made_of(path, recipe) for path in paths]:
                fresh.append(part)
        if not fresh:
            return
        done, tasks = 0, list(in_turns(fresh))
        for drawn in self.engine.run(draw, brief_of(sketch), tasks, lambda task: len(task) * PART):
            write_parts(dict(drawn), ring, common)
            done += len(drawn)
            self.progress("strategies", done, len(fresh))

    def _clients(self, clients: ClientNight) -> None:
        total = len(self.inputs.base)
        brief = brief_of(settings_of(self.inputs, clients.night))
        for result in self.engine.run(work, brief, clients.tasks(), _clients_in):
            clients.take(result)
            self.progress("clients", clients.looked_at, total)
        if total:
            self.progress("clients", total, total)

    def _look_for_leaks(self) -> int:
        """Refuse a site in which anyone's value stands; for how many clients it was looked."""
        clients, most = len(self.inputs.base), AUDITED
        if self.options.audit_all:
            most = clients if clients <= WHOLE else IN_TURN
        gate = _gate(self.inputs, self.keys)
        staged = self.inputs.layout.staged
        report = gate.audit(staged, most, _named("leak gate", self.progress))
        if not report.clean:
            raise InputError(finding.problem for finding in report.findings)
        return min(most, clients)

    def _left_over(self, common: Common, clients: ClientNight) -> Iterable[str]:
        """What lies in a site of which nothing is remembered, and is not wanted."""
        layout = self.inputs.layout
        if common.is_known or not layout.site.exists():
            return ()
        wanted = {*common.files, *addresses_in(clients.shelves.next_register)}
        return (path for path in files_of(layout.site) if path not in wanted)


def _clients_in(task: Task) -> int:
    return task.clients


def _sketch(inputs: Inputs) -> Sketch:
    return Sketch(
        inputs.root, inputs.site, inputs.content, inputs.courses, inputs.quotes, inputs.as_of
    )


def _render_sample(inputs: Inputs) -> None:
    """Render the pages of some clients in every locale, and of one who has nothing."""
    sample = [client for _, client in inputs.base.sample(SAMPLED)]
    for locale in inputs.site.locales:
        pages = ClientPages(
            inputs.theme, inputs.site, inputs.content, inputs.courses, inputs.as_of, locale
        )
        for client in (*sample, NOBODY):
            pages.html(client._replace(locale=locale), "{} {}".format)  # no key is needed


def _gate(inputs: Inputs, keys: Keys) -> Gate:
    return Gate(
        inputs.as_of,
        inputs.site,
        inputs.theme,
        inputs.content,
        inputs.courses,
        inputs.base,
        keys.ring,
        keys.generations,
    )


def _refused_rows(refused: Iterable[Problem]) -> bytes:
    """A table of the refused rows: where they stand and why, never what stands there."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("file", "line", "column", "field", "reason"))
    table.writerows((p.path, p.line, p.column, p.field, p.sentence) for p in refused)
    return text.getvalue().encode()


def _named(what: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)
