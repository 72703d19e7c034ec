"""Every text that a file can be read as: escapes undone, base64 decoded, streams inflated.

The gate looks for plain values in all layers rather than for all encodings of all values. That
finds what no list of encodings holds (half-escaped texts, base64 broken into lines, one encoding
inside another), and costs a tenth: a sealed file, being noise, has hardly any layers.
"""

import html
import re
import zlib
from array import array
from binascii import a2b_base64, unhexlify
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ahocorasick_rs import BytesAhoCorasick

ESCAPED, STREAMS = "escaped", frozenset({"gzip", "zlib", "zip", "png", "deflate"})
DEEPEST_VIEWS, DEEPEST_STREAMS = 2, 2
ROOM = 64 * 1024 * 1024  # inflated bytes a file: what a hostile one may cost
REACH = 160  # bytes around an escape that are read with it: longer than any needle
LONG = 64  # characters of an encoded run that may be a stream of its own
PIECE = 256  # bytes fed at a time: an error in a stream costs only the piece it stands in
SEALED_STARTS = (4, 8, 16, 20)  # in a sealed file: after header, nonce and the payload's length
RAW_DEFLATE, ZLIB, GZIP = -15, 15, 31  # zlib's window sizes

ESCAPE = re.compile(  # it begins with a set of bytes: that is what sre searches for quickly
    rb"[%&\\](?:"
    rb"(?<=%)[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*"
    rb"|(?<=&)(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][0-9A-Za-z]{1,30});"
    rb"|(?<=\\)(?:\\*u[0-9A-Fa-f]{4}(?:\\+u[0-9A-Fa-f]{4})*"  # however often it was escaped
    rb"|u\{[0-9A-Fa-f]{1,5}\}|x[0-9A-Fa-f]{2}|[\"'/nrt]|\\))"
)
ESCAPES = {b"%": "percent", b"&": "html", b"\\": "json"}
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}(?:\r?\n[A-Za-z0-9+/_-]+)*")  # base64: 8 hold six bytes
STANDARD = bytes.maketrans(b"-_", b"+/")
HEX = re.compile(rb"[0-9A-Fa-f]{12,}")
HIGH = rb"[\x00-\x06\x10\x1e\x20\x21]"  # upper bytes: Latin to Arabic, Georgian, signs of money
UTF16 = re.compile(HIGH + rb"(?:(?!  )[^\x00]" + HIGH + rb"){3,}")  # no runs of spaces or zeros
UTF16_REACH = 16  # so that a character from elsewhere does not cut a value in two
SIGNATURES = {b"\x1f\x8b\x08": "gzip", b"PK\x03\x04": "zip", b"\x89PNG\r\n\x1a\n": "png"} | {
    bytes((size, flags)): "zlib"  # RFC 1950: deflate in a window up to 32 KiB, no dictionary
    for size in range(0x08, 0x79, 0x10)
    for flags in range(256)
    if not flags & 0x20 and not (size << 8 | flags) % 31
}
LABELS = list(SIGNATURES.values())
STREAM = BytesAhoCorasick(SIGNATURES)  # a regular expression for these costs six times as much


@dataclass(slots=True)
class Joined:
    """Pieces of a layer one after the other, and where each stands in the layer around it."""

    step: tuple[int, int]
    """So many outer bytes make so many inner ones; 0 outer bytes where only the start is known."""
    data: bytearray = field(default_factory=bytearray)
    inner: "array[int]" = field(default_factory=lambda: array("Q"))
    outer: "array[int]" = field(default_factory=lambda: array("Q"))
    kinds: list[str] = field(default_factory=list)
    """Of each piece, the kind of escape that it was, or nothing."""

    def add(self, piece: bytes, outer: int, kind: str = "") -> None:
        """Append ``piece``, which stands at ``outer``."""
        self.inner.append(len(self.data))
        self.outer.append(outer)
        self.kinds.append(kind)
        self.data += piece

    def offset(self, place: int) -> int:
        """Where ``place`` stands in the layer around."""
        nearest = bisect_right(self.inner, place) - 1
        outer, inner = self.step
        return self.outer[nearest] + (place - self.inner[nearest]) * outer // inner

    def escapes(self, start: int, end: int) -> list[str]:
        """The kinds of escapes in a span, sorted."""
        first = max(bisect_right(self.inner, start) - 1, 0)
        return sorted({*self.kinds[first : bisect_left(self.inner, end)]} - {""})


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """One reading of a file; ``labels`` tell how it came to be, the outermost first."""

    data: bytes
    labels: tuple[str, ...] = ()
    joined: Joined | None = None
    around: "Layer | None" = None
    """The layer in which this one was found; None for the file itself, which need not be kept."""
    begins: bool = True
    """Whether a stream could begin where the data begins."""

    def offset(self, place: int) -> int:
        """Where ``place``, or the run or stream that holds it, stands in the file."""
        outer = self.joined.offset(place) if self.joined else place
        return self.around.offset(outer) if self.around else outer

    def escapes(self, start: int, end: int) -> list[str]:
        """The kinds of escapes that were undone in a span."""
        return self.joined.escapes(start, end) if self.joined else []

    def is_new(self, start: int, end: int) -> bool:
        """Whether the span does not stand just so in the layer around: it had an escape."""
        return self.labels[-1:] != (ESCAPED,) or bool(self.escapes(start, end))

    def inside(self, label: str, joined: Joined, *, begins: bool = True) -> "Layer":
        """The layer that was found in this one."""
        data, around = bytes(joined.data), self if self.labels else None
        joined.data.clear()  # only the places are needed from here on
        return Layer(data, (*self.labels, label), joined, around, begins)


