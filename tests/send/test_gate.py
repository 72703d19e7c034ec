"""What the gate says of messages that are about to go; it changes nothing itself."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from generator.send.fetching import published
from generator.send.gate import FEW, PUT_OFF, Gate, Verdict
from generator.send.ledger import Consent
from generator.send.messages.look import look_of
from generator.send.proof import Prover
from generator.send.sender import Sender
from generator.send.texts import Texts
from generator.send.values import Reason
from generator.send.witness import Witness
from tests.send.house import NOON, House, clients, house
from tests.send.ledger.samples import LEASE
from tests.send.manifests import coupon


def approved(root: Path, number: int, **changes: Any) -> House:  # noqa: ANN401 - of JSON
    """A site where so many SMS were approved; all pages are published."""
    one = house(root)
    one.night(*clients(number, **changes))
    one.approve()
    return one


def judged(one: House, sender: Sender, now: datetime = NOON) -> Verdict:
    """What the gate says of all that is due; each message is still in the hands of its holder."""
    look = look_of(sender.root, sender.site.theme)
    witness = Witness(Prover(published(sender.root, sender.site)), look)
    gate = Gate(sender, "sms", Texts(sender.messages, sender.settings), witness)
    claimed = sender.ledger.sending.claim("sms", "me", 500, now, LEASE)
    assert claimed
    verdict = gate.judge(claimed, now)
    names = [it.planned.identity.client for it in claimed]
    assert {state for name in names for state in one.reasons(name)} == {"claimed"}
    return verdict


def who(sender: Sender, ids: list[str]) -> list[str]:
    """The clients of these messages."""
    found = [sender.ledger.planning.message(one) for one in ids]
    return sorted(one.identity.client for one in found if one)


def passed(sender: Sender, verdict: Verdict) -> list[str]:
    """The clients whose messages go."""
    return who(sender, [one.id for one, _ in verdict.passed])


def test_what_was_approved_goes(tmp_path: Path) -> None:
    """All of it, where nothing stands against it, in its order and with its values."""
    one = approved(tmp_path, 3)
    with one.open() as sender:
        verdict = judged(one, sender)
        assert passed(sender, verdict) == ["C-001", "C-002", "C-003"]
        addresses = {payload.to for _, payload in verdict.passed}
    assert addresses == {f"+7999000000{number}" for number in (1, 2, 3)}
    assert (verdict.withheld, verdict.later, verdict.problems) == ({}, {}, set())
    assert (verdict.stop, verdict.error) == ("", None)


def test_who_is_protected_by_now(tmp_path: Path) -> None:
    """Each with the reason; a consent comes before a mark against the address."""
    one = approved(tmp_path, 4)
    with one.open() as sender:
        addresses = sender.ledger.addresses
        for number in (1, 2):
            digest = addresses.digest("sms", f"+7999000000{number}")
            addresses.suppress(digest, NOON, "a call")
        addresses.bury(addresses.digest("sms", "+79990000003"), NOON)
        sender.ledger.consents.add([Consent("C-001", "sms", "service", False, NOON, "a call")])
        verdict = judged(one, sender)
        assert passed(sender, verdict) == ["C-004"]
        assert {reason: who(sender, ids) for reason, ids in verdict.withheld.items()} == {
            Reason.NO_CONSENT: ["C-001"],
            Reason.SUPPRESSED: ["C-002"],
            Reason.DEAD_ADDRESS: ["C-003"],
        }


def test_in_the_night_all_wait(tmp_path: Path) -> None:
    """Until it is day for each; nobody's page is asked for meanwhile."""
    one = approved(tmp_path, 2)
    late = NOON.replace(hour=19)  # ten in the evening in Moscow
    for page in (tmp_path / "build/published/p").rglob("*"):
        if page.is_file():
            page.unlink()
    with one.open() as sender:
        verdict = judged(one, sender, late)
        assert verdict.passed == []
        ((when, ids),) = verdict.later.items()
        assert who(sender, ids) == ["C-001", "C-002"]
    assert when == late + timedelta(hours=11)
    assert (verdict.withheld, verdict.error) == ({}, None)


def test_an_altered_text_waits(tmp_path: Path) -> None:
    """It is told once, by its file, with what helps; and nothing of a client."""
    one = approved(tmp_path, 3)
    one.message("news.sms", "Другой текст. {{ link }}")
    with one.open() as sender:
        verdict = judged(one, sender)
        ((when, ids),) = verdict.later.items()
        assert who(sender, ids) == ["C-001", "C-002", "C-003"]
    assert (verdict.passed, when) == ([], NOON + PUT_OFF)
    (problem,) = verdict.problems
    assert str(problem).startswith("content/messages/news.sms.md: the message was altered")


def test_few_pages_that_are_gone_are_theirs_alone(tmp_path: Path) -> None:
    """Corrections of single clients: they are withheld, and the others go."""
    one = approved(tmp_path, FEW + 2)
    taken_down(one, FEW)
    with one.open() as sender:
        verdict = judged(one, sender)
        assert passed(sender, verdict) == ["C-005", "C-006"]
        gone = verdict.withheld[Reason.NOT_PROVEN]
        assert who(sender, gone) == ["C-001", "C-002", "C-003", "C-004"]
    assert verdict.error is None


def test_many_pages_that_are_gone_are_nobodys_fault(tmp_path: Path) -> None:
    """Nothing goes, and nobody is left out for it."""
    one = approved(tmp_path, FEW + 2)
    taken_down(one, FEW + 1)
    with one.open() as sender:
        verdict = judged(one, sender)
    assert (verdict.passed, verdict.withheld) == ([], {})
    assert "nobody was left out" in str(verdict.error)


def test_a_page_that_shows_another_thing_ends_it(tmp_path: Path) -> None:
    """One is enough; it alone is withheld, and no more goes. Nothing of it is told."""
    one = approved(tmp_path, 3)
    one.publish(clients(3)[1], shown={"reasons": [coupon(amount_text="1,00\u00a0₽")]})
    with one.open() as sender:
        verdict = judged(one, sender)
        assert who(sender, verdict.withheld[Reason.NOT_PROVEN]) == ["C-002"]
    assert verdict.passed == []
    told = str(verdict.error)
    assert "the page shows another coupon" in told
    amount = str(coupon()["amount_text"])  # the id of a message, which is told, has digits as well
    assert not any(word in told for word in ("C-002", "7999", amount, "1,00", "#"))


@pytest.mark.parametrize(("limit", "is_stopped"), [(2, True), (3, False)])
def test_one_text_to_one_address_again_and_again(
    tmp_path: Path, limit: int, *, is_stopped: bool
) -> None:
    """Something is wrong then: the channel stops before the page of anybody is asked for."""
    one = house(tmp_path)
    one.channels["sms"]["breaker"] = {"same_text": limit}
    one.write()
    days = [coupon(date=f"2011-12-0{day}", policy="QH-1") for day in (2, 3, 4)]
    one.night(*clients(2, reasons=days))
    one.approve()
    with one.open() as sender:
        verdict = judged(one, sender)
        stopped = who(sender, verdict.withheld.get(Reason.STOPPED, []))
    assert stopped == (["C-001", "C-002"] if is_stopped else [])
    assert ("again and again (2)" in verdict.stop) == is_stopped
    assert len(verdict.passed) == (0 if is_stopped else 6)


def taken_down(one: House, number: int) -> None:
    """The pages of the first clients are there no more."""
    for told in clients(number):
        (one.root / "build/published" / told["page"]["path"]).unlink()
