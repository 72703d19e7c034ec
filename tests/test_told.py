"""What was told: nothing twice, nothing lost, and nobody named."""

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.columns import WHO
from generator.manifest import Window
from generator.told import DAY, FORMAT, MARK, MARKS, Told, load_told

TODAY = date(2026, 3, 10)
KEEP = 7
FIRST, SECOND = b"a" * 16, b"b" * 16


def days_ago(days: int) -> date:
    """A day before today."""
    return TODAY - timedelta(days=days)


def marks(*rows: tuple[bytes, bytes, date]) -> pl.DataFrame:
    """Marks of clients: whom, what, and the day on which it happened."""
    return pl.DataFrame([(0, *row) for row in rows], MARKS, orient="row")


def test_before_the_first_night_nothing_was_told(tmp_path: Path) -> None:
    """Without a state nothing is known, and the window is that of the settings."""
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
    """Bands of earlier nights stay; the newest band of a series counts, and so do the settings."""
    told = Told(days_ago(1), {"duo": "above", "trio": "below"}, days_ago(20), 3, "old")
    later = told.extended(TODAY, {"duo": "corridor"}, KEEP, "new")
    assert later == Told(
        as_of=TODAY,
        bands={"duo": "corridor", "trio": "below"},
        kept_since=days_ago(2 * KEEP),
        news_days=KEEP,
        manifest="new",
    )
    assert told.bands["duo"] == "above"  # values do not change


@pytest.mark.parametrize(
    ("age", "is_kept"), [(0, True), (7, True), (13, True), (14, False), (99, False)]
)
def test_old_marks_are_dropped(age: int, *, is_kept: bool) -> None:
    """A mark older than two windows can never come up again."""
    told = Told(days_ago(1)).extended(TODAY, {}, KEEP, "")
    assert told.kept(marks((FIRST, FIRST, days_ago(age)))).height == is_kept


def test_before_anything_was_dropped_all_marks_are_kept() -> None:
    """Of a state without a night nothing is too old."""
    some = marks((FIRST, FIRST, days_ago(999)))
    assert Told().kept(some).equals(some)


def test_marks_are_kept_once() -> None:
    """The same reason of the same client stands once, on its later day; others stay themselves."""
    told = Told().extended(TODAY, {}, KEEP, "")
    rows = [
        (FIRST, FIRST, days_ago(2)),
        (FIRST, SECOND, days_ago(2)),
        (SECOND, FIRST, days_ago(2)),
        (FIRST, FIRST, days_ago(1)),
    ]
    assert told.kept(marks(*rows)).select(WHO, MARK, DAY).rows() == rows[1:]
    assert told.kept(told.kept(marks(*rows))).equals(told.kept(marks(*rows)))


@given(
    nights=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    events=st.dictionaries(st.integers(0, 9), st.integers(0, 100), max_size=8),
    keep=st.integers(1, 10),
)
def test_every_event_is_told_once(nights: list[int], events: dict[int, int], keep: int) -> None:
    """Over any nights, lost ones too, each event since the first is told exactly once."""
    start = date(2026, 1, 1)
    happened = {b"%016d" % name: start + timedelta(days=day) for name, day in events.items()}
    told, known, as_of = Told(), marks(), start
    times = dict.fromkeys(happened, 0)
    for gap in nights:
        as_of += timedelta(days=gap)
        window = Window(told.since(as_of, keep), as_of)
        looked_at = marks(*((FIRST, name, d) for name, d in happened.items() if window.has(d)))
        fresh = looked_at.join(known, on=[WHO, MARK], how="anti")
        for name in fresh[MARK]:
            times[name] += 1
        told = told.extended(as_of, {}, keep, "")
        known = told.kept(pl.concat([known, fresh]))
    first = start + timedelta(days=nights[0] - keep)
    for name, day in happened.items():
        assert times[name] == (first < day <= as_of)


def test_a_wider_window_tells_nothing_again() -> None:
    """Where marks were dropped nobody looks again, however far back the settings reach."""
    told = Told()
    for age in (40, 20, 1):
        told = told.extended(days_ago(age), {}, KEEP, "")
    assert told.since(TODAY, 365) == days_ago(1 + 2 * KEEP)


def test_a_narrower_window_brings_no_mark_back() -> None:
    """What was dropped once stays dropped, though fewer days would keep it."""
    told = Told().extended(TODAY, {}, 2, "").extended(TODAY, {}, 30, "")
    assert told.kept_since == days_ago(4)


def test_a_state_comes_back(tmp_path: Path) -> None:
    """What is written down is what the next night reads, the same bytes for the same state."""
    told = Told(TODAY, {"duo": "above", "trio": "below"}, days_ago(9), 7, "0a1b")
    for state in (told, Told()):
        (tmp_path / "state.json").write_bytes(state.as_json())
        assert load_told(tmp_path / "state.json") == state
    other = Told(TODAY, {"trio": "below", "duo": "above"}, days_ago(9), 7, "0a1b")
    assert other.as_json() == told.as_json()


GOOD: dict[str, object] = {"format": FORMAT, "as_of": "2026-03-10", "bands": {}, "kept_since": None}
GOOD |= {"news_days": 7, "manifest": ""}
DAMAGED: list[dict[str, object]] = [
    {"format": "sealpress told 1"},
    {"as_of": "yesterday"},
    {"as_of": 7},
    {"bands": None},
    {"bands": ["above"]},
    {"bands": 7},
    {"kept_since": "yesterday"},
    {"kept_since": 7},
    {"news_days": None},
    {"news_days": "x"},
]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"\xff", b"{}"),
        *(json.dumps({**GOOD, **change}).encode() for change in DAMAGED),
        *(
            json.dumps({key: GOOD[key] for key in GOOD if key != missing}).encode()
            for missing in GOOD
        ),
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
    assert load_told(tmp_path / "state.json") == Told(TODAY, {}, None, 7)
