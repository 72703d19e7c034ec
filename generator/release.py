"""From the built site to the store, and what follows from it: what was told is remembered.

Comes in: a site that was built, and how to publish it. Goes out: the store has it, its manifest is
in the sender's queue. It refuses a site of which not all lies in ``build/site``. Nothing here knows
how a page is made: publishing what did not change must not cost what building costs.
"""

from pathlib import Path

from generator.base.config import Site
from generator.base.errors import InputError, Problem
from generator.base.progress import Progress, named
from generator.deploying import chosen, deploy_site, planned_deploy
from generator.keys import keys_of
from generator.publish import Plan, Publication, name_of
from generator.publishing import How, as_published, plan_built, publish_built
from generator.receipts import Vouched
from generator.right import Right, right_to_change
from generator.site.about import about
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.tree import recover
from generator.stores import must_take_files, open_netlify, open_papers
from generator.telling import is_remembered, remember_told
from generator.waiting import Courier


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
        if site.publish.store == "s3" and is_remembered(layout):
            done = as_published(layout, site.publish, how)
            if done is not None:
                return done
        papers = open_papers(root, site.publish)
        with right_to_change(layout, papers, "sealpress publish", anew=how.reconcile) as right:
            return published(layout, site, how, right, progress)


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


def published(
    layout: Layout, site: Site, how: How, right: Right, progress: Progress
) -> Publication:
    """Bring the store what it lacks, and remember what the night told.

    Raises:
        InputError, OutsideError: as ``publish_site``.
    """
    courier = _courier(layout, site)
    done = publish_built(layout, site.publish, how, right, named("publishing", progress))
    remember_told(layout, courier, Vouched(name_of(site.publish), done.there))
    return done


def refuse_direct(layout: Layout, hint: str) -> None:
    """Refuse to take the built site for a whole one where clients' pages are only in the store.

    Raises:
        InputError: they are.
    """
    known = about(layout)
    if known and known.store:
        sentence = "the last night sent clients' pages straight to the store"
        raise InputError([Problem("build/site", sentence, hint)])


def _ready_to_publish(layout: Layout, site: Site, how: How) -> None:
    if how.reconcile:
        must_take_files(site.publish)
    recover(layout)
    if not layout.site.is_dir():
        hint = "run: sealpress build"
        raise InputError([Problem("build/site", "nothing is built yet", hint)])
    refuse_direct(layout, "run: sealpress nightly --direct")


def _deployed(layout: Layout, site: Site, progress: Progress, *, client_pages: bool) -> Publication:
    """Bring Netlify the site, and remember what the night told if those pages are there."""
    choice = chosen(layout, client_pages=client_pages)
    netlify, courier = open_netlify(site.publish), _courier(layout, site)
    done = deploy_site(layout.site, choice, netlify, named("publishing", progress))
    if not done.kept_back:
        remember_told(layout, courier, Vouched(name_of(site.publish), done.there))
    return done


def _courier(layout: Layout, site: Site) -> Courier:
    """How a manifest is handed on: its keys are looked for before anything is sent."""
    return Courier.of(keys_of(layout.root, site)[0], site)
