"""Parcels: only the recipient reads them, whole, in order, and as they were sealed."""

import json
from base64 import b64decode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OpenError
from generator.sealing import (
    Piece,
    SenderKey,
    is_parcel,
    is_public_key,
    new_sender_key,
    notes_of,
    open_parcel,
    parcel_without,
    seal_parcel,
)
from generator.sealing.parcel import HEAD, LARGEST, MAGIC
from generator.sealing.recipient import SEALED_KEY
from tests.builders import VECTORS

KEY, SITE = SenderKey(bytes(range(32))), b"https://clients.example.org"
LINES = [b'{"client":"C-1"}\n', b"", b"three\n"]
START = len(MAGIC) + SEALED_KEY
PIECES = st.lists(st.builds(Piece, st.binary(max_size=40), st.binary(max_size=60)), max_size=6)


def pieces(lines: Sequence[bytes]) -> list[Piece]:
    """Lines with notes that number them."""
    return [Piece(b"%d" % number, line) for number, line in enumerate(lines)]


def sealed(lines: Sequence[bytes] = LINES, key: SenderKey = KEY, bound: bytes = SITE) -> bytes:
    """A parcel of these lines."""
    return b"".join(seal_parcel(pieces(lines), key.public, bound))


def opened(parcel: bytes, key: SenderKey = KEY, bound: bytes = SITE) -> list[bytes]:
    """All lines of a parcel, read to the end."""
    return list(open_parcel(BytesIO(parcel), key, bound))


def frames(parcel: bytes) -> list[bytes]:
    """What follows the header, frame by frame; the end is the last."""
    found, place = [], START
    while place < len(parcel):
        _, _, note, size = HEAD.unpack_from(parcel, place)
        end = place + HEAD.size + note + size
        found.append(parcel[place:end])
        place = end
    return found


def refused(parcel: bytes, key: SenderKey = KEY, bound: bytes = SITE) -> str:
    """The class of the error with which a parcel is refused."""
    with pytest.raises(OpenError) as error:
        opened(parcel, key, bound)
    return error.value.reason


@given(some=PIECES)
def test_what_is_sealed_is_opened(some: list[Piece]) -> None:
    """Any lines come back in order; the notes are read without a key."""
    parcel = b"".join(seal_parcel(some, KEY.public, SITE))
    assert opened(parcel) == [piece.line for piece in some]
    assert list(notes_of(BytesIO(parcel))) == [piece.note for piece in some]
    assert is_parcel(BytesIO(parcel))


def test_a_known_parcel_opens() -> None:
    """A parcel that was sealed once opens in every release (known answer)."""
    vector = json.loads((VECTORS / "parcel-v1.json").read_bytes())
    key = SenderKey(bytes.fromhex(vector["private_key"]))
    assert key.public == vector["public_key"]
    lines = opened(b64decode(vector["parcel"]), key, vector["bound"].encode())
    assert [line.decode() for line in lines] == vector["lines"]


def test_two_parcels_of_the_same_lines_differ() -> None:
    """Each has a key of its own, and shows nothing of a line."""
    one, other = sealed(), sealed()
    assert one[:START] != other[:START]
    assert b"C-1" not in one
    assert not set(frames(one)) & set(frames(other))


def test_any_flipped_bit_is_refused() -> None:
    """At whatever place: header, numbers, lengths, notes, lines, tags."""
    parcel = sealed()
    for place in range(len(parcel) * 8):
        altered = bytearray(parcel)
        altered[place // 8] ^= 1 << place % 8
        assert refused(bytes(altered)) in {"format", "authentication"}


def test_a_parcel_that_is_cut_is_refused() -> None:
    """After any byte, and so after any frame; with something behind it too."""
    parcel = sealed()
    for size in range(len(parcel)):
        assert refused(parcel[:size]) in {"format", "authentication"}
    assert refused(parcel + b"\0") == "format"


def test_frames_keep_their_order() -> None:
    """None is moved, doubled, or put behind the end, and no end comes early."""
    parcel = sealed()
    head, (one, two, three, end) = parcel[:START], frames(parcel)
    for order in (
        (two, one, three, end),
        (one, one, two, three, end),
        (one, two, three),
        (one, two, end, three),
        (end, one, two, three, end),
    ):
        assert refused(head + b"".join(order)) == "format"


def test_an_end_of_fewer_lines_is_refused() -> None:
    """Nobody without the key writes another end."""
    parcel = sealed()
    head, (one, _, _, end) = parcel[:START], frames(parcel)
    forged = HEAD.pack(1, 1, 0, 16) + end[HEAD.size :]
    assert refused(head + one + forged) == "authentication"


def test_another_recipient_or_site_is_refused() -> None:
    """It opens for one key, and as a parcel of one site."""
    assert refused(sealed(), new_sender_key()) == "authentication"
    assert refused(sealed(), bound=b"https://other.example.org") == "authentication"
    assert refused(b"x" * 500) == "format"
    assert not is_parcel(BytesIO(b'{"format":1}\n'))


def test_frames_of_another_parcel_are_refused() -> None:
    """Two parcels for the same recipient do not mix."""
    one, other = sealed(), sealed([b"a\n", b"b\n", b"c\n"])
    for number in range(4):
        mixed = frames(one)
        mixed[number] = frames(other)[number]
        assert refused(one[:START] + b"".join(mixed)) == "authentication"


@given(some=PIECES, gone=st.sets(st.integers(0, 5)))
def test_the_sealer_takes_frames_out(some: list[Piece], gone: set[int]) -> None:
    """Without a key: what is left opens in its order, and nothing of the rest is in the file."""
    marked = [Piece(b"%d" % number, piece.line) for number, piece in enumerate(some)]
    parcel = b"".join(seal_parcel(marked, KEY.public, SITE))
    left = b"".join(parcel_without(BytesIO(parcel), lambda note: int(note) in gone))
    kept = [piece for number, piece in enumerate(marked) if number not in gone]
    assert opened(left) == [piece.line for piece in kept]
    assert list(notes_of(BytesIO(left))) == [piece.note for piece in kept]
    if not gone:
        assert left == parcel


def test_a_hostile_length_takes_no_memory() -> None:
    """A frame that says it is larger than any is refused before it is read."""
    head = sealed()[:START]
    assert refused(head + HEAD.pack(0, 0, 0, LARGEST + 1)) == "format"
    with pytest.raises(ValueError, match="too large"):
        sealed([bytes(LARGEST)])


def test_a_key_is_written_for_its_owner(tmp_path: Path) -> None:
    """A public key is told from another text, and a private key shows itself nowhere."""
    assert is_public_key(KEY.public)
    for text in ("", "a" * 43, KEY.public + "=", "я" * 44):
        assert not is_public_key(text)
        with pytest.raises(ValueError, match=r".*"):
            list(seal_parcel([], text, SITE))
    assert repr(KEY) == "SenderKey(…)"
    KEY.save(tmp_path / "keys/sender.json")
    assert (tmp_path / "keys/sender.json").stat().st_mode & 0o777 == 0o600
