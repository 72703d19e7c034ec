"""Every text that a file can be read as: escapes undone, base64 decoded, streams inflated.

The gate looks for plain values in all layers rather than for all encodings of all values. That
finds what no list of encodings holds (half-escaped texts, base64 broken into lines, one encoding
inside another), and it is cheap: a client has some 500 needles where their encodings are 5 000,
while a sealed file, being noise, has hardly any layers (measured: 100 bytes of 12 000).
"""

import html
import re
import zlib
from array import array
from binascii import a2b_base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

PLACES = "Q"
ESCAPED, STREAMS = "escaped", frozenset({"gzip", "zlib", "zip", "png", "deflate"})
DEEPEST_VIEWS, DEEPEST_STREAMS = 2, 2
ROOM = 64 * 1024 * 1024  # inflated bytes a file: what a hostile one may cost
REACH = 160  # bytes around an escape that are read with it: longer than any needle
LONG = 64  # characters of base64 that may be a stream of their own
PIECE = 256  # bytes fed at a time: an error in a stream costs only the piece it stands in
SEALED_STARTS = (4, 8, 16, 20)  # after the header, its nonce, and the payload's length

ESCAPE = re.compile(
    rb"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    rb"|(?P<html>&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][0-9A-Za-z]{1,30});)"
    rb"|(?P<json>(?:\\u[0-9A-Fa-f]{4})+|\\u\{[0-9A-Fa-f]{1,5}\}|\\x[0-9A-Fa-f]{2}"
    rb"|\\[\"'/nrt]|\\\\(?![ux]))"  # \\u0418: the inner escape, whoever escaped it again
)
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{60,}+\r?\n)*+[A-Za-z0-9+/_-]{8,}")  # 8: six bytes
HEX = re.compile(rb"[0-9A-Fa-f]{12,}")
HIGH = rb"[\x00-\x06\x10\x1e\x20\x21]"  # upper bytes: Latin to Arabic, Georgian, signs of money
UTF16 = re.compile(HIGH + rb"(?:[\s\S]" + HIGH + rb"){3,}")
STREAM = re.compile(
    rb"(?P<gzip>\x1f\x8b\x08)|(?P<zip>PK\x03\x04)|(?P<png>\x89PNG\r\n\x1a\n)"
    rb"|(?P<zlib>[\x08\x18\x28\x38\x48\x58\x68\x78][\x00-\x1f\x40-\x5f\x80-\x9f\xc0-\xdf])"
)
STANDARD = bytes.maketrans(b"-_", b"+/")
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """One reading of a file; ``labels`` tell how it came to be, the outermost first."""

    data: bytes
    labels: tuple[str, ...] = ()
    whole: bool = True
    """Whether something begins where the data begins, as a stream could."""
    marks: "Marks | None" = None
    """Where places of the data stand in ``parent``; None: all of it at place 0."""
    parent: "Layer | None" = None

    def offset(self, place: int) -> int:
        """Where ``place``, or the stream that holds it, stands in the file."""
        outer = self.marks.outer(place) if self.marks else place
        return self.parent.offset(outer) if self.parent else outer

    def forms(self, start: int, end: int) -> list[str]:
        """The kinds of escapes that were undone in a span."""
        return self.marks.kinds_in(start, end) if self.marks else []

    def native(self, span: Span) -> bool:
        """Whether the span is of this layer, and not a part that stands so in the parent too."""
        return self.labels[-1:] != (ESCAPED,) or bool(self.forms(*span))


@dataclass(slots=True)
class Marks:
    """Pairs of places, inner and outer; ``step`` outer bytes for so many inner ones between."""

    step: tuple[int, int] = (0, 1)
    inside: "array[int]" = field(default_factory=lambda: array(PLACES))
    outside: "array[int]" = field(default_factory=lambda: array(PLACES))
    kinds: list[str] = field(default_factory=list)

    def add(self, inner: int, outer: int, kind: str = "") -> None:
        """A new pair, behind all earlier ones."""
        self.inside.append(inner)
        self.outside.append(outer)
        if kind or self.kinds:
            self.kinds += [""] * (len(self.inside) - 1 - len(self.kinds)) + [kind]

    def outer(self, inner: int) -> int:
        """The outer place of an inner one."""
        nearest = bisect_right(self.inside, inner) - 1
        outer, inner_bytes = self.step
        return self.outside[nearest] + (inner - self.inside[nearest]) * outer // inner_bytes

    def kinds_in(self, start: int, end: int) -> list[str]:
        """The kinds of the marks from ``start`` up to ``end``, sorted."""
        here = slice(bisect_left(self.inside, start), bisect_left(self.inside, end))
        return sorted(set(self.kinds[here]) - {""})


