"""Senders that are killed, and senders side by side: once each, and nobody is forgotten."""

import signal
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from generator.send.ledger import Ledger
from generator.send.ledger.schema import messages
from generator.send.values import Report, State
from tests.send.killing import STEPS, Gateway, ended, gateway, sender
from tests.send.ledger.samples import LEASE, NOW, SMS, approve, clients, planned, rows_of

BATCH = 1000
LATER = NOW + LEASE


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A ledger in which as many messages are approved as make a batch."""
    approve(ledger, *(planned(one) for one in clients(BATCH)))
    return ledger


def standing(ledger: Ledger) -> dict[str, State]:
    """The state of every message by its id."""
    rows = rows_of(ledger, select(messages.c.id, messages.c.state))
    return {row.id: row.state for row in rows}


def killed(root: Path, where: str, port: int, step: str) -> None:
    """A sender was there, and died at this step."""
    with sender(root, where, port, "one", str(BATCH), step) as process:
        assert ended(process) == -signal.SIGKILL


def finished(root: Path, where: str, port: int) -> None:
    """A sender was there after it, and did all that may be done."""
    with sender(root, where, port, "two", str(BATCH), now=LATER) as process:
        assert ended(process) == 0


@pytest.mark.parametrize("step", STEPS)
def test_whoever_is_killed_leaves_no_double_and_no_gap(
    full: Ledger, tmp_path: Path, where: str, step: str
) -> None:
    """Each of a batch of 1,000 was sent once, or is on record as one of which nobody knows."""
    with gateway() as (counted, port):
        killed(tmp_path, where, port, step)
        full.sending.recover(LATER)
        finished(tmp_path, where, port)
    found = standing(full)
    assert len(found) == BATCH
    assert set(found.values()) <= {State.ACCEPTED, State.UNKNOWN}
    assert set(counted.got.values()) == ({1} if counted.got else set())
    _account(found, counted)
    assert len(counted.got) == {"after attempt": 0, "in handing over": BATCH // 2}.get(step, BATCH)


def _account(found: dict[str, State], counted: Gateway) -> None:
    """Whatever was sent is accepted or unknown, and what is called accepted was sent."""
    assert set(counted.got) <= set(found)
    assert {one for one, state in found.items() if state == State.ACCEPTED} <= set(counted.got)


@pytest.mark.parametrize("step", ["in handing over", "before settle"])
def test_reports_tell_what_the_dead_could_not(
    full: Ledger, tmp_path: Path, where: str, step: str
) -> None:
    """The gateway sends our ids back: what it had is known, the rest stays for a person."""
    with gateway() as (counted, port):
        killed(tmp_path, where, port, step)
    full.sending.recover(LATER)
    assert len(full.sending.unknown_of(SMS)) == BATCH
    report = Report(SMS, "delivered", LATER)
    full.reports.note([replace(report, id=one) for one in counted.got], LATER)
    found = standing(full)
    assert {one for one, state in found.items() if state == State.DELIVERED} == set(counted.got)
    left = {it.id for it in full.sending.unknown_of(SMS)}
    assert left == set(found) - set(counted.got)


def test_a_channel_that_may_try_again_leaves_nobody_out(
    full: Ledger, tmp_path: Path, where: str
) -> None:
    """Letters go again under the id that they had: everybody's program shows one."""
    with gateway() as (counted, port):
        killed(tmp_path, where, port, "in handing over")
        full.sending.recover(LATER)
        unknown = [it.id for it in full.sending.unknown_of(SMS)]
        assert full.sending.again(unknown, LATER) == BATCH
        finished(tmp_path, where, port)
    found = standing(full)
    assert set(found.values()) == {State.ACCEPTED}
    assert set(counted.got) == set(found)
    assert max(counted.got.values()) == 2


def test_two_senders_share_and_never_double(full: Ledger, tmp_path: Path, where: str) -> None:
    """Both hand over at the same time, in small batches, and together they are done."""
    with gateway(senders=2) as (counted, port), ExitStack() as stack:
        names = ("one", "two")
        both = [stack.enter_context(sender(tmp_path, where, port, name, "10")) for name in names]
        assert [ended(process) for process in both] == [0, 0]
    assert set(standing(full).values()) == {State.ACCEPTED}
    assert len(counted.got) == BATCH
    assert set(counted.got.values()) == {1}


def test_one_of_two_dies_and_the_other_goes_on(full: Ledger, tmp_path: Path, where: str) -> None:
    """What the dead one had in its hands is unknown; all the rest was sent once."""
    with gateway(senders=2) as (counted, port), ExitStack() as stack:
        dying = sender(tmp_path, where, port, "one", "10", "before settle")
        first = stack.enter_context(dying)
        other = stack.enter_context(sender(tmp_path, where, port, "two", "10"))
        assert [ended(first), ended(other)] == [-signal.SIGKILL, 0]
    full.sending.recover(LATER)
    found = standing(full)
    assert len(full.sending.unknown_of(SMS)) == 10
    assert list(found.values()).count(State.ACCEPTED) == BATCH - 10
    assert set(counted.got.values()) == {1}
    assert set(counted.got) == set(found)
