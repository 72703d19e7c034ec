"""The leak gate: looks through every byte of a built site for values of clients and for secrets.

Comes in: a folder, needles (``needles``), what the editors themselves wrote. Goes out: findings,
each with a place and never with the value. Every file is read in all its layers (``layers``):
plain, escapes undone, base64 and hex decoded, streams inflated two deep. Its name is read too.
What lies where no file of a site lies, and what is not sealed where it must be, is a finding
whatever stands in it.

One Aho-Corasick automaton holds half a million spellings and is run over the whole site, then
the next one. So memory is flat in the number of clients, and time grows with clients times site.
"""

import os
import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from typing import NamedTuple, NoReturn

from generator.base.errors import InputError, OutsideError, Problem
from generator.sealing import padme
from generator.sealing.base58 import ALPHABET
from generator.sealing.envelope import DEFLATED, HEADER, MAGIC, NONCE, SMALLEST_PAYLOAD, STORED, TAG
from generator.site.layers import (
    ESCAPED,
    RAW_DEFLATE,
    SEALED_STARTS,
    STREAMS,
    Layer,
    Reader,
    inflate,
)
from generator.site.needles import RAW, Matcher, Needle, matchers

Progress = Callable[[int, int], None]
"""(files looked through, all files); begins anew with each automaton"""

BATCH = 500_000  # spellings an automaton: the process then peaks at half a gigabyte (measured)
KEPT = 256 * 1024 * 1024  # bytes of decoded layers that are kept from one automaton to the next
LAYER = 1024  # bytes that an empty layer costs
MOST = 100_000  # places that are remembered: a site with as many is lost anyway
FILE_NAME = "file name"
STRAY, SYMLINK, UNSEALED, UNREAD = "stray", "symlink", "unsealed", "unread"

_58 = f"[{ALPHABET}]"
SEALED = re.compile(rf"p/{_58}{{2}}/{_58}{{20}}")
KNOWN = re.compile(
    rf"index\.html|404\.html|_headers|robots\.txt|q/{_58}{{22}}|{SEALED.pattern}"
    r"|assets/[^/.][^/]*\.[0-9a-f]{8,64}\.[^/.]+"  # named by their digest: nothing is put by hand
)
# 528 random bytes hold 224 different ones. That they hold at most 165 has a chance below
# C(256,165) * (165/256)^528 < 2^-98, while no text holds more: ASCII has 98, UTF-8 another 64 to
# continue a letter and a few to begin one. Entropy says the same at three times the cost.
WINDOW = SMALLEST_PAYLOAD + TAG  # the shortest ciphertext
MOST_DIFFERENT = 165
# Noise can begin like a deflate stream, with a table of codes that fills a hundred bytes: of 3
# million random starts the best inflated to printable text up to byte 106. From there on each
# byte halves the chance at least. A stream shorter than 192 leaves so many zeros in its padded
# payload that the test above finds it.
SHORTEST_STREAM = 192
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # no HTML may hold these
ENOUGH = 64 * 1024  # inflated bytes that show what a stream is

