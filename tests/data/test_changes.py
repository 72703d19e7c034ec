"""Changes of the day: the shard after them is the one that the changed tables would give."""

import tempfile
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from generator.columns import WHO
from generator.data import Known, Shard
from generator.data.changes import RowChange, changed
from generator.data.dealing import COLUMNS
from generator.events import KEYS
from tests.builders import client_row, make_vault, policy_row, situation_row
from tests.data.conftest import KNOWN
from tests.data.tables import (
    ODD_CLIENTS,
    ODD_POLICIES,
    ODD_SITUATIONS,
    Row,
    Rows,
    judged,
    normal,
    right_tables,
    shard_of,
)

STRANGER = "Ω new é"
NOBODY = Rows([], [], [])
PAIR = Rows(
    [client_row(client_id="C-1"), client_row(client_id="C-2")],
    [policy_row(policy_number="P-1"), policy_row(policy_number="P-2", client_id="C-2")],
    [situation_row(), situation_row(marker="M-2", since="2026-03-08")],
)
"""Two clients: the first has a policy and two situations, the second a policy."""


class Change(NamedTuple):
    """A row of a table that is written or, with its key alone, deleted."""

    table: str
    row: Row
    deleted: bool = False


Told = list[tuple[int, str, str, str]]
"""What was refused: number of the change, table, column, sentence."""