@dataclass(slots=True)
class Reader:
    """Reads one file in all its layers, within ``room`` bytes of inflated streams."""

    room: int = ROOM

    def layers(self, layer: Layer) -> Iterator[Layer]:
        """``layer``, and all that can be read in it."""
        yield layer
        streams = [place for place, label in enumerate(layer.labels) if label in STREAMS]
        views = len(layer.labels) - (streams[-1] + 1 if streams else 0)
        inner: list[Iterator[Layer]] = []
        if views < DEEPEST_VIEWS:
            inner += [_escaped(layer), _base64(layer), _hex(layer), _utf16(layer)]
        if len(streams) < DEEPEST_STREAMS:
            inner.append(self._streams(layer))
        for children in inner:
            for child in children:
                yield from self.layers(child)

    def _streams(self, layer: Layer) -> Iterator[Layer]:
        for label, place, data in self._found(layer):
            marks = Marks()
            marks.add(0, place)
            yield Layer(data, (*layer.labels, label), marks=marks, parent=_kept(layer))

    def _found(self, layer: Layer) -> Iterator[tuple[str, int, bytes]]:
        if layer.whole:
            starts = (0, *SEALED_STARTS) if layer.data.startswith(b"SP") else (0,)
            for start in starts:
                yield from self._inflated("deflate", layer.data, start, start, -15)
        for match in STREAM.finditer(layer.data):
            label, place = str(match.lastgroup), match.start()
            if not layer.native((place, place + PIECE)):
                continue
            data, start, window = OPENERS[label](layer.data, place)
            yield from self._inflated(label, data, start, place, window)

    def _inflated(
        self, label: str, data: bytes, start: int, place: int, window: int
    ) -> Iterator[tuple[str, int, bytes]]:
        if self.room <= 0 or start >= len(data):
            return
        stream = inflate(data, start, window, self.room)
        # noise that inflates to a few bytes is no stream: true ones end, or go on for long
        if stream.data and (stream.ended or stream.consumed >= PIECE):
            self.room -= len(stream.data)
            yield label, place, stream.data


@dataclass(frozen=True, slots=True, repr=False)
class Inflated:
    """What came out of a stream, how much of the input it took, and whether it came to its end."""

    data: bytes
    consumed: int
    ended: bool


def inflate(data: bytes, start: int, window: int, room: int) -> Inflated:
    """The stream at ``start`` up to its end, its first error, or ``room`` bytes (at least 1).

    ``window`` is zlib's: -15 raw, 15 zlib, 31 gzip.
    """
    stream = zlib.decompressobj(window)
    out, consumed = bytearray(), 0
    for place in range(start, len(data), PIECE):
        try:
            out += stream.decompress(data[place : place + PIECE], room - len(out))
        except zlib.error:
            break
        consumed = min(place + PIECE, len(data)) - start - len(stream.unused_data)
        if stream.eof or len(out) >= room:
            break
    return Inflated(bytes(out), consumed, stream.eof)


def _kept(layer: Layer) -> Layer | None:
    """The layer as a parent: the file itself is not kept in memory for its places' sake."""
    return layer if layer.parent or layer.labels else None


def _zip_entry(data: bytes, place: int) -> tuple[bytes, int, int]:
    """Source: APPNOTE 4.3.7, local file header; stored entries are read as they stand."""
    name, extra = data[place + 26 : place + 28], data[place + 28 : place + 30]
    deflated = data[place + 8 : place + 10] == b"\x08\x00"
    skipped = 30 + int.from_bytes(name, "little") + int.from_bytes(extra, "little")
    return data, place + skipped if deflated else len(data), -15


def _png_image(data: bytes, place: int) -> tuple[bytes, int, int]:
    """Source: PNG 5.3; an image's one zlib stream lies in pieces in its IDAT chunks."""
    image, chunk = bytearray(), place + 8
    while chunk + 8 <= len(data) and data[chunk + 4 : chunk + 8] != b"IEND":
        size = int.from_bytes(data[chunk : chunk + 4], "big")
        if data[chunk + 4 : chunk + 8] == b"IDAT":
            image += data[chunk + 8 : chunk + 8 + size]
        chunk += 12 + size
    return bytes(image), 0, 15


OPENERS: dict[str, Callable[[bytes, int], tuple[bytes, int, int]]] = {
    "gzip": lambda data, place: (data, place, 31),
    "zlib": lambda data, place: (data, place, 15),
    "zip": _zip_entry,
    "png": _png_image,
}


def _escaped(layer: Layer) -> Iterator[Layer]:
    found = [match for match in ESCAPE.finditer(layer.data) if layer.native(match.span())]
    out, marks, last = bytearray(), Marks((1, 1)), 0
    windows = _windows((match.span() for match in found), len(layer.data))
    ends = dict(windows)
    for match in found:
        ...
    yield Layer(bytes(out), (*layer.labels, ESCAPED), whole=False, marks=marks, parent=None)


def _windows(spans: Iterable[Span], size: int) -> list[Span]:
    return []
