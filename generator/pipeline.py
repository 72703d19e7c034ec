"""The night, in order: read, compare, render and seal, look for leaks, commit; then publish."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from generator.base.config import Site, load_site
from generator.base.errors import InputError, OutsideError, Problem
from generator.building import Build, Built, Options, Progress, gate_of, named, sketch_of
from generator.data import Client, estimated
from generator.deploying import chosen, deploy_site, planned_deploy
from generator.engines import Engine, engine
from generator.inputs import Inputs, inputs_to_look_at, keys_of, read_inputs, vault_of
from generator.night import Keys
from generator.pages.client import ClientPages
from generator.pages.shared import render_shared
from generator.publish import Plan, Publication, name_of
from generator.publishing import How, plan_built, publish_built
from generator.receipts import Vouched
from generator.right import Right, right_to_change
from generator.sealing import Signer
from generator.site.about import about
from generator.site.audit import AuditReport
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.public import public_files
from generator.site.tree import begin, draft, recover
from generator.stores import must_take_files, open_netlify, open_papers
from generator.telling import finish_remembering, remember_told

SAMPLED = 20  # clients whose pages `check` renders
NOBODY = Client("", "", "", "", "", "", "", "", "", "", (), (), ())


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
        strategies = sketch_of(inputs).strategies(inputs.theme)
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
        InputError: the input is wrong, nothing was built yet, or clients' pages are in the store.
    """
    layout = Layout(root)
    with only_run(layout), inputs_to_look_at(root, clock, today) as inputs:
        recover(layout)
        _refuse_direct(layout, "run: sealpress build, and audit that")
        gate = gate_of(inputs, Keys(*keys_of(root, inputs.site)))
        return gate.audit(layout.site, None, named("leak gate", progress))


def publish_site(root: Path, site: Site, how: How, progress: Progress) -> Publication:
    """Publish what was built last, and remember what that night told.

    Netlify gets no clients' pages unless it is asked to; then nobody is told of them.

    Raises:
        InputError: nothing was built yet, not all of it lies in ``build/site``, or the guard
            objects to what would change.
        OutsideError: the store failed; a rerun sends the rest.
    """
    layout = Layout(root)
    with only_run(layout):
        _ready_to_publish(layout, site, how)
        if site.publish.store == "netlify":
            return _deployed(layout, site, progress, client_pages=how.client_pages)
        papers = open_papers(root, site.publish)
        with right_to_change(layout, papers, "sealpress publish", anew=how.reconcile) as right:
            return _published(layout, site, how, right, progress)


def plan_of(root: Path, site: Site, how: How, progress: Progress) -> Plan:
    """What ``publish_site`` would do; nothing is sent.

    Raises:
        InputError: nothing was built yet, or not all of it lies in ``build/site``.
        OutsideError: Netlify was asked and failed.
    """
    layout = Layout(root)
    with only_run(layout):
        _ready_to_publish(layout, site, how)
        if site.publish.store == "netlify":
            choice = chosen(layout, client_pages=how.client_pages)
            return planned_deploy(
                layout.site, choice, open_netlify(site.publish), named("looking", progress)
            )
        return plan_built(layout, site.publish, how, named("looking", progress))


def _ready_to_publish(layout: Layout, site: Site, how: How) -> None:
    if how.reconcile:
        must_take_files(site.publish)
    recover(layout)
    if not layout.site.is_dir():
        hint = "run: sealpress build"
        raise InputError([Problem("build/site", "nothing is built yet", hint)])
    _refuse_direct(layout, "run: sealpress nightly --direct")


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
    site = load_site(root)[0]
    if options.direct:
        must_take_files(site.publish)
    keys = Keys(*keys_of(root, site))
    finish_remembering(layout, keys.ring.signer)
    if options.everything or not layout.site.exists():
        workers.expect(estimated(root, site.tables))
    folder = draft(layout, layout.base.name)
    folder.mkdir(mode=0o700)
    last = None if options.everything else vault_of(keys.ring, layout.base)
    inputs = read_inputs(root, clock, today, vault_of(keys.ring, folder), last)
    warn(inputs)
    build = Build(inputs, keys, options, workers, progress)
    if not options.direct:
        return replace(build.run(), seconds=time.monotonic() - began)
    papers = open_papers(root, site.publish)
    with right_to_change(layout, papers, "sealpress nightly") as right:
        built = replace(build, may_send=right.must_hold).run()
        rest = _published(layout, site, How(today, allow=options.allow), right, progress)
    sent = rest.after(built.sent) if built.sent else rest
    return replace(built, sent=sent, seconds=time.monotonic() - began)


def _published(
    layout: Layout, site: Site, how: How, right: Right, progress: Progress
) -> Publication:
    """Bring the store what it lacks, and remember what the night told."""
    signer = _signer(layout, site)
    done = publish_built(layout, site.publish, how, right, named("publishing", progress))
    remember_told(layout, signer, Vouched(name_of(site.publish), done.there))
    return done


def _deployed(layout: Layout, site: Site, progress: Progress, *, client_pages: bool) -> Publication:
    """Bring Netlify the site, and remember what the night told if those pages are there."""
    choice = chosen(layout, client_pages=client_pages)
    netlify, signer = open_netlify(site.publish), _signer(layout, site)
    done = deploy_site(layout.site, choice, netlify, named("publishing", progress))
    if not done.kept_back:
        remember_told(layout, signer, Vouched(name_of(site.publish), done.there))
    return done


def _signer(layout: Layout, site: Site) -> Signer:
    """Who signs the receipt of a manifest: looked for before anything is sent."""
    return keys_of(layout.root, site)[0].signer


def _refuse_direct(layout: Layout, hint: str) -> None:
    """Refuse to take the built site for a whole one where clients' pages are only in the store."""
    known = about(layout)
    if known and known.store:
        sentence = "the last night sent clients' pages straight to the store"
        raise InputError([Problem("build/site", sentence, hint)])


def _render_sample(inputs: Inputs) -> None:
    """Render the pages of some clients in every locale, and of one who has nothing."""
    sample = [client for _, client in inputs.base.sample(SAMPLED)]
    for locale in inputs.site.locales:
        pages = ClientPages(
            inputs.theme, inputs.site, inputs.content, inputs.courses, inputs.as_of, locale
        )
        for client in (*sample, NOBODY):
            pages.html(client._replace(locale=locale), "{} {}".format)  # no key is needed
