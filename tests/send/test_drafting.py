"""Who is due becomes messages: over which channel, when, and why not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from generator.send.ledger import Address, Consent, Seen
from generator.send.payload import payload_of
from generator.send.values import Planned, Reason
from tests.send.house import JOURNEY, NEWS, NOON, House, clients, house
from tests.send.ledger.samples import DAY, HOUR, unapproved
from tests.send.manifests import coupon, line, stage

REMIND = [
    {"send": "news", "over": ["sms"]},
    {"wait": "3d"},
    {"if": {"not": "page opened"}},
    {"wait": "until 10:00"},
    {"send": "news", "over": ["email"]},
]


def drafted(one: House) -> list[Planned]:
    """The rows of the plan, in its order."""
    one.plan()
    with one.open() as sender:
        return unapproved(sender.ledger)


def reasons(one: House) -> list[Reason | None]:
    """Of each row of the plan why it is not to go."""
    return [row.reason for row in drafted(one)]


def test_a_message_is_what_the_reason_tells(tmp_path: Path) -> None:
    """Its row has all that it takes to send it, and shows none of it."""
    one = house(tmp_path)
    one.night(line())
    (row,) = drafted(one)
    assert row.identity[:4] == ("C-001", "news", 1, row.identity.trigger)
    assert (row.kind, row.purpose, row.message, row.reason) == ("sms", "service", "news", None)
    assert row.not_before == NOON
    assert row.expires == NOON + 5 * DAY
    assert len(row.id) == 26
    assert len(row.tag) == 3
    assert row.parts == 2
    kept = payload_of(row.payload)
    assert kept.to == "+79990000001"
    assert kept.entry.reasons == [coupon()]
    for shown in (repr(row), repr(kept), repr(kept.entry)):
        assert not any(word in shown for word in ("C-001", "7999", "Агния", "25", "#"))


def test_the_first_channel_that_may_be_used(tmp_path: Path) -> None:
    """Over each instead, where the journey says so; the last obstacle is told where none may."""
    one = house(tmp_path).journey(steps=[{"send": "news", "over": ["push", "sms", "email"]}])
    one.night(
        line("C-001"),
        line("C-002", consents=["email"]),
        line("C-003", consents=["push"]),
        line("C-004", addresses={"phone": "", "email": "x@example.org"}),
    )
    told = [(row.identity.channel, row.reason) for row in drafted(one)]
    assert told == [
        ("sms", None), ("email", None), ("email", Reason.NO_CONSENT), ("email", None),
    ]  # fmt: skip
    one.journey(steps=[{"send": "news", "over_all": ["sms", "email"]}])
    one.night(line("C-005", consents=["sms"]))
    told = [(r.identity.channel, r.reason) for r in drafted(one) if r.identity.client == "C-005"]
    assert told == [("email", Reason.NO_CONSENT), ("sms", None)]


def test_two_phones_and_one(tmp_path: Path) -> None:
    """A shared phone gets what is each one's; who has another number now is told there."""
    one = house(tmp_path)
    shared = {"phone": "8 (999) 000-00-01", "email": ""}
    one.night(line("C-001"), line("C-002", addresses=shared))
    first, second = drafted(one)
    assert first.to == second.to
    assert first.text != second.text
    assert one.tell() == {"sms": {"accepted": 2}}
    other = {"phone": "+79990000002", "email": ""}
    one.night(line("C-001", addresses=other, reasons=[coupon(policy="QH-7000002")]))
    assert [payload_of(row.payload).to for row in drafted(one)] == ["+79990000002"]


def test_wishes_and_marks(tmp_path: Path) -> None:
    """Who took the consent back, asked to be left in peace, or has a dead address is not told."""
    one = house(tmp_path)
    one.night(*clients(4))
    with one.open() as sender:
        ledger = sender.ledger
        ledger.consents.add([Consent("C-001", "sms", "service", False, NOON, "a call")])
        ledger.addresses.suppress(ledger.addresses.digest("sms", "+79990000002"), NOON, "a call")
        ledger.addresses.bury(ledger.addresses.digest("sms", "+79990000003"), NOON)
    assert reasons(one) == [Reason.NO_CONSENT, Reason.SUPPRESSED, Reason.DEAD_ADDRESS, None]
    assert [row.payload for row in drafted(one)][:3] == [b""] * 3


