"""What senders share: how fast, whether at all, and whose turn it is."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from generator.send.ledger import Ledger, Stop
from generator.send.ledger.channels import SECOND as MICROS
from generator.send.ledger.channels import drawn
from tests.send.conftest import Opened
from tests.send.ledger.samples import DAY, HOUR, LEASE, MINUTE, NOW, SMS

SECOND = timedelta(seconds=1)


def test_a_channel_goes_no_faster_than_it_may(ledger: Ledger) -> None:
    """What was saved up goes at once, then one each tenth of a second."""
    take, rate = ledger.channels.take, Decimal(10)
    assert take(SMS, rate, 4, NOW) == (4, 0.0)
    assert take(SMS, rate, 100, NOW) == (6, 0.1)
    assert take(SMS, rate, 1, NOW) == (0, 0.1)
    assert take(SMS, rate, 5, NOW + SECOND / 4) == (2, 0.05)
    assert take("letters", rate, 1, NOW) == (1, 0.0)
    assert take(SMS, rate, 100, NOW + HOUR) == (10, 0.1)
    assert take(SMS, rate, 100, NOW + HOUR - MINUTE / 2) == (0, 30.1)


def test_all_processes_share_one_bucket(opened: Opened) -> None:
    """Two senders together are no faster than one."""
    with opened() as one, opened() as other:
        assert one.channels.take(SMS, Decimal(10), 6, NOW)[0] == 6
        assert other.channels.take(SMS, Decimal(10), 6, NOW)[0] == 4


@given(
    rate=st.decimals("0.1", "500", places=2),
    asked=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3_000_000)), max_size=12),
)
def test_no_stretch_of_time_holds_more(rate: Decimal, asked: list[tuple[int, int]]) -> None:
    """However it is asked: the rate times it, and what one second of rest had saved up."""
    now = start = 1_795_000_000 * MICROS
    free, given_out = 0, 0
    for most, pause in asked:
        now += pause
        granted, free, wait = drawn(free, rate, most, now)
        given_out += granted
        assert granted <= most
        assert given_out <= rate * (now - start) / MICROS + max(rate, Decimal(1))
        if granted < most:
            assert drawn(free, rate, 1, now + wait)[0] == 1
            assert drawn(free, rate, 1, now + wait - 1)[0] == 0


def test_a_clock_that_was_wrong_holds_nobody_up(ledger: Ledger) -> None:
    """It was a year ahead, and is set right: nobody waits for that year to go by."""
    wrong = NOW + 365 * DAY
    assert ledger.channels.take(SMS, Decimal(10), 10, wrong)[0] == 10
    granted, wait = ledger.channels.take(SMS, Decimal(10), 1, NOW)
    assert granted or wait <= 1
    assert ledger.channels.lease("plan", "one", wrong, LEASE)
    assert ledger.channels.lease("plan", "two", NOW, LEASE)
    assert not ledger.channels.lease("plan", "one", NOW, LEASE)


def test_a_stop_keeps_its_first_reason(ledger: Ledger) -> None:
    """And ends when somebody says so."""
    assert not ledger.channels.resume(SMS, NOW)
    ledger.channels.stop(SMS, "too many refused", NOW)
    ledger.channels.stop(SMS, "Vera", NOW + HOUR)
    assert ledger.channels.stopped() == {SMS: Stop("too many refused", NOW)}
    assert ledger.channels.resume(SMS, NOW)
    assert ledger.channels.stopped() == {}


def test_a_lease_is_one_holders(ledger: Ledger) -> None:
    """Who has it may keep it; another gets it when it ran out or was given back."""
    lease = ledger.channels.lease
    assert lease("night", "one", NOW, LEASE)
    assert not lease("night", "two", NOW + MINUTE, LEASE)
    assert lease("day", "two", NOW, LEASE)
    assert lease("night", "one", NOW + MINUTE, LEASE)
    assert not lease("night", "two", NOW + LEASE, LEASE)
    assert lease("night", "two", NOW + LEASE + MINUTE, LEASE)
    ledger.channels.give_back("night", "one")
    assert not lease("night", "one", NOW + LEASE + MINUTE, LEASE)
    ledger.channels.give_back("night", "two")
    assert lease("night", "one", NOW + LEASE + MINUTE, LEASE)
