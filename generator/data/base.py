"""The base: clients, each with their policies and situations, in batches and in one order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zoneinfo import available_timezones

import polars as pl

from generator.base.config import Tables
from generator.base.errors import Problem
from generator.base.model import DATE_HINT
from generator.data.table import ROW, Rule, Table, as_day, is_day, read_table

CLIENTS = (
    "client_id",
    "last_name",
    "first_name",
    "middle_name",
    "locale",
    "time_zone",
    "bank",
    "segment",
    "phone",
    "email",
    "consents",
)
POLICIES = ("policy_number", "client_id", "series", "premium", "start_date")
SITUATIONS = ("client_id", "product", "marker", "since")
AMOUNT = r"^[0-9]{1,13}(\.[0-9]{1,4})?$"  # \d would take the digits of every script
AMOUNT_HINT = "write a plain number with a point and no spaces, as in 1000000.00"
LARGEST = 4  # decimal places of the finest minor unit (ISO 4217)


class Policy(NamedTuple):
    """A policy: ``premium`` in minor units of the series' currency."""

    number: str
    series: str
    premium: int
    start: date


class Situation(NamedTuple):
    """A client is in ``stage`` (a stage's path) since a day."""

    stage: str
    since: date


class Client(NamedTuple):
    """A client with all that is theirs; a tuple, since a million of them cross processes."""

    id: str
    last_name: str
    first_name: str
    middle_name: str
    locale: str
    time_zone: str
    bank: str
    segment: str
    phone: str
    email: str
    consents: tuple[str, ...]
    policies: tuple[Policy, ...]
    situations: tuple[Situation, ...]

    @property
    def full_name(self) -> str:
        """Last, first and middle name in the order of the client's language."""
        first = " ".join(filter(None, (self.first_name, self.middle_name)))
        order = (self.last_name, first) if self.locale == "ru" else (first, self.last_name)
        return " ".join(filter(None, order))


@dataclass(frozen=True, slots=True)
class Known:
    """What the tables may refer to: locales, banks, decimal places by series, stage by marker."""

    locales: tuple[str, ...]
    banks: frozenset[str]
    places: Mapping[str, int]
    stages: Mapping[tuple[str, str], str]
    unread: frozenset[str] = frozenset()
    """Columns that refer to what could not be read: its own problem is told, not that of every
    row which names it."""

    def judged(self, *rules: Rule) -> list[Rule]:
        """The rules whose column can be judged."""
        return [rule for rule in rules if rule.column not in self.unread]


@dataclass(frozen=True, slots=True)
class Base:
    """The rows that passed, sorted by client, and those that were refused."""

    clients: pl.DataFrame
    policies: pl.DataFrame
    situations: pl.DataFrame
    refused: tuple[Problem, ...]
    held: frozenset[str]
    """Clients of whom a row was refused: what is known of them is not whole."""
    rows: int

    def __len__(self) -> int:
        """The number of clients."""
        return self.clients.height

    @property
    def refused_percent(self) -> float:
        """The share of refused rows in all rows."""
        rows = {(problem.path, problem.line) for problem in self.refused}
        return 100 * len(rows) / self.rows if self.rows else 0.0

    def batches(self, size: int) -> Iterator[list[Client]]:
        """All clients in the order of their ids, ``size`` at a time."""
        for start in range(0, self.clients.height, size):
            yield self._batch(self.clients.slice(start, size))

    def find(self, client_id: str) -> Client | None:
        """One client, or None."""
        found = self._batch(self.clients.filter(pl.col("client_id") == client_id))
        return found[0] if found else None

    def _batch(self, clients: pl.DataFrame) -> list[Client]:
        if clients.is_empty():
            return []
        policies = _own(self.policies, clients, "policies")
        situations = _own(self.situations, clients, "situations")
        owned = clients.select("policies from", "policies", "situations from", "situations").rows()
        first, _, opening, _ = owned[0]
        return [
            Client._make(
                (
                    *row[:-1],
                    tuple(row[-1]),
                    tuple(map(Policy._make, policies[a - first : a - first + b])),
                    tuple(map(Situation._make, situations[c - opening : c - opening + d])),
                )
            )
            for row, (a, b, c, d) in zip(clients.select(CLIENTS).rows(), owned, strict=True)
        ]