STRUCTURE = {
    STRAY: ("no file of a site has this name", "remove it, and see what put it there"),
    SYMLINK: ("is a symbolic link", "put the file itself there, or nothing"),
    UNREAD: ("inflates to more than the gate reads", "remove it: nothing of a site is like that"),
    UNSEALED: ("is no sealed page", "publish nothing, and find what wrote it"),
}
LEAK_HINT = "publish nothing, and find the template or the asset that put it there"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be in the site; never the thing itself."""

    path: str
    """Below the site; a file whose very name holds a value is told by its number instead."""
    offset: int
    """The byte where it stands, or where the encoded run or the stream that holds it begins."""
    kind: str
    form: str = ""
    """How it is encoded, the outermost first; of an unsealed page, what is wrong with it."""
    inside: str = ""
    """The streams that hold it, the outermost first."""
    row: int | None = None
    """The client's number in the sorted base, from 1."""

    @property
    def problem(self) -> Problem:
        """The finding as the house tells problems."""
        if self.kind in STRUCTURE:
            sentence, hint = STRUCTURE[self.kind]
            return Problem(self.path, f"{sentence}{self.form and ': '}{self.form}", hint, self.kind)
        whose = "" if self.row is None else f" of client #{self.row}"
        inside = self.inside and f", inside {self.inside}"
        sentence = f"the {self.kind}{whose} stands at byte {self.offset}, {self.form}{inside}"
        return Problem(self.path, sentence, LEAK_HINT, self.kind)

    def __str__(self) -> str:
        """One line: ``path: kind: sentence — hint: hint``."""
        return str(self.problem)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was found, by path and offset, and how much was looked through."""

    findings: tuple[Finding, ...]
    files: int
    """Files that were looked into."""
    size: int
    """Bytes of these files, before anything was decoded."""
    spellings: int
    """Byte strings that were looked for."""
    excluded: int
    """Values that were not reported since they stand in the public sources, as far as it was
    looked there: where nothing is found there is nothing to exclude."""
    left_out: tuple[tuple[str, int], ...]
    """Why needles were not looked for (``kind: reason``), and how many."""

    @property
    def clean(self) -> bool:
        """Whether the site may be published."""
        return not self.findings


def audit(
    site: Path,
    needles: Iterable[Needle],
    public: bytes | Iterable[bytes] = (),
    *,
    sealed: int | None = None,
    progress: Progress | None = None,
    batch: int = BATCH,
    keep: int = KEPT,
) -> AuditReport:
    """Every finding in ``site``; ``needles`` are taken ``batch`` spellings at a time.

    Rows come in their order, so that a shared value is told with the first. ``public`` are the
    texts of editors and themes: a value that stands there is not reported, in whatever form it
    comes; keys and link secrets always are. ``sealed`` bounds how many of the sealed files are
    looked into, spread evenly; all of them by default, and every other file always. ``keep``
    bounds the bytes of decoded layers that are kept from one automaton to the next.

    Raises:
        InputError: there is no such folder: a gate that saw nothing must not say yes.
        OutsideError: a file cannot be read.
    """
    if not site.is_dir():
        raise InputError([Problem(site.name, "there is no such folder", "run: sealpress build")])
    texts = [public] if isinstance(public, bytes) else public
    gate = _Gate(site, progress or _silent, cache(partial(_layers_of, texts)), keep, sealed)
    gate.look_at_files()
    for matcher in matchers(needles, batch, gate.left_out):
        gate.search(matcher, is_only=not gate.spellings and len(matcher) < batch)
    return gate.report()


def _layers_of(texts: Iterable[bytes]) -> list[Layer]:
    return [layer for text in texts for layer in Reader().layers(Layer(text))]


def seal_fault(data: bytes) -> str:
    """What shows that ``data`` is no sealed file, or nothing; no key is needed to see it."""
    sealed = data[HEADER + NONCE :]
    payload = len(sealed) - TAG
    if data[:HEADER] not in {MAGIC + STORED, MAGIC + DEFLATED}:
        return "wrong header"
    if payload < SMALLEST_PAYLOAD or payload != padme(payload):
        return "wrong length"
    starts = (*range(0, len(sealed) - WINDOW, WINDOW), len(sealed) - WINDOW)
    if any(len(set(sealed[start : start + WINDOW])) <= MOST_DIFFERENT for start in starts):
        return "plain text"
    if any(_is_deflated_text(data, start) for start in SEALED_STARTS):
        return "deflated text"
    return ""


def _is_deflated_text(data: bytes, start: int) -> bool:
    stream = inflate(data, start, RAW_DEFLATE, ENOUGH)
    try:
        text = getincrementaldecoder("utf-8")().decode(stream.data)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return stream.taken >= SHORTEST_STREAM and not CONTROL.search(text)


class _Hit(NamedTuple):
    """A place where a value of a kind stands; ``subject`` says which, and is never shown."""

    path: str
    offset: int
    kind: str
    form: str
    inside: str
    subject: bytes


@dataclass(slots=True)
class _Gate:
    """One audit: the files, what is kept of them, and what was found so far."""

    site: Path
    progress: Progress
    public: Callable[[], list[Layer]]
    """What editors and designers wrote; read when a value was found that may stand there too."""
    room: int
    sealed: int | None
    paths: list[str] = field(default_factory=list)
    """The files that are looked into: all but the sealed ones that no sample took."""
    size: int = 0
    spellings: int = 0
    findings: list[Finding] = field(default_factory=list)
    kept: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    hits: dict[_Hit, int | None] = field(default_factory=dict)
    """Each with the lowest row: many clients hold the same premium."""
    excluded: set[tuple[str, bytes]] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def look_at_files(self) -> None:
        """Find what is wrong whatever the needles, and keep the layers of each file."""
        self.paths = self._sample()
        for path in self._counted():
            data, reader = self._read(path), Reader()
            _, *layers = chain(reader.layers(Layer(data)), _name_layers(path))
            self._keep(path, tuple(layers))
            self.size += len(data)
            faults = [
                (SYMLINK, (self.site / path).is_symlink()),
                (STRAY, not KNOWN.fullmatch(path)),
                (UNREAD, reader.room <= 0),
            ]
            self.findings += [Finding(path, 0, kind) for kind, is_so in faults if is_so]
            if SEALED.fullmatch(path) and (fault := seal_fault(data)):
                self.findings.append(Finding(path, 0, UNSEALED, fault))

    def _sample(self) -> list[str]:
        """All files but the sealed ones that no sample takes; a million names are not held.

        A sealed file's name is as random as a die: those that come first when read backwards are
        spread evenly, whatever their number.
        """
        others: list[str] = []
        names = _names_below(str(self.site))
        sealed = (name for name, is_link in names if not _keep(others, name, is_link=is_link))
        if self.sealed is None:
            taken = list(sealed)
        else:
            taken = nsmallest(self.sealed, sealed, key=lambda path: path[::-1])
        return sorted([*others, *taken])

    def search(self, matcher: Matcher, *, is_only: bool) -> None:
        """Look for the needles of ``matcher`` in every file, but for what is public.

        Of several matchers another may know more renderings of a public amount, so that each looks
        into the public sources. One that is the only one needs them when it finds something.
        """
        self.spellings += len(matcher)
        if is_only and next(self._found(matcher), None) is None:
            return
        for layer in self.public():
            self.excluded.update((n.kind, n.subject or n.value) for n, *_ in matcher.find(layer))
        for hit, row in self._found(matcher):
            self._hit(hit, row)

    def _found(self, matcher: Matcher) -> Iterator[tuple[_Hit, int | None]]:
        for path in self._counted():
            for layer in self._layers(path):
                for needle, spelling, start, end in matcher.find(layer):
                    form, inside = _told(layer, spelling, start, end)
                    offset, subject = layer.offset(start), needle.subject or needle.value
                    yield _Hit(path, offset, needle.kind, form, inside, subject), needle.row

    def report(self) -> AuditReport:
        """What was found: of one client's values of a kind, the first in each file and form."""
        # an amount may have turned out to be public by a rendering in a later automaton
        kept = {hit: row for hit, row in self.hits.items() if not self._is_public(hit)}
        found = [Finding(*hit[:-1], row) for hit, row in kept.items()]
        speaking = {one.path for one in found if one.inside.startswith(FILE_NAME)}
        shown = {path: _shown(path, n, speaking) for n, path in enumerate(self.paths, start=1)}
        firsts: dict[Finding, Finding] = {}
        for one in sorted(found + self.findings, key=_order):
            firsts.setdefault(replace(one, offset=0), replace(one, path=shown[one.path]))
        return AuditReport(
            findings=tuple(firsts.values()),
            files=len(self.paths),
            size=self.size,
            spellings=self.spellings,
            excluded=len(self.excluded),
            left_out=tuple(sorted(self.left_out.items())),
        )

    def _hit(self, hit: _Hit, row: int | None) -> None:
        if self._is_public(hit) or (hit not in self.hits and len(self.hits) >= MOST):
            return
        rows = (self.hits.get(hit), row)
        self.hits[hit] = min((known for known in rows if known is not None), default=None)

    def _is_public(self, hit: _Hit) -> bool:
        return hit.kind not in RAW and (hit.kind, hit.subject) in self.excluded

    def _counted(self) -> Iterator[str]:
        for done, path in enumerate(self.paths, start=1):
            yield path
            self.progress(done, len(self.paths))

    def _read(self, path: str) -> bytes:
        """The bytes of a file, the target of a link, nothing of a pipe or a device."""
        place = self.site / path
        try:
            if place.is_symlink():
                return os.fsencode(place.readlink())
            return place.read_bytes() if place.is_file() else b""
        except OSError as error:
            number = self.paths.index(path) + 1
            raise OutsideError(
                f"file {number} of the site: cannot be read: {error.strerror}"
            ) from None

    def _keep(self, path: str, layers: tuple[Layer, ...]) -> None:
        cost = sum(LAYER + len(layer.data) for layer in layers)
        if cost <= self.room:
            self.room -= cost
            self.kept[path] = layers

    def _layers(self, path: str) -> Iterator[Layer]:
        whole = Layer(self._read(path))
        if path in self.kept:
            return chain((whole,), self.kept[path])
        return chain(Reader().layers(whole), _name_layers(path))


