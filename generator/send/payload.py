"""What the ledger keeps of an entry while a client is in a journey, and of a message until it went.

It holds a link and addresses: it is dropped with the message's acceptance, and never shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Struct
from msgspec.json import Decoder, encode

from generator.send.messages import Answers, message_values
from generator.send.values import Entry

Reasons = Sequence[Mapping[str, Any]]
FIELDS = tuple(name for name in Entry.__slots__ if name != "reasons")
NOWHERE = b',"to":""}'
"""How a payload ends before it is known where the message goes."""


@dataclass(frozen=True, slots=True, repr=False)
class Payload:
    """An entry with the reasons that a message is about, and where the message goes."""

    entry: Entry
    """Its reasons are those of the message alone."""
    to: str = ""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Payload({len(self.entry.reasons)} reasons)"

    def as_json(self) -> bytes:
        """The bytes that are kept."""
        return b'%b,"to":%b}' % (encode(self.entry)[:-1], encode(self.to))

    def values(self, tag: str, answers: Answers | None) -> dict[str, Any]:
        """What the message may say; its link has the tag."""
        return message_values(self.entry, self.entry.reasons, self.entry.link + tag, answers)


def payload_of(kept: bytes) -> Payload:
    """What ``as_json`` gave."""
    return Payload(_entry_of(kept), "" if kept.endswith(NOWHERE) else _place_of(kept).to)


def sent_to(kept: bytes, address: str) -> bytes:
    """What ``as_json`` gave of a payload that goes nowhere yet, to an address."""
    if not kept.endswith(NOWHERE):
        raise ValueError("it goes somewhere already")
    return b'%b,"to":%b}' % (kept.removesuffix(NOWHERE), encode(address))


def about(entry: Entry, reasons: Reasons, to: str = "") -> Payload:
    """The payload of some of an entry's reasons."""
    if tuple(reasons) == tuple(entry.reasons):
        return Payload(entry, to)
    kept = {name: getattr(entry, name) for name in FIELDS}
    return Payload(Entry(**kept, reasons=tuple(reasons)), to)


class _Place(Struct):
    """Of a payload what is no part of the entry."""

    to: str


_entry_of = Decoder(Entry).decode
_place_of = Decoder(_Place).decode
