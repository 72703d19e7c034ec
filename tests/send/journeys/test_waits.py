"""Waits: spans of time, and times of the client's own clock."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.journeys.waits import For, Until
from generator.send.rules.wall import wall_at
from tests.send.times import MOMENTS, ZONES

RUSSIA = ("Europe/Kaliningrad", "Asia/Kamchatka")
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(minutes=30), "2026-06-01 03:10:07"),
        (timedelta(hours=25), "2026-06-02 03:40:07"),
        (3 * DAY, "2026-06-04 02:00:00"),
        (timedelta(hours=24), "2026-06-02 02:00:00"),
    ],
)
def test_spans(span: timedelta, expected: str) -> None:
    """Days count from the full hour, so that a night which begins earlier finds them over."""
    assert For(span).after(at("2026-06-01 02:40:07"), "", RUSSIA) == at(expected)


@pytest.mark.parametrize(
    ("wait", "zone", "expected"),
    [
        (Until(time(10)), "Europe/Moscow", "2026-06-01 07:00"),
        (Until(time(5)), "Europe/Moscow", "2026-06-01 02:00"),
        (Until(time(4, 59)), "Europe/Moscow", "2026-06-02 01:59"),
        (Until(time(10), 0), "Europe/Moscow", "2026-06-01 07:00"),
        (Until(time(4), 0), "Europe/Moscow", "2026-06-08 01:00"),
        (Until(time(10), 6), "Europe/Moscow", "2026-06-07 07:00"),
        (Until(time(10)), "Asia/Kamchatka", "2026-06-01 22:00"),
        (Until(time(10)), "", "2026-06-01 22:00"),
        (Until(time(15)), "", "2026-06-01 13:00"),
        (Until(time(10)), "Europe/Atlantis", "2026-06-01 22:00"),
    ],
    ids=[
        "today", "now", "tomorrow", "this monday", "next monday", "sunday", "it is afternoon there",
        "the latest of all", "in the west", "unknown",
    ],
)  # fmt: skip
def test_times_of_the_clock(wait: Until, zone: str, expected: str) -> None:
    """Monday, two at night in UTC: the next such time; of an unknown zone the latest it can be."""
    assert wait.after(at("2026-06-01 02:00"), zone, RUSSIA) == at(expected)


@pytest.mark.parametrize(
    ("now", "clock", "expected"),
    [
        ("2026-03-28 23:00", time(2, 30), "2026-03-29 01:00"),
        ("2026-10-24 23:00", time(2, 30), "2026-10-25 00:30"),
        ("2026-10-25 00:40", time(2, 30), "2026-10-26 01:30"),
        ("2026-10-25 01:00", time(2, 30), "2026-10-25 01:30"),
    ],
    ids=["left out", "shown twice", "between the two", "before the second"],
)
def test_clocks_that_jump(now: str, clock: time, expected: str) -> None:
    """A time that is left out comes after the jump; of one shown twice the next that is shown."""
    assert Until(clock).after(at(now), "Europe/Berlin", RUSSIA) == at(expected)


@given(
    MOMENTS,
    st.sampled_from(ZONES),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.one_of(st.none(), st.integers(0, 6)),
)
def test_it_comes_and_stays(now: datetime, zone: str, clock: time, weekday: int | None) -> None:
    """Within its day or week and a jump, not before now, and on the day that was asked for."""
    wait = Until(clock, weekday)
    found = wait.after(now, zone, RUSSIA)
    assert now <= found <= now + (1 if weekday is None else 7) * DAY + timedelta(hours=25)
    if zone != "Pacific/Apia":  # it once left out a Friday
        wall = wall_at(found, zone)
        assert timedelta() <= wall - datetime.combine(wall, clock) <= timedelta(hours=1)
        assert weekday in {None, wall.weekday()}
