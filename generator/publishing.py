"""One whole publication: from what was built to a store that has it and a CDN that knows.

Comes in: what was built, by its record. Goes out: the store has it, what it has is remembered, and
the CDN was asked to forget what changed. It refuses a publication that looks like a mistake.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from time import monotonic
from uuid import uuid4

from generator.base.config import Publish
from generator.base.errors import InputError, Problem
from generator.cdn import Cdn, open_cdn
from generator.former import Former
from generator.inventory import (
    grace_of,
    journal_of,
    lots_of,
    reasons_of,
    remember_state,
    share_of,
    state_of,
)
from generator.publish import (
    Headers,
    Lot,
    Plan,
    Publication,
    State,
    Store,
    name_of,
    planned,
    send,
    take_away,
)
from generator.publish.guard import objections
from generator.publish.plan import Listing, forecast
from generator.publish.publisher import Progress, Stale
from generator.publish.touch import marks_of, stale
from generator.reconcile import reconcile
from generator.right import Right
from generator.site.about import about
from generator.site.headers import is_kept
from generator.site.layout import Layout
from generator.stores import headers_kept, open_store

ENOUGH = 100  # files of which the time tells how fast a store is
SAMPLED = 5  # clients who are shown in a plan
Lots = Sequence[Callable[[], Lot]]


@dataclass(frozen=True, slots=True)
class How:
    """How to publish."""

    today: date
    allow: bool = False
    """Whether the guard lets everything pass."""
    reconcile: bool = False
    """Whether the store is listed first, and the inventory made true of it."""
    client_pages: bool = False
    """Whether Netlify gets clients' pages."""
    ahead: Publication | None = None
    """What went to the store before, straight from the workers; here it is found as it is."""


def publish_built(
    layout: Layout, settings: Publish, how: How, right: Right, progress: Progress
) -> Publication:
    """Bring the store what it lacks; what is no longer wanted leaves it, some of it later.

    Raises:
        InputError: what was built is not on record, or the guard objects: nothing was sent.
        OutsideError: the store or the CDN failed; a rerun does the rest.
    """
    store = open_store(layout.root, settings)
    lots = lots_of(layout, grace_of(layout, how.today, settings.grace_days))
    problems = list[Problem]()
    if how.reconcile:
        found = reconcile(layout, store)
        lots = [*lots[:-1], lambda: found.lot, lots[-1]]
        problems += found.objections(settings.guard)
    problems += objections(share_of(layout), settings.guard)
    if problems and not how.allow:
        raise InputError(problems)
    marks = _marks(lots, headers_kept(settings))
    former = Former(layout)
    kept = former.keeping(store, right.asked(lots))
    done = _whole(layout, kept, store, open_cdn(settings), marks, progress)
    if how.ahead:
        done = done.after(how.ahead)
    right.end(done)
    former.end()
    remember_state(layout, replace(state_of(layout), store=name_of(settings)))
    return done


def as_published(layout: Layout, settings: Publish, how: How) -> Publication | None:
    """The publication that there would be if all is as the last one left it; None if it is not.

    An object store need not be opened for it: that takes longer than finding it out.

    Raises:
        InputError: what was built is not on record.
        OutsideError: a record is damaged.
    """
    last = state_of(layout)
    if how.reconcile or last.to_purge or last.store != name_of(settings):
        return None
    lots = lots_of(layout, grace_of(layout, how.today, settings.grace_days))
    is_stale = stale(last.headers, _marks(lots, headers_kept(settings)))
    done = Publication()
    for make in lots:
        lot = make()
        if is_stale or not lot.is_settled:
            return None
        done.unchanged += lot.unchanged
        done.kept += len(lot.kept)
    return done


def plan_built(layout: Layout, settings: Publish, how: How, progress: Progress) -> Plan:
    """What ``publish_built`` would do; nothing is sent, and nothing of it is remembered.

    Raises:
        InputError: what was built is not on record.
        OutsideError: a record is damaged.
    """
    lots = lots_of(layout, grace_of(layout, how.today, settings.grace_days), to_look_at=True)
    last = state_of(layout)
    is_stale = stale(last.headers, _marks(lots, headers_kept(settings)))
    plan = planned(layout.site, lots, progress, is_stale)
    plan.clients = share_of(layout)
    plan.reasons, clients = reasons_of(layout, SAMPLED)
    plan.samples += clients
    price = settings.price_per_1000_puts if settings.store == "s3" else None
    plan.forecast = forecast(plan, price, last.rate)
    plan.objections = objections(plan.clients, settings.guard)
    if how.reconcile:
        found = reconcile(layout, open_store(layout.root, settings), to_look_at=True)
        plan.listing = Listing(found.listed, found.missing, found.other, len(found.unknown))
        plan.objections += found.objections(settings.guard)
    return plan


def _whole(
    layout: Layout,
    lots: Lots,
    store: Store,
    cdn: Cdn,
    marks: Mapping[str, str],
    progress: Progress,
) -> Publication:
    """Send, delete, purge, remember: where it breaks off, the next run goes on."""
    last = state_of(layout)
    is_stale = stale(last.headers, marks)
    begun = _begun(last, lots, is_stale or (lambda _: False))
    remember_state(layout, begun)
    began = monotonic()
    done = send(layout.site, store, lots, progress, journal_of(layout), is_stale)
    rate = _rate(done, monotonic() - began) or begun.rate
    take_away(store, lots, done)
    if begun.to_purge:
        cdn.purge(begun.to_purge, begun.occasion)
    built = about(layout)
    ended = State(
        built.epochs if built else (),
        {**last.headers, **marks},
        rate=rate,
        store="" if done.is_change else last.store,  # that of a change when the pointer is moved
    )
    remember_state(layout, ended)
    return done


def _marks(lots: Lots, headers: Headers) -> dict[str, str]:
    """Digests of the headers of each kind of files that the site has, clients' pages too."""
    common = (path for lot in _common(lots) for path in (*lot.added, *lot.changed, *lot.same))
    return marks_of(chain(common, ["p/x"]), headers)


def _begun(last: State, lots: Lots, is_stale: Stale) -> State:
    """The state with what the CDN is to forget: also of a run that broke off before it was told."""
    touched = {
        path
        for lot in _common(lots)
        for path in (*lot.added, *lot.changed, *lot.gone, *filter(is_stale, lot.same))
        if is_kept(path)
    }
    to_purge = tuple(sorted(touched.union(last.to_purge)))
    drawn = uuid4().hex if to_purge else ""
    return replace(last, occasion=last.occasion or drawn, to_purge=to_purge)


def _common(lots: Lots) -> Sequence[Lot]:
    """The lots of common files: they stand around those of clients."""
    return lots[0](), lots[-1]()


def _rate(done: Publication, seconds: float) -> float:
    """Files a second, where there were enough to tell; else 0."""
    files = done.added + done.changed + done.headers
    return files / seconds if files >= ENOUGH and seconds else 0.0
