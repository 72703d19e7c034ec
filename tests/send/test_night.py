"""A night by itself: what one part refuses does not hold up the others."""

from pathlib import Path

import pytest

from generator.base.errors import InputError, OutsideError
from generator.send.night import Night, night
from tests.nights import silent
from tests.send.house import House, clients, house, outcomes
from tests.send.ledger.samples import DAY
from tests.send.manifests import coupon


def slept(one: House) -> Night:
    """The night at this site."""
    with one.open() as sender:
        return night(sender, one.clock, one.slept.append, silent)


def refused(found: Night) -> str:
    """What is wrong after it."""
    with pytest.raises(InputError) as caught:
        found.raise_errors()
    return str(caught.value)


def test_a_whole_night(tmp_path: Path) -> None:
    """Planned, approved, handed over; the next one has nothing to do."""
    one = house(tmp_path, automatic={"most": 5})
    one.night(*clients(5))
    found = slept(one)
    found.raise_errors()
    assert found.plan
    assert outcomes(found.done) == {"sms": {"accepted": 5}}
    again = slept(one.later(DAY))
    again.raise_errors()
    assert outcomes(again.done) == {}


def test_too_many_wait_for_a_person(tmp_path: Path) -> None:
    """And what a person approved before goes."""
    one = house(tmp_path, automatic={"most": 5})
    one.night(*clients(6))
    one.approve()
    one.night(*clients(7, reasons=[coupon(), coupon(policy="QH-2")]))
    found = slept(one)
    assert "7 messages are to go" in refused(found)
    assert outcomes(found.done) == {"sms": {"accepted": 6}}
    assert one.approve() == 7


def test_no_plan_and_what_was_approved(tmp_path: Path) -> None:
    """A manifest without a receipt: it is told, and nobody waits for it who need not."""
    one = house(tmp_path, automatic={"most": 5})
    one.night(*clients(3))
    one.approve()
    (one.root / "build/private/queue/strange.jsonl").write_bytes(b"{}\n")
    found = slept(one)
    assert found.plan is None
    assert "it has no receipt" in refused(found)
    assert outcomes(found.done) == {"sms": {"accepted": 3}}


def test_all_that_is_wrong_is_told(tmp_path: Path) -> None:
    """Of the plan and of the channels, at once."""
    one = house(tmp_path, automatic={"most": 1})
    one.night(*clients(2), published=False)
    one.approve()
    one.night(*clients(2, reasons=[coupon(policy="QH-2")]), published=False)
    for each in clients(2):
        one.publish(each, shown={"reasons": []})
    said = refused(slept(one))
    assert "2 messages are to go" in said
    assert "does not show what it says" in said


def test_a_plan_that_waits_and_a_site_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are told: whoever mends one must not think that it was all."""
    one = house(tmp_path, automatic={"most": 1})
    one.night(*clients(2))
    one.approve()
    one.night(*clients(2, reasons=[coupon(policy="QH-2")]))

    def away(_: str) -> bytes:
        raise OutsideError("the published site does not answer")

    monkeypatch.setattr("generator.send.running.published", lambda *_: away)
    said = refused(slept(one))
    assert "2 messages are to go" in said
    assert "sms: the published site does not answer" in said


def test_somebody_else_makes_a_plan(tmp_path: Path) -> None:
    """What was approved does not wait for it."""
    one = house(tmp_path, automatic={"most": 5})
    one.night(*clients(2))
    one.approve()
    with one.open() as sender:
        assert sender.ledger.channels.lease("plan", "another", one.clock(), DAY / 144)
    found = slept(one)
    assert outcomes(found.done) == {"sms": {"accepted": 2}}
    with pytest.raises(OutsideError, match="another plan is being made"):
        found.raise_errors()


def test_all_channels_that_failed_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their names."""
    one = house(tmp_path).journey("letter", steps=[{"send": "news", "over": ["email"]}])
    one.night(*clients(2))
    one.approve()

    def away(_: str) -> bytes:
        raise OutsideError("the published site answers 502")

    monkeypatch.setattr("generator.send.running.published", lambda *_: away)
    with pytest.raises(OutsideError) as caught:
        one.run().raise_errors()
    told = "the published site answers 502"
    assert str(caught.value).splitlines() == [f"sms: {told}", f"email: {told}"]


def test_what_failed_outside_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rerun may help, and does; nothing is wrong with what people wrote."""
    one = house(tmp_path, automatic={"most": 5})
    one.night(*clients(2))

    def away(_: str) -> bytes:
        raise OutsideError("the published site does not answer")

    with monkeypatch.context() as broken:
        broken.setattr("generator.send.running.published", lambda *_: away)
        found = slept(one)
        with pytest.raises(OutsideError, match="does not answer"):
            found.raise_errors()
    assert one.reasons() == ["planned"]
    assert outcomes(slept(one).done) == {"sms": {"accepted": 2}}
