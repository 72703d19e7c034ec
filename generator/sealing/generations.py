"""Which links were revoked, and who was forgotten: a journal that lies beside the keys.

It is as precious as the key ring: without it a revoked link would open again. Nobody is named in
it but by a pseudonym, so that it can outlive a forgotten client.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from generator.base.errors import KeyRingError
from generator.sealing import base58
from generator.sealing.keyring import KeyRing

NAME = "generations.jsonl"
Why = Literal["revoked", "forgotten"]


@dataclass(frozen=True, slots=True)
class Generations:
    """The generation of each client whose links were revoked; 0 for all the others."""

    ring: KeyRing
    numbers: Mapping[str, int] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()

    def who(self, client: str) -> str:
        """The pseudonym of a client."""
        return base58.encode(self.ring.client(client))

    def of(self, client: str) -> int:
        """How often the client's links were revoked."""
        return self.numbers.get(self.who(client), 0) if self.numbers else 0

    def by_pseudonym(self) -> dict[bytes, int]:
        """The generations of the clients whose links were revoked, under their pseudonyms."""
        return {base58.decode(who): number for who, number in self.numbers.items()}

    def forgotten_pseudonyms(self) -> list[bytes]:
        """The pseudonyms of all who were forgotten."""
        return sorted(map(base58.decode, self.forgotten))

    def is_forgotten(self, client: str) -> bool:
        """Whether the client asked to be forgotten: no page is ever built for them again."""
        return bool(self.forgotten) and self.who(client) in self.forgotten


def load_generations(ring: KeyRing, key_path: Path) -> Generations:
    """The journal beside the key ring at ``key_path``; empty when nothing was ever revoked.

    Raises:
        KeyRingError: the journal is damaged; going on would bring revoked links back to life.
    """
    path = key_path.with_name(NAME)
    if not path.exists():
        return Generations(ring)
    numbers: dict[str, int] = {}
    forgotten = set()
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            who, number, why = _entry(line)
            numbers[who] = max(number, numbers.get(who, 0))  # backups are merged in any order
            if why == "forgotten":
                forgotten.add(who)
    except (ValueError, KeyError, TypeError):
        raise KeyRingError(f"{path}: the journal is damaged — hint: restore its backup") from None
    return Generations(ring, numbers, frozenset(forgotten))


def _entry(line: str) -> tuple[str, int, Why]:
    entry = json.loads(line)
    who, number, why = entry["who"], entry["generation"], entry["why"]
    base58.decode(who)  # what is no pseudonym would be told only when a night needs it
    if type(number) is not int or number < 1 or why not in get_args(Why):
        raise ValueError
    return who, number, why


def next_generation(
    generations: Generations, key_path: Path, client: str, why: Why, at: datetime
) -> Generations:
    """Write a new generation of ``client`` into the journal, for good; the journal as it is now."""
    generations = load_generations(generations.ring, key_path)  # another may have written since
    who = generations.who(client)
    number = generations.of(client) + 1
    line = json.dumps({"who": who, "generation": number, "why": why, "at": at.isoformat()})
    path = key_path.with_name(NAME)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    return load_generations(generations.ring, key_path)
