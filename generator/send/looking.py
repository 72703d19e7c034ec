"""The lines of one manifest: all of them are looked at before the first is given.

Comes in: an open file. Goes out: entries that have a reason of the wanted kinds. Nine lines in ten
of a night may begin nothing: they are looked at as the others are, and then passed over, neither
opened nor decoded again. What is given is what was looked at, or nothing is: nobody slips in a line
in between.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import compress, islice
from typing import BinaryIO

from msgspec.json import Decoder

from generator.base.errors import InputError, OpenError, Problem
from generator.sealing import SenderKey, is_parcel, open_parcel
from generator.send.ledger.database import chunks
from generator.send.lines import KINDS, Form
from generator.send.values import Entry

MOST = 20  # problems of one manifest that are told
BLOCK = 1_000  # wanted lines that have a digest together
FEW = 16
"""Lines that are looked at together: in sixteens a line takes a fifth less than one by one, in
thousands it takes more, likely since they do not fit into the processor's cache."""
HANDED_ON = "ask for the original: where the site is built, in build/private/queue"
KEYLESS = "give the sender's key: sealpress keys sender, then recipient in content/site.yaml"
CHANGED = "it was changed while it was read"


@dataclass(slots=True)
class Lines:
    """The lines of a manifest, to be looked at once and then given once."""

    file: BinaryIO
    name: str
    site: str
    key: SenderKey | None
    _are_wanted: bytearray = field(default_factory=bytearray)
    """Of each line; a byte a line is all of a manifest that is in memory."""
    _digests: list[bytes] = field(default_factory=list)

    def look(self, kinds: Collection[str], count: object) -> None:
        """Look at every line, and note those that have a reason of these kinds.

        Raises:
            InputError: some are not as docs/manifest.schema.json has it, there are more or fewer
                than ``count``, or it does not open.
        """
        problems: list[Problem] = []
        wanted = self._looked_at(kinds, problems)
        self._digests = [_digest(block) for block in chunks(wanted, BLOCK)]
        if problems:
            raise InputError(problems)
        if len(self._are_wanted) != count:
            sentence = "it has not as many lines as its receipt says"
            raise InputError([Problem(self.name, sentence, HANDED_ON)])

    def entries(self) -> Iterator[Entry]:
        """The wanted lines; the file is closed after the last.

        Raises:
            InputError: they are not those that were looked at.
        """
        decode = Decoder(Entry).decode
        with self.file:
            wanted = self._read(self._are_wanted)
            for digest in self._digests:
                block = list(islice(wanted, BLOCK))
                if _digest(block) != digest:
                    raise InputError([Problem(self.name, CHANGED, HANDED_ON)])
                yield from map(decode, block)

    def _looked_at(self, kinds: Collection[str], problems: list[Problem]) -> Iterator[bytes]:
        """Each line that is right and wanted; the first that are wrong become problems."""
        types = frozenset(KINDS[kind] for kind in kinds if kind in KINDS)
        form = Form(self.site)
        for number, block in enumerate(chunks(self._read(), FEW)):
            lines = form.lines_of(block)
            are_wanted = [
                line is not None and not types.isdisjoint(map(type, line.reasons)) for line in lines
            ]
            self._are_wanted.extend(are_wanted)
            yield from compress(block, are_wanted)
            wrong = (place for place, line in enumerate(lines, 1) if line is None)
            problems += [_wrong(self.name, number * FEW + place) for place in wrong]
            if len(problems) >= MOST:
                del problems[MOST:]
                break

    def _read(self, wanted: Iterable[int] | None = None) -> Iterator[bytes]:
        """The lines from the start of the file, or those of them for which ``wanted`` is true.

        Raises:
            InputError: it does not open.
        """
        self.file.seek(0)
        if not is_parcel(self.file):
            yield from self.file if wanted is None else compress(self.file, wanted)
            return
        if self.key is None:
            sentence = "it is sealed, and there is no key to open it"
            raise InputError([Problem(self.name, sentence, KEYLESS)])
        try:
            yield from open_parcel(self.file, self.key, self.site.encode(), wanted)
        except OpenError as error:
            wrong = "it was altered, or is sealed to another key or site"
            sentence = "it is no sealed manifest" if error.reason == "format" else wrong
            hint = "compare recipient in content/site.yaml with the sender's own key"
            raise InputError([Problem(self.name, sentence, hint)]) from None


def _digest(lines: Iterable[bytes]) -> bytes:
    return sha256(b"".join(lines)).digest()


def _wrong(name: str, line: int) -> Problem:
    hint = "see docs/manifest.schema.json; both sides are to be of one release"
    return Problem(name, "the line is not as agreed", hint, line=line, column=1)
