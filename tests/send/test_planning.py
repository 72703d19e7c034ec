"""A plan made twice is the same plan, unless something changed; and nothing is taken twice."""

import gc
from datetime import timedelta
from pathlib import Path

import pytest

from generator.base.errors import InputError, OutsideError
from generator.receipts import SUFFIX
from generator.sealing import Signer
from generator.send.planning import A_TURN, TURN
from generator.send.values import Planned
from tests.send.house import NOON, House, clients, house
from tests.send.ledger.samples import DAY, HOUR, MINUTE, unapproved
from tests.send.manifests import SIGNER, SITE, coupon, line, raw


def rows(one: House) -> list[tuple[Planned, str]]:
    """What nobody approved yet, with ids."""
    with one.open() as sender:
        return [(row, row.id) for row in unapproved(sender.ledger)]


def refusal(one: House) -> str:
    """Why there is no plan."""
    with pytest.raises(InputError) as caught:
        one.plan()
    return str(caught.value)


def queue(one: House) -> list[str]:
    """The files that wait."""
    return sorted(path.name for path in (one.root / "build/private/queue").iterdir())


def test_the_same_plan_again(tmp_path: Path) -> None:
    """The same hash, ids, tags and texts; later too, as long as no moment moves."""
    one = house(tmp_path)
    one.night(*clients(5))
    first = one.plan()
    kept = rows(one)
    assert (first.manifests, first.entered) == (1, 5)
    second = one.plan()
    assert (second.hash, second.summary) == (first.hash, first.summary)
    assert (second.manifests, second.entered) == (0, 0)
    assert rows(one) == kept
    assert len({name for _, name in kept} | {row.tag for row, _ in kept}) == 10


def test_an_altered_message_makes_another_plan(tmp_path: Path) -> None:
    """Nobody approves a text that was not there when they looked."""
    one = house(tmp_path)
    one.night(line())
    first = one.plan().hash
    one.message("news.sms", "Другой текст: {{ link }}")
    assert one.plan().hash != first
    one.message("news.sms", "{{ name.polite }}, купон {{ reason.amount_text }}. {{ link }}")
    assert one.plan().hash == first


def test_more_clients_make_another_plan(tmp_path: Path) -> None:
    """And fewer, if one is not to be told any more."""
    one = house(tmp_path)
    one.night(line("C-001"))
    first = one.plan().hash
    one.night(line("C-002", reasons=[coupon(policy="QH-7000002")]))
    second = one.plan()
    assert second.hash != first
    assert second.summary["messages_to_send"] == 2
    with one.open() as sender:
        sender.ledger.forget("C-002")
    assert one.plan().hash == first


def test_the_summary_has_all_numbers(tmp_path: Path) -> None:
    """By journey, channel, segment and message; parts, cost, reasons, and what is usual."""
    one = house(tmp_path)
    one.channels["sms"] = {"kind": "sms", "price": "2.50"}
    one.write()
    one.night(
        *clients(3, segment="premium"),
        line("C-009", consents=[]),
        line("C-010", segment="mass"),
    )
    found = dict(one.plan().summary)
    (sample,) = found.pop("samples").values()
    assert sample.startswith("Елена Алексеевна, купон 37 500,00")
    assert found == {
        "messages_to_send": 4,
        "clients": 4,
        "journeys": {"news": 4},
        "channels": {"sms": 4},
        "segments": {"mass": 1, "premium": 3},
        "messages": {"news.sms": 4},
        "withheld": {"no consent": 1},
        "parts": {"sms": 8},
        "cost": {"sms": "20.00 RUB"},
        "usual": {},
        "before": {},
    }
    one.tell()
    one.later(DAY)
    one.night(line("C-011", reasons=[coupon(policy="QH-7000002")]))
    later = one.plan().summary
    assert (later["usual"], later["before"]) == ({"sms": 4.0}, {"sms": 4})


def test_nothing_of_a_client_is_in_the_summary(tmp_path: Path) -> None:
    """It is kept, printed and mailed around."""
    one = house(tmp_path)
    one.night(line(segment="premium"))
    found = one.plan()
    told = str({**found.summary, "samples": {}})
    for word in ("C-001", "7999", "example.org", "Агния", "25", "#", "QH-"):
        assert word not in told
    for word in ("C-001", "Агния", "QH-"):
        assert word not in str(found)


