"""What conditions of journeys ask for: texts of old versions, stages of clients, what they did."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from generator.send.ledger.bulk import among
from generator.send.ledger.database import Database, added, chunks, replaced
from generator.send.ledger.schema import messages, seen, stages, versions


class Stage(NamedTuple):
    """Where a client stands in a product, and since which day."""

    client: str
    product: str
    stage: str
    since: date


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """What a client did with a message; it is known by its id, or by client and tag."""

    what: str
    """As ``opened``, ``followed``, ``voted``, ``liked``."""
    at: datetime
    message: str = ""
    client: str = ""
    tag: str = ""
    value: str = ""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Seen({self.what})"


class Did(NamedTuple):
    """What a client did with any message of an enrolment."""

    client: str
    journey: str
    trigger: str
    what: str


class Journeys:
    """Versions of journeys, and what is known of clients beside their messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def version_of(self, journey: str, text: str) -> int:
        """The number of a journey's text; a text that is new gets the next one."""
        digest = sha256(text.encode()).hexdigest()
        mine = versions.c.journey == journey
        known = select(versions.c.version).where(mine, versions.c.digest == digest)
        with self._database.read() as connection:
            if number := connection.scalar(known):
                return int(number)
        with self._database.write() as connection:
            last = connection.scalar(select(func.max(versions.c.version)).where(mine)) or 0
            row = {"journey": journey, "version": last + 1, "digest": digest, "text": text}
            added(connection, versions, [row], ["journey", "digest"])
            return int(connection.scalar(known) or 0)

    def text_of(self, journey: str, version: int) -> str | None:
        """The text of a version, or None where there never was such a one."""
        one = (versions.c.journey == journey) & (versions.c.version == version)
        with self._database.read() as connection:
            return connection.scalar(select(versions.c.text).where(one))

    def note_stages(self, rows: Iterable[Stage]) -> None:
        """Note where clients stand; what is older than what is known changes nothing."""
        with self._database.write() as connection:
            for part in chunks(rows):
                newest = {row[:2]: row for row in sorted(part, key=lambda row: row.since)}
                known = _stages(connection, sorted({client for client, _ in newest}))
                new = [
                    row._asdict()
                    for key, row in newest.items()
                    if key not in known or known[key].since <= row.since
                ]
                replaced(connection, stages, new, ["client", "product"])

    def stages_of(self, clients: Iterable[str]) -> dict[tuple[str, str], Stage]:
        """Where clients stand, by client and product, as far as a manifest told it."""
        with self._database.read() as connection:
            return _stages(connection, clients)

    def note_seen(self, rows: Iterable[Seen]) -> int:
        """How many are new and belong to a message; the others are left out."""
        count = 0
        with self._database.write() as connection:
            for one in rows:
                if message := _message(connection, one):
                    values = {"message": message, "what": one.what, "at": one.at}
                    row = {**values, "value": one.value}
                    count += added(connection, seen, [row], ["message", "what", "at"])
        return count

    def note_answer(self, one: Seen) -> None:
        """Keep an answer to a message; the last one counts, and the one before it goes.

        Whoever has a letter may answer it for ever, and must not fill the ledger by it.
        """
        with self._database.write() as connection:
            if message := _message(connection, one):
                earlier = (seen.c.message == message) & (seen.c.what == one.what)
                connection.execute(delete(seen).where(earlier))
                row = {"message": message, "what": one.what, "at": one.at, "value": one.value}
                connection.execute(insert(seen), [row])

    def seen_of(self, clients: Iterable[str]) -> set[Did]:
        """What these clients did with messages of theirs."""
        whose = (messages.c[name] for name in Did._fields[:-1])
        done = select(*whose, seen.c.what).join(seen, messages.c.id == seen.c.message)
        with self._database.read() as connection:
            mine = done.where(among(connection, messages.c.client, clients))
            return set(map(Did._make, connection.execute(mine)))


def _stages(connection: Connection, clients: Iterable[str]) -> dict[tuple[str, str], Stage]:
    rows = select(stages).where(among(connection, stages.c.client, clients))
    return {row[:2]: row for row in map(Stage._make, connection.execute(rows))}


def _message(connection: Connection, one: Seen) -> str | None:
    known: ColumnElement[Any] = messages.c.id == one.message
    if not one.message:
        is_tagged = (messages.c.tag == one.tag) & (messages.c.tag != "")
        known = (messages.c.client == one.client) & is_tagged
    return connection.scalar(select(messages.c.id).where(known))
