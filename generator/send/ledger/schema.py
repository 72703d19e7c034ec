"""The tables of the ledger, and the number that their form has.

Where an enrolment will stand when the plan is approved that has its next messages is in ``next_…``.

``messages.due`` is there as long as something is still to happen to a message: when it may be
claimed, or when the lease of who holds it is over. The index over it stays small, however many
years of messages lie beside it.
"""

import os

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    insert,
    inspect,
    select,
    text,
)

from generator.base.errors import InputError, Problem
from generator.send.ledger.columns import Choice, Moment, Number, Word
from generator.send.ledger.database import NAME, Database
from generator.send.values import Reason, State

NUMBER = 1
LOCK = "select pg_advisory_xact_lock(1396783185, 5)"
KEY_BYTES = 32
IDENTITY = ["client", "journey", "version", "trigger", "step", "channel"]
"""What makes a message itself, in the order of ``values.Identity``."""

tables = MetaData()

meta = Table(
    "meta",
    tables,
    Column("name", Word, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
manifests = Table(
    "manifests",
    tables,
    Column("digest", Word, primary_key=True),
    Column("site", Word, nullable=False),
    Column("day", Date, nullable=False),
    Column("number", Number, nullable=False),
    Column("taken", Moment, nullable=False),
    Index("manifests_newest", "site", "day", "number", unique=True),
)
versions = Table(
    "versions",
    tables,
    Column("journey", Word, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", Word, nullable=False),
    Column("text", Word, nullable=False),
    UniqueConstraint("journey", "digest"),
)
enrolments = Table(
    "enrolments",
    tables,
    Column("id", Number, primary_key=True),
    Column("client", Word, nullable=False),
    Column("journey", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("trigger", Word, nullable=False),
    Column("entered", Moment, nullable=False),
    Column("step", Integer, nullable=False),
    Column("due", Moment),
    Column("state", Word, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("next_step", Integer),
    Column("next_due", Moment),
    Column("next_state", Word),
    UniqueConstraint("client", "journey", "trigger"),
)
Index(
    "enrolments_due",
    enrolments.c.due,
    sqlite_where=enrolments.c.due.is_not(None),
    postgresql_where=enrolments.c.due.is_not(None),
)
told = Table(
    "told",
    tables,
    Column("client", Word, primary_key=True),
    Column("journey", Word, primary_key=True),
    Column("reason", Word, primary_key=True),
)
stages = Table(
    "stages",
    tables,
    Column("client", Word, primary_key=True),
    Column("product", Word, primary_key=True),
    Column("stage", Word, nullable=False),
    Column("since", Date, nullable=False),
)
plans = Table(
    "plans",
    tables,
    Column("id", Number, primary_key=True),
    Column("hash", Word, nullable=False, unique=True),
    Column("made", Moment, nullable=False),
    Column("summary", Word, nullable=False),
    Column("approved", Moment),
    Column("approved_by", Word, nullable=False),
    Column("mode", Word, nullable=False),
)
messages = Table(
    "messages",
    tables,
    Column("id", Word, primary_key=True),
    Column("client", Word, nullable=False),
    Column("journey", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("trigger", Word, nullable=False),
    Column("step", Integer, nullable=False),
    Column("channel", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("purpose", Word, nullable=False),
    Column("message", Word, nullable=False),
    Column("segment", Word, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("tag", Word, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("digest", Word, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("reason", Choice(Reason)),
    Column("payload", LargeBinary, nullable=False),
    Column("plan", Number),
    Column("planned", Moment, nullable=False),
    Column("state", Choice(State), nullable=False),
    Column("due", Moment),
    Column("holder", Word, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempted", Moment),
    Column("provider", Word, nullable=False),
    Column("code", Word, nullable=False),
    UniqueConstraint(*IDENTITY),
)
Index(
    "messages_open",
    messages.c.state,
    messages.c.channel,
    messages.c.due,
    sqlite_where=messages.c.due.is_not(None),
    postgresql_where=messages.c.due.is_not(None),
)
Index(
    "messages_unapproved",
    *(messages.c[name] for name in IDENTITY),
    sqlite_where=messages.c.plan.is_(None),
    postgresql_where=messages.c.plan.is_(None),
)
Index(
    "messages_tag",
    messages.c.client,
    messages.c.tag,
    unique=True,
    sqlite_where=messages.c.tag != text("''"),
    postgresql_where=messages.c.tag != text("''"),
)
Index(
    "messages_provider",
    messages.c.provider,
    sqlite_where=messages.c.provider != text("''"),
    postgresql_where=messages.c.provider != text("''"),
)
Index(
    "messages_attempted",
    messages.c.channel,
    messages.c.attempted,
    sqlite_where=messages.c.attempted.is_not(None),
    postgresql_where=messages.c.attempted.is_not(None),
)
Index(
    "messages_address",
    messages.c.address,
    messages.c.digest,
    sqlite_where=messages.c.attempted.is_not(None),
    postgresql_where=messages.c.attempted.is_not(None),
)
changes = Table(
    "changes",
    tables,
    Column("id", Number, primary_key=True),
    Column("message", Word, nullable=False, index=True),
    Column("state", Choice(State), nullable=False),
    Column("at", Moment, nullable=False),
    Column("code", Word, nullable=False),
)
reports = Table(
    "reports",
    tables,
    Column("id", Number, primary_key=True),
    Column("channel", Word, nullable=False),
    Column("message", Word, nullable=False),
    Column("provider", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("code", Word, nullable=False),
    Column("at", Moment, nullable=False),
    Column("noted", Moment, nullable=False),
    Column("about", Word, index=True),
    UniqueConstraint("channel", "message", "provider", "status", "code"),
    Index("reports_provider", "provider"),
)
seen = Table(
    "seen",
    tables,
    Column("message", Word, primary_key=True),
    Column("what", Word, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("value", Word, nullable=False),
)
consents = Table(
    "consents",
    tables,
    Column("id", Number, primary_key=True),
    Column("client", Word, nullable=False, index=True),
    Column("kind", Word, nullable=False),
    Column("purpose", Word, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("evidence", Word, nullable=False),
)
blocked = Table(
    "blocked",
    tables,
    Column("address", LargeBinary, primary_key=True),
    Column("reason", Choice(Reason), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("evidence", Word, nullable=False),
)
addresses = Table(
    "addresses",
    tables,
    Column("client", Word, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("kind", Word, nullable=False),
    Column("address", Word, nullable=False),
    Column("at", Moment, nullable=False),
)
buckets = Table(
    "buckets",
    tables,
    Column("channel", Word, primary_key=True),
    Column("free", Number, nullable=False),
)
stops = Table(
    "stops",
    tables,
    Column("channel", Word, primary_key=True),
    Column("why", Word, nullable=False),
    Column("at", Moment, nullable=False),
)
resumes = Table(
    "resumes",
    tables,
    Column("channel", Word, primary_key=True),
    Column("at", Moment, nullable=False),
)
leases = Table(
    "leases",
    tables,
    Column("name", Word, primary_key=True),
    Column("holder", Word, nullable=False),
    Column("until", Moment, nullable=False),
)
counts = Table(
    "counts",
    tables,
    Column("day", Date, primary_key=True),
    Column("channel", Word, primary_key=True),
    Column("journey", Word, primary_key=True),
    Column("segment", Word, primary_key=True),
    Column("state", Choice(State), primary_key=True),
    Column("number", Integer, nullable=False),
)
"""Of clients who are forgotten: how much was sent, and nothing about whom."""


def prepare(database: Database) -> bytes:
    """The key of addresses' digests; the tables are there afterwards.

    Raises:
        InputError: a newer release made the tables.
    """
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(LOCK))  # two who make the same table would not both succeed
        if inspect(connection).has_table(meta.name):
            _check(connection)
        tables.create_all(connection)
        key = value_of(connection, "key")
        return key or _first(connection)


def value_of(connection: Connection, name: str) -> bytes:
    """What ``meta`` has under a name; nothing where it has none."""
    found = connection.scalar(select(meta.c.value).where(meta.c.name == name))
    return bytes(found or b"")


def _first(connection: Connection) -> bytes:
    values = {"schema": str(NUMBER).encode(), "key": os.urandom(KEY_BYTES)}
    rows = [{"name": name, "value": value} for name, value in values.items()]
    connection.execute(insert(meta), rows)
    return values["key"]


def _check(connection: Connection) -> None:
    if int(value_of(connection, "schema") or NUMBER) > NUMBER:
        hint = "install the release that wrote it, or a newer one"
        raise InputError([Problem(NAME, "a newer release made this ledger", hint)])
