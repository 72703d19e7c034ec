"""One build, from the inputs to the committed site, step by step.

Comes in: inputs that were checked, and keys. Goes out: a site that is whole, and what is known of
it. Where pages go straight to the store, there is a rehearsal first: a sample of them is rendered
here and looked through, for what is in the store cannot be taken back.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from generator.base.errors import InputError
from generator.base.ids import normalised
from generator.base.progress import Progress, named
from generator.briefs import brief_of
from generator.buckets import frame_of
from generator.clients import Asked, ClientNight, to_rehearse
from generator.compare import Tonight
from generator.direct import Direct, direct_to_store
from generator.drawing import Sketch, draw, in_turns
from generator.engines import Engine
from generator.former import Former
from generator.gate import Gate
from generator.inputs import Inputs, vault_of
from generator.inventory import common_lot, journal_of, settle
from generator.manifest import Night
from generator.night import Keys, bands, night_of, settings_of, shelves_of, tonight_of
from generator.pages.packed import packed
from generator.pages.shared import render_shared
from generator.partition import Partition, Task, work
from generator.publish import Publication, name_of, send
from generator.sealing import path_of
from generator.site.about import about_next, is_true
from generator.site.common import Common, common_of
from generator.site.private import open_private, write_private
from generator.site.public import public_files
from generator.site.register import ADDRESSES, addresses_in, addresses_of
from generator.site.shared import part_names, part_paths, write_parts, write_stage_pages
from generator.site.tree import Changes, Stage, commit, draft, files_of, sync
from generator.stores import open_store
from generator.telling import manifest_digest
from generator.told import Told, load_told

AUDITED = 200  # clients whose values a build looks for
WHOLE = 20_000  # so many clients a nightly looks for one and all: a minute
IN_TURN = 2000  # of more it looks for so many, others every night
PART = 100  # clients whose pages cost as much as drawing a strategy


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
    direct: bool = False
    """Send clients' pages to the store as they are made, instead of staging them."""
    allow: bool = False
    """Publish what is sent straight although very many clients' pages go."""


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
    """Clients whose values the leak gate looked for; none where no file is new."""
    seconds: float
    explained: tuple[str, ...] = ()
    sent: Publication | None = None
    """What went to the store already, where pages go straight to it."""


