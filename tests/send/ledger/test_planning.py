"""Plans: each message once, and nothing goes but what was shown."""

from dataclasses import replace

import pytest

from generator.base.errors import OutsideError
from generator.send.ledger import Advance, Enrolment, Ledger, Total
from generator.send.values import Identity, Planned, Reason, State
from tests.send.ledger.samples import (
    DAY,
    HOUR,
    NOW,
    SMS,
    TRIGGER,
    approve,
    claim,
    clients,
    planned,
    states,
    tag,
    unapproved,
)


def test_a_message_is_planned_once(ledger: Ledger) -> None:
    """The second is left out, whatever became of the first, also in one lot."""
    assert ledger.planning.plan([planned(), planned(step=1), planned()], NOW) == 2
    assert ledger.planning.plan([planned(), planned(step=2)], NOW) == 1
    again = replace(planned(), reason=Reason.CAP)
    assert ledger.planning.plan([again], NOW) == 0
    assert states(ledger) == ["planned"] * 3


IDENTITY = planned().identity
OTHERS = [
    IDENTITY._replace(client="other"),
    IDENTITY._replace(journey="other"),
    IDENTITY._replace(version=7),
    IDENTITY._replace(trigger="other"),
    IDENTITY._replace(step=7),
    IDENTITY._replace(channel="other"),
]


@pytest.mark.parametrize("identity", OTHERS)
def test_each_part_of_its_identity_makes_another_message(
    ledger: Ledger, identity: Identity
) -> None:
    """The ledger keeps apart what differs in one of them alone."""
    one, other = planned(), replace(planned(), identity=identity, tag=tag(9))
    assert ledger.planning.plan([one, other], NOW) == 2
    assert sorted(unapproved(ledger), key=lambda it: it.tag) == [one, other]


def test_a_withheld_message_has_its_reason_and_no_values(ledger: Ledger) -> None:
    """It is on record and approved like the others, and never goes."""
    approve(ledger, planned(reason=Reason.NO_CONSENT))
    assert not claim(ledger)
    (chapter,) = ledger.story("A-1").chapters
    assert (chapter.state, chapter.reason) == (State.WITHHELD, Reason.NO_CONSENT)
    assert not unapproved(ledger)


def test_a_plan_is_shown_in_one_order(ledger: Ledger) -> None:
    """By client and step, by their bytes, however they came."""
    rows = [planned(client, step, tag=tag(step)) for client in "bЯaB" for step in (10, 2)]
    ledger.planning.plan(rows, NOW)
    first = ledger.planning.propose({"sms": 8}, NOW)
    shown = [(it.identity.client, it.identity.step) for it in unapproved(ledger)]
    assert shown == [(client, step) for client in "BabЯ" for step in (2, 10)]
    assert ledger.planning.drop_unapproved() == 8
    ledger.planning.plan(reversed(rows), NOW + HOUR)
    assert ledger.planning.propose({"sms": 8}, NOW) == first


def test_the_same_plan_has_the_same_hash_on_any_database(ledger: Ledger) -> None:
    """Whoever moves from a file to a server approves the same."""
    ledger.planning.plan(_three(), NOW)
    expected = "11a4e83136b9542d5d146e87ae9c3aae993d7ef6d29821783b3f03e894143a56"
    assert ledger.planning.propose({}, NOW) == expected


def _three() -> list[Planned]:
    return [planned("A-2"), planned("A-1", step=1), planned("A-1", reason=Reason.CAP, tag="")]


ONE = planned()
CHANGES = [
    replace(ONE, kind="push"),
    replace(ONE, purpose="promotion"),
    replace(ONE, message="other"),
    replace(ONE, segment="other"),
    replace(ONE, not_before=NOW + HOUR),
    replace(ONE, expires=NOW + 2 * DAY),
    replace(ONE, tag="zzz"),
    replace(ONE, to=b"other"),
    replace(ONE, text="other"),
    replace(ONE, parts=2),
    replace(ONE, reason=Reason.CAP),
    replace(ONE, payload=b"{}"),
]


@pytest.mark.parametrize("changed", CHANGES)
def test_any_change_is_another_plan(ledger: Ledger, changed: Planned) -> None:
    """Whatever differs in one row, the old hash lets nothing go."""
    ledger.planning.plan([planned(), planned(step=1)], NOW)
    shown = ledger.planning.propose({}, NOW)
    ledger.planning.drop_unapproved()
    ledger.planning.plan([changed, planned(step=1)], NOW)
    assert ledger.planning.approve(shown, "Vera", NOW) is None
    assert not claim(ledger, now=NOW + HOUR)
    assert len(unapproved(ledger)) == 2


def test_more_or_fewer_rows_are_another_plan(ledger: Ledger) -> None:
    """What came after the plan was shown is not approved with it."""
    ledger.planning.plan([planned()], NOW)
    shown = ledger.planning.propose({}, NOW)
    ledger.planning.plan([planned(step=1)], NOW)
    assert ledger.planning.approve(shown, "Vera", NOW) is None
    assert ledger.planning.approve("0" * 64, "Vera", NOW) is None
    both = ledger.planning.propose({}, NOW)
    assert ledger.planning.approve(both, "Vera", NOW) == 2
    assert ledger.planning.approve(both, "Vera", NOW) is None


