"""The ledger: who was to be told what, and what became of it.

Comes in: clients in journeys, planned messages, approvals, what gateways said at once and later,
what clients agreed to. Goes out: what may be handed over now and by nobody else, who must be left
in peace, the story of one client. It refuses a message that it has already, a plan that is not the
one that was shown, and to give out again what may have been sent. It knows no network and no text:
values of messages lie in it only until a gateway has taken them.

It is a file of SQLite or a database of PostgreSQL, with the same rules on both. Whoever calls says
what time it is.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generator.send.ledger.addresses import Address, Addresses
from generator.send.ledger.channels import Channels, Stop
from generator.send.ledger.consents import Asked, Consent, Consents
from generator.send.ledger.counting import Counting, Sent
from generator.send.ledger.database import Database, open_database
from generator.send.ledger.enrolments import Advance, Enrolment, Enrolments, Told
from generator.send.ledger.forgetting import forget
from generator.send.ledger.ids import Draw, new_id
from generator.send.ledger.journeys import Did, Journeys, Seen, Stage
from generator.send.ledger.manifests import Manifests
from generator.send.ledger.planning import Plan, Planning, Total
from generator.send.ledger.reports import Noted, Reports
from generator.send.ledger.schema import prepare
from generator.send.ledger.sending import Claimed, Sending
from generator.send.ledger.story import Change, Chapter, Story, tell

__all__ = [
    "Address",
    "Advance",
    "Asked",
    "Change",
    "Chapter",
    "Claimed",
    "Consent",
    "Did",
    "Enrolment",
    "Ledger",
    "Noted",
    "Plan",
    "Seen",
    "Sent",
    "Stage",
    "Stop",
    "Story",
    "Told",
    "Total",
    "new_id",
    "open_ledger",
]


class Ledger:
    """An open ledger, by its chapters."""

    def __init__(self, database: Database, key: bytes, draw: Draw = os.urandom) -> None:
        self._database = database
        self.key = key
        self.manifests = Manifests(database)
        self.enrolments = Enrolments(database)
        self.journeys = Journeys(database)
        self.planning = Planning(database, draw, key)
        self.sending = Sending(database)
        self.reports = Reports(database)
        self.consents = Consents(database)
        self.addresses = Addresses(database, key)
        self.channels = Channels(database)
        self.counting = Counting(database)

    def story(self, client: str) -> Story:
        """All that is known of a client's messages."""
        return tell(self._database, client)

    def forget(self, client: str) -> int:
        """How many rows of the client were removed; anonymous counts and refusals stay."""
        return forget(self._database, client)


@contextmanager
def open_ledger(
    root: Path, where: str, environment: Mapping[str, str] = os.environ, draw: Draw = os.urandom
) -> Iterator[Ledger]:
    """The ledger of a site: ``where`` is its setting ``send.ledger``.

    Raises:
        InputError: the setting names no database, or a newer release made the ledger.
        OutsideError: the database cannot be reached or written.
    """
    database = open_database(root, where, environment)
    try:
        yield Ledger(database, prepare(database), draw)
    finally:
        database.close()
