"""The night, in order: read, work out, render, seal, stage, commit, publish."""

import heapq
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from generator.base.config import Site, load_site
from generator.base.errors import InputError, Problem
from generator.base.money import decimals
from generator.content import Content, load_content
from generator.data import Base, Client, Known, Quotes, read_base, read_quotes
from generator.gate import Gate
from generator.manifest import Night, Told, Window, load_told
from generator.pages.client import PartName, offer_part, stage_part, strategy_part
from generator.pages.shared import SharedPages
from generator.pages.theme import Theme, load_theme
from generator.partition import CLIENT, Partition, Result, Settings, keep_memory, start, work
from generator.publish import DirectoryStore, Publication, publish
from generator.publish.publisher import load_inventory
from generator.sealing import (
    Generations,
    KeyRing,
    link_fragment,
    load_generations,
    load_key_ring,
)
from generator.site.audit import AuditReport
from generator.site.layout import Layout
from generator.site.public import public_files
from generator.site.shared import Shared, part_names, stage_links, write_shared
from generator.site.tree import Changes, Stage, begin, commit, recover, write_private
from generator.strategy import Course, observe

BATCH = 500  # clients a task: 0.1 s of work, so that progress moves and memory stays flat
SMALL = 2000  # starting processes costs more than rendering this many clients
AUDITED = 200  # clients whose values a build looks for; the nightly looks for everyone's

Progress = Callable[[str, int, int], None]
"""(what is being done, how much is done, how much there is)"""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a night reads, as it stands on ``as_of``."""

    root: Path
    site: Site
    as_of: date
    content: Content
    quotes: Quotes
    base: Base
    courses: Mapping[str, Course]
    held: Mapping[str, tuple[Problem, ...]]
    """Series that cannot be worked out tonight, and why."""
    theme: Theme

    @property
    def layout(self) -> Layout:
        """Where this site's build lies."""
        return Layout(self.root)

    def warnings(self) -> list[Problem]:
        """What did not stop the night, yet must be mended."""
        return [*self.base.refused, *(why for reasons in self.held.values() for why in reasons)]


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


def read_inputs(root: Path, clock: date | None, today: date) -> Inputs:
    """Read and check the whole input of the site in ``root``.

    Bad quotes hold their series and refused rows stay below the configured share: these do not
    stop the night and are its warnings.

    Raises:
        InputError: everything else that is wrong, all at once.
    """
    site, _ = load_site(root)
    as_of = site.as_of(clock, today)
    problems: list[Problem] = []
    content = load_content(root, site, as_of, problems)
    quotes = read_quotes(root / site.tables.quotes, root, problems)
    base = read_base(root, site.tables, _known(site, content), problems)
    theme = _theme(root, site, problems)
    if base.refused_percent > site.tables.refused_percent:
        problems.extend(base.refused)
    courses, held = _courses(content, quotes, as_of, site.tables.stale_after_days)
    if problems or theme is None:
        raise InputError([*problems, *(why for reasons in held.values() for why in reasons)])
    return Inputs(root, site, as_of, content, quotes, base, courses, held, theme)


def check(root: Path, clock: date | None, today: date) -> Inputs:
    """Read everything and render a sample of it; nothing is written.

    Raises:
        InputError: anything at all is wrong, warnings of a build included.
    """
    inputs = read_inputs(root, clock, today)
    if inputs.warnings():
        raise InputError(inputs.warnings())
    render_shared(inputs, inputs.site.locales)
    return inputs


