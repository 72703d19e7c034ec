"""What the base consists of: a client with policies and situations, and the tables' columns."""

from datetime import date
from typing import NamedTuple

CLIENTS = (
    "client_id",
    "last_name",
    "first_name",
    "middle_name",
    "locale",
    "time_zone",
    "bank",
    "segment",
    "phone",
    "email",
    "consents",
)
POLICIES = ("policy_number", "client_id", "series", "premium", "start_date")
SITUATIONS = ("client_id", "product", "marker", "since")


class Policy(NamedTuple):
    """A policy: ``premium`` in minor units of the series' currency."""

    number: str
    series: str
    premium: int
    start: date


class Situation(NamedTuple):
    """A client is in ``stage`` (a stage's path) since a day."""

    stage: str
    since: date


class Client(NamedTuple):
    """A client with all that is theirs; a tuple, since a million of them are made a night."""

    id: str
    last_name: str
    first_name: str
    middle_name: str
    locale: str
    time_zone: str
    bank: str
    segment: str
    phone: str
    email: str
    consents: tuple[str, ...]
    policies: tuple[Policy, ...]
    situations: tuple[Situation, ...]

    @property
    def full_name(self) -> str:
        """Last, first and middle name in the order of the client's language."""
        first = " ".join(filter(None, (self.first_name, self.middle_name)))
        order = (self.last_name, first) if self.locale == "ru" else (first, self.last_name)
        return " ".join(filter(None, order))
