"""Which clients' pages must be built tonight: the base against the register, in columns.

Comes in: a shard of the base and what was built for the same clients. Goes out: who is to be
built and why, what is kept as it is, and what is gone. Nothing is rendered to find it out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl
import polars_hash as plh

from generator.columns import DEAL, OWN, SHARED, WHO
from generator.data import Rows, Shard
from generator.data.digests import Versions, digests
from generator.data.vault import seed_of
from generator.site.register import (
    ADDRESS,
    ADDRESSES,
    BUILT,
    COMPARED,
    DIGEST,
    EPOCHS,
    FILES,
    GONE,
    KEYS,
    REGISTER,
    WHY,
    Why,
)

GENERATION = "generation"
FIRST = 0
"""The generation of a link that was never revoked."""
NOW = (DEAL, WHO, OWN, *SHARED, KEYS)
"""What is known of a page before it is built."""
TO_BUILD = {
    **{name: REGISTER[name] for name in NOW},
    GENERATION: pl.Int64,
    **{name: REGISTER[name] for name in (WHY, ADDRESSES, FILES)},
}
"""The columns of clients to build."""


@dataclass(frozen=True, slots=True)
class Links:
    """Which links clients have, as far as pages depend on them."""

    revoked: pl.DataFrame
    """``WHO``, ``GENERATION`` and ``KEYS`` of the clients whose links were revoked."""
    usual: int
    """``KEYS`` of all others, whose generation is the first."""

    @classmethod
    def of(cls, generations: Mapping[bytes, int], epochs: str, key: str) -> "Links":
        """By pseudonym; ``epochs`` is a text that stands for the live ones, ``key`` no secret."""
        numbers = pl.DataFrame({GENERATION: [FIRST, *generations.values()]}, {GENERATION: pl.Int64})
        text = pl.concat_str(pl.lit(epochs), pl.col(GENERATION).cast(pl.String), separator="\n")
        keys = plh.col(KEYS).nchash.xxh3_64(seed=seed_of(key)).alias(KEYS)
        usual, *marks = numbers.select(text.alias(KEYS)).select(keys)[KEYS].to_list()
        columns = {WHO: list(generations), GENERATION: list(generations.values()), KEYS: marks}
        schema = {WHO: pl.Binary, GENERATION: pl.Int64, KEYS: REGISTER[KEYS]}
        return cls(pl.DataFrame(columns, schema), usual)


@dataclass(frozen=True, slots=True)
class Tonight:
    """What decides, besides a client's own rows, whether their page is built."""

    as_of: date
    versions: Versions
    key: str
    """Of the digests; never one that seals."""
    links: Links
    live: tuple[int, ...]
    """Their numbers, oldest first."""
    forgotten: pl.DataFrame
    """``WHO`` of the clients who are never built for again."""
    held_series: frozenset[str]
    """Series that could not be worked out: the pages of their clients stay as they were."""
    retention: timedelta
    """How long a page outlives its client's rows."""
    everything: bool = False
    same_since: date | None = None
    """The day of the last build, if versions are what they were, and it is known whose rows are."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What is to be done about the clients of one bucket."""

    todo: pl.DataFrame
    """``NOW``, ``GENERATION`` and ``WHY`` of those to build; ``ADDRESSES`` and ``FILES`` of
    their earlier pages, empty where there was none."""
    kept: pl.DataFrame
    """Rows of the register that stay, in no order; ``GONE`` of those who are in no table."""
    settled: pl.DataFrame
    """``WHO`` of the clients whose kept page is theirs as of tonight: not gone, not held."""
    removed: pl.DataFrame
    """Rows of the register whose files are to be taken away."""
    is_same: bool
    """Whether all rows of the register stay as they are, and no other comes."""
    forgotten: int
    """Clients who are in the tables although they are forgotten."""


def compare(
    rows: Rows, earlier: pl.DataFrame, tonight: Tonight, touched: pl.DataFrame | None = None
) -> Compared:
    """What is to be done about the clients of these rows, of whom the register has ``earlier``.

    ``touched`` has ``WHO`` of those whose rows may be others than at the last build; where
    ``tonight.same_since`` is known, nobody is looked at but them and whomever the day concerns.
    """
    earlier, dead = _under(tonight.live, earlier)
    if touched is None or tonight.same_since is None:
        return _compared(rows.whole(), earlier, dead, tonight)
    mine = _concerned(rows, earlier, tonight, tonight.same_since, touched)
    if mine.is_empty() and dead.is_empty():
        return _nothing(rows, earlier)
    theirs = earlier.join(mine, on=WHO, how="semi", maintain_order="left")
    part = _compared(rows.only(mine), theirs, dead, tonight)
    others = earlier.join(mine, on=WHO, how="anti", maintain_order="left")
    kept = earlier if part.is_same else pl.concat([others, part.kept])
    settled = pl.concat([others.select(WHO), part.settled])
    return replace(part, kept=kept, settled=settled)


