"""Dealing: the same base, however rows come in and however many buckets they are put into."""

import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError, Problem
from generator.data.dealing import COLUMNS, Dealer
from generator.data.sources import Source
from tests.builders import client_row, make_vault, policy_row, situation_row
from tests.data.conftest import KNOWN
from tests.data.tables import (
    Dealt,
    Rows,
    by_id,
    dealt,
    joined,
    judged,
    odd_tables,
    right_tables,
    sources_of,
)

BITS = st.sampled_from([0, 1, 1, 3, 3, 6])  # many buckets cost much
BLOCKS = st.sampled_from([1, 200, 1_000])
MANY = Rows(
    [client_row(client_id=f"C-{k}") for k in range(40)],
    [policy_row(client_id=f"C-{k}", policy_number=f"P-{k}") for k in range(30)],
    [situation_row(client_id=f"C-{k}") for k in range(20)],
)
"""Forty clients, of whom some have something."""


def dealt_anew(rows: Rows, bits: int, block: int) -> Dealt:
    """The rows dealt in a folder that is gone afterwards; all clients were looked at."""
    with tempfile.TemporaryDirectory() as folder:
        found = dealt(Path(folder), sources_of(Path(folder), rows, block), bits)
        assert by_id(found.clients) == joined(judged(rows).right)
        assert sum(found.base.sizes.values()) == len(found.clients)
    return found


@given(rows=st.one_of(odd_tables(), right_tables()), bits=BITS, block=BLOCKS)
def test_a_base_is_the_same_in_any_buckets(rows: Rows, bits: int, block: int) -> None:
    """Clients with what is theirs, faults, held clients and the number of rows: all as expected."""
    found, expected = dealt_anew(rows, bits, block), judged(rows)
    assert found.problems == []
    assert found.faults == expected.faults
    assert found.held == {found.base.vault.who(name) for name in expected.held}
    assert found.base.rows == sum(map(len, rows))


@pytest.mark.parametrize("bits", [0, 1, 3, 6])
def test_the_order_does_not_hang_on_buckets(tmp_path: Path, bits: int) -> None:
    """Clients come in the order of their pseudonyms, of which buckets are beginnings."""
    sources = sources_of(tmp_path, MANY)
    found = dealt(tmp_path, sources, bits)
    assert len(found.shards) == 1 << bits
    assert [one.id for one in found.clients] == [
        one.id for one in dealt(tmp_path, sources, 0).clients
    ]
    assert len(found.clients) == 40


@pytest.mark.parametrize("block", [1, 10_000])
@pytest.mark.parametrize("bits", [0, 6])
def test_a_policy_that_stands_twice_is_found_in_any_bucket(
    tmp_path: Path, bits: int, block: int
) -> None:
    """The number of one client's policy may stand again among those of another."""
    again = [policy_row(client_id=f"C-{k}", policy_number="P-0") for k in (7, 0, 31)]
    rows = MANY._replace(policies=[*MANY.policies, *again])
    found = dealt(tmp_path, sources_of(tmp_path, rows, block), bits)
    assert len({found.base.vault.bucket_of(f"C-{k}", 6) for k in (0, 7, 31)}) == 3
    sentence = ("policy_number", "the policy stands twice")
    assert found.faults["policies"] == [(row, *sentence) for row in (30, 31, 32)]
    assert sum(len(client.policies) for client in found.clients) == 30


def test_numbers_that_are_missing_are_not_alike(tmp_path: Path) -> None:
    """A policy without a number is told so, and not that it stands twice."""
    nameless = [policy_row(client_id=f"C-{k}", policy_number="") for k in range(2)]
    found = dealt(tmp_path, sources_of(tmp_path, MANY._replace(policies=nameless)), 1)
    assert found.faults["policies"] == [(k, "policy_number", "is required") for k in range(2)]


