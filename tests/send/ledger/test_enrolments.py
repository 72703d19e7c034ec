"""Clients in journeys: in once for a reason, on the version that they entered."""

from dataclasses import replace

from generator.send.ledger import Advance, Enrolment, Ledger, Told
from tests.send.ledger.samples import DAY, HOUR, NOW, TRIGGER

ONE = Enrolment("A-1", "coupon", 3, TRIGGER, NOW, 0, NOW, payload=b"{}", reasons=("r1", "r2"))
TOLD = Told("A-1", "coupon", "r1")


def test_a_client_enters_once_for_a_trigger(ledger: Ledger) -> None:
    """Whatever the version; another client, journey or trigger is another matter."""
    others = [
        replace(ONE, client="A-2"),
        replace(ONE, journey="digest"),
        replace(ONE, trigger="other"),
    ]
    assert ledger.enrolments.enrol([ONE, replace(ONE, version=4)], NOW) == 1
    assert ledger.enrolments.enrol([replace(ONE, version=4), *others], NOW) == 3
    assert [it.version for it in ledger.enrolments.due(NOW)] == [3, 3, 3, 3]


def test_a_reason_begins_a_journey_once(ledger: Ledger) -> None:
    """A manifest that tells it again, beside another, tells the other alone."""
    asked = {TOLD, Told("A-1", "coupon", "r3"), Told("A-1", "digest", "r1"), Told("A-2", *TOLD[1:])}
    assert ledger.enrolments.fresh(asked) == asked
    ledger.enrolments.enrol([ONE], NOW)
    assert ledger.enrolments.fresh(asked) == asked - {TOLD}


def test_enrolments_come_when_they_are_due(ledger: Ledger) -> None:
    """All that was put in comes out; what waits, waits."""
    later = replace(ONE, client="A-2", due=NOW + HOUR)
    ledger.enrolments.enrol([ONE, later], NOW)
    (found,) = ledger.enrolments.due(NOW)
    assert replace(found, id=0, reasons=ONE.reasons) == ONE
    assert len(list(ledger.enrolments.due(NOW + HOUR))) == 2


def test_they_advance_while_they_are_read(ledger: Ledger) -> None:
    """More than lie in memory at once; each comes once, and what is over never again."""
    number = 5_500
    rows = (replace(ONE, client=f"A-{n}", reasons=()) for n in range(number))
    assert ledger.enrolments.enrol(rows, NOW) == number
    seen = 0
    for it in ledger.enrolments.due(NOW):
        seen += 1
        if seen % 1000 == 0:
            ledger.enrolments.advance([Advance(it.id, 1, NOW)], NOW)
    assert seen == number
    due = list(ledger.enrolments.due(NOW))
    assert sum(it.step for it in due) == 5
    done = [Advance(it.id, 2, NOW, "done") for it in due[:-1]]
    ledger.enrolments.advance([*done, Advance(due[-1].id, 1, NOW + DAY)], NOW)
    assert not list(ledger.enrolments.due(NOW))
    assert len(list(ledger.enrolments.due(NOW + DAY))) == 1


def test_what_is_over_does_not_begin_again(ledger: Ledger) -> None:
    """Whoever is late with a step of a journey that ended changes nothing."""
    ledger.enrolments.enrol([ONE], NOW)
    (found,) = ledger.enrolments.due(NOW)
    assert not ledger.enrolments.finished(["A-1"])
    ledger.enrolments.advance([Advance(found.id, 1, None, "expired")], NOW)
    ledger.enrolments.advance([Advance(found.id, 0, NOW)], NOW)
    assert not list(ledger.enrolments.due(NOW))
    assert not ledger.enrolments.finished(["A-1"])
    ledger.enrolments.enrol([replace(ONE, trigger="other")], NOW)
    (found,) = ledger.enrolments.due(NOW)
    ledger.enrolments.advance([Advance(found.id, 1, None, "done")], NOW)
    assert ledger.enrolments.finished(["A-1", "A-2"]) == {("A-1", "coupon")}
    assert not ledger.enrolments.finished(["A-2"])
    assert "A-1" not in repr(found)


def test_values_go_when_a_journey_is_over(ledger: Ledger) -> None:
    """At once, or when the plan is approved that has the last message; not before."""
    rows = [replace(ONE, client=client) for client in ("A-1", "A-2", "A-3")]
    ledger.enrolments.enrol(rows, NOW)
    one, two, three = (it.id for it in ledger.enrolments.due(NOW))
    ledger.enrolments.advance([Advance(one, 1, None, "expired")], NOW)
    ledger.enrolments.intend([Advance(two, 1, None, "done"), Advance(three, 1, NOW + HOUR)])
    assert kept(ledger) == [b"", b"{}", b"{}"]
    assert ledger.planning.approve(ledger.planning.propose({}, NOW), "Vera", NOW) == 0
    assert kept(ledger) == [b"", b"", b"{}"]
    (left,) = ledger.enrolments.due(NOW + HOUR)
    assert (left.id, left.step, left.payload) == (three, 1, b"{}")


def test_who_waits_for_a_plan_stays_when_it_is_made_again(ledger: Ledger) -> None:
    """A draft that is thrown away moves nobody, whatever is approved after it."""
    ledger.enrolments.enrol([ONE], NOW)
    (one,) = ledger.enrolments.due(NOW)
    ledger.enrolments.intend([Advance(one.id, 1, None, "done")])
    ledger.planning.drop_unapproved()
    assert ledger.planning.approve(ledger.planning.propose({}, NOW), "Vera", NOW) == 0
    assert [it.step for it in ledger.enrolments.due(NOW)] == [0]


def kept(ledger: Ledger) -> list[bytes]:
    """The values of each client's enrolment."""
    clients = ("A-1", "A-2", "A-3")
    return [ledger.story(client).enrolments[0].payload for client in clients]
