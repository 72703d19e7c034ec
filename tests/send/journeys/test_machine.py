"""What comes next for somebody in a journey: each way through it, and what is late."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.journeys import (
    Action,
    Condition,
    Done,
    Expired,
    Here,
    Journey,
    Send,
    WaitUntil,
    journey_of,
    next_of,
)
from tests.send.journeys.texts import JOURNEY, journey, with_steps

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Told:
    """Facts that are true when their name is among ``true``; notes what was asked."""

    true: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def page_opened(self) -> bool:
        """Of the page."""
        return self._answer("page")

    def link_followed(self) -> bool:
        """Of the link."""
        return self._answer("link")

    def stage_unchanged(self) -> bool:
        """Of the stage."""
        return self._answer("stage")

    def journey_finished(self, journey: str) -> bool:
        """Of a journey."""
        return self._answer(journey)

    def _answer(self, name: str) -> bool:
        self.asked.append(name)
        return name in self.true


def here(step: int, due: datetime = NOW) -> Here:
    """Before a step, in Moscow."""
    return Here(step, due, "Europe/Moscow", ("Europe/Moscow",))


def way(one: Journey, *true: str, start: datetime = NOW) -> list[Action]:
    """Every action on a client's way, each taken when it is due."""
    at, actions = here(0, start), list[Action]()
    while not actions or not isinstance(actions[-1], Done | Expired):
        action = next_of(one, at, Told(frozenset(true)), at.due)
        actions.append(action)
        if isinstance(action, Send):
            at = here(action.then, at.due)
        elif isinstance(action, WaitUntil):
            at = here(action.step, action.when)
    return actions


def test_a_way_to_its_end(tmp_path: Path) -> None:
    """Who did not look is reminded; who did is left alone."""
    one = journey(tmp_path, JOURNEY)
    told = Send(0, "coupon", ("push", "sms", "email"), over_each=False, then=1)
    waited = WaitUntil(2, NOW + 3 * DAY)
    reminded = Send(5, "reminder", ("email",), over_each=False, then=6)
    assert way(one) == [told, waited, reminded, Done()]
    assert way(one, "page") == [told, waited, Done()]


def test_branches(tmp_path: Path) -> None:
    """Each branch goes on behind both; a list without an else is passed over."""
    text = with_steps(
        "{send: coupon, over: [sms]}",
        "{if: link followed, then: [{wait: 1h}], else: [{wait: 2h}]}",
        "{if: page opened, then: [{send: reminder, over: [email]}]}",
        "{if: {not: {journey finished: other}}, else: stop}",
        "{send: coupon, over_all: [sms, email]}",
    )
    one = journey(tmp_path, text)
    last = Send(11, "coupon", ("sms", "email"), over_each=True, then=12)

    def waits(*true: str) -> list[timedelta]:
        return [it.when - NOW for it in way(one, *true) if isinstance(it, WaitUntil)]

    def sent(*true: str) -> list[str]:
        return [it.message for it in way(one, *true) if isinstance(it, Send)]

    assert (waits("link"), waits()) == ([timedelta(hours=1)], [timedelta(hours=2)])
    assert sent("page") == ["coupon", "reminder", "coupon"]
    assert sent() == ["coupon", "coupon"]
    assert sent("other") == ["coupon"]
    assert way(one)[-2] == last


def test_facts_are_asked_only_when_a_step_needs_them(tmp_path: Path) -> None:
    """A question is a look into the ledger."""
    one = journey(tmp_path, JOURNEY)
    facts = Told()
    next_of(one, here(0), facts, NOW)
    next_of(one, here(1), facts, NOW)
    assert facts.asked == []
    next_of(one, here(2), facts, NOW)
    assert facts.asked == ["page"]


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        (Condition("page opened"), "page"),
        (Condition("link followed"), "link"),
        (Condition("stage unchanged"), "stage"),
        (Condition("journey finished", "other"), "other"),
    ],
)
def test_conditions(condition: Condition, name: str) -> None:
    """Each asks its own fact, and not turns the answer round."""
    negated = Condition(condition.question, condition.journey, is_negated=True)
    for facts, holds in ((Told(frozenset({name})), True), (Told(), False)):
        assert condition.holds(facts) is holds
        assert negated.holds(facts) is not holds
        assert facts.asked == [name, name]


