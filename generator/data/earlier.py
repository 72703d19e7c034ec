"""The base of the last build, taken over as it lies when it would come out the same.

Many nights bring the tables of the night before: an export that is made once a week, or a run by
day after one by night. Reading a file to the end tells that it is the same at a tenth of the cost
of dealing and checking its rows. What a database would answer is known only by asking.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any, NamedTuple

from generator.base.errors import OpenError, Problem
from generator.data.rules import Known, zones
from generator.data.sources import Source
from generator.data.vault import Bucket, Vault, bucket_named

ABOUT = "about"


class Earlier(NamedTuple):
    """Where the base of the last build lies, and under which program rows are checked now."""

    vault: Vault
    program: str


class Found(NamedTuple):
    """What is known of a base besides its shards."""

    sizes: dict[Bucket, int]
    refused: tuple[Problem, ...]
    rows: int


def mark_of(sources: Mapping[str, Source], known: Known, vault: Vault, words: Sequence[str]) -> str:
    """What stands for everything a base is made of; empty where that is known by reading alone.

    ``words`` tell what else decides: the program, and how the base is dealt.
    """
    marks = [(name, source.name, source.mark()) for name, source in sources.items()]
    if not all(mark for *_, mark in marks):
        return ""
    refers = [
        known.locales,
        sorted(known.banks),
        sorted(known.places.items()),
        sorted(known.stages.items()),
        sorted(known.unread),
        sorted(zones()),
    ]
    written = json.dumps([marks, refers, vault.who("").hex(), words])
    return sha256(written.encode()).hexdigest()


def put_down(vault: Vault, found: Found, mark: str) -> None:
    """Write beside the shards of a base what it is made of."""
    told = {
        "mark": mark,
        "rows": found.rows,
        "refused": [asdict(problem) for problem in found.refused],
        "buckets": {
            bucket.name: (count, vault.tag(bucket.name).hex())
            for bucket, count in found.sizes.items()
        },
    }
    vault.write(ABOUT, json.dumps(told).encode())


def taken_over(earlier: Vault, vault: Vault, mark: str) -> Found | None:
    """The shards of an earlier base in ``vault``, if it was made of the same and lies untouched.

    A shard that ``watch`` or ``forget`` wrote anew is not what the tables say.
    """
    try:
        told: dict[str, Any] = json.loads(earlier.read(ABOUT))
    except (OSError, OpenError):
        return None
    if told.get("mark") != mark:
        return None
    tags = {name: bytes.fromhex(tag) for name, (_, tag) in told["buckets"].items()}
    if any(earlier.tag(name) != tag for name, tag in tags.items()):
        return None
    if not all(vault.link(name, earlier) for name in (*tags, ABOUT)):
        vault.drop((*tags, ABOUT))  # to write into them would be to write into the earlier base
        return None
    sizes = {bucket_named(name): count for name, (count, _) in told["buckets"].items()}
    return Found(sizes, tuple(Problem(**one) for one in told["refused"]), told["rows"])
