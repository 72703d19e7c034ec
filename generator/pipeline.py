"""The night, in order: render, seal, stage, look for leaks, commit; then publish."""

import csv
import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.data import Client
from generator.gate import Gate
from generator.inputs import Inputs, keys_of, read_inputs
from generator.manifest import Night, Told, Window, load_told
from generator.pages.client import ClientPages
from generator.pages.shared import Shared, render_shared
from generator.partition import CLIENT, Result, Settings, workers
from generator.publish import DirectoryStore, Publication, publish
from generator.publish.publisher import inventory_file, load_inventory
from generator.sealing import Generations, KeyRing
from generator.site.audit import AuditReport
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.public import public_files
from generator.site.shared import part_names, stage_links, write_shared
from generator.site.tree import Changes, Stage, begin, commit, recover, write_private

BATCH = 500  # clients a task: 0.1 s of work, so that progress moves and memory stays flat
SMALL = 2000  # starting processes costs more than rendering this many clients
AUDITED = 200  # clients whose values a build looks for; the nightly looks for everyone's
SAMPLED = 20  # clients whose pages `check` renders
NOBODY = Client("", "", "", "", "", "", "", "", "", "", (), (), ())

Progress = Callable[[str, int, int], None]
"""(what is being done, how much is done, how much there is)"""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did."""

    inputs: Inputs
    changes: Changes
    pages: int
    parts: int
    stage_pages: int
    entries: int
    forgotten: int
    audited: int
    """Clients whose values the leak gate looked for."""
    seconds: float


def check(root: Path, clock: date | None, today: date) -> Inputs:
    """Read everything and render a sample of it; nothing is written.

    Raises:
        InputError: anything at all is wrong, failings of a night included.
    """
    inputs = read_inputs(root, clock, today)
    if inputs.failings():
        raise InputError(inputs.failings())
    public_files(inputs.theme, inputs.site)
    _shared(inputs, _silent)
    _render_sample(inputs)
    return inputs


def build(inputs: Inputs, jobs: int, progress: Progress, *, audit_all: bool = False) -> Built:
    """Render, seal and stage everything, look for leaks, then commit it in one step.

    Raises:
        InputError: a template has a mistake or a leak was found; the earlier site is whole.
        KeyRingError: the key ring is missing, unsafe or damaged.
        OutsideError: the disk or a worker failed; the earlier site is whole.
    """
    with only_run(inputs.layout):
        return _build(inputs, jobs, progress, None if audit_all else AUDITED)


def audit(inputs: Inputs, progress: Progress) -> AuditReport:
    """What the leak gate finds in the built site, looking for every client's values.

    Raises:
        InputError: nothing was built yet.
    """
    with only_run(inputs.layout):
        recover(inputs.layout)
        return _gate(inputs).audit(inputs.layout.site, None, _named("leak gate", progress))


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
        earlier = load_inventory(layout.published)
        done = publish(
            layout.site,
            store,
            earlier,
            _named("publishing", progress),
            lambda inventory: write_private(layout.published, inventory_file(inventory)),
        )
        if layout.night.exists():
            write_private(layout.state, layout.night.read_bytes())
    return done


def _build(inputs: Inputs, jobs: int, progress: Progress, audited: int | None) -> Built:
    began = time.monotonic()
    begin(inputs.layout)
    ring, generations = keys_of(inputs.root, inputs.site)
    told = load_told(inputs.layout.state)
    settings = _settings(inputs, told, stage_links(inputs.content, ring, inputs.site.base_url))
    stage = Stage(inputs.layout)
    with workers(settings, jobs if len(inputs.base) > SMALL else 1) as run:
        partitions = run(inputs.base.batches(BATCH))  # other processes begin at once
        shared = _shared(inputs, progress)
        write_shared(shared, part_names(inputs.content, inputs.site.locales), ring, stage)
        for path, file in public_files(inputs.theme, inputs.site).items():
            stage.write(path, file)
        _keep_pages(inputs.base.held, ring, generations, stage)
        results = list(_counted(partitions, len(inputs.base), progress))
    gate = _gate(inputs)
    _refuse_leaks(gate.audit(inputs.layout.staged, audited, _named("leak gate", progress)))
    changes = _commit(inputs, told, [stage, *(result.stage for result in results)], results)
    return Built(
        inputs=inputs,
        changes=changes,
        pages=sum(result.pages for result in results),
        parts=len(shared.parts),
        stage_pages=len(shared.stage_pages),
        entries=sum(len(result.manifest) for result in results),
        forgotten=sum(result.forgotten for result in results),
        audited=min(len(inputs.base), len(inputs.base) if audited is None else audited),
        seconds=time.monotonic() - began,
    )


def _commit(
    inputs: Inputs, told: Told, stages: Iterable[Stage], results: Iterable[Result]
) -> Changes:
    """Bring everything into the site, and beside it what the night tells."""
    layout, results = inputs.layout, list(results)
    marks = {mark: day for result in results for mark, day in result.marks.items()}
    night = told.extended(inputs.as_of, marks, _bands(inputs), inputs.site.news_days)
    private = {
        layout.manifest.name: b"".join(line for result in results for line in result.manifest),
        layout.night.name: night.as_json(),
        layout.refused.name: _refused_rows(inputs.base.refused),
    }
    return commit(layout, stages, private)


def _keep_pages(
    clients: Iterable[str], ring: KeyRing, generations: Generations, stage: Stage
) -> None:
    """Keep the pages of clients of whom a row was refused: it may be their own."""
    for client in clients:
        for epoch in ring.live:
            secret = epoch.secrets().secret(CLIENT, client, generations.of(client))
            stage.keep(secret.keys().path)


def _bands(inputs: Inputs) -> dict[str, str]:
    """Where each series that goes on stands today."""
    courses = inputs.courses.items()
    return {name: course.level.band.value for name, course in courses if course.level}


def _settings(inputs: Inputs, told: Told, links: Mapping[tuple[str, str], str]) -> Settings:
    site, as_of = inputs.site, inputs.as_of
    moved = {
        name: (told.bands[name], band)
        for name, band in _bands(inputs).items()
        if told.bands.get(name, band) != band
    }
    window = Window(told.since(as_of, site.news_days), as_of)
    return Settings(
        root=inputs.root,
        site=site,
        content=inputs.content,
        courses=inputs.courses,
        held_series=frozenset(inputs.held),
        held_clients=inputs.base.held,
        as_of=as_of,
        night=Night(window, moved, links, site.digest_day),
        told=frozenset(told.marks),
    )


def _shared(inputs: Inputs, progress: Progress) -> Shared:
    return render_shared(
        inputs.theme,
        inputs.site,
        inputs.content,
        inputs.courses,
        inputs.quotes,
        inputs.as_of,
        progress,
    )


def _render_sample(inputs: Inputs) -> None:
    """Render the pages of some clients in every locale, and of one who has nothing."""
    sample = next(inputs.base.batches(SAMPLED), [])
    for locale in inputs.site.locales:
        pages = ClientPages(
            inputs.theme, inputs.site, inputs.content, inputs.courses, inputs.as_of, locale
        )
        for client in (*sample, NOBODY):
            pages.html(client._replace(locale=locale), "{} {}".format)  # no key is needed


def _counted(results: Iterable[Result], clients: int, progress: Progress) -> Iterator[Result]:
    for number, result in enumerate(results, start=1):
        progress("clients", min(number * BATCH, clients), clients)
        yield result


def _gate(inputs: Inputs) -> Gate:
    return Gate(
        inputs.site,
        inputs.theme,
        inputs.content,
        inputs.courses,
        inputs.base,
        *keys_of(inputs.root, inputs.site),
    )


def _refuse_leaks(report: AuditReport) -> None:
    if not report.clean:
        raise InputError(finding.problem for finding in report.findings)


def _refused_rows(refused: Iterable[Problem]) -> bytes:
    """A table of the refused rows: where they stand and why, never what stands there."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("file", "line", "column", "field", "reason"))
    table.writerows((p.path, p.line, p.column, p.field, p.sentence) for p in refused)
    return text.getvalue().encode()


def _named(what: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)


def _silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