def _compared(
    shard: Shard, earlier: pl.DataFrame, dead: pl.DataFrame, tonight: Tonight
) -> Compared:
    every = digests(shard, tonight.versions, tonight.as_of, tonight.key)
    here = every.join(tonight.forgotten, on=WHO, how="anti", maintain_order="left")
    now = _with_why(_with_keys(here.lazy(), tonight.links), earlier, tonight).collect()
    held = _held(shard, tonight.held_series)
    is_held = pl.col(WHO).is_in(held[WHO].implode())
    is_todo = (pl.col(WHY) > 0) & ~(is_held & pl.col(BUILT).is_not_null())
    todo = now.filter(is_todo)
    stay = now.filter(~is_todo)
    gone, removed = _gone(earlier, here, shard.held, tonight)
    known = earlier.join(stay, on=WHO, how="semi", maintain_order="left")
    back = known.with_columns(pl.lit(None, pl.Date).alias(GONE))
    kept = pl.concat([back, gone]).sort(DEAL, WHO)
    return Compared(
        todo=todo.select(*TO_BUILD),
        kept=kept,
        settled=stay.filter(~is_held).select(WHO),
        removed=pl.concat([removed, dead]),
        is_same=todo.is_empty() and dead.is_empty() and kept.equals(earlier),
        forgotten=every.height - here.height,
    )


def _nothing(rows: Rows, earlier: pl.DataFrame) -> Compared:
    """Nothing is to be done."""
    return Compared(
        todo=pl.DataFrame(schema=TO_BUILD),
        kept=earlier,
        settled=rows.columns("people", WHO),
        removed=earlier.clear(),
        is_same=True,
        forgotten=0,
    )


def _concerned(
    rows: Rows, earlier: pl.DataFrame, tonight: Tonight, since: date, touched: pl.DataFrame
) -> pl.DataFrame:
    """``WHO`` of those for whom anything may be other than on the day ``since``.

    These are clients whose rows were touched, who have no page or no rows, whose keys are others,
    who are forgotten or held, and those for whom a stage began or ended to be told since.
    """
    first, last = sorted((since, tonight.as_of))
    stays, was = rows.columns("situations", WHO, "since").lazy(), earlier.lazy()
    now = _with_keys(rows.columns("people", WHO).lazy(), tonight.links)
    known = was.select(WHO, KEYS, GONE)
    both = now.join(known, on=WHO, how="full", coalesce=True, suffix=" before")
    is_other = pl.col(KEYS).ne_missing(pl.col(f"{KEYS} before")) | pl.col(GONE).is_not_null()
    some = [
        touched.lazy(),
        both.filter(is_other),  # or stand on one side alone
        tonight.forgotten.lazy(),
        stays.filter((pl.col("since") > first) & (pl.col("since") <= last)),
        _held(rows, tonight.held_series).lazy(),
    ]
    return pl.concat([one.select(WHO) for one in some]).unique().collect()


def register_rows(todo: pl.DataFrame, built: pl.DataFrame, tonight: Tonight) -> pl.DataFrame:
    """The register's rows of the clients of ``todo``, whose pages are ``built``.

    ``built`` has ``WHO``, ``ADDRESSES`` and ``FILES``.
    """
    rows = todo.drop(ADDRESSES, FILES).join(built, on=WHO, maintain_order="left")
    dated = rows.with_columns(
        pl.lit(_text(tonight.live)).alias(EPOCHS),
        pl.lit(tonight.as_of).alias(BUILT),
        pl.lit(None, pl.Date).alias(GONE),
    )
    return dated.select(pl.col(name).cast(kind) for name, kind in REGISTER.items())


