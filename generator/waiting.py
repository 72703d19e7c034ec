"""Manifests on their way to the sender: in plain, or sealed to its key; and what they tell whom.

Comes in: a manifest, and how this site hands manifests on. Goes out: a file as it lies in the
queue, and what each line of such a file tells whom, in pseudonyms. It refuses to open what is
sealed to the sender: beside each sealed line stands a note, locked under the ring, of what we may
have to know of it later: whose it is, and the marks of what it tells.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from generator.base.config import Site
from generator.base.errors import InputError, OpenError, Problem
from generator.keys import told_mark
from generator.sealing import (
    Box,
    KeyRing,
    Piece,
    is_parcel,
    notes_of,
    parcel_without,
    seal_parcel,
)
from generator.told import reason_key

SIZE = 16  # bytes of a pseudonym, and of a mark
PLACE = "note of a line"


class Waiting(NamedTuple):
    """A line that waits for the sender: whose it is, and what it tells them."""

    who: bytes
    marks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Courier:
    """How a site hands manifests on: signed, and sealed where the sender has a key."""

    ring: KeyRing
    site: str
    """The site's address; a receipt names it, and a sealed manifest is bound to it."""
    recipient: str = ""
    """The sender's public key; without one manifests go in plain."""
    clock: Callable[[], datetime] = field(default=partial(datetime.now, UTC), repr=False)

    @classmethod
    def of(cls, ring: KeyRing, site: Site) -> "Courier":
        """As the settings have it."""
        return cls(ring, site.base_url, site.recipient)

    @property
    def number(self) -> int:
        """Milliseconds since 1970: what is handed on later has a greater number."""
        return int(self.clock().timestamp() * 1000)

    def sealed(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The bytes of a manifest that only the sender can read."""
        box = Box(self.ring.working_key)
        pieces = (Piece(_note(_told(line, self.ring), box), line) for line in lines)
        return seal_parcel(pieces, self.recipient, self.site.encode())


def waiting_in(path: Path, ring: KeyRing) -> Iterator[Waiting]:
    """What each line of a manifest tells whom; nothing where it was collected meanwhile.

    Raises:
        InputError: its notes were made under another key ring.
    """
    try:
        with path.open("rb") as file:
            yield from _waiting(file, path.name, ring)
    except FileNotFoundError:
        return


def left_of(file: BinaryIO, who: bytes, ring: KeyRing) -> Iterator[bytes]:
    """The bytes of a manifest without the lines of a client; ``waiting_in`` could read it."""
    if not is_parcel(file):
        return (line for line in file if _told(line, ring).who != who)
    box = Box(ring.working_key)
    return parcel_without(file, lambda note: _read(note, box).who == who)


def _waiting(file: BinaryIO, name: str, ring: KeyRing) -> Iterator[Waiting]:
    if not is_parcel(file):
        yield from (_told(line, ring) for line in file)
        return
    box = Box(ring.working_key)
    try:
        yield from (_read(note, box) for note in notes_of(file))
    except OpenError:
        hint = "restore the ring, or take the manifest and its receipt out of the queue"
        sentence = "it was damaged, or made under another key ring"
        raise InputError([Problem(name, sentence, hint)]) from None


def _told(line: bytes, ring: KeyRing) -> Waiting:
    entry = json.loads(line)
    marks = (told_mark(ring, reason_key(reason)) for reason in entry["reasons"])
    return Waiting(ring.client(entry["client"]), tuple(marks))


def _note(told: Waiting, box: Box) -> bytes:
    return box.lock(b"".join((told.who, *told.marks)), PLACE)


def _read(note: bytes, box: Box) -> Waiting:
    raw = box.unlock(note, PLACE)
    who, *marks = (raw[place : place + SIZE] for place in range(0, len(raw), SIZE))
    return Waiting(who, tuple(marks))
