"""The steps of a file, which lie in each other, as a flat list in which conditions lead on."""

from collections.abc import Iterable, Iterator

from generator.base.yamldoc import Route
from generator.send.journeys.journey import Ask, Pause, Skip, Step, Stop, Tell
from generator.send.journeys.written import StepText


def walk(steps: Iterable[StepText], route: Route = ("steps",)) -> Iterator[tuple[Route, StepText]]:
    """Every step with its place, in the order of the file."""
    for number, step in enumerate(steps):
        here = (*route, number)
        yield here, step
        yield from walk(step.then or (), (*here, "then"))
        yield from walk(step.else_ or (), (*here, "else"))


def unreached(
    steps: tuple[StepText, ...], route: Route = ("steps",)
) -> Iterator[tuple[Route, StepText]]:
    """The first step of each list that stands below one after which nothing follows."""
    for number, step in enumerate(steps):
        here = (*route, number)
        yield from unreached(step.then or (), (*here, "then"))
        yield from unreached(step.else_ or (), (*here, "else"))
        if _is_end(step) and number + 1 < len(steps):
            yield (*route, number + 1), steps[number + 1]
            return


def _is_end(step: StepText) -> bool:
    """Whether nothing can follow: a stop, or a condition both of whose ways stop."""
    if step.if_ and step.then and step.else_:
        return _is_end(step.then[-1]) and _is_end(step.else_[-1])
    return step.stop


def flattened(steps: Iterable[StepText], start: int = 0) -> list[Step]:
    """The steps from number ``start`` on."""
    flat: list[Step] = []
    for step in steps:
        flat += _flat(step, start + len(flat))
    return flat


def _flat(step: StepText, at: int) -> list[Step]:
    if step.if_:
        return _branches(step, at)
    if step.send:
        channels = step.over or step.over_all or ()
        return [Tell(step.send, channels, over_each=bool(step.over_all))]
    return [Pause(step.wait)] if step.wait else [Stop()]


def _branches(step: StepText, at: int) -> list[Step]:
    """The condition, what is done where it holds, and what where it does not.

    A condition that has nothing below it lets only those go on for whom it holds.
    """
    assert step.if_  # noqa: S101 - the caller looked
    held = flattened(step.then or (), at + 1)
    is_gate = not step.then and not step.else_
    other = at + 2 + len(held)  # behind the skip that ends what is done where it holds
    missed = [Stop()] if is_gate else flattened(step.else_ or (), other)
    return [Ask(step.if_, other), *held, Skip(other + len(missed)), *missed]
