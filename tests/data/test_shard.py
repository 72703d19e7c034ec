"""A shard: clients as columns and as values, whole or in parts, always in one order."""

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.columns import WHO
from generator.data import Client, Shard
from generator.data.shard import packed, unpacked
from tests.builders import client_row, policy_row, situation_row
from tests.data.tables import Rows, by_id, joined, judged, odd_tables, right_tables, shard_of

SIX = Rows(
    [client_row(client_id=f"C-{k}", consents="sms;email" if k else "") for k in range(6)],
    [
        policy_row(client_id=f"C-{k}", policy_number=f"P-{number}")
        for number, k in enumerate((1, 1, 3, 4, 4, 4))
    ],
    [situation_row(client_id=f"C-{k}", marker=marker) for k, marker in ((3, "M-2"), (5, "M-1"))],
)
"""Six clients, of whom some have policies, some situations, one both and two nothing."""


def drawn(rows: Rows) -> Shard:
    """The shard of drawn rows, read in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return shard_of(Path(folder), rows)


def values(shard: Shard, size: int = 100) -> list[Client]:
    """All clients of a shard."""
    return [client for batch in shard.batches(size) for client in batch]


def whose(*who: bytes) -> pl.DataFrame:
    """A frame of pseudonyms."""
    return pl.DataFrame({WHO: list(who)}, {WHO: pl.Binary})


def is_same(one: Shard, other: Shard) -> bool:
    """Whether two shards have the same rows, columns and types."""
    pairs = list(zip(one.frames(), other.frames(), strict=True))
    return all(a.equals(b) and a.schema == b.schema for a, b in pairs)


@given(rows=right_tables(), size=st.integers(1, 10))
def test_batches_are_the_clients_of_the_share(rows: Rows, size: int) -> None:
    """Every client once, with exactly their own rows, in batches that are full but the last."""
    shard = drawn(rows)
    batches = list(shard.batches(size))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    assert all(batches)
    clients = [client for batch in batches for client in batch]
    assert by_id(clients) == joined(rows)
    assert clients == values(shard)
    assert len(shard) == len(clients)


def test_clients_come_in_the_order_of_who(tmp_path: Path) -> None:
    """Pseudonyms and values stand side by side, and in the order of dealing."""
    shard = shard_of(tmp_path, SIX)
    ids = {shard.only(whose(who)).people["client_id"].item(): who for who in shard.people[WHO]}
    assert [ids[client.id] for client in values(shard)] == shard.people[WHO].to_list()
    assert shard.people.equals(shard.people.sort("deal", WHO))


@pytest.mark.parametrize("size", [1, 2, 6])
def test_clients_may_have_nothing(tmp_path: Path, size: int) -> None:
    """Where the rows of those before and after lie makes no difference to who has none."""
    clients = {client.id: client for client in values(shard_of(tmp_path, SIX), size)}
    assert {name: len(client.policies) for name, client in clients.items()} == {
        **dict.fromkeys(("C-0", "C-2", "C-5"), 0),
        "C-1": 2,
        "C-3": 1,
        "C-4": 3,
    }
    assert {name for name, client in clients.items() if client.situations} == {"C-3", "C-5"}
    assert clients["C-0"].consents == ()


def test_nobody_may_have_anything(tmp_path: Path) -> None:
    """A shard without one policy or situation has its clients."""
    shard = shard_of(tmp_path, SIX._replace(policies=[], situations=[]))
    assert len(values(shard, 4)) == 6
    assert {(client.policies, client.situations) for client in values(shard, 4)} == {((), ())}


@given(data=st.data(), rows=odd_tables())
def test_a_part_has_those_clients_and_all_that_is_theirs(data: st.DataObject, rows: Rows) -> None:
    """The shard of some pseudonyms is their part of each frame, in the same order."""
    shard = drawn(rows)
    known = [*shard.people[WHO], *shard.held[WHO], b"?" * 16]
    wanted = data.draw(st.lists(st.sampled_from(known), unique=True))
    part = shard.only(whose(*wanted))
    ids = shard.people.filter(pl.col(WHO).is_in(wanted))["client_id"]
    assert values(part) == [client for client in values(shard) if client.id in set(ids)]
    assert set(part.held[WHO]) == set(shard.held[WHO]) & set(wanted)
    assert part.policies.height == sum(len(client.policies) for client in values(part))


@given(rows=right_tables(), size=st.integers(1, 10))
def test_cuts_are_the_whole(rows: Rows, size: int) -> None:
    """Cut from end to end, every client is in one part, with what is theirs."""
    shard = drawn(rows)
    parts = [shard.cut(start, size) for start in range(0, len(shard), size)]
    assert [client for part in parts for client in values(part)] == values(shard)
    assert sum(part.policies.height for part in parts) == shard.policies.height
    assert values(shard.cut(len(shard), size)) == []


def test_a_cut_keeps_who_is_held(tmp_path: Path) -> None:
    """Of the clients in it, and of no other."""
    bad = policy_row(client_id="C-2", policy_number="P-9", premium="x")
    shard = shard_of(tmp_path, SIX._replace(policies=[*SIX.policies, bad]))
    (who,) = shard.held[WHO]
    held = {
        part.people[WHO].item(): part.held[WHO].to_list()
        for part in (shard.cut(k, 1) for k in range(6))
    }
    assert held == {one: [who] if one == who else [] for one in shard.people[WHO]}


@given(rows=st.one_of(right_tables(), odd_tables(6)))
def test_what_was_packed_is_the_share(rows: Rows) -> None:
    """Every frame with its types, also when it is empty; what was unpacked is packed alike."""
    shard = drawn(rows)
    again = unpacked(packed(shard))
    assert is_same(again, shard)
    assert values(again) == values(shard)
    assert packed(again) == packed(shard)


def test_a_share_of_nobody_is_a_share() -> None:
    """It can be cut, packed and gone through, and has nobody in it."""
    shard = drawn(Rows([], [], []))
    assert (len(shard), values(shard), shard.people[WHO].to_list()) == (0, [], [])
    assert is_same(unpacked(packed(shard)), shard)
    assert is_same(shard.cut(0, 5), shard)
    assert is_same(shard.only(whose(b"?" * 16)), shard)


def test_an_empty_share_has_the_columns_of_a_full_one(tmp_path: Path) -> None:
    """Shares of any buckets can be put together."""
    full, empty = shard_of(tmp_path, SIX), drawn(Rows([], [], []))
    schemas = [[frame.schema for frame in shard.frames()] for shard in (full, empty)]
    assert schemas[0] == schemas[1]


def test_refused_rows_leave_their_clients_held(tmp_path: Path) -> None:
    """Clients of whom a row was refused, their own or one of theirs, are known as held."""
    rows = SIX._replace(
        clients=[*SIX.clients[:-1], client_row(client_id="C-5", locale="de")],
        policies=[*SIX.policies, policy_row(client_id="C-0", premium="x", policy_number="P-9")],
    )
    shard = shard_of(tmp_path, rows)
    assert judged(rows).held == {"C-0", "C-5"}
    assert len(shard) == 5
    assert set(shard.people[WHO]) & set(shard.held[WHO]) == set(
        shard.people.filter(client_id="C-0")[WHO]
    )
    assert shard.held.height == 2
