"""Dealing the rows of three tables into buckets, and checking each bucket by itself.

The engine works outside Python's lock, so tables are dealt and buckets checked side by side.
"""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import polars as pl

from generator.base.errors import InputError, Problem
from generator.data import rules
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from generator.data.rules import REPEATED, SPELLED, Judged, Known
from generator.data.shard import Shard, packed
from generator.data.sources import ROW, Source
from generator.data.table import Fault
from generator.data.vault import DEAL, WHO, Bucket, Vault, buckets, dealt

COLUMNS = {"clients": CLIENTS, "policies": POLICIES, "situations": SITUATIONS}

OUTER = r"^[\s\x1c-\x1f]+|[\s\x1c-\x1f]+$"
"""Spaces around an id, with those that are spaces to Python alone: ``normalised`` takes them off,
so that an id which kept one could not be found, or would be taken for another client's."""

ONE_FORM = pl.col("client_id").str.replace_all(OUTER, "").str.normalize("NFC")
"""A client's id as ``normalised`` gives it."""

TURNS = 16  # in which repeated numbers are looked for: each needs a part of the memory


class Checked(NamedTuple):
    """A bucket whose shard lies in the vault: how many clients it has, and what was refused."""

    bucket: Bucket
    clients: int
    faults: dict[str, list[Fault]]


@dataclass(slots=True)
class Dealer:
    """Deals sources into the buckets of a vault, then checks every bucket."""

    vault: Vault
    bits: int
    rows: int = 0
    """How many rows all tables have."""
    numbers: list[pl.DataFrame] = field(default_factory=list)
    """Of each policy its row and a digest of its number: a table has each number once."""

    def deal(
        self, sources: Mapping[str, Source], known: Known, problems: list[Problem]
    ) -> Iterator[Checked]:
        """Every bucket, checked; a table that is wrong as a whole is a problem.

        Raises:
            OutsideError: a source cannot be read now.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            tables = pool.map(self._deal, sources, sources.values())
            for name, (rows, wrong) in zip(sources, tables, strict=True):
                self.rows += rows
                problems.extend(wrong)
                if wrong and name == "clients":
                    known = replace(known, unread=known.unread | {"client_id"})
            yield from pool.map(
                partial(self._check, known, _repeated(self.numbers)), buckets(self.bits)
            )

    def _deal(self, name: str, source: Source) -> tuple[int, tuple[Problem, ...]]:
        """Put every row of a source into the bucket of its client; how many, and what is wrong."""
        rows = 0
        try:
            for block in source.blocks():
                rows += block.height
                if name == "policies":
                    self.numbers.append(_numbers(block))
                for bucket, part in dealt(self._named(name, block), self.bits):
                    self.vault.add(_raw(name, bucket), part)
        except InputError as error:
            return rows, error.problems
        return rows, ()

    def _named(self, name: str, block: pl.DataFrame) -> pl.DataFrame:
        if name == "clients":
            block = block.with_columns(pl.col("client_id").alias(SPELLED))
        return block.with_columns(ONE_FORM).with_columns(self.vault.deals("client_id"))

    def _check(self, known: Known, repeated: pl.Series, bucket: Bucket) -> Checked:
        raw = {name: self._take_raw(name, bucket) for name in COLUMNS}
        raw["clients"] = raw["clients"].with_columns(self.vault.pseudonyms("client_id"))
        shard, faults = _checked(raw, known, repeated)
        self.vault.write(bucket.name, packed(shard))
        return Checked(bucket, len(shard), faults)

    def _take_raw(self, name: str, bucket: Bucket) -> pl.DataFrame:
        frame = self.vault.taken(_raw(name, bucket))
        return _empty(name) if frame is None else frame


def _checked(
    raw: Mapping[str, pl.DataFrame], known: Known, repeated: pl.Series
) -> tuple[Shard, dict[str, list[Fault]]]:
    """The rows of a bucket that passed, and the faults of those that did not."""
    named = raw["clients"].filter(pl.col("client_id") != "")
    names = named.select("client_id", WHO).unique()
    ids = names["client_id"]  # a refused client's policies are not unknown
    flagged = raw["policies"].with_columns(pl.col(ROW).is_in(repeated.implode()).alias(REPEATED))
    judged = {
        "clients": rules.people(raw["clients"], known),
        "policies": rules.policies(flagged, known, ids),
        "situations": rules.situations(raw["situations"], known, ids),
    }
    people = judged["clients"].rows
    shard = Shard(
        people,
        owned(judged["policies"].rows, people),
        owned(judged["situations"].rows, people),
        names.filter(pl.col("client_id").is_in(_concerned(judged).implode())).select(WHO),
    )
    return shard.sorted(), {name: one.faults for name, one in judged.items()}


def owned(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The rows of the clients that passed, under their pseudonyms."""
    owners = people.select("client_id", DEAL, WHO)
    return owners.join(rows, on="client_id").drop("client_id")


def _concerned(judged: Mapping[str, Judged]) -> pl.Series:
    return pl.concat([one.concerned for one in judged.values()]).unique()


def _raw(name: str, bucket: Bucket) -> str:
    return f"{bucket.name}.{name}.raw"


def _empty(name: str) -> pl.DataFrame:
    spelled = (SPELLED,) if name == "clients" else ()
    texts = dict.fromkeys((*COLUMNS[name], *spelled), pl.String)
    return pl.DataFrame(schema={ROW: pl.UInt32, **texts, DEAL: pl.UInt16})


def _numbers(policies: pl.DataFrame) -> pl.DataFrame:
    numbered = policies.filter(pl.col("policy_number") != "")
    return numbered.select(ROW, pl.col("policy_number").hash())


def _repeated(numbers: list[pl.DataFrame]) -> pl.Series:
    """The rows whose policy number stands in an earlier row."""
    if not numbers:
        return pl.Series(ROW, [], pl.UInt32)
    return pl.concat([_repeated_in(numbers, turn) for turn in range(TURNS)])


def _repeated_in(numbers: list[pl.DataFrame], turn: int) -> pl.Series:
    some = pl.concat([one.filter(pl.col("policy_number") % TURNS == turn) for one in numbers])
    return some.filter(~pl.col("policy_number").is_first_distinct())[ROW]
