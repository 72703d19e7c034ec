"""Invented messages, and a ledger in which they are approved."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from generator.send.ledger import Ledger
from generator.send.ledger.planning import planned_of
from generator.send.ledger.schema import IDENTITY, messages
from generator.send.values import Identity, Planned

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEASE = 5 * MINUTE
TRIGGER = "coupon/accrued/2026-11-21/6f1c"
SMS = "operator"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def tag(number: int) -> str:
    """One of the tags that there are."""
    return "".join(ALPHABET[number // 58**place % 58] for place in (2, 1, 0))


def planned(client: str = "A-1", step: int = 0, channel: str = SMS, **changes: object) -> Planned:
    """A message that is to go now, with other values where they are given."""
    identity = Identity(client, "coupon", 1, TRIGGER, step, channel)
    usual = Planned(
        identity,
        "sms",
        "service",
        "coupon-accrued",
        "retail",
        not_before=NOW,
        expires=NOW + DAY,
        tag=tag(step),
        to=b"address of " + client.encode(),
        text=f"text {client} {step}",
        payload=b'{"amount": "17"}',
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def clients(number: int) -> Iterable[str]:
    """So many ids, in their order."""
    return (f"A-{one:06}" for one in range(number))


def approve(ledger: Ledger, *rows: Planned) -> None:
    """Plan these messages, and let them go."""
    ledger.planning.plan(rows, NOW)
    assert ledger.planning.approve(ledger.planning.propose({}, NOW), "Vera", NOW) == len(rows)


def claim(ledger: Ledger, holder: str = "one", now: datetime = NOW, most: int = 10) -> list[str]:
    """The ids of what a sender has in its hands."""
    return [it.id for it in ledger.sending.claim(SMS, holder, most, now, LEASE)]


def attempt(ledger: Ledger, holder: str = "one", now: datetime = NOW) -> list[str]:
    """The ids of what a sender hands over just now."""
    ids = claim(ledger, holder, now)
    assert ledger.sending.attempting(ids, holder, now, LEASE) == set(ids)
    return ids


def states(ledger: Ledger, client: str = "A-1") -> list[str]:
    """In which states the messages of a client are, in the order of their steps."""
    chapters = sorted(ledger.story(client).chapters, key=lambda it: it.identity.step)
    return [it.state.value for it in chapters]


def rows_of(ledger: Ledger, statement: Select[Any]) -> list[Row[Any]]:
    """What lies in its tables, as no room of the house asks for it."""
    with ledger._database.read() as connection:  # noqa: SLF001
        return list(connection.execute(statement))


def unapproved(ledger: Ledger) -> list[Planned]:
    """What nobody approved yet, with what is withheld, in the order of a plan."""
    mine = select(messages).where(messages.c.plan.is_(None))
    order = (messages.c[name] for name in IDENTITY)
    return [planned_of(row) for row in rows_of(ledger, mine.order_by(*order))]
