"""Quiet hours: nobody is disturbed at night, and nobody waits longer than they must."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError
from generator.base.sending import Channel, Quiet, Send
from generator.send.rules import allowed_at, sleepless
from generator.send.rules.quiet import is_quiet
from generator.send.rules.wall import wall_at
from tests.send.times import MOMENTS, ZONES

RUSSIA = ("Europe/Kaliningrad", "Asia/Kamchatka")
NIGHT = Quiet()
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))


def quiet(since: str, until: str) -> Quiet:
    """Quiet hours as they are written."""
    return Quiet.model_validate({"since": since, "until": until})


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "hours", "expected"),
    [
        ("2026-06-01 12:00", "Europe/Moscow", NIGHT, "2026-06-01 12:00"),
        ("2026-06-01 17:59", "Europe/Moscow", NIGHT, "2026-06-01 17:59"),
        ("2026-06-01 18:00", "Europe/Moscow", NIGHT, "2026-06-02 06:00"),
        ("2026-06-01 22:00", "Europe/Moscow", NIGHT, "2026-06-02 06:00"),
        ("2026-06-01 06:00", "Europe/Moscow", NIGHT, "2026-06-01 06:00"),
        ("2026-06-01 10:30", "Europe/Moscow", quiet("13:00", "14:00"), "2026-06-01 11:00"),
        ("2026-06-01 11:00", "Europe/Moscow", quiet("13:00", "14:00"), "2026-06-01 11:00"),
        ("2026-06-01 11:00", "Europe/Moscow", quiet("00:00", "00:00"), "2026-06-01 11:00"),
        ("2026-06-01 22:30", "Europe/Moscow", quiet("00:00", "09:00"), "2026-06-02 06:00"),
        ("2026-03-28 21:00", "Europe/Berlin", NIGHT, "2026-03-29 07:00"),
        ("2026-03-28 21:00", "Europe/Berlin", quiet("21:00", "02:30"), "2026-03-29 01:00"),
        ("2026-10-24 21:00", "Europe/Berlin", NIGHT, "2026-10-25 08:00"),
        ("2026-10-25 00:45", "Europe/Berlin", quiet("02:30", "09:00"), "2026-10-25 01:00"),
        ("2026-10-25 01:15", "Europe/Berlin", quiet("21:00", "02:30"), "2026-10-25 01:30"),
    ],
    ids=[
        "day", "just before", "begins", "night", "ends", "noon", "noon ends", "none", "midnight",
        "spring", "ends in the gap", "autumn", "put back before it begins", "the second half past",
    ],
)  # fmt: skip
def test_the_first_moment(moment: str, zone: str, hours: Quiet, expected: str) -> None:
    """At once by day; else when the hours end by the client's clock, jumps included."""
    assert allowed_at(at(moment), zone, RUSSIA, hours) == at(expected)


@given(MOMENTS, st.sampled_from(ZONES), CLOCKS, CLOCKS)
def test_never_in_quiet_hours_and_never_late(
    moment: datetime, zone: str, since: time, until: time
) -> None:
    """The clock shows a time outside; a moment before, and on the whole way there, one inside."""
    hours = quiet(f"{since}", f"{until}")
    found = allowed_at(moment, zone, RUSSIA, hours)
    assert found >= moment
    assert not is_quiet(wall_at(found, zone).time(), hours)
    assert allowed_at(found, zone, RUSSIA, hours) == found
    if found > moment:
        assert is_quiet(wall_at(found - TICK, zone).time(), hours)
        steps = (moment + number * 10 * MINUTE for number in range(6 * 50))
        on_the_way = [step for step in steps if step < found]
        assert all(is_quiet(wall_at(step, zone).time(), hours) for step in on_the_way)


@given(MOMENTS, st.lists(st.sampled_from(ZONES[:5]), min_size=1, max_size=3), CLOCKS)
def test_of_an_unknown_zone_it_is_day_everywhere(
    moment: datetime, zones: list[str], since: time
) -> None:
    """All zones are awake then, and at no earlier minute; the hours are short enough for it."""
    until = (datetime.combine(moment, since) + timedelta(hours=3)).time()
    hours = quiet(f"{since}", f"{until}")
    found = allowed_at(moment, "", zones, hours)
    assert not any(is_quiet(wall_at(found, zone).time(), hours) for zone in zones)
    steps = [moment + number * 10 * MINUTE for number in range(6 * 24)]
    for step in (step for step in steps if step < found):
        assert any(is_quiet(wall_at(step, zone).time(), hours) for zone in zones)


def test_the_strictest_window_of_russia() -> None:
    """From nine in Kaliningrad to nine in the evening in Kamchatka: two hours."""
    assert allowed_at(at("2026-06-01 00:00"), "", RUSSIA, NIGHT) == at("2026-06-01 07:00")
    assert allowed_at(at("2026-06-01 08:59"), "", RUSSIA, NIGHT) == at("2026-06-01 08:59")
    assert allowed_at(at("2026-06-01 09:00"), "", RUSSIA, NIGHT) == at("2026-06-02 07:00")
    assert allowed_at(at("2026-06-01 09:00"), "No/Where", RUSSIA, NIGHT) == at("2026-06-02 07:00")


def test_without_quiet_hours_it_is_at_once() -> None:
    """A letter may come at night; the moment is told in UTC."""
    moment = datetime.fromisoformat("2026-06-01T03:00:00+03:00")
    assert allowed_at(moment, "Europe/Moscow", RUSSIA, None) == moment
    assert allowed_at(moment, "Europe/Moscow", RUSSIA, None).tzinfo is UTC


def settings(zones: tuple[str, ...], hours: Quiet | None) -> Send:
    """Settings with one channel."""
    return Send(channels={"sms": Channel(kind="sms", quiet=hours)}, zones=zones)


def test_zones_that_are_never_awake_together_are_told() -> None:
    """In the settings before anything is sent, by the channel; and at the moment itself."""
    apart = ("Europe/Kaliningrad", "America/Vancouver", "Asia/Kamchatka")
    (problem,) = sleepless(settings(apart, NIGHT), at("2026-01-01 00:00"))
    assert str(problem) == (
        "content/site.yaml: send.channels.sms.quiet: there is no moment at which it is day in all "
        "zones of send.zones — hint: shorten the quiet hours, or name fewer zones"
    )
    with pytest.raises(InputError, match=r"send\.zones"):
        allowed_at(at("2026-01-01 00:00"), "", apart, NIGHT)
    assert sleepless(settings(apart, None), at("2026-01-01 00:00")) == []
    assert sleepless(settings(RUSSIA, NIGHT), at("2026-01-01 00:00")) == []


def test_zones_that_part_for_half_a_year_only_are_told_too() -> None:
    """Berlin and Auckland share an hour of day in one season and none in the other."""
    hours = quiet("20:30", "09:00")
    zones = ("Europe/Berlin", "Pacific/Auckland")
    assert allowed_at(at("2026-07-01 00:00"), "", zones, hours) == at("2026-07-01 07:00")
    assert len(sleepless(settings(zones, hours), at("2026-07-01 00:00"))) == 1
