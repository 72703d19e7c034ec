"""Digests of what makes a client's page, in columns: equal digests, equal page.

A client's own rows give a keyed digest (HMAC-SHA256), since it outlives the night beside the
site. What all clients share comes in as versions, texts by what they belong to; of these each
client gets a quick digest of just those that reach their page.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl
import polars_hash as plh

from generator.columns import DEAL, SIZE, WHO
from generator.data.records import CLIENTS
from generator.data.shard import Shard
from generator.data.vault import keyed, seed_of

if TYPE_CHECKING:  # whoever publishes has no content to read
    from generator.content import Offer

from generator.columns import EXTRAS, OWN, PAGE, SERIES, SHARED, STAGES


@dataclass(frozen=True, slots=True)
class Versions:
    """What reaches pages besides clients' own rows: a text that changes when the thing does."""

    page: Mapping[str, str]
    """By locale: everything that all pages in it have in common."""
    series: Mapping[tuple[str, str], str]
    """By locale and series."""
    stages: Mapping[tuple[str, str], str]
    """By locale and path."""
    banks: Mapping[tuple[str, str], str]
    """By locale and bank."""
    offers: Sequence[tuple["Offer", Mapping[str, str]]]
    """Offers with a text by locale."""

    def mark(self) -> str:
        """What stands for all versions together."""
        offers = [
            (one.id, *map(sorted, (one.banks, one.series, one.segments, one.locales)), dict(texts))
            for one, texts in self.offers
        ]
        parts = (self.page, self.series, self.stages, self.banks)
        written = json.dumps([[*map(sorted, (part.items() for part in parts))], offers])
        return sha256(written.encode()).hexdigest()


def digests(shard: Shard, versions: Versions, as_of: date, key: str) -> pl.DataFrame:
    """``DEAL``, ``WHO``, ``OWN`` and the ``SHARED`` digests of each client of a shard."""
    locales = shard.people.select(WHO, "locale")
    policies = shard.policies.join(locales, on=WHO, maintain_order="left")
    stays = shard.situations.filter(pl.col("since") <= as_of)  # no page tells what is to come
    stays = stays.join(locales, on=WHO, maintain_order="left")
    held = policies.select(
        WHO,
        _cells("policy_number", "series", "premium", "start_date").alias("policies"),
        _version(versions.series, "series").alias(SERIES),
    )
    been = stays.select(
        WHO,
        _cells("stage", "since").alias("stays"),
        _version(versions.stages, "stage").alias(STAGES),
    )
    texts = _with_texts_of(_with_texts_of(shard.people, held), been)
    offers = _offers(versions.offers, policies)
    extras = pl.concat_str(_version(versions.banks, "bank"), *offers).alias(EXTRAS)
    page = _text(versions.page, pl.col("locale")).alias(PAGE)
    return _digested(texts.with_columns(page, extras), key)


def _digested(texts: pl.DataFrame, key: str) -> pl.DataFrame:
    cells = (*CLIENTS[:-1], "listed", "policies", "stays")
    listed = texts.with_columns(pl.col("consents").list.join(";").alias("listed"))
    message = listed.with_columns(_cells(*cells).alias(OWN))
    own = keyed(OWN, key).str.slice(0, 2 * SIZE).str.decode("hex").alias(OWN)
    quick = (plh.col(name).nchash.xxh3_64(seed=seed_of(key)).alias(name) for name in SHARED)
    return message.select(DEAL, WHO, own, *quick)


def _with_texts_of(people: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """People with the texts of their rows, one after the other, in each column of ``rows``."""
    lists = rows.group_by(WHO, maintain_order=True).agg(pl.all())
    texts = lists.with_columns(pl.exclude(WHO).list.join(""))  # to join within groups costs thrice
    joined = people.join(texts, on=WHO, how="left", maintain_order="left")
    return joined.with_columns(pl.col(texts.columns[1:]).fill_null(""))


def _cells(*cells: str | pl.Expr) -> pl.Expr:
    """Cells as one text that no other cells give: each behind its length."""
    exprs = (pl.col(cell) if isinstance(cell, str) else cell for cell in cells)
    texts = [expr.cast(pl.String) for expr in exprs]
    return pl.concat_str(
        part for text in texts for part in (text.str.len_bytes().cast(pl.String), pl.lit(":"), text)
    )


def _version(versions: Mapping[tuple[str, str], str], column: str) -> pl.Expr:
    """The version of what a row names, in the locale of its client."""
    by_text = {"\n".join(names): version for names, version in versions.items()}
    return _cells(_text(by_text, pl.concat_str("locale", pl.lit("\n"), column)))


def _text(texts: Mapping[str, str], name: pl.Expr) -> pl.Expr:
    return name.replace_strict(texts, default="", return_dtype=pl.String)


def _offers(
    offers: Sequence[tuple["Offer", Mapping[str, str]]], policies: pl.DataFrame
) -> list[pl.Expr]:
    """A text for each offer, empty for clients whom it is not for: it may come and go unseen."""
    return [
        pl.when(_is_for(offer, policies))
        .then(_cells(pl.lit(offer.id), _text(texts, pl.col("locale"))))
        .otherwise(pl.lit(""))
        for offer, texts in offers
    ]


def _is_for(offer: "Offer", policies: pl.DataFrame) -> pl.Expr:
    """``Offer.is_for`` in columns."""
    holders = policies.filter(pl.col("series").is_in(offer.series))[WHO].unique()
    conditions = {"bank": offer.banks, "segment": offer.segments, "locale": offer.locales}
    met = [pl.col(column).is_in(wanted) for column, wanted in conditions.items() if wanted]
    if offer.series:
        met.append(pl.col(WHO).is_in(holders.implode()))
    return pl.all_horizontal(pl.lit(value=True), *met)