def _own(children: pl.DataFrame, clients: pl.DataFrame, name: str) -> list[tuple[object, ...]]:
    """The rows of ``children`` that belong to a run of clients."""
    start = clients[f"{name} from"][0]
    end = clients[f"{name} from"][-1] + clients[name][-1]
    return children.slice(start, end - start).drop("client_id").rows()


def read_base(root: Path, tables: Tables, known: Known, problems: list[Problem]) -> Base:
    """The base of the site in ``root``; a table that is wrong as a whole is a problem."""
    paths = (tables.clients, tables.policies, tables.situations)
    columns = (CLIENTS, POLICIES, SITUATIONS)
    read = [
        read_table(root / path, root, names, problems)
        for path, names in zip(paths, columns, strict=True)
    ]
    clients, policies, situations = (
        table or _empty(names) for table, names in zip(read, columns, strict=True)
    )
    people, refused_people = _people(clients, known)
    ids = _ids(clients)
    if read[0] is None:
        known = replace(known, unread=known.unread | {"client_id"})
    owned, refused_policies = _policies(policies, known, ids)
    stays, refused_situations = _situations(situations, known, ids)
    refused = (refused_people, refused_policies, refused_situations)
    return Base(
        _with_counts(_with_counts(people, owned, "policies"), stays, "situations"),
        owned.join(people, on="client_id", how="semi", maintain_order="left"),
        stays.join(people, on="client_id", how="semi", maintain_order="left"),
        tuple(problem for one in refused for problem in one.problems),
        frozenset(client for one in refused for client in one.clients),
        sum(table.frame.height for table in (clients, policies, situations)),
    )


class Refused(NamedTuple):
    """The rows of a table that broke a rule, and the clients whom they concern."""

    problems: list[Problem]
    clients: set[str]


def _sifted(table: Table, rules: list[Rule]) -> tuple[pl.DataFrame, Refused]:
    one = _normal(table)
    good, problems = one.sifted(rules)
    out = one.frame.join(good.select(ROW), on=ROW, how="anti")
    return good, Refused(problems, set(out["client_id"]) - {""})


def _empty(columns: tuple[str, ...]) -> Table:
    schema = {ROW: pl.UInt32, **dict.fromkeys(columns, pl.String)}
    return Table("", Path(), pl.DataFrame(schema=schema))


def _ids(clients: Table) -> pl.Series:
    """Every id in the table, refused or not: a refused client's policies are not unknown."""
    return clients.frame["client_id"].str.normalize("NFC").unique()


def _normal(table: Table) -> Table:
    """The table with its client ids in Unicode form C, as addresses are made of them."""
    frame = table.frame.with_columns(pl.col("client_id").str.normalize("NFC"))
    return Table(table.name, table.path, frame.with_columns(pl.col(ROW)))


def _optional(column: str, allowed: pl.Expr) -> pl.Expr:
    return (pl.col(column) != "") & ~allowed


def _people(table: Table, known: Known) -> tuple[pl.DataFrame, Refused]:
    raw = table.frame["client_id"]
    same_text = pl.Series(raw.is_duplicated())
    again = ~pl.col("client_id").is_first_distinct()
    rules = [
        Rule("client_id", pl.col("client_id") == "", "is required"),
        Rule(
            "client_id",
            again & pl.lit(same_text),
            "the client stands twice",
            "keep one row a client",
        ),
        Rule(
            "client_id",
            again & ~pl.lit(same_text),
            "two clients have one address",
            "their ids differ only in Unicode form; give one of them another id",
        ),
        Rule("last_name", pl.col("last_name") == "", "is required"),
        Rule(
            "locale",
            ~pl.col("locale").is_in(known.locales),
            "is not a locale of the site",
            f"use {' or '.join(known.locales)}",
        ),
        Rule(
            "time_zone",
            _optional("time_zone", pl.col("time_zone").is_in(sorted(available_timezones()))),
            "is not a time zone",
            "write a name such as Europe/Moscow, or leave it empty",
        ),
        *known.judged(
            Rule(
                "bank",
                _optional("bank", pl.col("bank").is_in(sorted(known.banks))),
                "there is no such bank",
                "add it to content/banks.yaml, or leave it empty",
            )
        ),
    ]
    good, refused = _sifted(table, rules)
    one_by_one = pl.element().str.strip_chars()
    listed = pl.col("consents").str.split(";").list.eval(one_by_one.filter(one_by_one != ""))
    return good.with_columns(listed).sort("client_id"), refused


