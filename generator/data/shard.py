"""One shard of the base: the clients of a bucket, in columns, and as values a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

from generator.buckets import frame_of, stream_of
from generator.columns import DEAL, WHO
from generator.data.records import CLIENTS, Client, Policy, Situation
from generator.data.vault import piece, pieces

Table = Literal["people", "policies", "situations", "held"]
TABLES: tuple[Table, ...] = ("people", "policies", "situations", "held")
"""The frames of a shard, in the order in which they are packed."""


class Rows(Protocol):
    """The rows of some clients; what nobody asks for may stay as it lies."""

    def columns(self, table: Table, *names: str) -> pl.DataFrame:
        """Some columns of one table."""

    def only(self, who: pl.DataFrame) -> "Shard":
        """The shard of those clients whose pseudonyms stand in a frame."""

    def whole(self) -> "Shard":
        """The shard of all of them."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The rows of some clients that passed, in the order of ``DEAL`` and pseudonym."""

    people: pl.DataFrame
    policies: pl.DataFrame
    situations: pl.DataFrame
    held: pl.DataFrame
    """Pseudonyms of clients of whom a row was refused: what is known of them is not whole."""

    def __len__(self) -> int:
        """The number of clients."""
        return self.people.height

    def columns(self, table: Table, *names: str) -> pl.DataFrame:
        """Some columns of one table."""
        frame: pl.DataFrame = getattr(self, table)
        return frame.select(names)

    def whole(self) -> "Shard":
        """This very shard."""
        return self

    def only(self, who: pl.DataFrame) -> "Shard":
        """The shard of those clients whose pseudonyms stand in a frame."""
        return Shard(*(among(frame, who) for frame in self.frames()))

    def without(self, who: pl.DataFrame) -> "Shard":
        """The shard of all other clients."""
        return Shard(*(frame.join(who, on=WHO, how="anti") for frame in self.frames()))

    def cut(self, start: int, count: int) -> "Shard":
        """The shard of ``count`` clients from the ``start``-th on."""
        people = self.people.slice(start, count)
        rest = (among(frame, people) for frame in (self.policies, self.situations, self.held))
        return Shard(people, *rest)

    def sorted(self) -> "Shard":
        """The shard in the order that all shards have."""
        return Shard(
            self.people.sort(DEAL, WHO),
            self.policies.sort(DEAL, WHO, "series", "policy_number"),
            self.situations.sort(DEAL, WHO, "since", "stage"),
            self.held,
        )

    def batches(self, size: int) -> Iterator[list[Client]]:
        """All clients as values, ``size`` at a time."""
        people = _counted(
            _counted(self.people, self.policies, "policies"), self.situations, "stays"
        )
        for start in range(0, people.height, size):
            yield self._batch(people.slice(start, size))

    def frames(self) -> tuple[pl.DataFrame, ...]:
        """All four frames."""
        return *self.tables(), self.held

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """The frames that have rows of tables."""
        return self.people, self.policies, self.situations

    def _batch(self, people: pl.DataFrame) -> list[Client]:
        policies = _own(self.policies, people, "policies")
        stays = _own(self.situations, people, "stays")
        owned = people.select("policies from", "policies", "stays from", "stays").rows()
        first, _, opening, _ = owned[0]
        return [
            Client._make(
                (
                    *row[:-1],
                    tuple(row[-1]),
                    tuple(map(Policy._make, policies[a - first : a - first + b])),
                    tuple(map(Situation._make, stays[c - opening : c - opening + d])),
                )
            )
            for row, (a, b, c, d) in zip(people.select(CLIENTS).rows(), owned, strict=True)
        ]


def packed(shard: Shard) -> bytes:
    """A shard as bytes, to be locked and put down or sent."""
    return b"".join(piece(stream_of(frame)) for frame in shard.frames())


def unpacked(data: bytes) -> Shard:
    """The shard that was ``packed``."""
    return Shard(*map(frame_of, pieces(data)))


def among(frame: pl.DataFrame, who: pl.DataFrame) -> pl.DataFrame:
    """The rows of those clients whose pseudonyms stand in a frame."""
    return frame.join(who.select(WHO), on=WHO, how="semi", maintain_order="left")


def _own(children: pl.DataFrame, people: pl.DataFrame, name: str) -> list[tuple[object, ...]]:
    """The rows of ``children`` that belong to a run of clients."""
    start = people[f"{name} from"][0]
    end = people[f"{name} from"][-1] + people[name][-1]
    return children.slice(start, end - start).drop(DEAL, WHO).rows()


def _counted(people: pl.DataFrame, children: pl.DataFrame, name: str) -> pl.DataFrame:
    """Each client with the number of their rows in ``children`` and where these begin."""
    counts = children.group_by(WHO).len(name)
    joined = people.join(counts, on=WHO, how="left", maintain_order="left")
    filled = joined.with_columns(pl.col(name).fill_null(0).cast(pl.Int64))
    return filled.with_columns((pl.col(name).cum_sum() - pl.col(name)).alias(f"{name} from"))
