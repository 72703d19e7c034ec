"""What a journey asks before it goes on."""

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import PlainValidator

from generator.base.model import suggestion, wrong

Question = Literal["page opened", "link followed", "stage unchanged", "journey finished"]
SIMPLE: tuple[Question, ...] = ("page opened", "link followed", "stage unchanged")
FINISHED: Question = "journey finished"
HINT = f"write {', '.join(SIMPLE)}, {{{FINISHED}: NAME}}, or {{not: …}} of one of them"


class Facts(Protocol):
    """What is known of a client in a journey; asked only when a step needs it."""

    def page_opened(self) -> bool:
        """Whether their page was opened since they entered."""
        ...

    def link_followed(self) -> bool:
        """Whether the link of a message of this journey was followed."""
        ...

    def stage_unchanged(self) -> bool:
        """Whether they are still in the stage for which they entered."""
        ...

    def journey_finished(self, journey: str) -> bool:
        """Whether they have been through another journey."""
        ...


@dataclass(frozen=True, slots=True)
class Condition:
    """A question, and whether the answer is to be no."""

    question: Question
    journey: str = ""
    """Of ``journey finished``: which."""
    is_negated: bool = False

    def holds(self, facts: Facts) -> bool:
        """Whether it does now."""
        return self._answer(facts) != self.is_negated

    def _answer(self, facts: Facts) -> bool:
        match self.question:
            case "page opened":
                return facts.page_opened()
            case "link followed":
                return facts.link_followed()
            case "stage unchanged":
                return facts.stage_unchanged()
            case "journey finished":
                return facts.journey_finished(self.journey)

    def __str__(self) -> str:
        """As a person reads it."""
        asked = f"{self.question}: {self.journey}" if self.journey else self.question
        return f"not {asked}" if self.is_negated else asked


def _condition(value: object, *, is_negated: bool = False) -> Condition:
    if isinstance(value, dict) and len(value) == 1:
        key, below = next(iter(value.items()))
        if key == "not":
            return _condition(below, is_negated=not is_negated)
        if key == FINISHED and isinstance(below, str) and below.strip():
            return Condition(FINISHED, below.strip(), is_negated)
    if isinstance(value, str):
        for question in SIMPLE:
            if " ".join(value.split()) == question:
                return Condition(question, "", is_negated)
        raise wrong("is not a condition", suggestion(value, [*SIMPLE, FINISHED]))
    raise wrong("is not a condition", HINT)


def _read(value: object) -> Condition:
    return _condition(value)


Asked = Annotated[Condition, PlainValidator(_read)]
