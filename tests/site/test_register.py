"""The register: what is put down of each client's page, and the words for why it was built."""

from pathlib import Path

import polars as pl
import pytest

from generator.buckets import Bucket
from generator.sealing import path_of
from generator.site.register import (
    ADDRESS,
    ADDRESSES,
    COMPARED,
    REGISTER,
    WORDS,
    Why,
    addresses_in,
    addresses_of,
)
from generator.site.shelf import Shelf

ONE, TWO, THREE = (bytes([number]) * ADDRESS for number in (1, 2, 3))


def test_every_reason_has_words() -> None:
    """An operator is told each reason, and no two are told alike."""
    assert set(WORDS) == set(Why)
    assert len(set(WORDS.values())) == len(Why)
    for why in Why:
        assert why.reasons == [WORDS[why]]


def test_several_reasons_are_told_together() -> None:
    """A page that was built for several reasons names all of them; none names none."""
    assert (Why.ROWS | Why.KEYS).reasons == [WORDS[Why.ROWS], WORDS[Why.KEYS]]
    assert Why(sum(Why)).reasons == list(WORDS.values())
    assert Why(0).reasons == []


def test_reasons_fit_their_column() -> None:
    """Whatever comes together, it is a number that the register can hold."""
    together = pl.Series([int(Why(sum(Why)))], dtype=pl.Int64).cast(REGISTER["why"])
    assert together.to_list() == [sum(Why)]


def test_what_is_compared_is_on_record() -> None:
    """Each reason that lies in a difference has a column of its own; the others have none."""
    assert COMPARED.keys() <= REGISTER.keys()
    assert len(set(COMPARED.values())) == len(COMPARED)
    assert set(Why) - set(COMPARED.values()) == {Why.NEW, Why.ASKED}


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ([], []),
        ([b""], []),
        ([ONE], [ONE]),
        ([ONE + TWO, b"", THREE], [ONE, TWO, THREE]),
    ],
)
def test_addresses_of_a_column(column: list[bytes], found: list[bytes]) -> None:
    """Each client has an address for every live epoch, one behind the other, or none."""
    assert list(addresses_of(pl.Series(column, dtype=pl.Binary))) == found


def test_every_page_on_record(tmp_path: Path) -> None:
    """The paths of all pages of all buckets, whatever else stands in their rows."""
    shelf = Shelf(tmp_path / "register", REGISTER)
    assert list(addresses_in(shelf)) == []
    for number, addresses in enumerate((ONE + TWO, THREE)):
        blank = pl.DataFrame([dict.fromkeys(REGISTER)], REGISTER)
        shelf.write(
            Bucket(1, number), blank.with_columns(pl.lit(addresses, pl.Binary).alias(ADDRESSES))
        )
    assert list(addresses_in(shelf)) == [path_of(address) for address in (ONE, TWO, THREE)]
