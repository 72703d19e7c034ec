"""Dealing the rows of three tables into buckets, and checking each bucket by itself.

Rows that stand in the base of the last build are not dealt: a bucket takes them from there.

The engine works outside Python's lock, so tables are dealt and buckets checked side by side.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import polars as pl

from generator.base.errors import InputError, Problem
from generator.buckets import NOBODY, Bucket, buckets, dealt
from generator.columns import DEAL, WHO
from generator.data import rules
from generator.data.kept import Gone, Last, Lasting, Unlike, alone, marked, others, standing
from generator.data.layers import Layers
from generator.data.lying import MARK
from generator.data.records import CLIENTS, POLICIES, SITUATIONS
from generator.data.rules import REPEATED, SPELLED, Judged, Known
from generator.data.shard import Shard
from generator.data.sources import ROW, Source
from generator.data.table import Fault
from generator.data.vault import Vault

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
    lasting: Lasting
    faults: dict[str, list[Fault]]
    touched: pl.DataFrame
    """``WHO`` of those whose rows are not as in the last base."""


@dataclass(slots=True)
class Dealer:
    """Deals sources into the buckets of a vault, then checks every bucket."""

    vault: Vault
    bits: int
    last: Last | None = None
    """The base of the last build, if it was made under the same rules."""
    rows: dict[str, int] = field(default_factory=dict)
    """How many rows each table has."""
    numbers: list[pl.DataFrame] = field(default_factory=list)
    """Of each policy its row and a digest of its number: a table has each number once."""
    fresh: list[pl.Series] = field(default_factory=list)
    """The rows of policies that are dealt."""

    def deal(
        self, sources: Mapping[str, Source], rules: Callable[[], Known], problems: list[Problem]
    ) -> Iterator[Checked]:
        """Every bucket, checked; a table that is wrong as a whole is a problem.

        What rows may refer to is asked for when all of them are dealt.

        Raises:
            OutsideError: a source cannot be read now.
            Unlike: it must be dealt without the last base.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            tables = [*pool.map(self._deal, sources, sources.values())]
            known = rules()
            for name, (rows, wrong) in zip(sources, tables, strict=True):
                self.rows[name] = rows
                problems.extend(wrong)
                if wrong and name == "clients":
                    known = replace(known, unread=known.unread | {"client_id"})
            repeated = _repeated(self.numbers)
            if self.last and len(repeated) > len(self._among_fresh(repeated)):
                raise Unlike  # the later of two rows with one number is refused: here an old one
            gone = {name: one.gone() for name, one in self.last.tables.items()} if self.last else {}
            yield from pool.map(partial(self._check, known, repeated, gone), buckets(self.bits))

    def _among_fresh(self, rows: pl.Series) -> pl.Series:
        return rows.filter(rows.is_in(pl.concat([rows.clear(), *self.fresh]).implode()))

    def _deal(self, name: str, source: Source) -> tuple[int, tuple[Problem, ...]]:
        """Put every row of a source into the bucket of its client; how many, and what is wrong."""
        standing = self.last.tables[name] if self.last else None
        if standing and standing.is_same:
            return standing.marks.height, ()
        rows = 0
        try:
            for block in _read_ahead(source.blocks()):
                rows += block.height
                fresh = marked(block, COLUMNS[name], self.vault.naming)
                if standing:
                    fresh = standing.fresh(fresh)
                if name == "policies":
                    self.numbers.append(_numbers(block))
                    self.fresh.append(fresh[ROW])
                for bucket, part in dealt(self._named(name, fresh), self.bits):
                    self.vault.add(_raw(name, bucket), part)
        except InputError as error:
            return rows, error.problems
        return rows, ()

    def _named(self, name: str, block: pl.DataFrame) -> pl.DataFrame:
        if name == "clients":
            block = block.with_columns(pl.col("client_id").alias(SPELLED))
        return block.with_columns(ONE_FORM).with_columns(self.vault.deals("client_id"))

    def _check(
        self,
        known: Known,
        repeated: pl.Series,
        gone: Gone,
        bucket: Bucket,
    ) -> Checked:
        raw = {name: self._take_raw(name, bucket) for name in COLUMNS}
        is_new = not all(frame.is_empty() for frame in raw.values())
        is_gone = any(bucket.number in by_number for by_number in gone.values())
        is_same = self.last and not (is_new or is_gone)
        if is_same and (found := self._as_it_was(self.last, bucket)):
            return found
        raw["clients"] = raw["clients"].with_columns(self.vault.pseudonyms("client_id"))
        here = Layers(self.vault, bucket)
        if self.last and (lying := self.last.lying(bucket)):
            mine = pl.concat([others(lying, gone, bucket), *self._of_whom(raw)]).unique()
            stand = standing(lying.only(mine), gone, bucket)
            part, faults = _checked(raw, stand, known, repeated)
            clients = here.write_over(self.last.layers(bucket), lying, part, mine)
        else:
            part, faults = _checked(raw, None, known, repeated)
            mine, clients = part.people.select(WHO), here.write(part)
        is_whole = part.held.is_empty() and not any(one[MARK].has_nulls() for one in part.tables())
        return Checked(bucket, Lasting(clients, is_whole), faults, mine)

    def _of_whom(self, raw: Mapping[str, pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """``WHO`` of the clients of rows that were dealt."""
        yield raw["clients"].select(WHO)
        for name in ("policies", "situations"):
            yield raw[name].select(self.vault.pseudonyms("client_id"))

    def _as_it_was(self, last: Last | None, bucket: Bucket) -> Checked | None:
        """The bucket of the last base, taken over as it lies, if that can be."""
        lasting = last.buckets.get(bucket) if last else None
        if last is None or not (lasting and lasting.is_whole):
            return None
        if not Layers(self.vault, bucket).take_over(last.layers(bucket)):
            return None
        return Checked(bucket, lasting, {name: [] for name in COLUMNS}, NOBODY)

    def _take_raw(self, name: str, bucket: Bucket) -> pl.DataFrame:
        frame = self.vault.taken(_raw(name, bucket))
        return _empty(name) if frame is None else alone(frame)


def _read_ahead(blocks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same blocks; while one is dealt, the next is read."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


def _checked(
    raw: Mapping[str, pl.DataFrame], kept: Shard | None, known: Known, repeated: pl.Series
) -> tuple[Shard, dict[str, list[Fault]]]:
    """The rows of a bucket that passed, and the faults of those that did not.

    ``kept`` has rows of the last base that are right as before.

    Raises:
        Unlike: whether they are is not sure.
    """
    named = raw["clients"].filter(pl.col("client_id") != "")
    names = pl.concat([one.select("client_id", WHO) for one in (named, *_people(kept))]).unique()
    ids = names["client_id"]  # a refused client's policies are not unknown
    flagged = raw["policies"].with_columns(pl.col(ROW).is_in(repeated.implode()).alias(REPEATED))
    judged = {
        "clients": rules.people(raw["clients"], known),
        "policies": rules.policies(flagged, known, ids),
        "situations": rules.situations(raw["situations"], known, ids),
    }
    people = pl.concat([*_people(kept), judged["clients"].rows])
    policies = owned(judged["policies"].rows, people)
    situations = owned(judged["situations"].rows, people)
    if kept is not None:
        _sure(kept, named, names)
        policies = pl.concat([kept.policies.join(people, on=WHO, how="semi"), policies])
        situations = pl.concat([kept.situations.join(people, on=WHO, how="semi"), situations])
    concerned = pl.col("client_id").is_in(_concerned(judged).implode())
    shard = Shard(people, policies, situations, names.filter(concerned).select(WHO))
    return shard.sorted(), {name: one.faults for name, one in judged.items()}


def _people(kept: Shard | None) -> list[pl.DataFrame]:
    return [kept.people] if kept is not None else []


def _sure(kept: Shard, named: pl.DataFrame, names: pl.DataFrame) -> None:
    """Make sure that every kept row is as right as it was.

    Raises:
        Unlike: a client of whom a row is kept stands in a fresh one too, or is gone.
    """
    again = named.join(kept.people, on=WHO, how="semi")
    lost = (rows.join(names, on=WHO, how="anti") for rows in (kept.policies, kept.situations))
    if not (again.is_empty() and all(rows.is_empty() for rows in lost)):
        raise Unlike


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
    return pl.DataFrame(schema={ROW: pl.UInt32, **texts, MARK: pl.UInt64, DEAL: pl.UInt16})


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