def _silent(done: int, all_files: int) -> None:
    """Progress that nobody watches."""


def _keep(others: list[str], name: str, *, is_link: bool) -> bool:
    """Whether a file is none of the sealed ones, and so was put among the others."""
    if is_link or not SEALED.fullmatch(name):
        others.append(name)
        return True
    return False


def _names_below(site: str, folder: str = "") -> Iterator[tuple[str, bool]]:
    """Everything below ``site`` that is no folder, and whether it is a link; none is followed."""
    try:
        entries = list(os.scandir(f"{site}/{folder}"))
    except OSError as error:
        _raise(error)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _names_below(site, f"{folder}{entry.name}/")
        else:
            yield f"{folder}{entry.name}", entry.is_symlink()


def _raise(error: OSError) -> NoReturn:
    raise OutsideError(f"a folder of the site cannot be read: {error.strerror}")


def _name_layers(path: str) -> Iterator[Layer]:
    """The name of a file; one that is an address in base58 holds nothing encoded."""
    name = Layer(os.fsencode(path), (FILE_NAME,), begins=False)
    return iter((name,)) if SEALED.fullmatch(path) else Reader().layers(name)


def _told(layer: Layer, spelling: str, start: int, end: int) -> tuple[str, str]:
    """Of a value in a layer: its form, and the streams it is in."""
    labels = layer.labels
    deepest = max(
        (n for n, label in enumerate(labels, 1) if label in (*STREAMS, FILE_NAME)), default=0
    )
    views = list(labels[deepest:])
    if views and views[-1] == ESCAPED:
        views[-1] = "+".join(layer.escapes(start, end))
    return " ".join(filter(None, (*views, spelling))) or "plain", " ".join(labels[:deepest])


def _shown(path: str, number: int, speaking: set[str]) -> str:
    """A path that can be printed: on one line, and without a client's value."""
    if path in speaking:
        return f"file {number} of the site"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path)


def _order(one: Finding) -> tuple[str, int, str, str, str, int]:
    return one.path, one.offset, one.kind, one.form, one.inside, one.row or 0