def test_a_manifest_is_taken_once(tmp_path: Path) -> None:
    """It is gone then; when it comes again it is removed, and nobody enters by it."""
    one = house(tmp_path)
    path = one.night(line(), number=7)
    receipt = path.with_name(f"{path.name}{SUFFIX}")
    kept = path.read_bytes(), receipt.read_bytes()
    one.plan()
    assert queue(one) == []
    path.write_bytes(kept[0])
    receipt.write_bytes(kept[1])
    found = one.plan()
    assert (found.manifests, found.entered, found.skipped) == (0, 0, (path.name,))
    assert queue(one) == []
    assert len(rows(one)) == 1


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("signer", "signed under a key that is not known"),
        ("site", "of another site"),
        ("altered", "the manifest beside it is another"),
        ("receipt", "no receipt"),
    ],
)
def test_a_manifest_that_is_not_believed(tmp_path: Path, spoil: str, why: str) -> None:
    """Nothing is planned, it stays where it is, and the ones before it are taken."""
    one = house(tmp_path)
    one.night(line("C-001"), day="2026-11-20", number=1)
    signer = Signer(b"x" * 32) if spoil == "signer" else SIGNER
    site = "https://other.example.org" if spoil == "site" else SITE
    path = one.night(line("C-002"), day="2026-11-21", number=2, signer=signer, site=site)
    if spoil == "altered":
        path.write_bytes(raw(line("C-003")))
    if spoil == "receipt":
        path.with_name(f"{path.name}{SUFFIX}").unlink()
    assert f"{path.name}" in refusal(one)
    assert why in refusal(one)
    assert path.name in queue(one)
    assert rows(one) == []
    with one.open() as sender:
        assert [it.client for it in sender.ledger.enrolments.due(NOON)] == ["C-001"]


def test_wrong_content_is_told_before_anything_is_taken(tmp_path: Path) -> None:
    """The manifest waits for whoever mends it."""
    one = house(tmp_path)
    path = one.night(line())
    one.journey(steps=[{"send": "no-such-message", "over": ["sms"]}])
    assert "there is no such message" in refusal(one)
    assert path.name in queue(one)
    one.journey()
    assert one.plan().entered == 1


def test_zones_in_which_it_is_never_day(tmp_path: Path) -> None:
    """Told at once, and not when the first client without a zone comes."""
    zones = ["Europe/Kaliningrad", "Pacific/Auckland", "America/Anchorage"]
    assert "no moment" in refusal(house(tmp_path, zones=zones))


def test_two_plans_take_turns(tmp_path: Path) -> None:
    """One that died is forgotten after a while; one that ended leaves at once."""
    one = house(tmp_path)
    one.night(line())
    with one.open() as sender:
        assert sender.ledger.channels.lease(TURN, "another", NOON, A_TURN)
        with pytest.raises(OutsideError, match="another plan is being made"):
            one.plan()
    assert one.later(A_TURN + MINUTE).plan().entered == 1
    assert one.plan().entered == 0


def test_a_plan_that_fails_lets_the_next_one_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it died of; and what is drafted by then can be approved by nobody."""
    one = house(tmp_path)
    one.night(*clients(4))
    first = one.plan().hash
    monkeypatch.setattr("generator.send.drafting.CHUNK", 2)
    drawn = iter("ok")

    def digest(*_: object) -> bytes:
        if next(drawn, None) is None:
            raise OutsideError("the ledger is gone")
        return b"1"

    with monkeypatch.context() as broken:
        broken.setattr("generator.send.ledger.addresses.Addresses.digest", digest)
        with pytest.raises(OutsideError):
            one.plan()
    with one.open() as sender:
        assert sender.ledger.planning.approve(first, "Vera", NOON) is None
    assert one.plan().hash == first
    assert one.approve() == 4


def test_garbage_is_looked_for_as_before(tmp_path: Path) -> None:
    """After a plan, and after one that failed."""
    usual = gc.get_threshold()
    one = house(tmp_path)
    one.plan()
    assert gc.get_threshold() == usual
    (one.root / "build/private/queue").mkdir(parents=True, exist_ok=True)
    (one.root / "build/private/queue/strange.jsonl").write_bytes(b"{}\n")
    refusal(one)
    assert gc.get_threshold() == usual


def test_who_is_drafted_goes_on_with_their_message_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan that dies as its rows are written leaves nobody who is moved without a message."""
    one = house(tmp_path)
    one.plan()  # of nothing: its hash is known
    nothing = one.plan().hash
    one.night(*clients(2))

    def added(*_: object) -> int:
        raise OutsideError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("generator.send.ledger.planning.added", added)
        with pytest.raises(OutsideError):
            one.plan()
    with one.open() as sender:
        assert sender.ledger.planning.approve(nothing, "Vera", NOON) == 0
        assert len(list(sender.ledger.enrolments.due(NOON + HOUR))) == 2
    assert one.later(timedelta(minutes=2)).approve() == 2
