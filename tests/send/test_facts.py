"""What is known of many clients at once is what is known of each."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event

from generator.base.sending import Kind
from generator.send.facts import Knowledge, LedgerFacts, known_of
from generator.send.ledger import Address, Advance, Consent, Enrolment, Seen, Stage
from generator.send.payload import Payload, about
from generator.send.sender import Sender
from generator.send.values import Entry
from tests.send.entries import coupon, entry_of, stage
from tests.send.house import NOON, house
from tests.send.ledger.samples import DAY, HOUR, TRIGGER, approve, attempt, planned

CLIENTS = [f"A-{number}" for number in range(1, 5)]
PHONE = "+79990001234"
KINDS: tuple[Kind, ...] = ("sms", "email", "push")


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    """The sender of a site with nothing in its ledger."""
    caps = [{"most": 2, "days": 7}]
    with house(tmp_path, caps=caps, hold_out_percent="50").open() as it:
        yield it


def entry(client: str) -> Entry:
    """A client in a stage, who has had a coupon."""
    return entry_of(coupon(), stage("cards/ordered", "2026-11-20"), client=client)


def payload(client: str) -> Payload:
    """The same, as the ledger keeps it."""
    return about(entry(client), entry(client).reasons)


def known(sender: Sender, kinds: tuple[Kind, ...] = KINDS) -> Knowledge:
    """What is known of all clients."""
    payloads = {client: [payload(client)] for client in CLIENTS}
    return known_of(sender.ledger, sender.settings, payloads, kinds, NOON)


def facts(some: Knowledge, client: str, trigger: str = TRIGGER) -> LedgerFacts:
    """What a step asks of a client."""
    return LedgerFacts(some, client, "coupon", trigger, payload(client))


def test_of_who_is_new_nothing_is_known(sender: Sender) -> None:
    """Nothing stands against them, and they did nothing; they are in their stage."""
    some = known(sender)
    for client in CLIENTS:
        one, asked = some.of(client), facts(some, client)
        assert (dict(one.said), list(one.sent), one.push) == ({}, [], "")
        assert not one.is_suppressed("sms", PHONE)
        assert not one.is_dead("email", "c-1@example.org")
        assert not asked.page_opened()
        assert not asked.link_followed()
        assert not asked.journey_finished("coupon")
        assert asked.stage_unchanged()


def test_what_they_said_and_where_they_are_reached(sender: Sender) -> None:
    """The last word of each, and the newest address for pushes."""
    ledger, later = sender.ledger, NOON + HOUR
    ledger.consents.add(
        [
            Consent("A-1", "sms", "service", False, NOON, "a call"),
            Consent("A-1", "sms", "service", True, later, "a call"),
            Consent("A-2", "email", "promotion", False, NOON, "a link"),
        ]
    )
    ledger.addresses.add(
        [Address("A-1", "push", "old", NOON), Address("A-1", "push", "new", later)]
    )
    some = known(sender)
    assert dict(some.of("A-1").said) == {("sms", "service"): True}
    assert dict(some.of("A-2").said) == {("email", "promotion"): False}
    assert [some.of(client).push for client in CLIENTS] == ["new", "", "", ""]


def test_marks_against_addresses(sender: Sender) -> None:
    """A wish and a fault are two things; a kind that no step names is not looked up."""
    addresses = sender.ledger.addresses
    addresses.suppress(addresses.digest("sms", PHONE), NOON, "a call")
    addresses.bury(addresses.digest("email", "c-1@example.org"), NOON)
    one = known(sender).of("A-1")
    assert (one.is_suppressed("sms", PHONE), one.is_dead("sms", PHONE)) == (True, False)
    assert one.is_dead("email", "c-1@example.org")
    assert known(sender, ("sms",)).digests.keys() == {("sms", PHONE)}


def test_promotions_count_those_that_are_planned_too(sender: Sender) -> None:
    """What was sent within the days of a cap, and what is noted meanwhile; never service."""
    for step, purpose in enumerate(("promotion", "service")):
        approve(sender.ledger, planned(step=step, purpose=purpose, not_before=NOON - DAY))
    some = known(sender)
    assert [(one.kind, one.at) for one in some.of("A-1").sent] == [("sms", NOON - DAY)]
    some.note("A-1", "email", "promotion", NOON)
    some.note("A-2", "email", "service", NOON)
    some.note("A-3", "email", "promotion", NOON)
    assert [len(some.of(client).sent) for client in CLIENTS] == [2, 0, 1, 0]


def test_the_hold_out_group_is_drawn_by_the_ledgers_key(sender: Sender) -> None:
    """The same clients each time; of a hundred, about half at fifty percent; none at none."""
    names = [f"A-{number}" for number in range(100)]
    some = known(sender)
    held = [name for name in names if some.of(name).is_held_out]
    assert held == [name for name in names if known(sender).of(name).is_held_out]
    assert 25 < len(held) < 75
    some.send = some.send.model_copy(update={"hold_out_percent": Decimal(0)})
    assert not any(some.of(name).is_held_out for name in names)


def test_what_a_client_did_counts_for_the_journey_and_what_began_it(sender: Sender) -> None:
    """Who opened the page has followed the link; who followed it has not opened the page yet."""
    ledger = sender.ledger
    approve(ledger, planned("A-1"), planned("A-2"), planned("A-3"))
    attempt(ledger)
    ids = {client: ledger.story(client).chapters[0].id for client in CLIENTS[:3]}
    ledger.journeys.note_seen(
        [Seen("opened", NOON, ids["A-1"]), Seen("followed", NOON, ids["A-2"])]
    )
    some = known(sender)
    assert [facts(some, one).page_opened() for one in CLIENTS] == [True, False, False, False]
    assert [facts(some, one).link_followed() for one in CLIENTS] == [True, True, False, False]
    assert not facts(some, "A-1", "another").link_followed()


def test_a_stage_that_is_another_now(sender: Sender) -> None:
    """Of the same product; who was never in one has left none."""
    day = (NOON - timedelta(days=1)).date()
    sender.ledger.journeys.note_stages(
        [
            Stage("A-1", "cards", "delivered", day),
            Stage("A-2", "cards", "ordered", day),
            Stage("A-3", "loans", "asked", day),
        ]
    )
    some = known(sender)
    assert [facts(some, one).stage_unchanged() for one in CLIENTS] == [False, True, True, True]
    none = LedgerFacts(some, "A-1", "coupon", TRIGGER, about(entry("A-1"), [coupon()]))
    assert none.stage_unchanged()


def test_another_journey_that_is_finished(sender: Sender) -> None:
    """To its end: one that ran out of time, or is under way, is not."""
    enrolments = sender.ledger.enrolments
    enrolments.enrol([Enrolment(one, "it", 1, TRIGGER, NOON, 0, NOON) for one in CLIENTS], NOON)
    ids = {one.client: one.id for one in enrolments.due(NOON)}
    ends = [Advance(ids["A-1"], 1, None, "done"), Advance(ids["A-2"], 1, None, "expired")]
    enrolments.advance(ends, NOON)
    some = known(sender)
    assert [facts(some, one).journey_finished("it") for one in CLIENTS] == [True] + 3 * [False]
    assert not facts(some, "A-1").journey_finished("other")


def test_each_question_is_asked_once_for_all_clients(sender: Sender) -> None:
    """However many there are, and only if a step asks it."""
    asked = list[str]()
    engine = sender.ledger._database._engine  # noqa: SLF001 - what goes to the driver is counted

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    some = known(sender)
    event.listen(engine, "before_cursor_execute", note)
    assert not asked
    for client in CLIENTS * 3:
        facts(some, client).page_opened()
        facts(some, client).journey_finished("it")
    event.remove(engine, "before_cursor_execute", note)
    assert sum(one.startswith("SELECT") for one in asked) == 2
