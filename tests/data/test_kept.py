"""Rows that stand as they stood are kept: the base is the one that all rows would give."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.config import Query, Tables
from generator.base.errors import Problem
from generator.buckets import buckets
from generator.columns import WHO
from generator.data import Base, Client, Earlier, Known, Vault, base, layers, read_base
from generator.data.dealing import Dealer
from generator.data.layers import rows_name
from generator.data.lying import MARK
from generator.data.records import CLIENTS
from tests.builders import client_row, make_vault, policy_row, situation_row, write
from tests.data.conftest import KNOWN
from tests.data.tables import (
    ODD_CLIENTS,
    ODD_POLICIES,
    ODD_SITUATIONS,
    Row,
    Rows,
    everyone,
    odd_tables,
    right_tables,
    told,
)

PROGRAM = "1"
BITS = 2
MANY = Rows(
    [client_row(client_id=f"C-{k}") for k in range(20)],
    [policy_row(client_id=f"C-{k}", policy_number=f"P-{k}") for k in range(15)],
    [situation_row(client_id=f"C-{k}") for k in range(10)],
)


class Nights(NamedTuple):
    """The bases of two nights, and that of the second night made of all its rows."""

    first: Base
    second: Base
    anew: Base


def read(
    root: Path,
    rows: Rows,
    last: Vault | None,
    tables: Tables | None = None,
    known: Known = KNOWN,
) -> Base:
    """The base of some rows, in four buckets."""
    write(root, {f"data/{name}.csv": text for name, text in rows.files().items()})
    problems = list[Problem]()
    # every vault of these tests has one key, as all nights have
    vault = make_vault(root) if last is None else replace(last, folder=make_vault(root).folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(base, "_bits", lambda _: BITS)
        found = read_base(
            root, tables or Tables(), lambda: known, problems, vault, Earlier(last, PROGRAM)
        )
    assert problems == []
    return found


def nights(root: Path, one: Rows, other: Rows) -> Nights:
    """What two nights give, in new folders below ``root``."""
    first = read(root, one, None)
    return Nights(first, read(root, other, first.vault), read(root, other, None))


def shards(base: Base) -> list[list[pl.DataFrame]]:
    """Every frame of every bucket; those who are held stand in no order."""
    found = [base.shard(bucket) for bucket in buckets(BITS)]
    return [[one.people, one.policies, one.situations, one.held.sort(WHO)] for one in found]


def is_same(one: Base, other: Base) -> bool:
    """Whether two bases have the same clients, faults and counts."""
    return (
        by_id(one) == by_id(other)
        and told(one) == told(other)
        and (len(one), one.rows) == (len(other), other.rows)
    )


def by_id(base: Base) -> dict[str, Client]:
    """Every client."""
    return {client.id: client for client in everyone(base)}


def touched(base: Base) -> set[bytes]:
    """The pseudonyms of those whose rows changed."""
    return {who for frame in (base.touched or {}).values() for who in frame[WHO]}


# ── Whatever happens ─────────────────────────────────────────────────────────────────────────

KINDS = (ODD_CLIENTS, ODD_POLICIES, ODD_SITUATIONS)


@st.composite
def two_nights(draw: st.DrawFn) -> tuple[Rows, Rows]:
    """The rows of two nights: most of the second are those of the first."""
    first = draw(st.one_of(odd_tables(), right_tables()))
    tables = []
    for rows, kind in zip(first, KINDS, strict=True):
        fates = draw(st.lists(st.integers(0, 9), min_size=len(rows), max_size=len(rows)))
        second = [row for row, fate in zip(rows, fates, strict=True) if fate]
        second += [row for row, fate in zip(rows, fates, strict=True) if fate == 1]
        second += draw(st.lists(kind, max_size=2))
        tables.append(draw(st.permutations(second)) if draw(st.booleans()) else second)
    return first, Rows(*tables)


@given(both=two_nights(), share=st.sampled_from([0, 2, layers.SHARE]))
def test_two_nights_are_as_one(both: tuple[Rows, Rows], share: int) -> None:
    """After any night, any other gives the base of its own rows, and knows whose rows changed.

    However many of a bucket may lie in its newer file.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(layers, "SHARE", share)
        first, second, anew = nights(Path(folder), *both)
        assert is_same(second, anew)
        if second.follows:
            before, after = by_id(first), by_id(second)
            ids = before.keys() & after.keys()
            changed = {second.vault.who(one) for one in ids if before[one] != after[one]}
            new = {second.vault.who(one) for one in after.keys() - before.keys()}
            assert changed | new <= touched(second)
        third = read(Path(folder), both[0], second.vault)
        assert is_same(third, first)
        pairs = zip(chain(*shards(third)), chain(*shards(first)), strict=True)
        assert all(frame.equals(other) for frame, other in pairs)


# ── Night by night ───────────────────────────────────────────────────────────────────────────


class Dealt:
    """Counts the rows that are dealt."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows, named = 0, Dealer._named  # noqa: SLF001 - to listen

        def count(dealer: Dealer, name: str, block: pl.DataFrame) -> pl.DataFrame:
            self.rows += block.height
            return named(dealer, name, block)

        monkeypatch.setattr(Dealer, "_named", count)


def changed(rows: Rows, **tables: list[Row]) -> Rows:
    """Rows, and instead of whole tables those given."""
    return rows._replace(**tables)


def test_only_rows_that_changed_are_dealt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other rows of the table are read alone."""
    first, seen = read(tmp_path, MANY, None), Dealt(monkeypatch)
    clients = [*MANY.clients[1:], client_row(client_id="C-0", last_name="Ким")]
    second = read(tmp_path, changed(MANY, clients=clients), first.vault)
    assert seen.rows == 1
    assert touched(second) == {second.vault.who("C-0")}
    assert by_id(second)["C-0"].last_name == "Ким"


