"""Exactly what was shown is approved: by a person, or by the night within limits."""

from pathlib import Path

import pytest

from generator.base.errors import InputError
from generator.send.approving import approve, approve_by_itself, objections
from tests.send.house import House, clients, house
from tests.send.ledger.samples import DAY
from tests.send.manifests import coupon, line

KNOWN = {"messages_to_send": 0, "channels": {}, "usual": {}}


def refused(one: House, plan: str) -> str:
    """Why a plan is not approved."""
    with one.open() as sender, pytest.raises(InputError) as caught:
        approve(sender, plan, "Vera", one.clock())
    return str(caught.value)


@pytest.mark.parametrize("length", [1, 12, 64])
def test_a_plan_by_the_beginning_of_its_hash(tmp_path: Path, length: int) -> None:
    """As much as tells it from others; who approved it is on record."""
    one = house(tmp_path)
    one.night(*clients(2), line("C-003", consents=[]))
    found = one.plan()
    with one.open() as sender:
        assert approve(sender, found.hash[:length], "Vera", one.clock()) == 3
        (kept,) = sender.ledger.planning.plans()
    assert (kept.hash, kept.approved_by, kept.mode) == (found.hash, "Vera", "person")
    assert kept.approved == one.clock()


def test_no_such_plan(tmp_path: Path) -> None:
    """Nothing at all is none either."""
    one = house(tmp_path)
    one.night(line())
    one.plan()
    for wrong in ("", "xyz", "0" * 65):
        assert "there is no plan that begins so" in refused(one, wrong)


def test_another_plan_since(tmp_path: Path) -> None:
    """Whoever approves what they saw a while ago approves nothing; the new one stands."""
    one = house(tmp_path)
    one.night(line("C-001"))
    first = one.plan().hash
    one.night(line("C-002"))
    second = one.plan().hash
    assert "another one since" in refused(one, first)
    assert one.approve() == 2
    assert "another one since" in refused(one, second)


def test_a_beginning_of_two_plans(tmp_path: Path) -> None:
    """Is told as none: nobody guesses which was meant."""
    one = house(tmp_path)
    known: set[str] = set()
    for number in range(20):
        one.night(line("C-001", reasons=[coupon(policy=f"QH-{number}")]))
        found = one.plan().hash
        if found[0] in known:
            break
        known.add(found[0])
    assert "there is no plan that begins so" in refused(one, found[0])


def test_just_the_messages_of_the_plan_go(tmp_path: Path) -> None:
    """What comes in afterwards waits for its own approval."""
    one = house(tmp_path)
    one.night(*clients(2))
    one.approve()
    one.night(line("C-009", reasons=[coupon(policy="QH-9")]))
    one.plan()
    one.run().raise_errors()
    assert len(one.outbox()) == 2
    assert one.reasons("C-009") == ["planned"]


def by_itself(one: House) -> int | str:
    """What the night approves; why it does not."""
    found = one.plan()
    with one.open() as sender:
        try:
            return approve_by_itself(sender, found, one.clock())
        except InputError as error:
            return str(error)


def test_the_night_may_nothing_unless_somebody_said_so(tmp_path: Path) -> None:
    """With nothing to send there is nothing to ask: who is not told is on record then."""
    one = house(tmp_path)
    one.night(line(consents=[]))
    assert by_itself(one) == 1
    one.night(line("C-002"))
    assert "1 messages are to go, and the night may send 0" in str(by_itself(one))
    assert one.approve() == 1


def test_the_night_within_its_limits(tmp_path: Path) -> None:
    """So many, and not much more than is usual; on the first night nothing is."""
    one = house(tmp_path, automatic={"most": 30, "over_usual_percent": 50})
    one.night(*clients(16))
    assert by_itself(one) == 16
    one.run().raise_errors()
    for policy, number, approved in (("2", 24, True), ("3", 31, False)):
        one.later(DAY)
        one.night(*clients(number, reasons=[coupon(policy=f"QH-{policy}")]))
        assert (by_itself(one) == number) is approved
    said = str(by_itself(one))
    assert "31 messages are to go, and the night may send 30 by itself" in said


@pytest.mark.parametrize(
    ("number", "usual", "count"),
    [(20, 1.0, 0), (21, 1.0, 1), (150, 100.0, 0), (151, 100.0, 1), (5000, 0.0, 0)],
)
def test_over_the_usual(tmp_path: Path, number: int, usual: float, count: int) -> None:
    """A share over the median; few are never too many, and without a median none are."""
    summary = {**KNOWN, "channels": {"sms": number}, "usual": {"sms": usual} if usual else {}}
    with house(tmp_path).open() as sender:
        assert len(objections(sender, summary)) == count


def test_a_plan_that_changed_meanwhile_is_not_the_nights(tmp_path: Path) -> None:
    """The night says so, and does not believe that it approved something."""
    one = house(tmp_path, automatic={"most": 9})
    one.night(line("C-001"))
    found = one.plan()
    one.night(line("C-002"))
    one.plan()
    with one.open() as sender, pytest.raises(InputError, match="another one since"):
        approve_by_itself(sender, found, one.clock())
