"""What comes in from outside is kept, and what is about no message of ours changes nothing."""

from pathlib import Path

import pytest

from generator.send.answers import LedgerAnswers, collect, report_keys
from generator.send.ledger import Ledger
from generator.send.values import Report
from tests.send.house import NOON, house
from tests.send.ledger.samples import NOW, approve, attempt, planned


def clocked(ledger: Ledger) -> LedgerAnswers:
    """Answers at one moment."""
    return LedgerAnswers(ledger, lambda: NOW)


@pytest.mark.parametrize(
    ("purpose", "ended"),
    [("service", {"service", "promotion"}), ("promotion", {"promotion"})],
)
def test_no_more_of_a_kind(ledger: Ledger, purpose: str, ended: set[str]) -> None:
    """Who wants no news wants no offers; who wants no offers may want news."""
    approve(ledger, planned(purpose=purpose))
    (one,) = (it.id for it in ledger.story("A-1").chapters)
    clocked(ledger).unsubscribe(one, NOW)
    found = ledger.consents.of(["A-1"])
    assert {asked.purpose for asked in found} == ended
    assert {it.given for it in found.values()} == {False}
    assert {it.evidence for it in found.values()} == {f"unsubscribed from message {one}"}


def test_what_the_client_thinks(ledger: Ledger) -> None:
    """Votes and likes are in their story."""
    approve(ledger, planned())
    (one,) = (it.id for it in ledger.story("A-1").chapters)
    answers = clocked(ledger)
    answers.vote(one, 9, NOW)
    answers.liked(one, yes=False, at=NOW)
    (chapter,) = ledger.story("A-1").chapters
    assert sorted((what, value) for what, _, value in chapter.seen) == [
        ("liked", "no"),
        ("voted", "9"),
    ]


def test_a_gateways_report(ledger: Ledger) -> None:
    """Known by our id."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    clocked(ledger).report(Report("operator", "delivered", NOW, id=one))
    assert [it.state for it in ledger.story("A-1").chapters] == ["delivered"]


def test_about_no_message(ledger: Ledger) -> None:
    """Somebody tries ids: nothing is noted."""
    answers = clocked(ledger)
    answers.unsubscribe("0" * 26, NOW)
    answers.vote("0" * 26, 1, NOW)
    answers.liked("0" * 26, yes=True, at=NOW)
    answers.report(Report("operator", "delivered", NOW, id="0" * 26))
    assert not ledger.consents.of(["A-1", ""])


def test_a_key_of_each_channel(tmp_path: Path) -> None:
    """That nobody guesses, and that stays: gateways are told it once."""
    one = house(tmp_path)
    with one.open() as sender:
        first = report_keys(sender)
    with one.open() as sender:
        assert report_keys(sender) == first
        assert set(first) == {"sms", "email", "push"}
        assert len(set(first.values())) == 3
        assert collect(sender, "sms", 0.1, NOON) == 0
