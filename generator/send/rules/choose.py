"""For one client and one step: the channel over which the message goes, or why it does not."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from generator.base.sending import Kind, Send
from generator.send.rules.address import address_of
from generator.send.rules.caps import Sent, capped
from generator.send.rules.consent import Said, consent_to
from generator.send.rules.quiet import allowed_at
from generator.send.values import Entry, Purpose, Reason

Marked = Callable[[Kind, str], bool]
"""Whether the ledger has a mark against an address."""


def unmarked(_kind: Kind, _address: str) -> bool:
    """No address has a mark."""
    return False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a step of a journey wants: a message over one of these channels, in time."""

    channels: Sequence[str]
    purpose: Purpose
    at: datetime
    """Not before; UTC."""
    expires: datetime
    """It is of no use from then on."""


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What the ledger knows of a client."""

    said: Said = field(default_factory=dict)
    sent: Sequence[Sent] = ()
    """Promotions, those that are planned included."""
    push: str = ""
    """Where push messages go; manifests have no such addresses."""
    is_held_out: bool = False
    is_suppressed: Marked = unmarked
    is_dead: Marked = unmarked

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Known({len(self.sent)} sent)"


@dataclass(frozen=True, slots=True, repr=False)
class Choice:
    """The message may go: over which channel, to whom, and from when on."""

    channel: str
    kind: Kind
    address: str
    not_before: datetime

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Choice({self.channel!r})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The message does not go over this channel."""

    channel: str
    kind: Kind | None
    """None where the settings do not have the channel (any more)."""
    reason: Reason


def choose(
    entry: Entry, wish: Wish, known: Known, send: Send, stopped: Collection[str] = ()
) -> Choice | Refusal:
    """The first channel that may be used, else the obstacle on the last one."""
    found = _judge(entry, wish, wish.channels[0], known, send, stopped)
    for channel in wish.channels[1:]:
        if isinstance(found, Choice):
            break
        found = _judge(entry, wish, channel, known, send, stopped)
    return found


def choose_each(
    entry: Entry, wish: Wish, known: Known, send: Send, stopped: Collection[str] = ()
) -> list[Choice | Refusal]:
    """Of each channel whether it may be used, for a step that wants all of them."""
    return [_judge(entry, wish, channel, known, send, stopped) for channel in wish.channels]


def _judge(
    entry: Entry, wish: Wish, name: str, known: Known, send: Send, stopped: Collection[str]
) -> Choice | Refusal:
    channel = send.channels.get(name)
    if channel is None:
        return Refusal(name, None, Reason.STOPPED)
    address = address_of(channel.kind, entry.addresses, known.push)
    reason = _forbids(entry, wish.purpose, channel.kind, address, known)
    if reason:
        return Refusal(name, channel.kind, reason)
    at = allowed_at(wish.at, entry.time_zone, send.zones, channel.quiet)
    reason = capped(channel.kind, wish.purpose, at, known.sent, send.caps)
    if not reason and at >= wish.expires:
        reason = Reason.OVERDUE
    if not reason and name in stopped:
        reason = Reason.STOPPED
    if reason:
        return Refusal(name, channel.kind, reason)
    return Choice(name, channel.kind, address, at)


def _forbids(
    entry: Entry, purpose: Purpose, kind: Kind, address: str, known: Known
) -> Reason | None:
    """What stands against this client at this address, whatever the time.

    Hold-out comes after the address: who could not have been reached is not compared.
    """
    reason = consent_to(kind, purpose, entry.consents, known.said)
    if reason:
        return reason
    if not address:
        return Reason.NO_ADDRESS
    if known.is_suppressed(kind, address):
        return Reason.SUPPRESSED
    if known.is_dead(kind, address):
        return Reason.DEAD_ADDRESS
    return Reason.HOLD_OUT if known.is_held_out and purpose == "promotion" else None
