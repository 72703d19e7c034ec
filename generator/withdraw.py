"""Revoking a client's links and forgetting a client: at once, everywhere, and provably.

The journal is written first: whatever fails after it, no later build brings the old link back. The
signed receipt comes last: where there is one, all that it tells was done.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from generator.base.config import Site
from generator.base.ids import normalised
from generator.cdn import open_cdn
from generator.erase import Erase
from generator.inventory import settle
from generator.partition import CLIENT
from generator.proof import Asking, origin_of
from generator.receipts import FOLDER, NOT_ASKED, Proof, receipt_file, signed
from generator.sealing import (
    Generations,
    KeyRing,
    load_generations,
    load_key_ring,
    next_generation,
)
from generator.sealing.generations import Why
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.site.private import write_private
from generator.site.tree import recover
from generator.stores import open_to_withdraw
from generator.telling import give_back
from generator.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a withdrawal did, without a word of whom it concerned but their pseudonym."""

    who: str
    why: Why
    at: str
    generation: int
    files: int
    """Sealed files taken from the built and the published site."""
    versions: int
    """What the store erased, earlier versions among it; 0 in a dry run."""
    manifest_lines: int
    told_marks: int
    store: Proof = NOT_ASKED
    """What the store answers to us about the old addresses."""
    origin: Proof = NOT_ASKED
    """What it answers to anybody, at its public address."""
    readers: Proof = NOT_ASKED
    """What is answered at ``base_url``, by way of the CDN."""
    purges: tuple[str, ...] = ()
    """The CDN's own ids of what it was asked to forget."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did, and its signed receipt; none in a dry run."""

    receipt: Receipt
    signed: Mapping[str, Any] | None = None


def withdraw(  # noqa: PLR0913 - the last two are for looking first, and for tests
    root: Path,
    site: Site,
    client: str,
    why: Why,
    at: datetime,
    environment: Mapping[str, str],
    *,
    dry_run: bool = False,
    asking: Asking | None = None,
) -> Withdrawn:
    """Give ``client`` a new generation and delete whatever lay under the old ones.

    The receipt lies beside the keys, and so survives that ``build`` is deleted. A dry run counts
    what would go and changes nothing.

    Raises:
        KeyRingError: the key ring or its journal is missing or damaged.
        OutsideError: the store or the CDN failed, or an old address still opens; run it again.
    """
    layout = Layout(root)
    with only_run(layout):
        recover(layout)
        give_back(layout)
        ring = load_key_ring(root / site.keys, environment)
        who = _Client(layout, site, ring, normalised(client), asking or Asking())
        return _withdraw(who, why, at, dry_run=dry_run)


class _Client(NamedTuple):
    """Whom it is about, and where."""

    layout: Layout
    site: Site
    ring: KeyRing
    id: str
    asking: Asking


def _withdraw(who: _Client, why: Why, at: datetime, *, dry_run: bool) -> Withdrawn:
    layout, site, ring, client, _ = who
    root = layout.root
    before = load_generations(ring, root / site.keys)
    number = before.of(client) + 1
    if not dry_run:
        next_generation(before, root / site.keys, client, why, at)
        settle(layout)
    store = open_to_withdraw(root, site.publish)
    erase = Erase(layout, store, ring, ring.client(client), dry_run=dry_run)
    lines = erase.manifest_lines()
    told = erase.marks(None if why == "forgotten" else _marks_in(lines))
    erase.take_lines()  # after the marks that they name: a rerun finds both, or neither
    paths = _paths(ring, before, client)
    if why == "forgotten":
        erase.rows(client, ring)
    files, versions = erase.files(paths)
    receipt = Receipt(
        who=before.who(client),
        why=why,
        at=at.isoformat(),
        generation=number,
        files=files,
        versions=versions,
        manifest_lines=len(lines),
        told_marks=told,
    )
    if dry_run:
        return Withdrawn(receipt)
    return _signed(root / site.keys, ring, _proved(who, erase, receipt, paths))


def _proved(who: _Client, erase: Erase, receipt: Receipt, paths: list[str]) -> Receipt:
    """The receipt with what is answered, now that every copy was to be forgotten."""
    store = erase.proof(paths)
    cdn = open_cdn(who.site.publish)
    purge = cdn.purge(paths, f"{receipt.why} {receipt.at}")
    cdn.wait(purge)
    return replace(
        receipt,
        store=store,
        origin=who.asking.prove(origin_of(who.site.publish), paths),
        readers=who.asking.prove(who.site.base_url, paths),
        purges=purge.requests,
    )


def _signed(keys: Path, ring: KeyRing, receipt: Receipt) -> Withdrawn:
    """The receipt, signed, and put down beside the keys."""
    found = signed(ring.signer, "withdrawal", asdict(receipt))
    write_private(receipt_of(keys, receipt), receipt_file(found))
    return Withdrawn(receipt, found)


def receipt_of(keys: Path, receipt: Receipt) -> Path:
    """Where the signed receipt lies, beside the key ring at ``keys``."""
    return keys.with_name(FOLDER) / f"{receipt.who}-{receipt.generation}.json"


def _paths(ring: KeyRing, generations: Generations, client: str) -> list[str]:
    """Where the client's page lies now, and wherever it lay before."""
    return [
        epoch.secrets().secret(CLIENT, client, number).keys().path
        for epoch in ring.epochs
        for number in range(generations.of(client) + 1)
    ]


def _marks_in(lines: list[Waiting]) -> list[bytes]:
    """The marks of what stood in lines that nobody will get: told again, with a new link."""
    return [mark for line in lines for mark in line.marks]
