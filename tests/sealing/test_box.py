"""The box for our own files: what it locked comes back whole, to its place, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OpenError
from generator.sealing import Box, throwaway_box
from generator.sealing.box import NONCE
from tests.builders import make_ring

KEY = make_ring().working_key
BOX = Box(KEY)
PLACE = "06-002a"


@given(data=st.binary(), place=st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_locked_comes_back(data: bytes, place: str) -> None:
    """Unlocking gives the bytes that were locked, in another process too."""
    assert Box(KEY).unlock(BOX.lock(data, place), place) == data


@given(data=st.binary(max_size=20), at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(data: bytes, at: int, bit: int) -> None:
    """What was altered does not come back, wherever it was altered."""
    locked = bytearray(BOX.lock(data, PLACE))
    locked[at % len(locked)] ^= 1 << bit
    with pytest.raises(OpenError, match="altered"):
        BOX.unlock(bytes(locked), PLACE)


@pytest.mark.parametrize("length", [*range(30), -1])
def test_what_was_cut_is_noticed(length: int) -> None:
    """A piece of a file is none, not even where no whole nonce is left."""
    locked = BOX.lock(b"the rows", PLACE)
    with pytest.raises(OpenError, match="altered"):
        BOX.unlock(locked[:length], PLACE)


def test_what_was_added_is_noticed() -> None:
    """Bytes behind the end are damage."""
    with pytest.raises(OpenError, match="altered"):
        BOX.unlock(BOX.lock(b"the rows", PLACE) + b"x", PLACE)


@pytest.mark.parametrize("place", ["", "06-002b", "06-002a ", PLACE.upper()])
def test_a_file_of_another_place_is_noticed(place: str) -> None:
    """Files cannot change places: that of one bucket is not read as another's."""
    with pytest.raises(OpenError, match="altered"):
        BOX.unlock(BOX.lock(b"the rows", PLACE), place)


def test_another_key_opens_nothing() -> None:
    """Neither another ring's key nor a box that was thrown away."""
    for other in (Box(bytes(32)), throwaway_box(), throwaway_box()):
        with pytest.raises(OpenError, match="altered"):
            other.unlock(BOX.lock(b"the rows", PLACE), PLACE)


def test_the_same_rows_are_never_the_same_file() -> None:
    """Whoever sees two files cannot tell whether they hold the same."""
    locked = [BOX.lock(b"the rows", PLACE) for _ in range(50)]
    assert len({each[:NONCE] for each in locked}) == 50
    assert len({each[NONCE:] for each in locked}) == 50


def test_a_throwaway_box_reads_its_own() -> None:
    """What it locked it opens, as long as it is there; two of them share nothing."""
    box = throwaway_box()
    assert box.unlock(box.lock(b"the rows", PLACE), PLACE) == b"the rows"


def test_nothing_of_a_box_is_written() -> None:
    """Neither its text nor its fields show the key, and it takes no others."""
    assert repr(BOX) == str(BOX) == f"{BOX}" == "Box(…)"
    assert repr([BOX]) == "[Box(…)]"
    assert not hasattr(BOX, "__dict__")
