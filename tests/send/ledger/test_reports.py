"""What gateways say later: twice, too early, in the wrong order, of strangers."""

from dataclasses import replace
from itertools import permutations

import pytest

from generator.send.ledger import Ledger, Noted
from generator.send.values import Accepted, Reason, Rejected, Report
from tests.send.ledger.samples import (
    HOUR,
    LEASE,
    MINUTE,
    NOW,
    SMS,
    approve,
    attempt,
    claim,
    planned,
    states,
)

DELIVERED = Report(SMS, "delivered", NOW + MINUTE, code="0")
FAILED = Report(SMS, "failed", NOW + 2 * MINUTE, code="1")
EXPIRED = Report(SMS, "expired", NOW + 3 * MINUTE, code="2")


def accepted(ledger: Ledger, provider: str = "77") -> str:
    """The id of a message that the gateway took."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    ledger.sending.settle({one: Accepted(provider)}, "one", NOW)
    return one


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_report_finds_its_message(ledger: Ledger, *, is_ours: bool) -> None:
    """By our id, where the gateway sends it back, or by its own."""
    one = accepted(ledger)
    report = replace(DELIVERED, id=one) if is_ours else replace(DELIVERED, provider="77")
    assert ledger.reports.note([report], NOW) == Noted(new=1, changed=1)
    assert states(ledger) == ["delivered"]
    assert ledger.story("A-1").chapters[0].reports == (report,)


def test_a_report_is_recorded_once(ledger: Ledger) -> None:
    """Gateways repeat what nobody acknowledged, with another time perhaps."""
    one = replace(DELIVERED, id=accepted(ledger))
    again = replace(one, at=NOW + HOUR)
    assert ledger.reports.note([one, again], NOW) == Noted(new=1, repeated=1, changed=1)
    assert ledger.reports.note([one], NOW) == Noted(repeated=1)


def test_a_report_of_a_stranger_is_recorded(ledger: Ledger) -> None:
    """Another system uses the same account; also an id of ours from another channel is none."""
    one = accepted(ledger)
    strangers = [
        replace(DELIVERED, provider="78"),
        replace(DELIVERED, id="of somebody else"),
        replace(DELIVERED, id=one, channel="letters"),
        replace(DELIVERED, provider="77", channel="letters"),
    ]
    assert ledger.reports.note(strangers, NOW) == Noted(new=4, unknown=4)
    assert states(ledger) == ["accepted"]


@pytest.mark.parametrize("order", [*permutations([DELIVERED, FAILED, EXPIRED])])
def test_the_order_of_reports_is_nothing(ledger: Ledger, order: tuple[Report, ...]) -> None:
    """What arrived has arrived, whatever else is said before or after."""
    one = accepted(ledger)
    for report in order:
        ledger.reports.note([replace(report, id=one)], NOW)
    assert states(ledger) == ["delivered"]


@pytest.mark.parametrize("order", [*permutations([FAILED, EXPIRED])])
def test_of_two_failures_the_first_counts(ledger: Ledger, order: tuple[Report, ...]) -> None:
    """By the gateway's clock, not by when they came."""
    one = accepted(ledger)
    for report in order:
        ledger.reports.note([replace(report, id=one)], NOW)
    assert states(ledger) == ["failed"]
    assert ledger.story("A-1").chapters[0].code == "1"


def test_a_report_resolves_what_was_unknown(ledger: Ledger) -> None:
    """The crash of a sender is mended by the gateway's word."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    ledger.sending.recover(NOW + LEASE)
    ledger.reports.note([replace(DELIVERED, id=one)], NOW + LEASE)
    assert states(ledger) == ["delivered"]
    assert not ledger.sending.unknown_of(SMS)


def test_a_report_stops_a_second_try(ledger: Ledger) -> None:
    """A letter that was to go again is found to have gone: nobody hands it over now."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    ledger.sending.recover(NOW + LEASE)
    ledger.sending.again([one], NOW + LEASE)
    assert claim(ledger, "two", NOW + LEASE) == [one]
    ledger.reports.note([replace(DELIVERED, id=one)], NOW + LEASE)
    assert not ledger.sending.attempting([one], "two", NOW + LEASE, LEASE)
    assert states(ledger) == ["delivered"]


def test_a_report_can_be_faster_than_the_sender(ledger: Ledger) -> None:
    """It came before the answer of the gateway was written down, under our id or its own."""
    approve(ledger, planned("A-1"), planned("A-2"))
    claimed = ledger.sending.claim(SMS, "one", 10, NOW, LEASE)
    ids = {it.planned.identity.client: it.id for it in claimed}
    ledger.sending.attempting(ids.values(), "one", NOW, LEASE)
    early = [replace(DELIVERED, id=ids["A-1"]), replace(FAILED, provider="72")]
    assert ledger.reports.note(early, NOW) == Noted(new=2, unknown=1, changed=1)
    taken = {ids["A-1"]: Accepted("71"), ids["A-2"]: Accepted("72")}
    ledger.sending.settle(taken, "one", NOW)
    assert states(ledger, "A-1") == ["delivered"]
    assert states(ledger, "A-2") == ["failed"]
    late = replace(DELIVERED, provider="71", code="again")
    assert ledger.reports.note([late], NOW) == Noted(new=1)


def test_a_report_that_crossed_the_senders_word_is_adopted(ledger: Ledger) -> None:
    """Both were written at the same moment, and neither saw the other."""
    one = accepted(ledger, "")
    ledger.reports.note([replace(DELIVERED, provider="77")], NOW)
    assert ledger.reports.adopt(NOW) == 0
    with ledger._database.write() as connection:  # noqa: SLF001 - what the other wrote meanwhile
        connection.exec_driver_sql("update messages set provider = '77'")
    assert ledger.reports.adopt(NOW) == 1
    assert states(ledger) == ["delivered"]
    assert ledger.story("A-1").chapters[0].id == one


def test_an_id_that_a_gateway_gives_twice_is_the_newest_messages(ledger: Ledger) -> None:
    """Some begin again at one after a restart."""
    accepted(ledger)
    approve(ledger, planned("A-2"))
    (other,) = attempt(ledger, now=NOW + HOUR)
    ledger.sending.settle({other: Accepted("77")}, "one", NOW + HOUR)
    ledger.reports.note([replace(DELIVERED, provider="77")], NOW + HOUR)
    assert states(ledger, "A-1") == ["accepted"]
    assert states(ledger, "A-2") == ["delivered"]


def test_a_message_that_never_was_tried_is_not_reported_away(ledger: Ledger) -> None:
    """Whoever makes up a report does not keep a client from being told."""
    approve(ledger, planned())
    (one,) = claim(ledger)
    ledger.reports.note([replace(DELIVERED, id=one), Report(SMS, "dead", NOW, id=one)], NOW)
    assert states(ledger) == ["claimed"]
    assert not ledger.addresses.blocked([planned().to])


def test_a_dead_address_is_used_no_more(ledger: Ledger) -> None:
    """Whether a report says so later, or the gateway at once."""
    one = accepted(ledger)
    ledger.reports.note([Report(SMS, "dead", NOW, id=one)], NOW)
    approve(ledger, planned("A-2"))
    (two,) = attempt(ledger)
    ledger.sending.settle({two: Rejected("550", is_dead=True)}, "one", NOW)
    found = ledger.addresses.blocked([planned("A-1").to, planned("A-2").to, b"other"])
    assert found == dict.fromkeys([planned("A-1").to, planned("A-2").to], Reason.DEAD_ADDRESS)
    assert states(ledger) == ["failed"]
    assert states(ledger, "A-2") == ["rejected"]
