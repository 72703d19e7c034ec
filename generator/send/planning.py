"""The plan of a night: what waits in the queue is taken, and what is due is drafted and shown.

Comes in: manifests in the queue, clients in journeys. Goes out: the hash of a plan, and what it
would do, in numbers. It hands nothing over; whoever approves the hash approves these very messages.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, cast

from generator.base.errors import InputError, OutsideError
from generator.base.progress import Progress
from generator.receipts import SUFFIX, read_receipt
from generator.sealing import SenderKey, load_key_ring, load_sender_key
from generator.send.drafting import Drafter
from generator.send.entering import Doorman
from generator.send.intake import Trust, read_manifest, waiting
from generator.send.invented import in_one_line, invented
from generator.send.ledger import Ledger, Total
from generator.send.rules import sleepless
from generator.send.sender import Sender

if TYPE_CHECKING:
    from generator.base.sending import Kind

TURN = "plan"
SELDOM = (100_000, 50, 1_000)  # objects, and rounds of younger ones
A_TURN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that nobody approved yet."""

    hash: str
    summary: Mapping[str, Any]
    manifests: int
    entered: int
    skipped: tuple[str, ...] = ()
    """Manifests that had been taken before: they are in the queue no more."""


def plan(sender: Sender, now: datetime, progress: Progress) -> Proposal:
    """Take what waits, draft what is due, and put down what was not approved anew.

    Raises:
        InputError: a manifest is not to be believed, or content is wrong: nothing was planned.
        OutsideError: the disk or the ledger failed, or another plan is being made just now.
    """
    sender.journeys  # noqa: B018 - all that is wrong is told before anything is taken
    if problems := sleepless(sender.settings, now):
        raise InputError(problems)
    with _turn(sender.ledger, now), seldom_collected():
        return _plan(sender, now.replace(microsecond=0), progress)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage seldom.

    A million entries that come and go leave none, and to look through those that are there again
    and again took a third of a plan's time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _turn(ledger: Ledger, now: datetime) -> Iterator[None]:
    """One at a time: of two who draft at once, one could approve what the other has half done."""
    holder = token_hex(8)
    if not ledger.channels.lease(TURN, holder, now, A_TURN):
        minutes = int(A_TURN.total_seconds() // 60)
        hint = f"wait for it; one that died is forgotten after {minutes} minutes"
        raise OutsideError(f"another plan is being made — hint: {hint}")
    try:
        yield
    finally:
        ledger.channels.give_back(TURN, holder)


def _plan(sender: Sender, now: datetime, progress: Progress) -> Proposal:
    taken, skipped, entered = 0, list[str](), 0
    paths = waiting(sender.root / sender.settings.queue)
    for number, path in enumerate(paths, 1):
        if _is_known(sender.ledger, path):
            skipped.append(path.name)
        else:
            entered += _take(sender, path, now)
            taken += 1
        _remove(path)
        progress("taking manifests", number, len(paths))
    sender.ledger.planning.drop_unapproved()
    Drafter(sender, now).draft()
    summary = summary_of(sender, now)
    found = sender.ledger.planning.propose(summary, now)
    return Proposal(found, summary, taken, entered, tuple(skipped))


def _is_known(ledger: Ledger, path: Path) -> bool:
    """Whether it was taken before: by a run that died before it removed it, or it is a replay."""
    place = path.with_name(f"{path.name}{SUFFIX}")
    return place.is_file() and ledger.manifests.is_known(str(read_receipt(place).get("manifest")))


def _take(sender: Sender, path: Path, now: datetime) -> int:
    """Bring the clients of a manifest into their journeys."""
    doorman = Doorman(sender.ledger, sender.journeys, now)
    manifest = read_manifest(path, _trust(sender), sender.ledger.manifests, doorman.kinds)
    entered = doorman.let_in(manifest.entries)
    sender.ledger.manifests.take(manifest.site, manifest.digest, manifest.day, manifest.number, now)
    return entered


def _remove(path: Path) -> None:
    """All that is needed of it is in the ledger."""
    for name in (path.name, f"{path.name}{SUFFIX}"):
        with suppress(FileNotFoundError):
            path.with_name(name).unlink()


def _trust(sender: Sender) -> Trust:
    signers = sender.settings.signers
    if not signers:  # the site is built on this machine
        ring = load_key_ring(sender.root / sender.site.keys, sender.environment)
        signers = (ring.signer.public,)
    return Trust(sender.site.base_url, signers, _key(sender))


def _key(sender: Sender) -> SenderKey | None:
    place = sender.root / sender.settings.key
    return load_sender_key(place) if place.exists() else None


# ── What it would do ─────────────────────────────────────────────────────────────────────────

BY: Mapping[str, Callable[[Total], str]] = {
    "journeys": lambda one: one.journey,
    "channels": lambda one: one.channel,
    "segments": lambda one: one.segment or "—",
    "messages": lambda one: f"{one.message}.{one.kind}",
}


def summary_of(sender: Sender, now: datetime) -> dict[str, Any]:
    """The plan in numbers: no client, no address, no text."""
    planning, counts = sender.ledger.planning, {name: Counter[str]() for name in BY}
    reasons, parts = Counter[str](), Counter[str]()
    for one in planning.totals():
        if one.reason:
            reasons[one.reason] += one.number
            continue
        parts[one.channel] += one.parts
        for name, of in BY.items():
            counts[name][of(one)] += one.number
    return {
        "messages_to_send": counts["channels"].total(),
        "clients": planning.clients(),
        **{name: dict(sorted(some.items())) for name, some in counts.items()},
        "withheld": dict(sorted(reasons.items())),
        "parts": dict(sorted(parts.items())),
        "cost": dict(_costs(sender, parts)),
        "usual": sender.ledger.counting.usual(now),
        "before": _before(sender.ledger),
        "samples": {name: _sample(sender, name) for name in sorted(counts["messages"])},
    }


def _before(ledger: Ledger) -> dict[str, int]:
    """Messages by channel of the last plan that was approved."""
    approved = (one for one in ledger.planning.plans() if one.approved)
    last = next(approved, None)
    return dict(last.summary.get("channels", {})) if last else {}


def _sample(sender: Sender, name: str) -> str:
    """What a message says to an invented client."""
    message, _, kind = name.rpartition(".")
    return in_one_line(invented(sender, cast("Kind", kind), message))


def _costs(sender: Sender, parts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """What each channel would cost, with its currency."""
    for name, number in sorted(parts.items()):
        channel = sender.settings.channels[name]
        if channel.price:
            yield name, f"{channel.price * number} {channel.currency}"
