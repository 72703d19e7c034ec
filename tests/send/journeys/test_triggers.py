"""What begins a journey: reasons that belong together, each set once and for all by one key."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.send.journeys import IDENTITY, When, entered, reason_id, triggers_of
from generator.send.journeys.triggers import TOGETHER
from generator.told import IDENTITY as GENERATORS
from tests.builders import ROOT
from tests.send.entries import ALL, coupon, digest, entry_of, stage, strategy
from tests.send.journeys.texts import OTHER, journey, load, with_steps

TELL = "{send: coupon, over: [sms]}"


def test_the_identities_are_the_generators() -> None:
    """What the generator tells once, and what the sender knows again, is the same."""
    assert IDENTITY == GENERATORS


def test_every_kind_of_the_schema_is_known() -> None:
    """A kind that the format gains must be grouped here too."""
    schema = json.loads((ROOT / "docs/manifest.schema.json").read_text(encoding="utf-8"))
    assert set(IDENTITY) == set(TOGETHER) == set(schema["$defs"])
    for kind, fields in [*IDENTITY.items(), *TOGETHER.items()]:
        assert set(fields) <= set(schema["$defs"][kind]["required"])


@pytest.mark.parametrize("reason", ALL, ids=lambda reason: str(reason["kind"]))
def test_a_reason_is_known_again(reason: dict[str, str]) -> None:
    """By what makes it itself: another name of a series changes nothing, another day does."""
    first = reason_id(reason)
    fields = IDENTITY[reason["kind"]]
    for name in reason.keys() - {"kind"}:
        changed = reason_id({**reason, name: f"{reason[name]}0"})
        assert (changed != first) == (name in fields), name


def test_ids_are_known_answers() -> None:
    """The ledger keeps them for years: a change would tell everything again."""
    assert [reason_id(reason) for reason in ALL] == [
        "c2412c6bf64d658021378e752af917c9",
        "502f5b15927beab447b0938ebd166eb0",
        "9c9a9612461278a7181b0629cc8a78e5",
        "85f728b5915c6b69fad7a8eb0d1ddfa4",
    ]


def test_a_reason_of_a_later_kind_has_an_id() -> None:
    """All of its fields make it itself, in whatever order they come."""
    reason = {"kind": "birthday", "year": "2026", "note": "x"}
    assert reason_id(reason) == reason_id(dict(reversed(reason.items())))
    assert reason_id(reason) != reason_id({**reason, "year": "2027"})


def test_reasons_of_a_day_are_told_together(tmp_path: Path) -> None:
    """Two policies credited on one day are one message; another day or outcome is another."""
    entry = entry_of(
        coupon("P-1"), coupon("P-2"), coupon("P-1", "2026-02-10"), coupon("P-3", outcome="saved")
    )
    first, second = triggers_of(entry, journey(tmp_path, with_steps(TELL)))
    assert [reason["policy"] for reason in first.reasons] == ["P-1", "P-2"]
    assert first.ids == tuple(map(reason_id, first.reasons))
    assert first.key.rpartition("/")[0] == "coupon/accrued/2026-03-10"
    assert second.key.rpartition("/")[0] == "coupon/accrued/2026-02-10"
    assert len(first.key.rpartition("/")[2]) == 16


@pytest.mark.parametrize(
    ("when", "what"),
    [
        ("{stage: cards/ordered/*}", "stage/cards/ordered/delayed/2026-03-09"),
        ("{strategy: changed}", "strategy/2026-03-10"),
        ("{digest: monthly}", "digest/2026-03"),
    ],
)
def test_each_kind_has_its_key(tmp_path: Path, when: str, what: str) -> None:
    """The kind, and what tells it from others of its kind."""
    (trigger,) = triggers_of(entry_of(*ALL), journey(tmp_path, with_steps(TELL, when=when)))
    assert trigger.key.rpartition("/")[0] == what


def test_the_order_of_reasons_does_not_matter(tmp_path: Path) -> None:
    """A manifest that was made again gives the same keys; one reason more gives another."""
    read = journey(tmp_path, with_steps(TELL))
    reasons = [coupon(f"P-{number}") for number in range(5)]
    (first,) = triggers_of(entry_of(*reasons), read)
    (again,) = triggers_of(entry_of(*reversed(reasons)), read)
    assert again.key == first.key
    (more,) = triggers_of(entry_of(*reasons, coupon("P-9")), read)
    assert more.key != first.key


def test_what_was_told_is_taken_out(tmp_path: Path) -> None:
    """The rest is a trigger of its own, and nothing where nothing is left."""
    read = journey(tmp_path, with_steps(TELL))
    (both,) = triggers_of(entry_of(coupon("P-1"), coupon("P-2")), read)
    (second,) = triggers_of(entry_of(coupon("P-2")), read)
    assert both.only({reason_id(coupon("P-2"))}) == second
    assert both.only(set(both.ids)) == both
    assert both.only(()) is None


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("cards/ordered", {"cards/ordered"}),
        ("cards/ordered/*", {"cards/ordered/delayed"}),
        ("cards/ordered/delayed", {"cards/ordered/delayed"}),
        ("cards/*", {"cards/ordered", "cards/ordered/delayed", "cards/orderedly"}),
        ("*", {"cards/ordered", "cards/ordered/delayed", "cards/orderedly", "cardsets/ordered"}),
    ],
)
def test_patterns_of_stages(pattern: str, matches: set[str]) -> None:
    """A path is itself alone; with /* all that lies below it and nothing beside it."""
    paths = ("cards/ordered", "cards/ordered/delayed", "cards/orderedly", "cardsets/ordered")
    when = When("stage", stages=(pattern,))
    assert {path for path in paths if when.meets(stage(path))} == matches


def test_each_journey_that_is_entered(tmp_path: Path) -> None:
    """By its own reasons and its own audience; others are not asked."""
    files = {
        "accrued": with_steps(TELL),
        "rich": with_steps(TELL).replace("purpose", "audience: segment == 'premium'\npurpose"),
        "saved": with_steps(TELL, when="{coupon: saved}"),
        "stage": OTHER,
        "later": with_steps(TELL, when="{event: birthday}"),
    }
    journeys = load(tmp_path, files)

    def names(*reasons: dict[str, Any], **fields: str) -> list[str]:
        return [one.id for one, _ in entered(entry_of(*reasons, **fields), journeys)]

    assert names(*ALL) == ["accrued", "stage"]
    assert names(*ALL, segment="premium") == ["accrued", "rich", "stage"]
    assert names(coupon(outcome="saved")) == ["saved"]
    assert names(coupon(), coupon("P-2"), coupon("P-3", "2026-02-10")) == ["accrued", "accrued"]
    assert names(strategy(), digest()) == []
    assert names({"kind": "birthday", "year": "2026"}) == ["later"]


def test_nothing_of_a_client_is_shown(tmp_path: Path) -> None:
    """Neither policies nor amounts stand in what a traceback shows."""
    (trigger,) = triggers_of(entry_of(coupon("P-77")), journey(tmp_path, with_steps(TELL)))
    assert repr(trigger) == "Trigger('coupon/accrued/2026-03-10', 1 reasons)"
