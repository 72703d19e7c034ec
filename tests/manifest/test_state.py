"""What was told: nothing twice, nothing lost, and nobody named."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.manifest import Told, Window, load_told
from generator.manifest.state import FORMAT

TODAY = date(2026, 3, 10)
KEEP = 7


def days_ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


def test_before_the_first_night_nothing_was_told(tmp_path: Path) -> None:
    """Without a state there are no marks, and the window is that of the settings."""
    told = load_told(tmp_path / "state.json")
    assert told == Told()
    assert told.since(TODAY, KEEP) == days_ago(KEEP)


@pytest.mark.parametrize(
    ("last", "since"),
    [
        (None, 7),
        (0, 7),
        (1, 7),
        (7, 7),
        (8, 8),
        (40, 40),
        (-3, 7),
    ],
)
def test_after_lost_nights_the_window_opens_wider(last: int | None, since: int) -> None:
    """What happened in nights without a run is told by the next one."""
    told = Told(days_ago(last) if last is not None else None)
    assert told.since(TODAY, KEEP) == days_ago(since)


@pytest.mark.parametrize(
    ("age", "is_in"), [(-1, False), (0, True), (6, True), (7, False), (8, False)]
)
def test_a_window_is_open_at_its_beginning(age: int, *, is_in: bool) -> None:
    """The day since which events are told was told already; today is not."""
    assert Window(days_ago(7), TODAY).has(days_ago(age)) == is_in


def test_another_night_is_added() -> None:
    """Marks and bands of earlier nights stay; the newest band of a series counts."""
    told = Told(days_ago(1), {"a": days_ago(1)}, {"duo": "above", "trio": "below"})
    later = told.extended(TODAY, {"b": TODAY}, {"duo": "corridor"}, KEEP)
    assert later == Told(
        TODAY,
        {"a": days_ago(1), "b": TODAY},
        {"duo": "corridor", "trio": "below"},
        days_ago(2 * KEEP),
    )
    assert told.as_of == days_ago(1)  # values do not change


@pytest.mark.parametrize(
    ("age", "is_kept"), [(0, True), (7, True), (13, True), (14, False), (99, False)]
)
def test_old_marks_are_dropped(age: int, *, is_kept: bool) -> None:
    """A mark older than two windows can never come up again."""
    told = Told(days_ago(1), {"a": days_ago(age)}, {}).extended(TODAY, {}, {}, KEEP)
    assert bool(told.marks) == is_kept


@given(
    nights=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    events=st.dictionaries(st.text("ab", max_size=3), st.integers(0, 100), max_size=8),
    keep=st.integers(1, 10),
)
def test_every_event_is_told_once(nights: list[int], events: dict[str, int], keep: int) -> None:
    """Over any nights, lost ones too, each event since the first is told exactly once."""
    start = date(2026, 1, 1)
    happened = {name: start + timedelta(days=day) for name, day in events.items()}
    told, times, as_of = Told(), dict.fromkeys(events, 0), start
    for gap in nights:
        as_of += timedelta(days=gap)
        window = Window(told.since(as_of, keep), as_of)
        fresh = {
            name: day
            for name, day in happened.items()
            if window.has(day) and name not in told.marks
        }
        for name in fresh:
            times[name] += 1
        told = told.extended(as_of, fresh, {}, keep)
    first = start + timedelta(days=nights[0] - keep)
    for name, day in happened.items():
        assert times[name] == (first < day <= as_of)


def test_a_wider_window_tells_nothing_again() -> None:
    """Where marks were dropped nobody looks again, however far back the settings reach."""
    told = Told()
    for age in (40, 20, 1):
        told = told.extended(days_ago(age), {}, {}, KEEP)
    assert told.since(TODAY, 365) == days_ago(1 + 2 * KEEP)


def test_a_state_comes_back(tmp_path: Path) -> None:
    """What is written down is what the next night reads, the same bytes for the same state."""
    told = Told(TODAY, {"b": days_ago(1), "a": TODAY}, {"duo": "above"}, days_ago(9))
    for state in (told, Told()):
        (tmp_path / "state.json").write_bytes(state.as_json())
        assert load_told(tmp_path / "state.json") == state
    other = Told(TODAY, {"a": TODAY, "b": days_ago(1)}, {"duo": "above"}, days_ago(9))
    assert other.as_json() == told.as_json()


GOOD: dict[str, object] = {"format": FORMAT, "as_of": "2026-03-10", "bands": {}, "kept_since": None}
GOOD["marks"] = {"a": "2026-03-10"}
DAMAGED: list[dict[str, object]] = [
    {"format": "sealpress told 2"},
    {"as_of": "yesterday"},
    {"as_of": 7},
    {"marks": None},
    {"marks": ["a"]},
    {"marks": {"a": "x"}},
    {"marks": {"a": None}},
    {"bands": None},
    {"bands": ["above"]},
    {"bands": 7},
]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"\xff", b"{}"),
        *(json.dumps({**GOOD, **change}).encode() for change in DAMAGED),
        json.dumps({key: GOOD[key] for key in GOOD if key != "bands"}).encode(),
        json.dumps(GOOD).encode()[:-1],
    ],
)
def test_a_damaged_state_is_told(tmp_path: Path, raw: bytes) -> None:
    """Going on without it would tell everybody everything again."""
    (tmp_path / "state.json").write_bytes(raw)
    with pytest.raises(OutsideError, match=r"state\.json: the state is damaged.*restore it"):
        load_told(tmp_path / "state.json")


def test_the_good_state_of_the_test_above_is_good(tmp_path: Path) -> None:
    """Without damage that state loads."""
    (tmp_path / "state.json").write_bytes(json.dumps(GOOD).encode())
    assert load_told(tmp_path / "state.json") == Told(TODAY, {"a": TODAY}, {})


def test_other_marks_leave_the_rest() -> None:
    """When a client is forgotten their marks go, and nothing else changes."""
    told = Told(TODAY, {"who.a": TODAY, "x.b": TODAY}, {"duo": "above"})
    assert told.with_marks({"x.b": TODAY}) == Told(TODAY, {"x.b": TODAY}, {"duo": "above"})
