"""Which manifests were taken: none is taken twice, and none that is older than one before."""

from datetime import date, datetime

from sqlalchemy import Connection, select

from generator.send.ledger.database import Database, added
from generator.send.ledger.schema import manifests


class Manifests:
    """The manifests that the sender has taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_known(self, digest: str) -> bool:
        """Whether the manifest of this digest was taken before."""
        asked = select(manifests.c.digest).where(manifests.c.digest == digest)
        with self._database.read() as connection:
            return connection.execute(asked).first() is not None

    def newest(self, site: str) -> tuple[date, int] | None:
        """Day and number of the newest manifest of a site, or None before the first."""
        with self._database.read() as connection:
            return _newest(connection, site)

    def take(self, site: str, digest: str, day: date, number: int, now: datetime) -> bool:
        """Whether it is taken now; not if it was before, or if one of the site is as new."""
        row = {"site": site, "digest": digest, "day": day, "number": number, "taken": now}
        with self._database.write() as connection:
            newest = _newest(connection, site)
            if newest and newest >= (day, number):
                return False
            return added(connection, manifests, [row], ["digest"]) == 1


def _newest(connection: Connection, site: str) -> tuple[date, int] | None:
    newest = (
        select(manifests.c.day, manifests.c.number)
        .where(manifests.c.site == site)
        .order_by(manifests.c.day.desc(), manifests.c.number.desc())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return (row.day, row.number) if row else None
