"""The values that pass between the steps of sending: entries, triggers, messages, outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from generator.base.sending import Kind

Purpose = Literal["service", "promotion"]
"""What a message is for: a client agrees to each by itself. In a manifest's consents ``sms``
stands for service messages, ``sms/promotion`` for the others."""


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A line of a manifest (``docs/manifest.schema.json``); its repr names nobody."""

    client: str
    name: Mapping[str, str]
    locale: str
    time_zone: str
    addresses: Mapping[str, str]
    consents: Sequence[str]
    bank: str
    segment: str
    link: str
    """Without a tag."""
    page: Mapping[str, str]
    """``path`` and ``sha256``."""
    reasons: Sequence[Mapping[str, Any]]

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Entry({len(self.reasons)} reasons)"


class State(StrEnum):
    """What became of a message.

    planned → claimed → attempting → accepted | rejected | unknown → delivered | failed | expired.
    ``withheld``: it never was to be sent, and ``reason`` says why. ``attempting`` is committed
    before the network is touched; whoever dies in it leaves ``unknown``, never a second try.
    """

    PLANNED = "planned"
    CLAIMED = "claimed"
    ATTEMPTING = "attempting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    WITHHELD = "withheld"


class Reason(StrEnum):
    """Why somebody is not told something."""

    NO_CONSENT = "no consent"
    NO_ADDRESS = "no address"
    SUPPRESSED = "on the suppression list"
    DEAD_ADDRESS = "the address is dead"
    HOLD_OUT = "hold-out group"
    CAP = "frequency cap"
    OVERDUE = "overdue"
    """It could not go in time: a step that is late is left out, never sent in a flood."""
    STOPPED = "the channel is stopped"
    NOT_PROVEN = "the page does not show what the text says"
    NEWER = "the page shows other figures by now"
    """A digest that waited: its client's policies were credited something since, or are checked."""
    RECALLED = "taken back after it was approved"


class Identity(NamedTuple):
    """What makes a message itself: the ledger holds one row of it, ever."""

    client: str
    journey: str
    version: int
    trigger: str
    """As ``coupon/accrued/2026-11-21/6f1c…``: kind, what tells it, digest of the reasons."""
    step: int
    channel: str


@dataclass(frozen=True, slots=True, repr=False)
class Planned:
    """A message that is to go, or a row that says why not."""

    identity: Identity
    kind: Kind
    purpose: Purpose
    message: str
    """The name of its template."""
    segment: str
    not_before: datetime
    """UTC; quiet hours are over by then."""
    expires: datetime
    """UTC; it is of no use later."""
    tag: str = ""
    """3 characters of base58 behind the link: of this client's messages it is this one."""
    to: bytes = b""
    """Keyed digest of the address: what is suppressed or repeated is found by it."""
    text: str = ""
    """SHA-256 of the rendered text: what was approved is what is sent."""
    parts: int = 1
    """Of an SMS; 1 of others."""
    reason: Reason | None = None
    """Why it is withheld; None when it is to go."""
    payload: bytes = b""
    """The values of which the text is rendered, as JSON; dropped when it was accepted."""
    id: str = field(default="", compare=False)
    """Ours, 26 characters; the ledger draws one where there is none."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Planned({self.identity.journey!r}, {self.kind}, {self.reason})"


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """A message as a channel hands it over."""

    id: str
    """Ours, 26 characters: gateways send it back in reports where they can."""
    to: str
    text: str
    """Of an SMS or a push the text, of a letter the plain part."""
    subject: str = ""
    html: str = ""
    images: Mapping[str, bytes] = field(default_factory=dict)
    """Content id to PNG."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a letter: List-Unsubscribe and the like."""
    link: str = ""
    """Of a push: what a tap opens."""
    collapse: str = ""
    """Of a push: a second try replaces the first on the phone."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Outgoing({self.id})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has taken it."""

    provider: str = ""
    """Its id at the gateway."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The gateway refused it; nothing was sent, and nothing is tried again."""

    code: str
    is_dead: bool = False
    """Whether the address itself is dead: no message goes there any more."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was sent, for sure; it may be tried again."""

    seconds: float
    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been sent, or not: nobody tries again before that is known."""

    code: str


Outcome = Accepted | Rejected | Later | Unknown
"""Codes are a gateway's own, or an error's name: never an address or a text."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says later of a message that it took."""

    channel: str
    status: Literal["delivered", "failed", "expired", "dead"]
    at: datetime
    id: str = ""
    """Ours, where the gateway sends it back."""
    provider: str = ""
    """Its own."""
    code: str = ""