def test_nothing_comes_before_it_is_due(tmp_path: Path) -> None:
    """Asked too early, the answer is to come again."""
    one = journey(tmp_path, JOURNEY)
    later = NOW + SECOND
    assert next_of(one, here(0, later), Told(), NOW) == WaitUntil(0, later)


def test_what_is_late_is_left_out(tmp_path: Path) -> None:
    """Up to the limit it is still told; then the next message is, and the journey is over."""
    one = journey(tmp_path, JOURNEY)
    assert isinstance(next_of(one, here(0), Told(), NOW + 3 * DAY), Send)
    late = NOW + 3 * DAY + SECOND
    left_out = [next_of(one, here(step), Told(), late) for step in range(7)]
    assert left_out == [Expired(step) for step in (0, 5, 5, 5, 5, 5, None)]


def test_a_sender_that_stood_still_does_not_hurry(tmp_path: Path) -> None:
    """Two days late, the wait is as long as ever."""
    one = journey(tmp_path, JOURNEY)
    late = NOW + 2 * DAY
    assert next_of(one, here(1), Told(), late) == WaitUntil(2, late + 3 * DAY)


def test_a_time_is_the_clients(tmp_path: Path) -> None:
    """Until ten in the morning, by their clock; of an unknown zone by the last of all."""
    one = journey(tmp_path, with_steps("{wait: until 10:00}", "{send: coupon, over: [sms]}"))
    assert next_of(one, here(0), Told(), NOW) == WaitUntil(1, NOW + timedelta(hours=5))
    unknown = Here(0, NOW, "", ("Europe/Moscow", "Asia/Kamchatka"))
    assert next_of(one, unknown, Told(), NOW) == WaitUntil(1, NOW + timedelta(hours=20))


def test_behind_the_last_step_it_is_over(tmp_path: Path) -> None:
    """Also where a shorter version would have had no such step."""
    one = journey(tmp_path, JOURNEY)
    for step in (len(one.steps), len(one.steps) + 5):
        assert next_of(one, here(step), Told(), NOW) == Done()


# ── Properties ───────────────────────────────────────────────────────────────────────────────

FACTS = ("page", "link", "other")
CONDITIONS = {"page opened": "page", "link followed": "link"}
Written = dict[str, Any]

_told = st.just({"send": "coupon", "over": ["sms"]})
_waited = st.just({"wait": "1h"})
_asked = st.sampled_from(
    [*CONDITIONS, {"not": "page opened"}, {"journey finished": "other"}],
)


def _asking(below: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    steps = st.lists(below, min_size=1, max_size=4)
    return st.fixed_dictionaries({"if": _asked}, optional={"then": steps, "else": steps})


STEPS = st.lists(
    st.recursive(st.one_of(_told, _waited, st.just({"stop": "true"})), _asking, max_leaves=12),
    min_size=1,
    max_size=6,
)
"""Steps as they are written, in each other."""


def followed(steps: list[Written], true: set[str], done: list[str]) -> bool:
    """Take the steps as a reader of the file would; whether the journey goes on behind them."""
    for step in steps:
        if "stop" in step:
            return False
        if "if" in step:
            holds = is_so(step["if"], true)
            if not holds and not step.keys() & {"then", "else"}:
                return False
            if not followed(step.get("then" if holds else "else", []), true, done):
                return False
        else:
            done.append("send" if "send" in step else "wait")
    return True


def is_so(asked: str | Written, true: set[str]) -> bool:
    """Whether a condition holds, as it is written."""
    if isinstance(asked, str):
        return CONDITIONS[asked] in true
    return "page" not in true if "not" in asked else "other" in true


@given(STEPS, st.sets(st.sampled_from(FACTS)))
def test_steps_are_taken_as_they_are_written(steps: list[Written], true: set[str]) -> None:
    """However they lie in each other, each journey ends having done what its file says."""
    text = {"id": "it", "name": {"ru": "x"}, "when": {"coupon": "saved"}, "purpose": "service"}
    actions = way(journey_of(json.dumps({**text, "steps": steps})), *true)
    done = ["send" if isinstance(one, Send) else "wait" for one in actions[:-1]]
    expected: list[str] = []
    followed(steps, true, expected)
    assert done == expected
    assert actions[-1] == Done()
    sent = [action.step for action in actions if isinstance(action, Send)]
    assert sent == sorted(set(sent))
