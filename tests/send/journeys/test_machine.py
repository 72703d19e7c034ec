"""What comes next for somebody in a journey: each way through it, and what is late."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.journeys import (
    Action,
    Ask,
    Audience,
    Condition,
    Done,
    Expired,
    Here,
    Journey,
    Pause,
    Send,
    Skip,
    Stop,
    Tell,
    WaitUntil,
    When,
    next_of,
)
from generator.send.journeys.journey import Step
from generator.send.journeys.waits import For
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
    """Up to the limit it is still told; then the journey is over, whatever the step."""
    one = journey(tmp_path, JOURNEY)
    assert isinstance(next_of(one, here(0), Told(), NOW + 3 * DAY), Send)
    for step in range(len(one.steps)):
        assert next_of(one, here(step), Told(), NOW + 3 * DAY + SECOND) == Expired(step)


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


FACTS = ("page", "link", "stage", "other")


@st.composite
def _programs(draw: st.DrawFn) -> tuple[Step, ...]:
    """Any steps, jumps forward only, as reading makes them."""
    size = draw(st.integers(1, 12))
    steps = list[Step]()
    for number in range(size):
        ahead = st.integers(number + 1, size)
        simple: list[Step] = [Tell("coupon", ("sms",)), Pause(For(timedelta(hours=1))), Stop()]
        asked = st.builds(Ask, st.just(Condition("page opened")), ahead)
        steps.append(draw(st.one_of(st.sampled_from(simple), st.builds(Skip, ahead), asked)))
    return tuple(steps)


@given(_programs(), st.sets(st.sampled_from(FACTS)))
def test_every_journey_ends(steps: tuple[Step, ...], true: set[str]) -> None:
    """No step is taken twice, and messages go in the order in which they are written."""
    one = Journey("it", {}, When("coupon"), Audience(), "service", DAY, steps, b"")
    actions = way(one, *true)
    sent = [action.step for action in actions if isinstance(action, Send)]
    assert sent == sorted(set(sent))
    assert all(isinstance(steps[step], Tell) for step in sent)
    assert actions[-1] == Done()
    assert len(actions) <= len(steps) + 1
