"""``content/journeys/<journey>.yaml`` as a manager writes it."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from generator.base.config import Texts
from generator.base.model import Slug, Strict, wrong
from generator.send.journeys.audience import audience_of
from generator.send.journeys.conditions import Asked
from generator.send.journeys.waits import Span, Wait
from generator.send.journeys.when import WhenText
from generator.send.values import Purpose

STOP = "stop"
KEYS = ("send", "wait", "if", STOP)
HINT = "begin a step with send, wait or if, or write stop"


def _step(value: object) -> object:
    """``stop`` stands alone; a key without a value is one that was begun and left."""
    if isinstance(value, str) and value.strip() == STOP:
        return {STOP: True}
    if not isinstance(value, dict):
        raise wrong("is not a step", HINT)
    return value


def _steps(value: object) -> object:
    """A list, or one step alone: ``else: stop``."""
    return [value] if isinstance(value, str | dict) else value


def _audience(text: str) -> str:
    audience_of(text)
    return text


Channels = Annotated[
    tuple[Slug, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    Field(min_length=1),
]


class StepText(Strict):
    """One step: just one of ``send``, ``wait``, ``if`` and ``stop``, with what belongs to it."""

    send: Slug | None = None
    over: Channels | None = None
    over_all: Channels | None = None
    wait: Wait | None = None
    if_: Annotated[Asked | None, Field(alias="if")] = None
    then: "Steps | None" = None
    else_: Annotated["Steps | None", Field(alias="else")] = None
    stop: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = {_key(name) for name in self.model_fields_set}
        begun = [key for key in KEYS if key in given]
        if len(begun) != 1:
            raise wrong("is not a step" if not begun else "is more than one step", HINT)
        (key,) = begun
        for part, owner in _BELONGS.items():
            if part in given and owner != key:
                raise wrong(f"{part} belongs to {owner}", f"take it out, or write {owner} first")
        if self.send and bool(self.over) == bool(self.over_all):
            raise wrong("lacks its channels", "write over: [push, sms], or over_all for each")
        return self


_BELONGS = {"over": "send", "over_all": "send", "then": "if", "else": "if"}


def _key(name: str) -> str:
    return name.rstrip("_")


WrittenStep = Annotated[StepText, BeforeValidator(_step)]
Steps = Annotated[tuple[WrittenStep, ...], BeforeValidator(_steps), Field(min_length=1)]
StepText.model_rebuild()  # a step holds steps, which are known by now


class JourneyText(Strict):
    """The whole file."""

    name: Texts
    when: WhenText
    audience: Annotated[str, AfterValidator(_audience)] = ""
    """An expression; everybody without it."""
    purpose: Purpose
    expires_after: Span = timedelta(days=3)
    steps: Steps