def test_an_untouched_bucket_is_taken_over(tmp_path: Path) -> None:
    """The file of a bucket in which nothing changed is the one of the last base."""
    first = read(tmp_path, MANY, None)
    clients = [*MANY.clients[1:], client_row(client_id="C-0", last_name="Ким")]
    second = read(tmp_path, changed(MANY, clients=clients), first.vault)
    places = [
        [(one.vault.folder / bucket.name).stat().st_ino for bucket in buckets(BITS)]
        for one in (first, second)
    ]
    same = [one == other for one, other in zip(*places, strict=True)]
    assert sorted(same) == [False, True, True, True]
    assert list(second.touched or ()) == [
        bucket for bucket, is_old in zip(buckets(BITS), same, strict=True) if not is_old
    ]


def test_a_query_is_asked_and_only_its_changes_are_dealt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a database answers has no bytes to compare, and yet its rows have."""
    with closing(sqlite3.connect(tmp_path / "base.db")) as database, database:
        database.execute(f"CREATE TABLE clients ({', '.join(CLIENTS)})")
        holes = ", ".join("?" * len(CLIENTS))
        rows = [tuple(row.values()) for row in MANY.clients]
        database.executemany(f"INSERT INTO clients VALUES ({holes})", rows)  # noqa: S608
    tables = Tables(clients=Query(database="sqlite:base.db", query="SELECT * FROM clients"))
    first, seen = read(tmp_path, MANY, None, tables), Dealt(monkeypatch)
    second = read(tmp_path, MANY, first.vault, tables)
    assert (seen.rows, second.touched) == (0, {})
    assert is_same(first, second)


TWICE = policy_row(client_id="C-3", policy_number="P-7")
UNLIKE: dict[str, Callable[[], Rows]] = {
    "a client twice": lambda: changed(
        MANY, clients=[client_row(client_id="C-5", first_name="Ян"), *MANY.clients]
    ),
    "a row twice": lambda: changed(MANY, situations=[*MANY.situations, MANY.situations[0]]),
    "an old number twice": lambda: changed(MANY, policies=[TWICE, *MANY.policies]),
    "a client who left things behind": lambda: changed(MANY, clients=MANY.clients[1:]),
}


@pytest.mark.parametrize("rows", UNLIKE.values(), ids=UNLIKE)
def test_what_changes_do_not_tell_is_read_anew(tmp_path: Path, rows: Callable[[], Rows]) -> None:
    """Where an old row may be wrong because of a new one, all are judged."""
    _, second, anew = nights(tmp_path, MANY, rows())
    assert not second.follows
    assert is_same(second, anew)


def test_other_rules_are_for_all_rows(tmp_path: Path) -> None:
    """Where an editor took a series away, the rows that stand are judged as well as the new one."""
    first, rules = read(tmp_path, MANY, None), replace(KNOWN, places={})
    rows = changed(MANY, clients=[*MANY.clients, client_row(client_id="C-99")])
    second = read(tmp_path, rows, first.vault, known=rules)
    anew = read(tmp_path, rows, None, known=rules)
    assert not second.follows
    assert len(second.refused) == len(MANY.policies)
    assert is_same(second, anew)


def test_refused_rows_are_told_every_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are judged again, and so are those of a client who was refused."""
    wrong = client_row(client_id="C-2", locale="de")
    policies = [*MANY.policies, policy_row(client_id="C-1", policy_number="P-99", premium="x")]
    rows = changed(MANY, clients=[wrong, *(MANY.clients[k] for k in range(20) if k != 2)])
    rows = changed(rows, policies=policies)
    first, seen = read(tmp_path, rows, None), Dealt(monkeypatch)
    situations = [*MANY.situations, situation_row(client_id="C-12")]
    second = read(tmp_path, changed(rows, situations=situations), first.vault)
    # the client, the policy, what the client owns, and what is new
    assert seen.rows == 1 + 1 + 2 + 1
    assert told(second) == told(first)
    assert [line for _, line, *_ in told(second)] == [2, 17]
    assert second.vault.who("C-2") in touched(second)


def test_a_bucket_that_was_touched_is_dealt_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ``watch`` wrote is not what the tables say: all rows of that bucket are judged."""
    first, seen = read(tmp_path, MANY, None), Dealt(monkeypatch)
    bucket = first.vault.bucket_of("C-4", BITS)
    first.vault.write(bucket.name, first.vault.read(bucket.name))
    second = read(tmp_path, MANY, first.vault)
    assert 0 < seen.rows < sum(map(len, MANY))
    assert is_same(second, read(tmp_path, MANY, None))
    assert touched(second) == {*second.shard(bucket).people[WHO]}


def test_damaged_marks_are_not_believed(tmp_path: Path) -> None:
    """Where the marks cannot be read, all rows are dealt."""
    first = read(tmp_path, MANY, None)
    place = first.vault.folder / rows_name(buckets(BITS)[0].name)
    place.write_bytes(place.read_bytes()[:-1])
    second = read(tmp_path, changed(MANY, clients=MANY.clients[::-1]), first.vault)
    assert not second.follows
    assert is_same(second, first)


def test_marks_of_rows_are_locked(tmp_path: Path) -> None:
    """Even of a digest of a row nobody reads anything."""
    first = read(tmp_path, MANY, None)
    for bucket in buckets(BITS):
        name = rows_name(bucket.name)
        assert MARK.encode() in first.vault.read(name)
        assert MARK.encode() not in (first.vault.folder / name).read_bytes()
