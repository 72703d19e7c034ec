"""What comes in from outside is kept, and what is about no message of ours changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from generator.send.answers import LedgerAnswers, collect, report_keys
from generator.send.channels.smpp import reference_of
from generator.send.ledger import Ledger
from generator.send.payload import payload_of
from generator.send.values import Report
from tests.send.house import NOON, clients, house
from tests.send.ledger.samples import DAY, HOUR, NOW, approve, attempt, planned
from tests.send.smsc import smsc


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


def test_who_answers_again_and_again(ledger: Ledger) -> None:
    """The last vote counts, one wish is on record, and nobody fills the ledger by a letter."""
    approve(ledger, planned(purpose="promotion"))
    (one,) = (it.id for it in ledger.story("A-1").chapters)
    answers = clocked(ledger)
    for number in range(11):
        answers.vote(one, number, NOW + number * HOUR)
        answers.unsubscribe(one, NOW + number * HOUR)
    (chapter,) = ledger.story("A-1").chapters
    assert [(what, value) for what, _, value in chapter.seen] == [("voted", "10")]
    (wish,) = ledger.consents.of(["A-1"]).values()
    assert wish.at == NOW
    ledger.consents.add([replace(wish, given=True, at=NOW + DAY, evidence="a call")])
    answers.unsubscribe(one, NOW + HOUR)
    (now,) = ledger.consents.of(["A-1"]).values()
    assert now.given
    answers.unsubscribe(one, NOW + 2 * DAY)
    (now,) = ledger.consents.of(["A-1"]).values()
    assert (now.given, now.at) == (False, NOW + 2 * DAY)


def test_a_gateways_report(ledger: Ledger) -> None:
    """Known by our id."""
    approve(ledger, planned())
    (one,) = attempt(ledger)
    clocked(ledger).report([Report("operator", "delivered", NOW, id=one)])
    assert [it.state for it in ledger.story("A-1").chapters] == ["delivered"]


def test_a_receipt_of_what_another_process_sent(tmp_path: Path) -> None:
    """It died before the operator answered; the number and our reference tell which it was."""
    with smsc() as server:
        one = house(tmp_path)
        one.channels["sms"] = server.settings(password="env:TOKEN").model_dump(  # noqa: S106
            include={"kind", "gateway", "host", "port", "tls", "user", "password", "sender"}
        )
        one.write()
        one.night(*clients(2))
        one.approve()
        with one.open() as sender:
            claimed = sender.ledger.sending.claim("sms", "dead", 9, NOON, HOUR)
            ids = [it.id for it in claimed]
            sender.ledger.sending.attempting(ids, "dead", NOON, HOUR)
            sender.ledger.sending.recover(NOON + DAY)
            assert len(sender.ledger.sending.unknown_of("sms")) == 2
            number = payload_of(claimed[0].planned.payload).to.lstrip("+")
            words, reference = b"id:m9 stat:DELIVRD err:000", reference_of(ids[0])
            receipt = server.written(words, number, user_message_reference=reference)[1]
            server.at_bind.append(receipt)
            assert collect(sender, "sms", 1.0, NOON + DAY) == 1
            assert [it.id for it in sender.ledger.sending.unknown_of("sms")] == [ids[1]]
        client = claimed[0].planned.identity.client
        assert one.reasons(client) == ["delivered"]


def test_about_no_message(ledger: Ledger) -> None:
    """Somebody tries ids: nothing is noted."""
    answers = clocked(ledger)
    answers.unsubscribe("0" * 26, NOW)
    answers.vote("0" * 26, 1, NOW)
    answers.liked("0" * 26, yes=True, at=NOW)
    answers.report([Report("operator", "delivered", NOW, id="0" * 26)])
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
