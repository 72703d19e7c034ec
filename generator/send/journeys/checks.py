"""What one file of a journey cannot know alone: messages, channels, other journeys, its own end."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from generator.base.config import Site
from generator.base.errors import Problem
from generator.base.model import suggestion
from generator.base.sending import Channel
from generator.base.yamldoc import Document, Route
from generator.send.journeys.conditions import FINISHED, Condition
from generator.send.journeys.steps import unreached, walk
from generator.send.journeys.written import JourneyText, StepText
from generator.send.values import Purpose


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a message is about, and what it is for: of all its files."""

    reasons: frozenset[str]
    purposes: frozenset[Purpose]


@dataclass(frozen=True, slots=True)
class Context:
    """What journeys refer to."""

    site: Site
    messages: Mapping[str, Collection[str]]
    """Of each message the kinds of channels it is written for."""
    journeys: Collection[str]
    spoken: Mapping[str, Spoken] = field(default_factory=dict)
    """Of each message what it is about, as far as that can be read."""

    @property
    def channels(self) -> Mapping[str, Channel]:
        """By name."""
        return self.site.send.channels if self.site.send else {}


def problems_of(
    name: str, written: JourneyText, document: Document, context: Context
) -> Iterator[Problem]:
    """Everything in a journey that refers to nothing, or leads nowhere."""
    steps = list(walk(written.steps))
    for route, step in steps:
        if step.send:
            yield from _telling(step, route, document, context)
            yield from _speaking(step.send, written, (*route, "send"), document, context)
        if step.if_:
            yield from _asking(name, step.if_, (*route, "if"), document, context)
            yield from _fitting(step.if_, written, (*route, "if"), document)
    yield from _without_message(steps, document)
    for route, _ in unreached(written.steps):
        yield document.problem(route, "is never reached", "take it out, or the stop above it")
    if not any(step.send for _, step in steps):
        yield document.problem(("steps",), "nothing is sent", "write a step with send:")


def _telling(
    step: StepText, route: Route, document: Document, context: Context
) -> Iterator[Problem]:
    key = "over" if step.over else "over_all"
    channels = step.over or step.over_all or ()
    kinds = context.messages.get(step.send or "")
    if kinds is None:
        hint = suggestion(step.send or "", context.messages) or "write it in content/messages"
        yield document.problem((*route, "send"), "there is no such message", hint)
    for number, name in enumerate(channels):
        place = (*route, key, number)
        channel = context.channels.get(name)
        if channel is None:
            hint = suggestion(name, context.channels)
            yield document.problem(place, "there is no such channel", hint)
        elif kinds is not None and channel.kind not in kinds:
            hint = f"write content/messages/{step.send}.{channel.kind}.md"
            yield document.problem(place, f"the message has no text for {channel.kind}", hint)
        if name in channels[:number]:
            yield document.problem(place, "the channel stands twice", "keep the first")


def _speaking(
    name: str, written: JourneyText, route: Route, document: Document, context: Context
) -> Iterator[Problem]:
    """A message that has other values than the journey's reasons, or needs another consent."""
    spoken, when = context.spoken.get(name), written.when.value()
    if spoken is None:
        return
    if others := sorted(spoken.reasons - {when.kind}) if not written.when.event else []:
        sentence = f"the message tells of a {others[0]}, and this begins with a {when.kind}"
        yield document.problem(route, sentence, "send a message that tells of what begins it")
    if written.purpose == "service" and "promotion" in spoken.purposes:
        hint = "set purpose: promotion here, too: another consent is asked for then"
        yield document.problem(route, "a promotion in a journey that serves", hint)


def _asking(
    name: str, asked: Condition, route: Route, document: Document, context: Context
) -> Iterator[Problem]:
    if asked.question != FINISHED:
        return
    if asked.journey == name:
        hint = "name another journey"
        yield document.problem(route, "a journey cannot wait for its own end", hint)
    elif asked.journey not in context.journeys:
        hint = suggestion(asked.journey, sorted(context.journeys))
        yield document.problem(route, "there is no such journey", hint)


def _fitting(
    asked: Condition, written: JourneyText, route: Route, document: Document
) -> Iterator[Problem]:
    if asked.question == "stage unchanged" and not written.when.stage:
        hint = "ask it in journeys that begin with a stage"
        yield document.problem(route, "this journey knows of no stage", hint)


def _without_message(steps: list[tuple[Route, StepText]], document: Document) -> Iterator[Problem]:
    for route, step in steps:
        if step.send:
            return
        if step.if_ and step.if_.question == "link followed":
            hint = "ask it after a step with send:"
            yield document.problem((*route, "if"), "no message stands before it", hint)