# ── Sources that break ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Breaking:
    """A source that gives ``whole`` blocks of another, then an error."""

    source: Source
    whole: int
    error: Exception

    @property
    def name(self) -> str:
        """As of the source."""
        return self.source.name

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Some blocks."""
        for number, block in enumerate(self.source.blocks()):
            if number == self.whole:
                raise self.error
            yield block

    def estimate(self) -> int:
        """As of the source."""
        return self.source.estimate()

    def mark(self) -> str:
        """As of the source."""
        return self.source.mark()

    def places(self, rows: Collection[int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """As of the source."""
        return self.source.places(rows)


def broken(rows: Rows, name: str) -> dict[str, str]:
    """The files of ``rows``, one of which has a row in its middle with a cell too many."""
    files = rows.files()
    lines = files[name].splitlines(keepends=True)
    middle = len(lines) // 2
    lines[middle] = lines[middle].replace("\n", ",zz\n")
    return {**files, name: "".join(lines)}


@pytest.mark.parametrize("bits", [0, 3])
@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_that_breaks_in_a_later_block(tmp_path: Path, name: str, bits: int) -> None:
    """It is one problem at its line; no row of another table is blamed for what was not read."""
    files = broken(MANY, name)
    found = dealt(tmp_path, sources_of(tmp_path, files, 200), bits)
    line = files[name][: files[name].index(",zz")].count("\n") + 1
    assert [(problem.path, problem.line, problem.sentence) for problem in found.problems] == [
        (f"{name}.csv", line, "the row has more cells than the header")
    ]
    assert found.faults == {"clients": [], "policies": [], "situations": []}
    others = sum(len(rows) for key, rows in MANY._asdict().items() if key != name)
    assert others < found.base.rows < others + len(getattr(MANY, name))


def test_faults_before_the_break_are_told_too(tmp_path: Path) -> None:
    """All that can be found out in one reading is found."""
    first = [client_row(client_id="C-0", locale="de"), *MANY.clients[1:]]
    files = broken(MANY._replace(clients=first), "clients")
    found = dealt(tmp_path, sources_of(tmp_path, files, 200), 1)
    assert len(found.problems) == 1
    assert found.faults["clients"] == [(0, "locale", "is not a locale of the site")]


def test_every_table_may_break(tmp_path: Path) -> None:
    """The problems come in the order of the tables, whichever was through first."""
    files = MANY.files()
    for name in COLUMNS:
        files[name] = broken(MANY, name)[name]
    found = dealt(tmp_path, sources_of(tmp_path, files, 200), 1)
    assert [problem.path for problem in found.problems] == [f"{name}.csv" for name in COLUMNS]


def test_a_source_that_is_lost_ends_the_reading(tmp_path: Path) -> None:
    """What cannot be read now may be there in an hour: nothing is made of the half."""
    sources = sources_of(tmp_path, MANY, 200)
    sources["policies"] = Breaking(sources["policies"], 2, OutsideError("lost"))
    dealer, problems = Dealer(make_vault(tmp_path), 1), list[Problem]()
    with pytest.raises(OutsideError):
        list(dealer.deal(sources, lambda: KNOWN, problems))
    assert problems == []


# ── Tables without rows ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bits", [0, 1, 3])
@pytest.mark.parametrize(
    "empty",
    [("clients",), ("policies",), ("situations",), ("policies", "situations"), tuple(COLUMNS)],
    ids="-".join,
)
def test_tables_may_have_no_rows(tmp_path: Path, empty: tuple[str, ...], bits: int) -> None:
    """A table that is only a header is right; what is left is judged as ever."""
    rows = MANY._replace(**{name: [] for name in empty})
    found, expected = dealt(tmp_path, sources_of(tmp_path, rows), bits), judged(rows)
    assert by_id(found.clients) == joined(expected.right)
    assert found.faults == expected.faults
    assert (found.problems, found.held) == ([], set())


@pytest.mark.parametrize("bits", [0, 3])
def test_a_refused_client_is_held_and_their_rows_are_not_told(tmp_path: Path, bits: int) -> None:
    """Policies of a client whose own row is wrong are right: they wait for it."""
    rows = MANY._replace(clients=[{**row, "locale": "de"} for row in MANY.clients])
    found = dealt(tmp_path, sources_of(tmp_path, rows), bits)
    assert found.clients == []
    assert (found.faults["policies"], found.faults["situations"]) == ([], [])
    assert found.held == {found.base.vault.who(f"C-{k}") for k in range(40)}
    assert all(shard.policies.is_empty() and shard.situations.is_empty() for shard in found.shards)


def test_nobody_without_an_id_is_held(tmp_path: Path) -> None:
    """Rows of no client hold back no page."""
    rows = Rows([client_row(client_id="")], [policy_row(client_id="")], [])
    found = dealt(tmp_path, sources_of(tmp_path, rows), 0)
    assert len(found.faults["clients"]) == len(found.faults["policies"]) == 1
    assert found.held == set()
