"""What a client's clock shows, also on the days on which it jumps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.rules.wall import is_zone, jump_between, shown_at, wall_at, zones_for
from tests.send.times import MOMENTS, ZONES

HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""Clocks of Berlin go from 2:00 to 3:00."""
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)
"""From 3:00 to 2:00."""


@pytest.mark.parametrize(
    ("moment", "wall", "expected"),
    [
        (SPRING - 3 * HOUR, "2026-03-29 10:00", SPRING + 7 * HOUR),
        (SPRING - 3 * HOUR, "2026-03-29 02:30", SPRING),
        (SPRING - 3 * HOUR, "2026-03-29 02:00", SPRING),
        (AUTUMN - 3 * HOUR, "2026-10-25 02:30", AUTUMN - HOUR / 2),
        (AUTUMN, "2026-10-25 02:30", AUTUMN + HOUR / 2),
        (AUTUMN - 3 * HOUR, "2026-10-25 10:00", AUTUMN + 8 * HOUR),
        (AUTUMN, "2026-10-24 10:00", AUTUMN),
    ],
    ids=["over the gap", "in it", "at it", "first of two", "second of two", "over both", "past"],
)
def test_a_time_is_shown(moment: datetime, wall: str, expected: datetime) -> None:
    """A time that is left out begins after the jump; of one shown twice the next counts."""
    assert shown_at(moment, datetime.fromisoformat(wall), BERLIN) == expected


@given(MOMENTS, st.sampled_from(ZONES), st.integers(0, 3 * 24 * 60))
def test_it_is_the_first_moment(moment: datetime, zone: str, minutes: int) -> None:
    """Then the clock shows it or later, and just before it did not, or that was before."""
    wall = wall_at(moment, zone) + timedelta(minutes=minutes)
    found = shown_at(moment, wall, zone)
    assert found >= moment
    assert wall_at(found, zone) >= wall
    if found > moment:
        assert wall_at(found - timedelta(microseconds=1), zone) < wall


def test_a_jump_is_found_to_the_second() -> None:
    """Also when the moments around it have parts of seconds."""
    part = timedelta(microseconds=7)
    assert jump_between(SPRING - 5 * HOUR + part, SPRING + HOUR + part, BERLIN) == SPRING
    assert jump_between(SPRING - HOUR, SPRING, BERLIN) == SPRING
    assert jump_between(SPRING - part, SPRING, BERLIN) == SPRING
    assert jump_between(SPRING, SPRING + HOUR, BERLIN) is None


def test_an_unknown_zone_is_any_of_them() -> None:
    """Empty, misspelt, or of a newer release: the client may live anywhere."""
    zones = ("Europe/Kaliningrad", "Asia/Kamchatka")
    assert zones_for("Europe/Moscow", zones) == ("Europe/Moscow",)
    for unknown in ("", "Europe/Atlantis", "../etc/passwd", "/etc"):
        assert not is_zone(unknown)
        assert zones_for(unknown, zones) == zones