def applied(shard: Shard, changes: list[Change], known: Known = KNOWN) -> tuple[Shard, Told]:
    """The shard after changes that are numbered from 0, and what was refused."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [RowChange(number, *change) for number, change in enumerate(changes)]
        after, faults = changed(shard, rows, known, make_vault(Path(folder)))
    told = ((fault.row, name, fault) for name, some in faults.items() for fault in some)
    return after, sorted((row, name, fault.column, fault.sentence) for row, name, fault in told)


def dealt(rows: Rows) -> Shard:
    """The shard that the night makes of tables."""
    with tempfile.TemporaryDirectory() as folder:
        return shard_of(Path(folder), rows)


def is_same(one: Shard, other: Shard) -> bool:
    """Whether two shards have the same rows, columns and types."""
    pairs = list(zip(one.frames(), other.frames(), strict=True))
    return all(a.equals(b) and a.schema == b.schema for a, b in pairs)


# ── What is expected ─────────────────────────────────────────────────────────────────────────


def expected(rows: Rows, changes: list[Change]) -> tuple[Rows, Told]:
    """The tables after changes, one after the other, as anybody would change them."""
    told: Told = []
    for number, change in enumerate(changes):
        after = without(rows, change)
        if not change.deleted:
            after = {**after, change.table: [*after[change.table], change.row]}
        wrong = faults_of(Rows(**after), change)
        told += [(number, change.table, *one) for one in wrong]
        rows = rows if wrong else Rows(**after)
    return rows, sorted(told)


def without(rows: Rows, change: Change) -> dict[str, list[Row]]:
    """The tables without the row that a change names, and without what goes with it."""
    tables = rows._asdict()
    tables[change.table] = [row for row in tables[change.table] if not is_named(row, change)]
    if (change.table, change.deleted) == ("clients", True):
        client = normal(change.row["client_id"])
        tables = {
            name: [row for row in some if normal(row["client_id"]) != client]
            for name, some in tables.items()
        }
    return tables


def is_named(row: Row, change: Change) -> bool:
    """Whether a change is of this very row."""
    return all(normal(row[name]) == normal(change.row[name]) for name in KEYS[change.table])


def faults_of(after: Rows, change: Change) -> list[tuple[str, str]]:
    """What the night would say of the changed row, as the last of its table."""
    tables = after._asdict()
    if change.deleted:
        if change.table != "situations":
            return []
        tables = Rows([client_row(client_id=change.row["client_id"])], [], [change.row])._asdict()
    last = len(tables[change.table]) - 1
    found = judged(Rows(**tables)).faults[change.table]
    return [(column, sentence) for row, column, sentence in found if row == last]


# ── Drawing ──────────────────────────────────────────────────────────────────────────────────


@st.composite
def tables_and_changes(draw: st.DrawFn) -> tuple[Rows, list[Change]]:
    """Tables that are right, and changes of which most concern what stands there."""
    rows = draw(right_tables(4))
    ids = [row["client_id"] for row in rows.clients]
    owners = st.builds(
        unicodedata.normalize,
        st.sampled_from(["NFC", "NFD"]),
        st.sampled_from([*ids, *ids, STRANGER]),
    )
    drawn = dict(zip(COLUMNS, (ODD_CLIENTS, ODD_POLICIES, ODD_SITUATIONS), strict=True))
    changes = []
    for table in draw(st.lists(st.sampled_from([*COLUMNS]), max_size=10)):
        row = {**draw(drawn[table]), "client_id": draw(owners)}
        deleted = draw(st.integers(0, 2)) == 0
        if all(row[name] for name in KEYS[table]):  # an event without its key is none
            kept = {name: row[name] for name in KEYS[table]} if deleted else row
            changes.append(Change(table, kept, deleted))
    return rows, changes


@given(tables_and_changes())
def test_a_changed_share_is_that_of_the_changed_tables(drawn: tuple[Rows, list[Change]]) -> None:
    """Any changes, in their order: the same rows, and the sentences that the night would say."""
    rows, changes = drawn
    shard, told = applied(dealt(rows), changes)
    tables, refused = expected(rows, changes)
    event(f"{len(changes)} changes, {len(refused)} faults")
    assert told == refused
    assert is_same(shard, dealt(tables))


@given(tables_and_changes(), st.integers(0, 10))
def test_a_batch_may_be_cut_anywhere(drawn: tuple[Rows, list[Change]], cut: int) -> None:
    """Changes in one batch do what the same changes do in two."""
    rows, changes = drawn
    shard = dealt(rows)
    halves = applied(applied(shard, changes[:cut])[0], changes[cut:])[0]
    assert is_same(halves, applied(shard, changes)[0])


@given(tables_and_changes())
def test_changes_that_come_again_change_nothing(drawn: tuple[Rows, list[Change]]) -> None:
    """A batch of right rows may be brought twice: nobody knows whether the first time counted."""
    rows, changes = drawn
    wrong = {number for number, *_ in expected(rows, changes)[1]}
    right = [change for number, change in enumerate(changes) if number not in wrong]
    once = applied(dealt(rows), right)[0]
    assert is_same(applied(once, right)[0], once)


# ── One by one ───────────────────────────────────────────────────────────────────────────────


def test_no_changes() -> None:
    """A shard of somebody and a shard of nobody stay as they are."""
    for rows in (PAIR, NOBODY):
        assert is_same(applied(dealt(rows), [])[0], dealt(rows))


def test_a_deleted_client_takes_everything_along() -> None:
    """Policies and situations go with their client; their number is free, others stay."""
    gone = Change("clients", {"client_id": "C-1"}, deleted=True)
    number = Change("policies", policy_row(client_id="C-2"))
    shard, told = applied(dealt(PAIR), [gone, number])
    assert told == []
    left = Rows([PAIR.clients[1]], [PAIR.policies[1], number.row], [])
    assert is_same(shard, dealt(left))


def test_a_client_who_comes_back_has_nothing() -> None:
    """A client who was deleted and written again has what came after it."""
    gone = Change("clients", {"client_id": "C-1"}, deleted=True)
    back, stay = Change("clients", client_row()), Change("situations", situation_row())
    shard, told = applied(dealt(PAIR), [gone, back, stay])
    assert told == []
    assert is_same(shard, dealt(Rows(PAIR.clients, [PAIR.policies[1]], [stay.row])))


def test_what_comes_before_its_client_is_refused() -> None:
    """The order of events counts, in one batch as in two."""
    stay = Change("situations", situation_row(client_id=STRANGER))
    client = Change("clients", client_row(client_id=STRANGER))
    assert applied(dealt(PAIR), [client, stay])[1] == []
    unknown = [(0, "situations", "client_id", "there is no such client")]
    assert applied(dealt(PAIR), [stay, client])[1] == unknown


def test_the_policy_of_another() -> None:
    """It is neither replaced nor deleted; once it is deleted its number is free."""
    mine = Change("policies", policy_row(client_id="C-2"))
    not_mine = Change("policies", {"policy_number": "P-1", "client_id": "C-2"}, deleted=True)
    shard, told = applied(dealt(PAIR), [not_mine, mine])
    assert told == [(1, "policies", "policy_number", "the policy stands twice")]
    assert is_same(shard, dealt(PAIR))
    freed = Change("policies", {"policy_number": "P-1", "client_id": "C-1"}, deleted=True)
    assert applied(dealt(PAIR), [freed, mine])[1] == []


@pytest.mark.parametrize("table", COLUMNS)
def test_deleting_what_is_not_there(table: str) -> None:
    """It is as if it had been deleted before: nothing happens, and nothing is told."""
    rows = (
        client_row(client_id="C-9"),
        policy_row(client_id="C-9"),
        situation_row(client_id="C-9"),
    )
    row = dict(zip(COLUMNS, rows, strict=True))[table]
    key = {name: row[name] for name in KEYS[table]}
    shard, told = applied(dealt(PAIR), [Change(table, key, deleted=True)])
    assert told == []
    assert is_same(shard, dealt(PAIR))


def test_two_markers_of_one_stage_are_one_situation() -> None:
    """A shard knows stages: the second marker of a day changes nothing, one deleted is both."""
    stages = {**KNOWN.stages, ("cards", "M-3"): KNOWN.stages["cards", "M-1"]}
    known = replace(KNOWN, stages=stages)
    second = situation_row(marker="M-3")
    shard, told = applied(dealt(PAIR), [Change("situations", second)], known)
    assert told == []
    assert is_same(shard, dealt(PAIR))
    shard, _ = applied(shard, [Change("situations", second, deleted=True)], known)
    assert is_same(shard, dealt(PAIR._replace(situations=PAIR.situations[1:])))


# ── Clients who are held since the night ─────────────────────────────────────────────────────


def held_pair() -> Shard:
    """The two clients, the second of whom is held: their own row was refused at night."""
    return dealt(PAIR._replace(clients=[client_row(), client_row(client_id="C-2", locale="de")]))


def test_who_is_held_stays_held() -> None:
    """Only the night knows whether all rows of a client are right now."""
    shard, told = applied(held_pair(), [Change("clients", client_row(client_id="C-2"))])
    assert told == []
    assert shard.people["client_id"].to_list().count("C-2") == 1
    assert shard.held[WHO].to_list() == held_pair().held[WHO].to_list()


def test_who_is_held_is_no_stranger() -> None:
    """Rows of a client who was refused at night are no fault; they wait for that client."""
    policy = policy_row(client_id="C-2", policy_number="P-9")
    changes = [Change("policies", policy), Change("situations", situation_row(client_id="C-2"))]
    shard, told = applied(held_pair(), changes)
    assert told == []
    assert is_same(shard, held_pair())


def test_who_is_held_may_go() -> None:
    """A held client who is deleted is held no more; another one stays held."""
    shard, told = applied(held_pair(), [Change("clients", {"client_id": "C-2"}, deleted=True)])
    assert (told, shard.held.height, len(shard)) == ([], 0, 1)
    shard, _ = applied(held_pair(), [Change("clients", {"client_id": "C-1"}, deleted=True)])
    assert (shard.held.height, len(shard)) == (1, 0)
