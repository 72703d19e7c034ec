"""The base of the last build, taken over as it lies when it would come out the same.

Many nights bring the tables of the night before: an export that is made once a week, or a run by
day after one by night. Reading a file to the end tells that it is the same at a tenth of the cost
of dealing and checking its rows. What a database would answer is known only by asking. Where tables
changed, the base of the last build still tells which of their rows did not (``data.kept``).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any, NamedTuple

from generator.base.errors import OpenError, Problem
from generator.buckets import Bucket, bucket_named
from generator.data.kept import Last, Lasting, last_of
from generator.data.layers import Layers
from generator.data.rules import Known, zones
from generator.data.sources import Source
from generator.data.vault import Vault

ABOUT = "about"


class Earlier(NamedTuple):
    """Where the base of the last build lies, if any, and by which program rows are checked now."""

    vault: Vault | None
    program: str


class Found(NamedTuple):
    """What is known of a base besides its shards."""

    buckets: dict[Bucket, Lasting]
    refused: tuple[Problem, ...]
    rows: dict[str, int]
    """By table."""


class Marks(NamedTuple):
    """What stands for everything that a base is made of but what its rows may refer to."""

    way: str
    """Of the program, the key, the names of the tables, and how it is dealt."""
    tables: dict[str, str]
    """By table: of its bytes; empty where only reading tells."""


def marks_of(sources: Mapping[str, Source], vault: Vault, words: Sequence[str]) -> Marks:
    """What stands for a base; ``words`` are the program and how the base is dealt."""
    names = [source.name for source in sources.values()]
    way = _digest([names, vault.who("").hex(), words])
    return Marks(way, {name: source.mark() for name, source in sources.items()})


def rules_of(known: Known) -> str:
    """What stands for all that rows may refer to."""
    refers = [
        known.locales,
        sorted(known.banks),
        sorted(known.places.items()),
        sorted(known.stages.items()),
        sorted(known.unread),
        sorted(zones()),
    ]
    return _digest(refers)


def _digest(value: object) -> str:
    return sha256(json.dumps(value).encode()).hexdigest()


def put_down(vault: Vault, found: Found, marks: Marks, rules: str) -> None:
    """Write beside the shards of a base what it is made of."""
    told = {
        "way": marks.way,
        "rules": rules,
        "tables": marks.tables,
        "rows": found.rows,
        "refused": [asdict(problem) for problem in found.refused],
        "buckets": {
            bucket.name: (*lasting, Layers(vault, bucket).tag)
            for bucket, lasting in found.buckets.items()
        },
    }
    vault.write(ABOUT, json.dumps(told).encode())


class LastBase:
    """What was put down beside the base of the last build, made in the same way."""

    def __init__(self, vault: Vault, told: Mapping[str, Any]) -> None:
        self._vault, self._told = vault, told
        self.rules: str = told["rules"]
        known = {bucket_named(name): facts for name, facts in told["buckets"].items()}
        self._buckets = {
            bucket: Lasting(clients, is_whole)
            for bucket, (clients, is_whole, tag) in known.items()
            if Layers(vault, bucket).tag == tag
        }

    def is_of(self, marks: Marks) -> bool:
        """Whether it was made of the same tables, and lies untouched.

        A shard that ``watch`` or ``forget`` wrote anew is not what the tables say.
        """
        is_same = all(marks.tables.values()) and marks.tables == self._told["tables"]
        return is_same and len(self._buckets) == len(self._told["buckets"])

    def taken_over(self, vault: Vault) -> Found | None:
        """Its shards in ``vault``, if they can lie there too."""
        told, buckets = self._told, self._buckets
        both = [(Layers(vault, one), Layers(self._vault, one)) for one in buckets]
        if not (
            vault.link(ABOUT, self._vault) and all(here.take_over(last) for here, last in both)
        ):
            vault.clear()  # to write into a file would be to write into the last base
            return None
        refused = tuple(Problem(**one) for one in told["refused"])
        return Found(self._buckets, refused, told["rows"])

    def rows(self, marks: Marks) -> Last | None:
        """Its rows, to be compared with those of tonight; None where they cannot be read."""
        was, rows = self._told["tables"], self._told["rows"]
        same = {
            name: rows[name] if mark and mark == was[name] else None
            for name, mark in marks.tables.items()
        }
        try:
            return last_of(self._vault, self._buckets, same)
        except (OSError, OpenError):
            return None


def last_base(earlier: Earlier | None, marks: Marks) -> LastBase | None:
    """What is known of the base of the last build, if it was made in the same way."""
    if earlier is None or earlier.vault is None:
        return None
    try:
        told = json.loads(earlier.vault.read(ABOUT))
    except (OSError, OpenError):
        return None
    return LastBase(earlier.vault, told) if told.get("way") == marks.way else None