def test_the_hold_out_group(tmp_path: Path) -> None:
    """Of promotions alone, and always the same clients."""
    one = house(tmp_path, hold_out_percent=50).journey(purpose="promotion")
    one.night(*clients(40, consents=["sms", "sms/promotion"]))
    first = reasons(one)
    assert set(first) == {None, Reason.HOLD_OUT}
    assert reasons(one) == first
    assert one.approve() == 40


def test_caps_hold_across_journeys_of_one_plan(tmp_path: Path) -> None:
    """Two promotions of two journeys in one night are two; service messages are none."""
    one = house(tmp_path, caps=[{"most": 1, "days": 7}]).journey(purpose="promotion")
    both = {"when": {"strategy": "changed"}, "steps": [{"send": "moved", "over": ["sms"]}]}
    one.journey("moved", **both, purpose="promotion")
    one.message("moved.sms", "Стратегия изменилась. {{ link }}", "strategy")
    agreed = ["sms", "sms/promotion"]
    moved = _strategy()
    one.night(*clients(2, consents=agreed, reasons=[coupon(), moved]))
    assert sorted(map(str, reasons(one))) == ["None", "None", "frequency cap", "frequency cap"]
    one.approve()
    one.later(DAY)
    one.night(*clients(2, consents=agreed, reasons=[coupon(policy="QH-7000002")]))
    assert reasons(one) == [Reason.CAP] * 2
    one.journey(purpose="service").later(DAY)
    one.night(*clients(2, consents=agreed, reasons=[coupon(policy="QH-7000003")]))
    found = [row.reason for row in drafted(one) if row.purpose == "service"]
    assert found == [None, None]


def test_a_stopped_channel_is_passed_over(tmp_path: Path) -> None:
    """The next one of the list is taken, or none."""
    one = house(tmp_path).journey(steps=[{"send": "news", "over": ["sms", "email"]}])
    one.night(line("C-001"), line("C-002", consents=["sms"]))
    with one.open() as sender:
        sender.ledger.channels.stop("sms", "refused", NOON)
    found = [(row.identity.channel, row.reason) for row in drafted(one)]
    assert found == [("email", None), ("email", Reason.NO_CONSENT)]


def test_a_channel_that_is_there_no_more(tmp_path: Path) -> None:
    """Who is on a version that wants it is on record as not told."""
    one = house(tmp_path)
    one.night(line())
    one.plan()
    del one.channels["sms"]
    one.journey(steps=[{"send": "news", "over": ["email"]}]).write()
    assert reasons(one) == [Reason.STOPPED]


def test_a_reminder_for_those_who_did_not_look(tmp_path: Path) -> None:
    """Three days later, at ten o'clock; who opened the page is through."""
    one = house(tmp_path).journey(steps=REMIND)
    one.night(*clients(2))
    one.tell()
    with one.open() as sender:
        (looked,) = [it.id for it in sender.ledger.story("C-002").chapters]
        sender.ledger.journeys.note_seen([Seen("opened", NOON + HOUR, looked)])
    assert drafted(one.later(2 * DAY)) == []
    assert drafted(one.later(DAY)) == []  # noon: it is after ten
    with one.open() as sender:
        assert sender.ledger.enrolments.finished(["C-001", "C-002"]) == {("C-002", "news")}
    (row,) = drafted(one.later(22 * HOUR))
    assert (row.identity.client, row.identity.channel, row.identity.step) == ("C-001", "email", 6)
    one.tell()
    assert "C-001" not in str(one.outbox()[0])
    assert drafted(one.later(9 * DAY)) == []


