"""A reason begins a journey once, whatever manifests tell of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import OutsideError
from generator.send.entering import Doorman
from generator.send.journeys import Journeys
from generator.send.ledger import Ledger, open_ledger
from generator.send.payload import payload_of
from generator.send.values import Entry
from tests.send.conftest import SQLITE
from tests.send.entries import coupon, digest, entry_of, stage
from tests.send.house import NOON
from tests.send.journeys.texts import load, with_steps

COUPON = with_steps("{send: coupon, over: [sms]}")
STAGE = with_steps("{send: stage, over: [sms]}", when="{stage: cards/*}")
POLICIES = ("P-1", "P-2", "P-3")
DAYS = ("2026-03-10", "2026-03-11")


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> Journeys:
    """Two: of coupons and of stages."""
    return load(tmp_path_factory.mktemp("site"), {"it": COUPON, "stage": STAGE})


def let_in(ledger: Ledger, journeys: Journeys, *entries: Entry) -> int:
    """How many journeys were entered."""
    return Doorman(ledger, journeys, NOON).let_in(iter(entries))


def told(ledger: Ledger) -> Counter[tuple[str, str, str]]:
    """How often each client is told of each policy's coupon, by day."""
    return Counter(
        (one.client, reason["policy"], reason["date"])
        for one in ledger.enrolments.due(NOON)
        for reason in payload_of(one.payload).entry.reasons
    )


def test_who_is_in_does_not_enter_again(ledger: Ledger, journeys: Journeys) -> None:
    """The next night tells of the same and of something new: only that begins a journey."""
    one = entry_of(coupon("P-1"), digest())
    assert let_in(ledger, journeys, one) == 1
    assert let_in(ledger, journeys, one, one) == 0
    assert let_in(ledger, journeys, entry_of(coupon("P-1"), coupon("P-2"))) == 1
    assert set(told(ledger).values()) == {1}
    assert len(told(ledger)) == 2


def test_a_client_who_stands_twice_in_a_manifest(ledger: Ledger, journeys: Journeys) -> None:
    """What the first line began the second does not begin again."""
    entries = [entry_of(coupon("P-1")), entry_of(coupon("P-1"), coupon("P-2"))]
    assert let_in(ledger, journeys, *entries) == 2
    assert told(ledger) == {("C-1", one, DAYS[0]): 1 for one in ("P-1", "P-2")}


def test_each_client_is_another(ledger: Ledger, journeys: Journeys) -> None:
    """A reason of one is nothing to the other, and what belongs to no journey begins none."""
    entries = [entry_of(coupon(), client="C-1"), entry_of(coupon(), client="C-2")]
    assert let_in(ledger, journeys, *entries, entry_of(digest(), client="C-3")) == 2


def test_what_belongs_together_is_one_journey(ledger: Ledger, journeys: Journeys) -> None:
    """Coupons of one day, and with them only the reasons that they are about."""
    entry = entry_of(coupon("P-1"), stage(), coupon("P-2"), coupon("P-1", DAYS[1]))
    assert let_in(ledger, journeys, entry) == 3
    sizes = [len(payload_of(one.payload).entry.reasons) for one in ledger.enrolments.due(NOON)]
    assert sorted(sizes) == [1, 1, 2]


def test_stages_are_noted(ledger: Ledger, journeys: Journeys) -> None:
    """Also of who enters no journey by it; an older one changes nothing."""
    for path, since in (("a/new", "2026-03-09"), ("a/old", "2026-03-01")):
        let_in(ledger, journeys, entry_of(stage(path, since)))
    (found,) = ledger.journeys.stages_of(["C-1"]).values()
    assert (found.stage, found.since) == ("new", date(2026, 3, 9))


def test_a_run_that_breaks_off_is_made_good(
    ledger: Ledger, journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is in by then stays in, and does not enter twice when the manifest is gone through."""
    monkeypatch.setattr("generator.send.entering.CHUNK", 2)
    entries = [entry_of(coupon(), client=f"C-{number}") for number in range(5)]

    def broken() -> Iterator[Entry]:
        yield from entries[:3]
        raise OutsideError("the disk is gone")

    with pytest.raises(OutsideError):
        Doorman(ledger, journeys, NOON).let_in(broken())
    assert len(told(ledger)) == 2
    assert let_in(ledger, journeys, *entries) == 3
    assert set(told(ledger).values()) == {1}
    assert len(told(ledger)) == 5


def test_an_altered_journey_is_another_version(
    ledger: Ledger, journeys: Journeys, tmp_path: Path
) -> None:
    """Who enters from now on enters it; who is told of something already is not told again."""
    let_in(ledger, journeys, entry_of(coupon()))
    altered = load(tmp_path, {"it": COUPON.replace("[sms]", "[email]"), "stage": STAGE})
    assert let_in(ledger, altered, entry_of(coupon(), coupon("P-2"))) == 1
    versions = [one.version for one in ledger.enrolments.due(NOON)]
    assert versions == [1, 2]


NIGHTS = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["C-1", "C-2"]),
            st.lists(
                st.tuples(st.sampled_from(POLICIES), st.sampled_from(DAYS)), min_size=1, max_size=4
            ),
        ),
        max_size=4,
    ),
    max_size=4,
)


@given(nights=NIGHTS)
def test_nobody_is_told_a_thing_twice(
    nights: list[list[tuple[str, list[tuple[str, str]]]]],
    journeys: Journeys,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """However manifests repeat and mix it; and everybody is told of everything."""
    with open_ledger(tmp_path_factory.mktemp("ledger"), SQLITE) as ledger:
        for number, night in enumerate(nights):
            made = [
                entry_of(*(coupon(*one) for one in dict.fromkeys(reasons)), client=client)
                for client, reasons in night
            ]
            Doorman(ledger, journeys, NOON - timedelta(days=9 - number)).let_in(made)
        found = told(ledger)
    assert set(found.values()) <= {1}
    assert found.keys() == {
        (client, *one) for night in nights for client, reasons in night for one in reasons
    }