@dataclass(slots=True)
class Reader:
    """Reads one file in all its layers; stops inflating when ``room`` bytes are used up."""

    room: int = ROOM

    def layers(self, layer: Layer) -> Iterator[Layer]:
        """``layer`` and all that can be read in it; views and streams nest two deep each."""
        yield layer
        streams = [place for place, label in enumerate(layer.labels) if label in STREAMS]
        views = len(layer.labels) - (streams[-1] + 1 if streams else 0)
        ways: list[Callable[[Layer], Iterator[Layer]]] = []
        ways += [_escaped, _encoded, _utf16] if views < DEEPEST_VIEWS else []
        ways += [self._streams] if len(streams) < DEEPEST_STREAMS else []
        for way in ways:
            for child in way(layer):
                yield from self.layers(child)

    def _streams(self, layer: Layer) -> Iterator[Layer]:
        for label, place, data, start, window in _starts(layer):
            if self.room <= 0 or start >= len(data):
                continue
            stream = inflate(data, start, window, self.room)
            # noise may inflate to a few bytes; a true stream ends, or goes on as far as it can
            if stream.data and (stream.ended or stream.taken >= min(PIECE, len(data) - start)):
                self.room -= len(stream.data)
                joined = Joined((0, 1))
                joined.add(stream.data, place)
                yield layer.inside(label, joined)


@dataclass(frozen=True, slots=True, repr=False)
class Inflated:
    """What came out of a stream, how many bytes it took, and whether it came to its end."""

    data: bytes
    taken: int
    ended: bool


def inflate(data: bytes, start: int, window: int, room: int) -> Inflated:
    """The stream at ``start`` up to its end, its first error, or ``room`` bytes (at least 1)."""
    stream = zlib.decompressobj(window)
    out, taken = bytearray(), 0
    for place in range(start, len(data), PIECE):
        piece = data[place : place + PIECE]
        try:
            out += stream.decompress(piece, room - len(out))
        except zlib.error:
            break
        taken += len(piece) - len(stream.unused_data)
        if stream.eof or len(out) >= room:
            break
    return Inflated(bytes(out), taken, stream.eof)


Start = tuple[str, int, bytes, int, int]
"""Label and place of a stream; the data to inflate, from where, and zlib's window."""


def _starts(layer: Layer) -> Iterator[Start]:
    data = layer.data
    if layer.begins:
        for start in (0, *SEALED_STARTS) if data.startswith(b"SP") else (0,):
            yield "deflate", start, data, start, RAW_DEFLATE
    for signature, place, _ in STREAM.find_matches_as_indexes(data, overlapping=True):
        label = LABELS[signature]
        if not layer.is_new(place, place + PIECE):
            continue
        if label == "zip":
            yield label, place, data, _zip_entry(data, place), RAW_DEFLATE
        elif label == "png":
            yield label, place, _png_image(data, place), 0, ZLIB
        else:
            yield label, place, data, place, GZIP if label == "gzip" else ZLIB


def _zip_entry(data: bytes, place: int) -> int:
    """Where a deflated entry begins. Source: APPNOTE 4.3.7. Others are read as they stand."""
    if data[place + 8 : place + 10] != b"\x08\x00":
        return len(data)
    name, extra = data[place + 26 : place + 28], data[place + 28 : place + 30]
    return place + 30 + int.from_bytes(name, "little") + int.from_bytes(extra, "little")