def _client_rules(known: Known, ids: pl.Series) -> list[Rule]:
    return known.judged(
        Rule("client_id", pl.col("client_id") == "", "is required"),
        Rule(
            "client_id",
            _optional("client_id", pl.col("client_id").is_in(ids.implode())),
            "there is no such client",
            "add the client to the table of clients",
        ),
    )


def _policies(table: Table, known: Known, ids: pl.Series) -> tuple[pl.DataFrame, Refused]:
    places = pl.col("series").replace_strict(known.places, default=2, return_dtype=pl.Int64)
    fraction = pl.col("premium").str.extract(r"\.(\d+)$").fill_null("")
    is_amount = pl.col("premium").str.contains(AMOUNT)
    good, refused = _sifted(
        table,
        [
            Rule("policy_number", pl.col("policy_number") == "", "is required"),
            Rule(
                "policy_number",
                ~pl.col("policy_number").is_first_distinct(),
                "the policy stands twice",
                "keep one row a policy",
            ),
            *_client_rules(known, ids),
            *known.judged(
                Rule(
                    "series",
                    ~pl.col("series").is_in(list(known.places)),
                    "there is no such series",
                    "add it to content/strategies, or correct its name",
                )
            ),
            Rule("premium", ~is_amount, "is not an amount", AMOUNT_HINT),
            Rule(
                "premium",
                is_amount & (fraction.str.len_chars() > places),
                "is finer than the currency's smallest unit",
                "write no more digits after the point than the currency has, as in 1000000.00",
            ),
            Rule("start_date", ~is_day("start_date"), "expected a date", DATE_HINT),
        ],
    )
    whole = pl.col("premium").str.extract(r"^(\d+)").cast(pl.Int64)
    part = fraction.str.pad_end(LARGEST, "0").cast(pl.Int64)
    minor = whole * pl.lit(10).pow(places) + part // pl.lit(10).pow(LARGEST - places)
    columns = (
        "client_id",
        "policy_number",
        "series",
        minor.cast(pl.Int64).alias("premium"),
        as_day("start_date"),
    )
    return good.select(*columns).sort("client_id", "series", "policy_number"), refused


def _situations(table: Table, known: Known, ids: pl.Series) -> tuple[pl.DataFrame, Refused]:
    bindings = {f"{product}\n{marker}": stage for (product, marker), stage in known.stages.items()}
    key = pl.concat_str("product", pl.lit("\n"), "marker")
    is_product = pl.col("product").is_in(sorted({product for product, _ in known.stages}))
    good, refused = _sifted(
        table,
        [
            *_client_rules(known, ids),
            *known.judged(
                Rule(
                    "product",
                    ~is_product,
                    "there is no such product",
                    "add it to content/products, or correct its name",
                ),
                Rule(
                    "marker",
                    is_product & ~key.is_in(list(bindings)),
                    "no stage of this product has this marker",
                    "add it to the stage's markers in product.yaml",
                ),
            ),
            Rule("since", ~is_day("since"), "expected a date", DATE_HINT),
        ],
    )
    stage = key.replace_strict(bindings, default="", return_dtype=pl.String).alias("stage")
    columns = ("client_id", stage, as_day("since"))
    return good.select(*columns).sort("client_id", "since", "stage"), refused


def _with_counts(people: pl.DataFrame, children: pl.DataFrame, name: str) -> pl.DataFrame:
    """Each client with the number of their rows in ``children`` and where these begin."""
    counts = children.group_by("client_id").len(name)
    joined = people.join(counts, on="client_id", how="left", maintain_order="left")
    filled = joined.with_columns(pl.col(name).fill_null(0).cast(pl.Int64))
    return filled.with_columns((pl.col(name).cum_sum() - pl.col(name)).alias(f"{name} from"))
