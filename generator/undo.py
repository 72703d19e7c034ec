"""Undoing the last publication: the store has again what it had before.

Files come back by their digests, from the versions of a bucket or from what a folder kept, so that
nothing but what was published comes back, whatever happened since. First it is seen whether all of
it is still there. What is gone on with after a crash ends the same way. Who was revoked or
forgotten since never comes back: nothing is left of them to bring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from generator.base.config import Site
from generator.base.errors import InputError, OutsideError, Problem
from generator.cdn import open_cdn
from generator.former import Former, FormerLot
from generator.inventory import settle
from generator.keys import keys_of
from generator.publish import Keeping, Publication
from generator.publish.lanes import at_once
from generator.receipts import sums_of
from generator.right import Right, right_to_change
from generator.site.about import about
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.tree import recover
from generator.stores import open_netlify, open_papers, open_store
from generator.telling import finish_remembering, give_back
from generator.untell import new_in_queue, untell
from generator.waiting import Courier

LANES = 32  # files at a time; each is a list of versions and a request for one


@dataclass(slots=True)
class Undone:
    """What an undoing did, or would do, in files."""

    back: int = 0
    """Files as they were before."""
    deleted: int = 0
    """Files that the last publication had added."""
    unchanged: int = 0
    lines: int = 0
    """Lines of manifests that were taken out of the queue."""
    purges: tuple[str, ...] = ()
    deploy: str = ""
    """At Netlify: when the deploy that is published again was made."""
    touched: list[str] = field(default_factory=list)


def undo(
    root: Path, site: Site, at: datetime, environment: Mapping[str, str], *, dry_run: bool = False
) -> Undone:
    """Bring back what was published before the last publication; a dry run only looks.

    Raises:
        InputError: there is nothing (more) to undo, or the store keeps nothing.
        KeyRingError: the key ring is missing or damaged.
        OutsideError: the store or the CDN failed, or keeps a file no more; run it again.
    """
    layout = Layout(root)
    with only_run(layout):
        recover(layout)
        if site.publish.store == "netlify":
            return _rolled_back(site, environment, dry_run=dry_run)
        ring, store = keys_of(root, site)[0], open_store(root, site.publish)
        give_back(layout)
        settle(layout)
        former = Former(layout)
        _refuse(former)
        store.must_keep()
        done = _looked(former, store, layout)
        if not dry_run:
            finish_remembering(layout, Courier.of(ring, site))
            papers = open_papers(root, site.publish)
            with right_to_change(layout, papers, "sealpress undo") as right:
                former.begin_undoing(done.touched)
                done.lines = untell(layout, former, ring)
                _brought_back(former, store, right)
                right.end(Publication(0, done.back, done.deleted, done.unchanged))
            _purge(site, former, at, done)
            _build_anew(layout)
            former.end_undoing()
        return done


def _refuse(former: Former) -> None:
    """Refuse where there is nothing to undo.

    Raises:
        InputError: there is not.
    """
    if former.state in {"none", "undone"}:
        more = " more" if former.state == "undone" else ""
        hint = "sealpress publish brings the built site again"
        raise InputError([Problem("build/private", f"there is nothing{more} to undo", hint)])
    if former.is_empty:
        hint = "delete the site's files in the store by hand, should that be meant"
        sentence = "before the last publication there was none: nothing would be left"
        raise InputError([Problem("build/private", sentence, hint)])


def _looked(former: Former, store: Keeping, layout: Layout) -> Undone:
    """What is to be done; that all of it can be done is seen before anything is.

    Raises:
        OutsideError: the store keeps one of the files no more, or failed.
    """
    done = Undone()
    for one in former.lots():
        _fetched(one, store, one.back)
        done.back += len(one.back)
        done.deleted += len(one.lot.gone)
        done.unchanged += one.lot.unchanged
        done.touched += [*one.back, *one.lot.gone]
    waiting = (layout.queue / name for name in new_in_queue(layout, former))
    done.lines = sum(sums_of(path)[1] for path in waiting if path.exists())
    return done


def _fetched(one: FormerLot, store: Keeping, paths: Sequence[str]) -> dict[str, bytes]:
    """The files of a lot as they were.

    Raises:
        OutsideError: the store keeps one of them no more, or failed.
    """
    found, lock = dict[str, bytes](), Lock()

    def fetch(path: str) -> None:
        content = store.earlier(path, one.digests[path])
        if content is None:
            hint = "sealpress publish brings the built site again"
            sentence = "the store does not keep all that was published before"
            raise OutsideError(f"{sentence} — hint: {hint}")
        with lock:
            found[path] = content

    at_once(fetch, paths, LANES)
    return found


def _brought_back(former: Former, store: Keeping, right: Right) -> None:
    """Bring the files back in the order of a publication, deletions last."""
    former.deal()
    for one in former.lots():
        if paths := one.back:
            content = _fetched(one, store, paths)
            right.must_hold()
            one.lot.begin()
            store.put_all((path, content[path]) for path in paths)
            one.lot.sent()
    for one in former.lots():
        if one.lot.gone:
            right.must_hold()
            one.lot.begin()
            store.delete_all(one.lot.gone)
            one.lot.end()


def _purge(site: Site, former: Former, at: datetime, done: Undone) -> None:
    """Have the CDN forget all that was changed, by this run and by one that broke off."""
    cdn = open_cdn(site.publish)
    purge = cdn.purge(former.touched, f"undo {at.isoformat()}")
    cdn.wait(purge)
    done.purges = purge.requests


def _build_anew(layout: Layout) -> None:
    """Where pages go straight to the store, have the next night make all of them again.

    They lie nowhere else: what the store had of the undone night cannot be sent from here.
    """
    known = about(layout)
    if known and known.store:
        layout.about.unlink()


def _rolled_back(site: Site, environment: Mapping[str, str], *, dry_run: bool) -> Undone:
    """Publish the deploy before the last one again, whole and at once."""
    netlify = open_netlify(site.publish, environment)
    if not dry_run:
        return Undone(deploy=netlify.roll_back().created)
    earlier = netlify.previous()
    if earlier is None:
        hint = "publish what is to be seen"
        raise InputError([Problem("Netlify", "there is no earlier deploy", hint)])
    return Undone(deploy=earlier.created)