@dataclass(slots=True)
class Build:
    """One build; made once, run once."""

    inputs: Inputs
    keys: Keys
    options: Options
    engine: Engine
    progress: Progress
    may_send: Callable[[], None] = lambda: None
    """Returns while pages may go straight to the store; raises ``OutsideError`` when no more."""

    def run(self) -> Built:
        """Build and commit."""
        inputs, layout = self.inputs, self.inputs.layout
        told, direct = load_told(layout.state), self.options.direct
        common = self._common()
        tonight = tonight_of(
            inputs, self.keys, everything=self.options.everything, follows=inputs.base.follows
        )
        if tonight.same_since is None:  # a theme, or whatever else all pages have in common
            self.engine.expect(len(inputs.base))
        night = night_of(inputs, told, self.keys.ring)
        audited, sent = self._sent_ahead(common, tonight, night) if direct else (0, Publication())
        with open_private(draft(layout, layout.manifest.name)) as manifest:
            clients = ClientNight(
                inputs.base,
                tonight,
                night,
                self.keys.ring,
                shelves_of(layout, self.keys.ring, self._store),
                manifest,
                tell_all=told.news_days not in {0, inputs.site.news_days},
                direct=self._direct(),
                asked=self._asked(),
            )
            self._clients(clients)
        audited = audited or self._look_while_written()
        changes = self._commit(common, clients, told)
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
            sent=sent.and_files(clients.changes.added, clients.changes.changed) if direct else None,
        )

    @property
    def _store(self) -> str:
        """The store to which pages go straight; empty where they are staged."""
        return name_of(self.inputs.site.publish) if self.options.direct else ""

    def _direct(self) -> Direct | None:
        """The inventory of the store to which pages go straight."""
        if not self.options.direct:
            return None
        return direct_to_store(self.inputs.layout, self.keys.ring, self.inputs.base.bits)

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
        is_known = is_true(layout, ring, self._store)
        common = common_of(layout.common, stage) if is_known else Common(stage)
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
        sketch, ring = sketch_of(self.inputs), self.keys.ring
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

    def _sent_ahead(
        self, common: Common, tonight: Tonight, night: Night
    ) -> tuple[int, Publication]:
        """Commit what is the same for everyone, and send what clients' pages point to.

        For how many clients it was looked before, and what was sent.
        """
        layout, site = self.inputs.layout, self.inputs.site
        audited = self._rehearse(tonight, night)
        write_private(draft(layout, layout.common.name), common.as_json())
        removed = [*common.gone(), *self._left_over(common)]
        common.changes.removed += commit(layout, removed, [layout.common.name])
        settle(layout)
        lots, journal = [partial(common_lot, layout, first=True)], journal_of(layout)
        store, told = open_store(self.inputs.root, site.publish), named("publishing", self.progress)
        self.may_send()
        Former(layout).begin(store)
        return audited, send(layout.site, store, lots, told, journal)

    def _rehearse(self, tonight: Tonight, night: Night) -> int:
        """Look for leaks in what is staged, with the pages of a sample; how many were looked for.

        The sample is of those whose values are looked for, and its pages are dropped again.
        """
        layout = self.inputs.layout
        partition = Partition(settings_of(self.inputs, night), self.keys.ring)
        pages: list[str] = []
        for _, shard in self.inputs.base.picked(self._most_audited, self.inputs.as_of.toordinal()):
            task = to_rehearse(shard, tonight, self.inputs.base.vault.box)
            built = frame_of(partition.build(task).built)
            pages.extend(map(path_of, addresses_of(built[ADDRESSES])))
        audited = self._look_for_leaks()
        for path in pages:
            (layout.staged / path).unlink(missing_ok=True)
        return audited

    def _clients(self, clients: ClientNight) -> None:
        total = len(self.inputs.base)
        settings = settings_of(self.inputs, clients.night, direct=self.options.direct)
        brief = brief_of(settings)
        for result in self.engine.run(work, brief, clients.tasks(), _clients_in):
            clients.take(result)
            self.may_send()
            self.progress("clients", clients.looked_at, total)
        if total:
            self.progress("clients", total, total)

    @property
    def _most_audited(self) -> int:
        """Of how many clients the leak gate looks for the values."""
        clients = len(self.inputs.base)
        if not self.options.audit_all:
            return AUDITED
        return clients if clients <= WHOLE else IN_TURN

    def _look_while_written(self) -> int:
        """Look for leaks while the disk takes what was written: a commit has less to wait for."""
        with ThreadPoolExecutor(1) as pool:
            taken = pool.submit(sync, self.inputs.layout)
            audited = self._look_for_leaks()
            taken.result()
        return audited

    def _look_for_leaks(self) -> int:
        """Refuse a site in which anyone's value stands; for how many clients it was looked.

        That is nobody where nothing was staged: what lies in the site was looked through before.
        """
        staged, most = self.inputs.layout.staged, self._most_audited
        if next(files_of(staged), None) is None:
            return 0
        gate = gate_of(self.inputs, self.keys)
        report = gate.audit(staged, most, named("leak gate", self.progress))
        if not report.clean:
            raise InputError(finding.problem for finding in report.findings)
        return min(most, len(self.inputs.base))

    def _commit(self, common: Common, clients: ClientNight, told: Told) -> Changes:
        """Bring all into the site in one step, with what is known of it; what that changed."""
        inputs, layout, ring = self.inputs, self.inputs.layout, self.keys.ring
        manifest = manifest_digest(draft(layout, layout.manifest.name))
        night = told.extended(inputs.as_of, bands(inputs), inputs.site.news_days, manifest)
        made_of = clients.tonight.versions.mark()
        drafts = {
            layout.about: about_next(layout, inputs.as_of, made_of, ring, self._store).as_json(),
            layout.common: common.as_json(),
            layout.night: night.as_json(),
        }
        for path, content in drafts.items():
            write_private(draft(layout, path.name), content)
        removed = clients.removed
        if not self.options.direct:
            pages = partial(addresses_in, clients.shelves.next_register)
            removed = [*removed, *common.gone(), *self._left_over(common, pages)]
        names = [layout.base, layout.register, layout.telling, layout.manifest, *drafts]
        changes = Changes(removed=commit(layout, removed, [path.name for path in names]))
        changes.add(common.changes)
        changes.add(clients.changes)
        return changes

    def _left_over(
        self, common: Common, pages: Callable[[], Iterable[str]] = tuple
    ) -> Iterable[str]:
        """What lies in a site of which nothing is remembered, and is not wanted.

        ``pages`` gives the clients' pages that are: a million paths, asked for only here.
        """
        site = self.inputs.layout.site
        if common.is_known or not site.exists():
            return ()
        wanted = {*common.files, *pages()}
        return (path for path in files_of(site) if path not in wanted)


def sketch_of(inputs: Inputs) -> Sketch:
    """All that strategies' parts are made of."""
    return Sketch(
        inputs.site,
        packed(inputs.theme, inputs.site.theme),
        inputs.content,
        inputs.courses,
        inputs.quotes,
        inputs.as_of,
    )


def gate_of(inputs: Inputs, keys: Keys) -> Gate:
    """The leak gate of a site."""
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


def _clients_in(task: Task) -> int:
    return task.clients