def build(
    inputs: Inputs, ring: KeyRing, jobs: int, progress: Progress, *, audit_all: bool = False
) -> Built:
    """Render, seal and stage everything, look for leaks, then commit it in one step.

    Raises:
        InputError: a template has a mistake; the earlier site is whole.
        OutsideError: the disk or a worker failed; the earlier site is whole.
    """
    began = time.monotonic()
    layout = inputs.layout
    begin(layout)
    told = load_told(layout.state)
    settings = _settings(inputs, ring, told)
    stage = Stage(layout)
    with _workers(settings, jobs if len(inputs.base) > SMALL else 1) as run:
        partitions = run(inputs.base.batches(BATCH))  # other processes begin at once
        shared = render_shared(inputs, inputs.site.locales, progress)
        for path, content in public_files(inputs.theme, inputs.site).items():
            stage.write(path, content)
        write_shared(shared, part_names(inputs.content, inputs.site.locales), ring, stage)
        results = list(_counted(partitions, len(inputs.base), progress))
    looked_for = len(inputs.base) if audit_all else min(AUDITED, len(inputs.base))
    _refuse_leaks(_gate(inputs).audit(layout.staged, looked_for, _named("leak gate", progress)))
    marks = {mark: day for result in results for mark, day in result.marks.items()}
    bands = {name: c.level.band.value for name, c in inputs.courses.items() if c.level}
    night = told.extended(inputs.as_of, marks, bands, inputs.site.news_days)
    lines = [line for result in results for line in result.manifest]
    changes = commit(
        layout,
        [stage, *(result.stage for result in results)],
        {layout.manifest.name: b"".join(lines), layout.night.name: night.as_json()},
    )
    return Built(
        inputs=inputs,
        changes=changes,
        pages=sum(result.pages for result in results),
        parts=len(shared.parts),
        stage_pages=len(shared.stage_pages),
        entries=len(lines),
        forgotten=sum(result.forgotten for result in results),
        audited=looked_for,
        seconds=time.monotonic() - began,
    )


def audit(inputs: Inputs, progress: Progress) -> AuditReport:
    """What the leak gate finds in the built site, looking for every client's values.

    Raises:
        InputError: nothing was built yet.
    """
    recover(inputs.layout)
    return _gate(inputs).audit(inputs.layout.site, None, _named("leak gate", progress))


def publish_site(root: Path, site: Site, progress: Progress) -> Publication:
    """Publish what was built last, and remember what that night told.

    Raises:
        InputError: nothing was built yet.
        OutsideError: the store failed; a rerun sends the rest.
    """
    layout = Layout(root)
    recover(layout)
    if not layout.site.is_dir():
        raise InputError([Problem("build/site", "nothing is built yet", "run: sealpress build")])
    store = DirectoryStore(root / site.publish.path)
    earlier = load_inventory(layout.published)
    done = publish(layout.site, store, earlier, _named("publishing", progress))
    write_private(layout.published, done.as_json())
    if layout.night.exists():
        write_private(layout.state, layout.night.read_bytes())
    return done


def keys_of(root: Path, site: Site) -> tuple[KeyRing, Generations]:
    """The key ring of the site and the journal beside it.

    Raises:
        KeyRingError: it is missing, unsafe or damaged.
    """
    ring = load_key_ring(root / site.keys, os.environ)
    return ring, load_generations(ring, root / site.keys)


def render_shared(
    inputs: Inputs, locales: Iterable[str], progress: Progress | None = None
) -> Shared:
    """Every shared part and stage page.

    Raises:
        InputError: a template has a mistake.
    """
    content = inputs.content
    parts: dict[PartName, str] = {}
    stage_pages: dict[tuple[str, str], str] = {}
    wanted = {*locales, *(locale for product in content.products for locale in product.locales)}
    for locale in sorted(wanted):
        pages = SharedPages(inputs.theme, inputs.site, inputs.as_of, locale)
        for product, stage in content.stages():
            if locale in product.locales:
                parts[stage_part(stage.path, locale)] = pages.faq(product, stage)
                stage_pages[stage.path, locale] = pages.stage(product, stage)
        if locale in inputs.site.locales:
            for offer in content.offers:
                parts[offer_part(offer.id, locale)] = pages.offer(offer)
            for number, (name, course) in enumerate(inputs.courses.items(), start=1):
                part = pages.strategy(content.series[name], course, inputs.quotes)
                parts[strategy_part(name, locale)] = part
                if progress:
                    progress(f"strategies, {locale}", number, len(inputs.courses))
    return Shared(parts, stage_pages)


