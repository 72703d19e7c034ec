"""Changing a shard by rows that came during the day, under the rules of the night.

A row is taken or refused by itself, as if the changes came one after the other. Two things are not
seen here, and the next night puts them right: a policy's number that another client has, whose
rows lie in another bucket; and which of two markers of one stage a client had on one day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import polars as pl

from generator.base.ids import normalised
from generator.columns import WHO
from generator.data import rules
from generator.data.dealing import COLUMNS, ONE_FORM, owned
from generator.data.rules import REPEATED, SPELLED, Known
from generator.data.shard import Shard
from generator.data.sources import ROW
from generator.data.table import Fault
from generator.data.vault import Vault

STAY = (WHO, "stage", "since")
"""What names a situation in a shard."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row as it is now, by column, or the key of one that is gone."""

    number: int
    """What a fault calls it."""
    table: str
    row: Mapping[str, str]
    deleted: bool


def changed(
    shard: Shard, changes: Iterable[RowChange], known: Known, vault: Vault
) -> tuple[Shard, dict[str, list[Fault]]]:
    """The shard after all changes, of which the later win, and by table the faults of the refused.

    Rows of a client who is held since the night may be unknown; the client stays held.
    """
    faults: dict[str, list[Fault]] = {table: [] for table in COLUMNS}
    for some in _rounds(changes):
        for table, deleted in sorted(some, key=_ORDER.__getitem__):
            step = _Step(_frame(table, some[table, deleted], vault), deleted, known)
            shard, wrong = _APPLY[table](shard, step)
            faults[table] += wrong
    return shard.sorted(), faults


Kind = tuple[str, bool]
"""A table, and whether rows of it are gone."""
Name = tuple[str, ...]

_ORDER = {kind: place for place, kind in enumerate(product(COLUMNS, (True, False)))}
"""In which order a round is done: a client comes before what is theirs."""


def _rounds(changes: Iterable[RowChange]) -> list[dict[Kind, list[RowChange]]]:
    """The changes in rounds, each a frame a kind, so that a burst takes few of them.

    A change never comes before an earlier one that it could meet, nor in one frame with an earlier
    one of the same row.
    """
    rounds: defaultdict[int, dict[Kind, list[RowChange]]] = defaultdict(dict)
    latest: dict[Name, tuple[int, int]] = {}
    for change in changes:
        kind = change.table, change.deleted
        place, row, others = _ORDER[kind], _row(change), _others(change)
        turns = [turn + (last >= place) for turn, last in _found(latest, [row])]
        turns += [turn + (last > place) for turn, last in _found(latest, others)]
        turn = max(turns, default=0)
        latest.update(dict.fromkeys([row, *others], (turn, place)))
        rounds[turn].setdefault(kind, []).append(change)
    return [rounds[turn] for turn in sorted(rounds)]


def _found(latest: Mapping[Name, tuple[int, int]], names: list[Name]) -> list[tuple[int, int]]:
    return [latest[name] for name in names if name in latest]


def _row(change: RowChange) -> Name:
    """What names the row of a change; two rows that could be one have one name."""
    client = normalised(change.row["client_id"])
    stay = (change.row.get(column, "").strip() for column in ("product", "since"))
    rows = {
        "clients": (client,),
        "policies": (change.row.get("policy_number", "").strip(),),
        "situations": (client, *stay),  # two markers may lead into one stage
    }
    return change.table, *rows[change.table]


def _others(change: RowChange) -> list[Name]:
    """What else a change may meet: rows of its client, and numbers that go with a client."""
    mine: list[Name] = [("of", normalised(change.row["client_id"]))]
    frees = change.table == "clients" and change.deleted
    takes = change.table == "policies" and not change.deleted
    return [*mine, ("number",)] if frees or takes else mine


@dataclass(frozen=True, slots=True)
class _Step:
    """Rows of one table that are all there, or all gone."""

    frame: pl.DataFrame
    deleted: bool
    known: Known

    def ids(self, shard: Shard) -> pl.Series:
        """The clients who are no strangers: those of the shard, and who was refused at night."""
        refused = self.frame.join(shard.held, on=WHO, how="semi")
        # what is gone may have gone with its client
        others = self.frame if self.deleted else refused
        return pl.concat([shard.people["client_id"], others["client_id"]])


def _clients(shard: Shard, step: _Step) -> tuple[Shard, list[Fault]]:
    if step.deleted:
        return shard.without(step.frame), []
    judged = rules.people(step.frame.with_columns(pl.col("client_id").alias(SPELLED)), step.known)
    others = shard.people.join(judged.rows, on=WHO, how="anti")
    return replace(shard, people=pl.concat([others, judged.rows])), judged.faults


def _policies(shard: Shard, step: _Step) -> tuple[Shard, list[Fault]]:
    own = [WHO, "policy_number"]
    others = shard.policies.join(step.frame, on=own, how="anti")
    if step.deleted:
        return replace(shard, policies=others), []
    repeated = pl.col("policy_number").is_in(others["policy_number"].implode()).alias(REPEATED)
    judged = rules.policies(step.frame.with_columns(repeated), step.known, step.ids(shard))
    rows = owned(judged.rows, shard.people)
    others = shard.policies.join(rows, on=own, how="anti")
    return replace(shard, policies=pl.concat([others, rows])), judged.faults


def _situations(shard: Shard, step: _Step) -> tuple[Shard, list[Fault]]:
    judged = rules.situations(step.frame, step.known, step.ids(shard))
    rows = owned(judged.rows, shard.people)
    others = shard.situations.join(rows, on=STAY, how="anti")
    kept = others if step.deleted else pl.concat([others, rows])
    return replace(shard, situations=kept), judged.faults


_APPLY: Mapping[str, Callable[[Shard, _Step], tuple[Shard, list[Fault]]]] = {
    "clients": _clients,
    "policies": _policies,
    "situations": _situations,
}


def _frame(table: str, changes: Sequence[RowChange], vault: Vault) -> pl.DataFrame:
    """The rows as a table, as it would come from a source; of those that are gone the keys."""
    cells = {name: [one.row.get(name, "") for one in changes] for name in COLUMNS[table]}
    numbers = pl.Series(ROW, [one.number for one in changes], pl.UInt32)
    texts = pl.DataFrame(cells).with_columns(pl.all().str.strip_chars()).with_columns(numbers)
    named = texts.with_columns(ONE_FORM)
    return named.with_columns(vault.deals("client_id"), vault.pseudonyms("client_id"))