def test_a_plan_keeps_who_approved_it(ledger: Ledger) -> None:
    """And its summary, for the nights to come."""
    ledger.planning.plan([planned()], NOW)
    shown = ledger.planning.propose({"sms": {"parts": 1}}, NOW)
    (before,) = ledger.planning.plans()
    assert (before.approved, before.mode) == (None, "")
    ledger.planning.approve(shown, "night", NOW + HOUR, "automatic")
    (plan,) = ledger.planning.plans()
    assert (plan.hash, plan.made, plan.approved) == (shown, NOW, NOW + HOUR)
    assert (plan.approved_by, plan.mode) == ("night", "automatic")
    assert plan.summary == {"sms": {"parts": 1}}


def test_dropping_leaves_what_was_approved(ledger: Ledger) -> None:
    """Only what nobody approved is planned anew."""
    approve(ledger, planned())
    ledger.planning.plan([planned(step=1), planned(step=2)], NOW)
    assert ledger.planning.drop_unapproved() == 2
    assert states(ledger) == ["planned"]


def test_a_tag_is_a_clients_once(ledger: Ledger) -> None:
    """Two clients may have the same; a client never has one twice, and none is lost by it."""
    assert ledger.planning.plan([planned("A-1"), planned("A-2")], NOW) == 2
    with pytest.raises(OutsideError):
        ledger.planning.plan([planned("A-1", step=1, tag=tag(0))], NOW)
    assert states(ledger) == ["planned"]


def test_free_tags_are_drawn_in_bulk(ledger: Ledger) -> None:
    """None that a client has, and for a client who is named twice two."""
    one, again = planned("A-1").identity, planned("A-1", step=1).identity
    ((_, taken),) = ledger.planning.named([one])
    ledger.planning.plan([planned("A-1", step=2, tag=taken)], NOW)
    names = ledger.planning.named([one, again, planned("A-2").identity])
    first, second, other = (tag for _, tag in names)
    assert first != second
    assert taken not in {first, second}
    assert len(first) == len(second) == len(other) == 3


def test_many_are_planned_in_lots(ledger: Ledger) -> None:
    """More rows than go into one statement; each has an id of its own."""
    number = 5_500
    names = ledger.planning.named(planned(one).identity for one in clients(number))
    rows = (planned(one, tag=it) for one, (_, it) in zip(clients(number), names, strict=True))
    assert ledger.planning.plan(rows, NOW) == number
    assert ledger.planning.plan([planned(one) for one in clients(3)], NOW) == 0
    assert ledger.planning.approve(ledger.planning.propose({}, NOW), "Vera", NOW) == number
    assert len(set(claim(ledger, most=5_200))) == 5_200


def test_a_failing_lot_names_nobody(ledger: Ledger) -> None:
    """A driver's words hold the row; ours do not."""
    ledger.planning.plan([planned("Ivanov", tag="abc")], NOW)
    with pytest.raises(OutsideError) as caught:
        ledger.planning.plan([planned("Ivanov", step=1, tag="abc")], NOW)
    assert "Ivanov" not in repr(caught.value)
    assert "abc" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_plan_in_numbers(ledger: Ledger) -> None:
    """Rows that agree are counted together, with their parts; what is approved is no plan."""
    approve(ledger, planned("A-0"))
    rows = [planned(f"A-{one}", parts=2) for one in (1, 2)]
    rows += [planned("A-2", 1, segment="mass"), planned("A-3", reason=Reason.CAP)]
    ledger.planning.plan(rows, NOW)
    usual = Total("coupon", SMS, "retail", "coupon-accrued", "sms", None, 2, 4)
    assert set(ledger.planning.totals()) == {
        usual,
        usual._replace(segment="mass", number=1, parts=1),
        usual._replace(reason=Reason.CAP, number=1, parts=1),
    }
    assert ledger.planning.clients() == 2


def test_messages_and_where_their_clients_go_on(ledger: Ledger) -> None:
    """Both are written, or neither: and nobody moves before it is approved."""
    entered = Enrolment("A-1", "coupon", 1, TRIGGER, NOW, 0, NOW, payload=b"{}")
    ledger.enrolments.enrol([entered], NOW)
    (one,) = ledger.enrolments.due(NOW)
    step = Advance(one.id, 1, NOW + HOUR)
    for _ in range(2):  # it is made again
        ledger.planning.drop_unapproved()
        assert ledger.planning.draft([planned()], [step], NOW) == 1
    assert [it.step for it in ledger.enrolments.due(NOW)] == [0]
    assert ledger.planning.approve(ledger.planning.propose({}, NOW), "Vera", NOW) == 1
    assert not list(ledger.enrolments.due(NOW))
    assert [it.step for it in ledger.enrolments.due(NOW + HOUR)] == [1]
