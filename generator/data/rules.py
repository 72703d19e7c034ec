"""What is right in the rows of clients, policies and situations, and their typed values.

Comes in: the rows of one bucket as texts. All rows that a rule compares lie in one bucket, but
for policy numbers, whose repetitions are found while the base is dealt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple
from zoneinfo import available_timezones

import polars as pl
from polars import selectors

from generator.base.model import DATE_HINT
from generator.columns import DEAL, WHO
from generator.data.lying import MARK
from generator.data.records import CLIENTS
from generator.data.sources import ROW
from generator.data.table import Fault, Rule, as_day, is_day, sifted

SPELLED = "spelled"
"""A client's id as the table has it; ``client_id`` is its Unicode form C."""

REPEATED = "repeated"
"""Whether a policy's number stands in an earlier row of the whole table."""

AMOUNT = r"^[0-9]{1,13}(\.[0-9]{1,4})?$"  # \d would take the digits of every script
AMOUNT_HINT = "write a plain number with a point and no spaces, as in 1000000.00"
USUAL, LARGEST = 2, 4  # decimal places of most minor units, and of the finest (ISO 4217)
MARKED = selectors.by_name(MARK, require_all=False)  # rows that came during the day have no mark


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


class Judged(NamedTuple):
    """The rows of a table that passed, and those that did not."""

    rows: pl.DataFrame
    faults: list[Fault]
    concerned: pl.Series
    """The clients of whom a row was refused."""


def people(frame: pl.DataFrame, known: Known) -> Judged:
    """Clients, each once."""
    again = ~pl.col("client_id").is_first_distinct()
    same_text = pl.col(SPELLED).is_duplicated()
    judged = _judged(
        frame,
        [
            Rule("client_id", pl.col("client_id") == "", "is required"),
            Rule(
                "client_id", again & same_text, "the client stands twice", "keep one row a client"
            ),
            Rule(
                "client_id",
                again & ~same_text,
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
                _optional("time_zone", pl.col("time_zone").is_in(zones())),
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
        ],
    )
    one_by_one = pl.element().str.strip_chars()
    listed = pl.col("consents").str.split(";").list.eval(one_by_one.filter(one_by_one != ""))
    return judged._replace(rows=judged.rows.select(DEAL, WHO, *CLIENTS[:-1], listed, MARKED))


def policies(frame: pl.DataFrame, known: Known, ids: pl.Series) -> Judged:
    """Policies with premiums in minor units."""
    usual = LARGEST if "series" in known.unread else USUAL
    places = pl.col("series").replace_strict(known.places, default=usual, return_dtype=pl.Int64)
    fraction = pl.col("premium").str.extract(r"\.(\d+)$").fill_null("")
    is_amount = pl.col("premium").str.contains(AMOUNT)
    judged = _judged(
        frame,
        [
            Rule("policy_number", pl.col("policy_number") == "", "is required"),
            Rule(
                "policy_number",
                pl.col(REPEATED),
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
        MARKED,
    )
    return judged._replace(rows=judged.rows.select(*columns))


def situations(frame: pl.DataFrame, known: Known, ids: pl.Series) -> Judged:
    """Situations with the path of their stage."""
    bindings = {f"{product}\n{marker}": stage for (product, marker), stage in known.stages.items()}
    key = pl.concat_str("product", pl.lit("\n"), "marker")
    is_product = pl.col("product").is_in(sorted({product for product, _ in known.stages}))
    judged = _judged(
        frame,
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
    return judged._replace(rows=judged.rows.select("client_id", stage, as_day("since"), MARKED))


def _judged(frame: pl.DataFrame, rules: list[Rule]) -> Judged:
    good, faults = sifted(frame, rules)
    if not faults:
        return Judged(good, [], frame["client_id"].clear())
    out = frame.join(good.select(ROW), on=ROW, how="anti")
    return Judged(good, faults, out["client_id"].unique())


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


def _optional(column: str, allowed: pl.Expr) -> pl.Expr:
    return (pl.col(column) != "") & ~allowed


@cache
def zones() -> list[str]:
    """The names of all time zones that this machine knows, sorted."""
    return sorted(available_timezones())
