"""The night, in order: read, compare, render and seal, look for leaks, commit."""

import csv
import io
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from generator.base.allocator import keep_freed
from generator.base.config import Tables, load_site
from generator.base.errors import InputError, OutsideError, Problem
from generator.base.progress import Progress, named
from generator.building import Build, Built, Options, gate_of, sketch_of
from generator.data import Client, estimated, is_newer
from generator.engines import Engine, engine
from generator.inputs import Inputs, inputs_to_look_at, read_inputs, vault_of
from generator.keys import keys_of
from generator.night import Keys
from generator.pages.client import ClientPages
from generator.pages.shared import render_shared
from generator.publishing import How
from generator.release import published, refuse_direct
from generator.right import right_to_change
from generator.site.audit import AuditReport
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.private import write_private
from generator.site.public import public_files
from generator.site.tree import begin, draft, recover
from generator.stores import must_take_files, open_papers
from generator.telling import finish_remembering
from generator.waiting import Courier

SAMPLED = 20  # clients whose pages `check` renders
CHANGING = 50  # where tables changed, one client in so many is taken to have changed
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
        refuse_direct(layout, "run: sealpress build, and audit that")
        gate = gate_of(inputs, Keys(*keys_of(root, inputs.site)))
        return gate.audit(layout.site, None, named("leak gate", progress))


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
    keep_freed()
    begin(layout)
    site = load_site(root)[0]
    if options.direct:
        must_take_files(site.publish)
    keys = Keys(*keys_of(root, site))
    finish_remembering(layout, Courier.of(keys.ring, site))
    workers.expect(_expected(layout, site.tables, everything=options.everything))
    folder = draft(layout, layout.base.name)
    folder.mkdir(mode=0o700)
    last = None if options.everything else vault_of(keys.ring, layout.base)
    vault, put_aside = vault_of(keys.ring, folder), partial(_put_aside, layout)
    inputs = read_inputs(root, clock, today, vault, last, put_aside)
    warn(inputs)
    build = Build(inputs, keys, options, workers, progress)
    if not options.direct:
        return replace(build.run(), seconds=time.monotonic() - began)
    papers = open_papers(root, site.publish)
    with right_to_change(layout, papers, "sealpress nightly") as right:
        built = replace(build, may_send=right.must_hold).run()
        how = How(today, allow=options.allow, ahead=built.sent)
        sent = published(layout, site, how, right, progress)
    return replace(built, sent=sent, seconds=time.monotonic() - began)


def _expected(layout: Layout, tables: Tables, *, everything: bool) -> int:
    """How many pages a night will have to render, as far as that can be told beforehand."""
    if everything or not layout.site.exists():
        return estimated(layout.root, tables)
    changed = is_newer(layout.root, tables, layout.about)
    return estimated(layout.root, tables) // CHANGING if changed else 0


def _put_aside(layout: Layout, refused: Iterable[Problem]) -> None:
    """Write a table of the refused rows: where they stand and why, never what stands there.

    It is no part of the site: rows that stop a night are to be mended, and all are needed for that.
    """
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("file", "line", "column", "field", "reason"))
    table.writerows((p.path, p.line, p.column, p.field, p.sentence) for p in refused)
    # the disk is not waited for: a commit will, and a night that is stopped can be run again
    write_private(layout.refused, text.getvalue().encode(), sync=False)


def _render_sample(inputs: Inputs) -> None:
    """Render the pages of some clients in every locale, and of one who has nothing."""
    sample = [client for _, client in inputs.base.sample(SAMPLED)]
    for locale in inputs.site.locales:
        pages = ClientPages(
            inputs.theme, inputs.site, inputs.content, inputs.courses, inputs.as_of, locale
        )
        for client in (*sample, NOBODY):
            pages.html(client._replace(locale=locale), "{} {}".format)  # no key is needed
