"""Where nothing is sent any more, known by keyed digests; and where pushes go.

A digest cannot be turned back by whoever has the file without ``meta``, and by whoever has both
only by trying all phone numbers; it says no more than that somebody is not to be disturbed.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from generator.base.sending import Kind
from generator.send.ledger.bulk import among
from generator.send.ledger.database import Database, added, chunks, replaced
from generator.send.ledger.keyed import Keyed
from generator.send.ledger.schema import addresses, blocked
from generator.send.values import Reason

NO_DIGITS = re.compile(r"\D+")
NATIONAL = re.compile(r"8(\d{10})")
"""How a Russian number is written at home; abroad and at gateways it begins with 7."""


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """Where a client can be reached that no manifest knows of: a subscription to pushes."""

    client: str
    kind: Kind
    address: str
    at: datetime

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Address({self.kind})"


class Addresses:
    """Which addresses are not to be used, and which clients gave us themselves."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database, self._keyed = database, Keyed(key)

    def digest(self, kind: Kind, address: str) -> bytes:
        """HMAC-SHA-256 of an address in its one form; nothing for no address."""
        form = canonical(kind, address)
        return self._keyed(f"{kind}\0{form}".encode()) if form else b""

    def suppress(self, digest: bytes, at: datetime, evidence: str) -> None:
        """Nothing is sent there any more; ``evidence`` says why, and names no address."""
        with self._database.write() as connection:
            block(connection, [digest], Reason.SUPPRESSED, at, evidence)

    def bury(self, digest: bytes, at: datetime) -> None:
        """The address is dead."""
        with self._database.write() as connection:
            bury(connection, [digest], at)

    def release(self, digest: bytes, reason: Reason) -> bool:
        """Whether an address was blocked for this reason, and is not any more."""
        chosen = (blocked.c.address == digest) & (blocked.c.reason == reason)
        with self._database.write() as connection:
            return connection.execute(delete(blocked).where(chosen)).rowcount == 1

    def blocked(self, digests: Iterable[bytes]) -> dict[bytes, Reason]:
        """Those of them at which nothing is sent, and why; a wish comes before a fault."""
        found: dict[bytes, Reason] = {}
        rows = select(blocked.c.address, blocked.c.reason)
        with self._database.read() as connection:
            for part in chunks(sorted(set(digests))):
                here = among(connection, blocked.c.address, part)
                for row in connection.execute(rows.where(here)):
                    if row.reason == Reason.SUPPRESSED or row.address not in found:
                        found[bytes(row.address)] = row.reason
        return found

    def add(self, rows: Iterable[Address]) -> None:
        """Keep addresses that clients gave; one that a client gave before takes its new time."""
        made = (self._row(one) for one in rows)
        with self._database.write() as connection:
            replaced(connection, addresses, made, ["client", "digest"])

    def remove(self, kind: Kind, address: str) -> int:
        """How many clients had an address that is gone."""
        gone = delete(addresses).where(addresses.c.digest == self.digest(kind, address))
        with self._database.write() as connection:
            return connection.execute(gone).rowcount

    def of(self, clients: Collection[str], kind: Kind) -> Mapping[str, list[str]]:
        """The addresses of each client that are not blocked, the newest first."""
        dead = select(blocked.c.address).where(blocked.c.address == addresses.c.digest).exists()
        mine = select(addresses).where(addresses.c.kind == kind, ~dead)
        found: dict[str, list[str]] = {}
        with self._database.read() as connection:
            for part in chunks(sorted(set(clients))):
                chosen = mine.where(among(connection, addresses.c.client, part))
                newest = chosen.order_by(addresses.c.at.desc(), addresses.c.digest)
                for row in connection.execute(newest):
                    found.setdefault(row.client, []).append(row.address)
        return found

    def _row(self, one: Address) -> dict[str, Any]:
        return {
            "client": one.client,
            "digest": self.digest(one.kind, one.address),
            "kind": one.kind,
            "address": one.address,
            "at": one.at,
        }


def canonical(kind: Kind, address: str) -> str:
    """The one form of an address; two spellings of a number are one phone."""
    text = address.strip()
    if kind == "sms":
        if text.startswith("+") and text[1:].isdecimal():  # as the rules have it
            return text[1:]
        digits = NO_DIGITS.sub("", text)
        national = None if text.startswith("+") else NATIONAL.fullmatch(digits)
        return f"7{national[1]}" if national else digits
    if kind == "email":
        local, at, domain = text.rpartition("@")
        return f"{local}{at}{domain.lower()}"
    return text


def bury(connection: Connection, digests: Collection[bytes], at: datetime) -> None:
    """These addresses are dead, as a gateway says."""
    block(connection, digests, Reason.DEAD_ADDRESS, at, "said by a gateway")


def block(
    connection: Connection, digests: Collection[bytes], reason: Reason, at: datetime, evidence: str
) -> None:
    """Nothing is sent there; what was known before of the same reason stays."""
    rows = [
        {"address": one, "reason": reason, "at": at, "evidence": evidence}
        for one in sorted(filter(None, digests))
    ]
    added(connection, blocked, rows, ["address", "reason"])