def _under(live: tuple[int, ...], earlier: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The register's rows with the pages of live epochs only, and rows with those of all others.

    A page that is kept for a while is not kept under a key that was retired or leaked.
    """
    if (earlier[EPOCHS] == _text(live)).all():
        return earlier, earlier.clear()
    parts = [_split(live, *group) for group in earlier.group_by(EPOCHS, maintain_order=True)]
    kept, dead = (pl.concat(frames) for frames in zip(*parts, strict=True))
    return kept.sort(DEAL, WHO), dead


def _split(
    live: tuple[int, ...], group: tuple[object, ...], rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of pages under the same epochs, parted into those under live epochs and the others."""
    numbers = [int(number) for number in str(group[0]).split()]
    here = [place for place, number in enumerate(numbers) if number in live]
    gone = [place for place in range(len(numbers)) if place not in here]
    return _at(rows, here, numbers), _at(rows, gone, numbers)


def _at(rows: pl.DataFrame, places: list[int], numbers: list[int]) -> pl.DataFrame:
    if not places:
        return rows.clear()
    cut = {ADDRESSES: ADDRESS, FILES: DIGEST}
    joined = rows.with_columns(
        pl.concat_str(_piece(name, place, size) for place in places).str.decode("hex").alias(name)
        for name, size in cut.items()
    )
    return joined.with_columns(pl.lit(_text([numbers[place] for place in places])).alias(EPOCHS))


def _piece(column: str, place: int, size: int) -> pl.Expr:
    return pl.col(column).bin.slice(place * size, size).bin.encode("hex")


def _text(epochs: Iterable[int]) -> str:
    return " ".join(map(str, epochs))


def _with_keys(here: pl.LazyFrame, links: Links) -> pl.LazyFrame:
    """Clients with the generation of their links, and what stands for it and the live epochs."""
    joined = here.join(links.revoked.lazy(), on=WHO, how="left", maintain_order="left")
    usual = pl.lit(links.usual, REGISTER[KEYS])
    return joined.with_columns(pl.col(GENERATION).fill_null(FIRST), pl.col(KEYS).fill_null(usual))


def _with_why(now: pl.LazyFrame, earlier: pl.DataFrame, tonight: Tonight) -> pl.LazyFrame:
    """Each client with their earlier page, if any, and the reasons to build another."""
    old = earlier.lazy().select(
        WHO, BUILT, ADDRESSES, FILES, *(pl.col(c).alias(f"old {c}") for c in COMPARED)
    )
    joined = now.join(old, on=WHO, how="left", maintain_order="left")
    differ = [
        pl.when(pl.col(name) != pl.col(f"old {name}")).then(int(why)).otherwise(0)
        for name, why in COMPARED.items()
    ]
    why = pl.sum_horizontal(*differ, pl.lit(int(Why.ASKED) if tonight.everything else 0))
    is_new = pl.col(BUILT).is_null()
    return joined.with_columns(
        pl.when(is_new).then(int(Why.NEW)).otherwise(why).cast(pl.UInt16).alias(WHY),
        pl.col(ADDRESSES).fill_null(b""),
        # an empty digest has the page compared with what lies on the disk
        pl.lit(b"").alias(FILES) if tonight.everything else pl.col(FILES).fill_null(b""),
    )


def _held(rows: Rows, series: frozenset[str]) -> pl.DataFrame:
    """The clients whose earlier page, if they have one, is better than what is known tonight."""
    if not series:
        return rows.columns("held", WHO)
    policies = rows.columns("policies", WHO, "series")
    holders = policies.filter(pl.col("series").is_in(series)).select(WHO)
    return pl.concat([rows.columns("held", WHO), holders]).unique()


def _gone(
    earlier: pl.DataFrame, here: pl.DataFrame, held: pl.DataFrame, tonight: Tonight
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The register's rows of clients who are in no table: those that stay, those that go."""
    absent = earlier.join(here, on=WHO, how="anti", maintain_order="left")
    if absent.is_empty():
        return absent, absent
    refused = pl.col(WHO).is_in(held[WHO].implode())  # their own row is there, and wrong
    since = pl.when(~refused).then(pl.col(GONE).fill_null(tonight.as_of)).alias(GONE)
    dated = absent.with_columns(since)
    is_forgotten = pl.col(WHO).is_in(tonight.forgotten[WHO].implode())
    is_over = pl.col(GONE) + tonight.retention <= tonight.as_of
    goes = is_forgotten | is_over.fill_null(value=False)
    return dated.filter(~goes), dated.filter(goes)