def _png_image(data: bytes, place: int) -> bytes:
    """The zlib stream of an image, which lies in pieces in its chunks. Source: PNG 5.3, 11.2.3."""
    image, chunk = bytearray(), place + 8
    while chunk + 8 <= len(data) and data[chunk + 4 : chunk + 8] != b"IEND":
        size = int.from_bytes(data[chunk : chunk + 4], "big")
        if data[chunk + 4 : chunk + 8] == b"IDAT":
            image += data[chunk + 8 : chunk + 8 + size]
        chunk += 12 + size
    return bytes(image)


def _escaped(layer: Layer) -> Iterator[Layer]:
    """All escapes undone at once, whatever their kind, with what stands around them."""
    joined, last = Joined((1, 1)), 0
    for match in ESCAPE.finditer(layer.data):
        start, end = match.span()
        undone = _undone(match)
        if undone == match[0] or not layer.is_new(start, end):
            continue
        if start - last > 2 * REACH:  # far from any escape the text stands in the layer around
            joined.add(layer.data[last : last + REACH] + b"\n", last)
            last = start - REACH
        joined.add(layer.data[last:start], last)
        joined.add(undone, start, ESCAPES[match[0][:1]])
        last = end
    if joined.data:
        joined.add(layer.data[last : last + REACH], last)
        yield layer.inside(ESCAPED, joined, begins=False)


def _undone(match: re.Match[bytes]) -> bytes:
    text = match[0]
    if text.startswith(b"%"):
        return unhexlify(text.replace(b"%", b""))
    if text.startswith(b"&"):
        return html.unescape(text.decode()).encode("utf-8", "replace")
    if text.startswith(b"\\x"):
        return unhexlify(text[2:])
    if text.startswith(b"\\u{"):
        return chr(int(text[3:-1], 16)).encode("utf-8", "replace")
    if b"u" in text:
        units = unhexlify(text.replace(b"\\", b"").replace(b"u", b""))
        return units.decode("utf-16-be", "replace").encode()
    return CONTROLS.get(text[1:], text[1:])


def _encoded(layer: Layer) -> Iterator[Layer]:
    """Runs of base64 and, in these, of hex digits."""
    runs = [match.span() for match in RUN.finditer(layer.data)]
    digits = [match.span() for run in runs for match in HEX.finditer(layer.data, *run)]
    yield from _decoded(layer, "base64", runs)
    yield from _decoded(layer, "hex", digits)


def _decoded(layer: Layer, label: str, runs: Iterable[tuple[int, int]]) -> Iterator[Layer]:
    """A layer for each long run, since it may be a stream, and one for all the short ones."""
    step, decode = DECODERS[label]
    short = Joined(step)
    for start, end in runs:
        if not layer.is_new(start, end):
            continue
        for shift, piece in enumerate(decode(layer.data[start:end])):
            if end - start < LONG:
                short.add(piece + b"\n", start + shift)
            else:
                joined = Joined(step)
                joined.add(piece, start + shift)
                yield layer.inside(label, joined)
    if short.data:
        yield layer.inside(label, short, begins=False)


def _from_base64(run: bytes) -> Iterator[bytes]:
    """A run of either alphabet, from each of the four places where a group may begin."""
    text = run.translate(STANDARD, b"\r\n")
    for shift in range(4):
        yield a2b_base64(text[shift:] + b"A" * (-(len(text) - shift) % 4))


def _from_hex(run: bytes) -> Iterator[bytes]:
    """A run of hex digits, from either of the two places where a byte may begin."""
    for shift in range(2):
        yield unhexlify(run[shift : len(run) - (len(run) - shift) % 2])


DECODERS = {"base64": ((4, 3), _from_base64), "hex": ((2, 1), _from_hex)}
"""How many bytes make how many, and what decodes a run."""


def _utf16(layer: Layer) -> Iterator[Layer]:
    """What looks like UTF-16 of either byte order, at odd and even places, as UTF-8."""
    joined = Joined((0, 1))
    for start, end in _windows(match.span() for match in UTF16.finditer(layer.data)):
        for shift in (0, 1):
            for order in ("utf-16-le", "utf-16-be"):
                text = layer.data[start + shift : end].decode(order, "replace")
                joined.add(text.encode() + b"\n", start + shift)
    if joined.data:
        yield layer.inside("utf-16", joined, begins=False)


def _windows(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans with ``UTF16_REACH`` bytes on either side, those that touch made one."""
    first = last = 0
    for start, end in spans:
        if start - UTF16_REACH > last and last:
            yield first, last
            first = start - UTF16_REACH
        elif not last:
            first = max(start - UTF16_REACH, 0)
        last = end + UTF16_REACH
    if last:
        yield first, last
