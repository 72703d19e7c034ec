"""The base: clients, each with their policies and situations, in shards that fit into memory.

Sources are read once, a block at a time, and each row goes to the bucket of its client. So memory
does not grow with the base.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from generator.base.config import Tables
from generator.base.errors import InputError, Problem
from generator.base.ids import normalised
from generator.buckets import NOBODY, Bucket
from generator.columns import WHO
from generator.data.dealing import COLUMNS, Dealer
from generator.data.earlier import (
    Earlier,
    Found,
    LastBase,
    Marks,
    last_base,
    marks_of,
    put_down,
    rules_of,
)
from generator.data.kept import Unlike
from generator.data.layers import Layers
from generator.data.records import CLIENTS, Client
from generator.data.rules import Known
from generator.data.shard import Rows, Shard
from generator.data.sources import Source, open_source
from generator.data.table import told
from generator.data.vault import Vault

FULL = 16_000  # clients a bucket: some ten megabytes of columns, and little work besides rows
MOST_BITS = 12
BATCH = 500  # clients of a sample that become values at once
SAMPLED = 50  # clients of a bucket that is read for a sample


@dataclass(frozen=True, slots=True)
class Base:
    """The rows that passed, in the shards of a vault, and those that were refused."""

    vault: Vault
    sizes: Mapping[Bucket, int]
    """How many clients each bucket has."""
    refused: tuple[Problem, ...]
    rows: int
    touched: Mapping[Bucket, pl.DataFrame] | None = None
    """``WHO`` of the clients whose rows are not those of the last base; None where none is known.
    A bucket that is not among them is as it was."""

    def __len__(self) -> int:
        """The number of clients."""
        return sum(self.sizes.values())

    @property
    def bits(self) -> int:
        """By how many bits the clients are dealt."""
        return next(iter(self.sizes)).bits

    @property
    def refused_percent(self) -> float:
        """The share of refused rows in all rows."""
        rows = {(problem.path, problem.line) for problem in self.refused}
        return 100 * len(rows) / self.rows if self.rows else 0.0

    @property
    def follows(self) -> bool:
        """Whether it is known how it differs from the base of the last build."""
        return self.touched is not None

    def touched_in(self, bucket: Bucket) -> pl.DataFrame:
        """``WHO`` of a bucket's clients whose rows are not those of the last base."""
        return (self.touched or {}).get(bucket, NOBODY)

    def lying(self, bucket: Bucket) -> Rows:
        """The rows of one bucket; what is not asked for stays as it lies."""
        return Layers(self.vault, bucket).lying()

    def shard(self, bucket: Bucket) -> Shard:
        """The clients of one bucket."""
        return self.lying(bucket).whole()

    def batches(self, size: int) -> Iterator[list[Client]]:
        """All clients in the order of ``DEAL`` and pseudonym, at most ``size`` at a time."""
        for bucket in self.sizes:
            yield from self.shard(bucket).batches(size)

    def sample(self, most: int, turn: int = 0) -> Iterator[tuple[int, Client]]:
        """At most ``most`` clients, each with its number in ``batches`` from 1; as ``picked``."""
        for numbers, shard in self.picked(most, turn):
            clients = (client for batch in shard.batches(BATCH) for client in batch)
            yield from zip(numbers, clients, strict=True)

    def picked(self, most: int, turn: int = 0) -> Iterator[tuple[range, Shard]]:
        """At most ``most`` clients in a shard a bucket, with their numbers in ``batches`` from 1.

        They are of a few buckets, of which each is as mixed as the base: to read one costs more
        than its clients. Another ``turn`` takes others, until all had theirs.
        """
        turns = max(1, len(self.sizes) // -(-most // SAMPLED))
        mine = {*islice(self.sizes, turn % turns, None, turns)}
        step = max(1, -(-sum(self.sizes[one] for one in mine) // most))
        number, seen = 0, 0
        for bucket, count in self.sizes.items():
            first = (turn // turns - seen) % step
            if bucket in mine and first < count:
                shard = self.shard(bucket)
                numbers = range(number + first + 1, number + count + 1, step)
                yield numbers, shard.only(shard.people.gather_every(step, first))
            number += count
            seen += count if bucket in mine else 0

    def find(self, client_id: str) -> Client | None:
        """One client, or None."""
        one = normalised(client_id)
        bucket = self.vault.bucket_of(one, self.bits)
        who = pl.DataFrame({WHO: [self.vault.who(one)]}, {WHO: pl.Binary})
        return next((client for (client,) in self.shard(bucket).only(who).batches(1)), None)


def estimated(root: Path, tables: Tables) -> int:
    """About how many clients the tables have; 0 where reading them will tell what is wrong.

    Raises:
        OutsideError: the source cannot be read now.
    """
    return _estimate(open_source(tables.clients, root, CLIENTS, "clients"))


def is_newer(root: Path, tables: Tables, other: Path) -> bool:
    """Whether a table seems to have been written after the file ``other``, or may have been."""
    places = [
        root / at if isinstance(at := getattr(tables, name), Path) else None for name in COLUMNS
    ]
    known = other.stat().st_mtime_ns if other.exists() else 0
    return any(at is None or (at.exists() and at.stat().st_mtime_ns > known) for at in places)


def read_base(
    root: Path,
    tables: Tables,
    known: Callable[[], Known],
    problems: list[Problem],
    vault: Vault,
    earlier: Earlier | None = None,
) -> Base:
    """The base of the site in ``root``; a table that is wrong as a whole is a problem.

    Where ``earlier`` is of the same tables, its shards are taken over. What rows may refer to is
    asked for when they are dealt: until then it may be worked out beside it.

    Raises:
        OutsideError: a source cannot be read now.
    """
    places = {name: getattr(tables, name) for name in COLUMNS}
    sources = {name: open_source(at, root, COLUMNS[name], name) for name, at in places.items()}
    bits = _bits(sources["clients"])
    program = earlier.program if earlier else ""
    marks = marks_of(sources, vault, (program, f"{bits}"))
    last = last_base(earlier, marks)
    if last and last.is_of(marks) and last.rules == rules_of(known()):
        found = last.taken_over(vault)
        if found:
            return _base(vault, found, {})
    return _dealt(sources, known, problems, Dealer(vault, bits), marks, last)


def _dealt(
    sources: Mapping[str, Source],
    known: Callable[[], Known],
    problems: list[Problem],
    dealer: Dealer,
    marks: Marks,
    last: LastBase | None,
) -> Base:
    """The base, of whose rows those are dealt that are not as in the last one."""
    dealer.last, wrong = last.rows(marks) if last else None, list[Problem]()

    def under_the_same_rules() -> Known:
        now = known()
        if dealer.last and last and last.rules != rules_of(now):
            raise Unlike
        return now

    try:
        checked = list(dealer.deal(sources, under_the_same_rules, wrong))
    except Unlike:
        dealer.vault.clear()
        return _dealt(sources, known, problems, Dealer(dealer.vault, dealer.bits), marks, None)
    problems.extend(wrong)
    refused = tuple(
        problem
        for name, source in sources.items()
        for problem in told(source, [fault for one in checked for fault in one.faults[name]])
    )
    found = Found({one.bucket: one.lasting for one in checked}, refused, dealer.rows)
    if not wrong:
        put_down(dealer.vault, found, marks, rules_of(known()))
    changed = {one.bucket: one.touched for one in checked if not one.touched.is_empty()}
    return _base(dealer.vault, found, changed if dealer.last else None)


def _base(vault: Vault, found: Found, touched: Mapping[Bucket, pl.DataFrame] | None) -> Base:
    sizes = {bucket: lasting.clients for bucket, lasting in found.buckets.items()}
    return Base(vault, sizes, found.refused, sum(found.rows.values()), touched)


def _bits(clients: Source) -> int:
    """How many bits of a pseudonym tell its bucket."""
    return min(MOST_BITS, max(0, (_estimate(clients) - 1) // FULL).bit_length())


def _estimate(clients: Source) -> int:
    try:
        return clients.estimate()
    except InputError:
        return 0
