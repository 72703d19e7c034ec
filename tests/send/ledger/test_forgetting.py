"""A client who is forgotten, and what stays: numbers, and the wish not to be disturbed."""

from sqlalchemy import select

from generator.send.ledger import Address, Consent, Enrolment, Ledger, Seen, Stage
from generator.send.ledger.schema import tables
from generator.send.values import Accepted, Reason, Report
from tests.send.ledger.samples import (
    DAY,
    LEASE,
    NOW,
    SMS,
    TRIGGER,
    approve,
    attempt,
    claim,
    planned,
)

CLIENT = "forgotten"


def lived(ledger: Ledger, client: str) -> None:
    """A client of whom every table knows something."""
    approve(ledger, planned(client), planned(client, 1, reason=Reason.CAP))
    (one,) = attempt(ledger)
    ledger.sending.settle({one: Accepted("77")}, "one", NOW)
    ledger.reports.note([Report(SMS, "delivered", NOW, one)], NOW)
    ledger.journeys.note_seen([Seen("opened", NOW, one)])
    ledger.journeys.note_stages([Stage(client, "bankruptcy", "filing", NOW.date())])
    reasons = (f"reason of {client}",)
    enrolment = Enrolment(client, "coupon", 1, TRIGGER, NOW, 0, NOW, reasons=reasons)
    ledger.enrolments.enrol([enrolment], NOW)
    ledger.consents.add([Consent(client, "email", "service", True, NOW, "account")])
    ledger.addresses.add([Address(client, "push", f"token of {client}", NOW)])
    ledger.addresses.suppress(ledger.addresses.digest("push", f"token of {client}"), NOW, "a call")


def everything(ledger: Ledger) -> str:
    """All rows of all tables, as text."""
    with ledger._database.read() as connection:  # noqa: SLF001
        return repr([connection.execute(select(it)).all() for it in tables.sorted_tables])


def test_nothing_of_a_forgotten_client_is_left(ledger: Ledger) -> None:
    """In no table; the others keep all of theirs."""
    lived(ledger, CLIENT)
    lived(ledger, "other")
    ids = [it.id for it in ledger.story(CLIENT).chapters]
    assert all(word in everything(ledger) for word in (CLIENT, *ids))
    assert ledger.forget(CLIENT) > 8
    left = everything(ledger)
    assert not [word for word in (CLIENT, *ids) if word in left]
    assert ledger.forget(CLIENT) == 0
    assert len(ledger.story("other").chapters) == 2
    assert len(list(ledger.enrolments.due(NOW))) == 1
    assert any(it.reports for it in ledger.story("other").chapters)


def test_numbers_and_refusals_stay(ledger: Ledger) -> None:
    """A night is as large as it was, and nobody writes to an address that asked for peace."""
    lived(ledger, CLIENT)
    lived(ledger, "other")
    before = ledger.counting.by_day(NOW - DAY)
    ledger.forget(CLIENT)
    assert ledger.counting.by_day(NOW - DAY) == before
    digest = ledger.addresses.digest("push", f"token of {CLIENT}")
    assert ledger.addresses.blocked([digest]) == {digest: Reason.SUPPRESSED}
    ledger.forget("other")
    assert ledger.counting.by_day(NOW - DAY) == before
    assert ledger.counting.usual(NOW + DAY) == {SMS: 2.0}


def test_what_a_sender_has_in_its_hands_is_not_sent(ledger: Ledger) -> None:
    """It asks before it attempts, and its late word changes nothing."""
    approve(ledger, planned(CLIENT))
    ids = claim(ledger)
    ledger.forget(CLIENT)
    assert not ledger.sending.attempting(ids, "one", NOW, LEASE)
    assert ledger.sending.settle({ids[0]: Accepted()}, "one", NOW) == 0
    assert not ledger.story(CLIENT).chapters