def test_what_is_late_is_left_out(tmp_path: Path) -> None:
    """A sender that stood still does not flood: each has a row that says so, once."""
    one = house(tmp_path)
    one.night(*clients(2))
    one.plan()
    one.later(6 * DAY)
    assert reasons(one) == [Reason.OVERDUE] * 2
    one.tell()
    assert one.outbox() == []
    assert one.reasons() == ["overdue"]
    assert drafted(one.later(DAY)) == []


def test_nobody_moves_without_an_approval(tmp_path: Path) -> None:
    """The next plan begins where this one did; with an approval it does not."""
    one = house(tmp_path).journey(steps=REMIND)
    one.night(*clients(3))
    first = drafted(one)
    assert [row.identity for row in drafted(one.later(DAY))] == [row.identity for row in first]
    assert one.approve() == 3
    assert drafted(one) == []


def test_who_entered_stays_on_their_version(tmp_path: Path) -> None:
    """The file says another thing since; who enters now goes by it."""
    one = house(tmp_path)
    one.night(line("C-001"))
    one.plan()
    one.journey(steps=[{"send": "news", "over": ["email"]}])
    one.night(line("C-002"))
    found = {(it.identity.client, it.identity.version, it.kind) for it in drafted(one)}
    assert found == {("C-001", 1, "sms"), ("C-002", 2, "email")}


def test_night_is_waited_for(tmp_path: Path) -> None:
    """Not before nine on the client's own clock; of an unknown zone the latest of all."""
    one = house(tmp_path).later(11 * HOUR)  # 23:00 in Moscow
    zones = ("Europe/Moscow", "Asia/Vladivostok", "")
    one.night(*(line(f"C-00{n}", time_zone=zone) for n, zone in enumerate(zones)))
    midnight = NOON.replace(hour=0)
    nine = midnight + timedelta(days=1, hours=6)
    latest = midnight + timedelta(days=1, hours=7)  # nine in Kaliningrad, evening in Kamchatka
    east = midnight + timedelta(hours=23)
    assert [row.not_before for row in drafted(one)] == [nine, east, latest]


def test_a_stage_that_is_over(tmp_path: Path) -> None:
    """Who moved on since is not reminded of it."""
    steps: list[Any] = [{"send": "at", "over": ["sms"]}, {"wait": "1d"}]
    steps += [{"if": "stage unchanged"}, {"send": "at", "over": ["email"]}]
    one = house(tmp_path).journey("at", when={"stage": "card/*"}, steps=steps)
    one.message("at.sms", "Этап. {{ link }}", "stage").message("at.email", "Этап", "stage")
    one.night(*clients(2, reasons=[stage()]))
    one.tell()
    one.later(DAY)
    one.night(line("C-002", reasons=[stage(stage="arrived", since="2011-11-29")]))
    found = {(row.identity.client, row.kind) for row in drafted(one)}
    assert found == {("C-001", "email"), ("C-002", "sms")}


def test_a_push_goes_to_the_newest_subscription(tmp_path: Path) -> None:
    """That the ledger has of the client: manifests know none."""
    one = house(tmp_path).journey(steps=[{"send": "news", "over": ["push"]}])
    one.night(line(consents=["push"]), line("C-002", consents=["push"]))
    with one.open() as sender:
        rows = [Address("C-001", "push", f"sub-{n}", NOON - n * DAY) for n in (2, 1, 3)]
        sender.ledger.addresses.add(rows)
    first, second = drafted(one)
    assert payload_of(first.payload).to == "sub-1"
    assert second.reason == Reason.NO_ADDRESS


def _strategy() -> dict[str, Any]:
    moved = {"kind": "strategy", "series": "duo-2011-06", "series_name": "Два флагмана"}
    return {**moved, "date": "2011-12-02", "was": "corridor", "band": "above"}


@pytest.mark.parametrize("name", NEWS)
def test_the_usual_messages_are_right(tmp_path: Path, name: str) -> None:
    """Else all of these tests would be about something that is refused."""
    assert name.partition(".")[0] == JOURNEY["steps"][0]["send"]
    with house(tmp_path).open() as sender:
        assert set(sender.messages.kinds("news")) == {"sms", "email", "push"}