def sample_links(inputs: Inputs, clients: int, stages: int) -> tuple[list[str], list[str]]:
    """Links to look at: of the clients with most to see, and of the first stages."""
    ring, generations = keys_of(inputs.root, inputs.site)
    secrets = ring.current.secrets()
    everyone = (client for batch in inputs.base.batches(BATCH) for client in batch)
    richest = heapq.nlargest(clients, everyone, key=_worth_seeing)
    own = [secrets.secret(CLIENT, client.id, generations.of(client.id)) for client in richest]
    pages = stage_links(inputs.content, ring, inputs.site.base_url)
    links = [f"{inputs.site.base_url}/#{link_fragment(secret)}" for secret in own]
    return links, list(pages.values())[:stages]


def _worth_seeing(client: Client) -> tuple[bool, int]:
    return bool(client.situations and client.policies), len(client.policies)


def _known(site: Site, content: Content) -> Known:
    places = {name: decimals(series.currency) for name, series in content.series.items()}
    return Known(site.locales, frozenset(content.banks), places, content.markers())


def _theme(root: Path, site: Site, problems: list[Problem]) -> Theme | None:
    try:
        theme = load_theme(root, site.theme)
        theme.check(site.locales)
    except InputError as error:
        problems.extend(error.problems)
        return None
    return theme


def _courses(
    content: Content, quotes: Quotes, as_of: date, stale_after: int
) -> tuple[dict[str, Course], dict[str, tuple[Problem, ...]]]:
    courses: dict[str, Course] = {}
    held: dict[str, tuple[Problem, ...]] = {}
    for name, series in content.series.items():
        try:
            courses[name] = observe(series, quotes, as_of, stale_after)
        except InputError as error:
            held[name] = error.problems
    return courses, held


def _gate(inputs: Inputs) -> Gate:
    ring, generations = keys_of(inputs.root, inputs.site)
    return Gate(
        inputs.site,
        inputs.theme,
        inputs.content,
        inputs.courses,
        inputs.base,
        ring,
        generations,
    )


def _refuse_leaks(report: AuditReport) -> None:
    if not report.clean:
        raise InputError(finding.problem for finding in report.findings)


def _named(what: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)


def _settings(inputs: Inputs, ring: KeyRing, told: Told) -> Settings:
    site, as_of = inputs.site, inputs.as_of
    bands = {name: c.level.band.value for name, c in inputs.courses.items() if c.level}
    moved = {
        name: (told.bands[name], band)
        for name, band in bands.items()
        if told.bands.get(name, band) != band
    }
    night = Night(
        Window(told.since(as_of, site.news_days), as_of),
        moved,
        stage_links(inputs.content, ring, site.base_url),
        site.digest_day,
    )
    return Settings(
        inputs.root,
        site,
        inputs.content,
        inputs.courses,
        frozenset(inputs.held),
        as_of,
        night,
        frozenset(told.marks),
    )


def _counted(results: Iterable[Result], clients: int, progress: Progress) -> Iterator[Result]:
    for number, result in enumerate(results, start=1):
        progress("clients", min(number * BATCH, clients), clients)
        yield result


@contextmanager
def _workers(
    settings: Settings, jobs: int
) -> Iterator[Callable[[Iterable[list[Client]]], Iterator[Result]]]:
    """A way to build partitions: in this process, or in ``jobs`` processes of their own."""
    if jobs == 1:
        keep_memory()
        ring, generations = keys_of(settings.root, settings.site)
        partition = Partition(settings, ring, generations)
        yield lambda batches: map(partition.build, batches)
        return
    context = get_context("spawn")  # vl-convert's threads do not survive a fork
    with ProcessPoolExecutor(jobs, context, start, (settings,)) as pool:
        yield lambda batches: pool.map(work, batches)
