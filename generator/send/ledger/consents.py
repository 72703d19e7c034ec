"""What clients agreed to, as events that are only ever added.

A withdrawal stands until a later event gives the consent back. A manifest knows only what a table
said some night, and undoes nothing that a client said to us.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select

from generator.base.sending import Kind
from generator.send.ledger.bulk import among, each
from generator.send.ledger.database import Database, chunks
from generator.send.ledger.schema import consents
from generator.send.values import Purpose


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    """A client agreed to something, or took it back."""

    client: str
    kind: Kind
    purpose: Purpose
    given: bool
    at: datetime
    evidence: str
    """What shows it, such as the link of a message that was followed; no address."""

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Consent({self.kind}, {self.purpose}, {self.given})"


class Asked(NamedTuple):
    """Whom, over what, for what."""

    client: str
    kind: Kind
    purpose: Purpose


class Consents:
    """The evidence of consents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Iterable[Consent]) -> None:
        """Put events on record."""
        with self._database.write() as connection:
            for part in chunks(rows):
                each(connection, _ADDING, [_row(one) for one in part])

    def of(self, clients: Collection[str]) -> dict[Asked, Consent]:
        """The latest event of each kind and purpose; nothing where a client never said anything."""
        found: dict[Asked, Consent] = {}
        columns = (consents.c[name] for name in Consent.__slots__)
        latest_last = select(*columns).order_by(consents.c.at, consents.c.id)
        with self._database.read() as connection:
            for part in chunks(sorted(set(clients))):
                mine = among(connection, consents.c.client, part)
                for row in connection.execute(latest_last.where(mine)):
                    one = Consent(*row)
                    found[Asked(one.client, one.kind, one.purpose)] = one
        return found

    def latest(self, client: str, kind: Kind, purpose: Purpose) -> Consent | None:
        """The latest event of one client."""
        return self.of([client]).get(Asked(client, kind, purpose))


_ADDING = insert(consents)


def _row(one: Consent) -> dict[str, object]:
    return {name: getattr(one, name) for name in Consent.__slots__}
