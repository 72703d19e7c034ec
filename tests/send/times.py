"""Moments and zones for properties: every kind of jump that clocks make is among them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

DAY = timedelta(days=1)
ZONES = (
    "Europe/Moscow",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",  # jumps at midnight
    "Africa/Casablanca",  # back for a month, on another day each year
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # left out a whole day in 2011
    "Asia/Kathmandu",
    "Asia/Kamchatka",
)
_NEAR_JUMPS = (
    "2026-03-29 01:00",  # Berlin forward
    "2026-10-25 01:00",  # Berlin back
    "2026-09-06 04:00",  # Santiago forward
    "2026-04-05 03:00",  # Santiago back
    "2026-04-04 15:00",  # Lord Howe back
    "2026-10-03 15:30",  # Lord Howe forward
    "2026-02-15 02:00",  # Casablanca
    "2026-03-22 02:00",
    "2026-03-08 07:00",  # New York
    "2026-11-01 06:00",
    "2011-12-30 10:00",  # Apia
)
_WHOLE = st.datetimes(datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2037-01-01"))
_NEAR = st.builds(
    lambda jump, off: datetime.fromisoformat(jump) + off,
    st.sampled_from(_NEAR_JUMPS),
    st.timedeltas(-2 * DAY, 2 * DAY),
)
MOMENTS = st.one_of(_WHOLE, _NEAR).map(lambda moment: moment.replace(tzinfo=UTC))
"""Anywhere, and within days of a jump."""
