"""What comes next for somebody in a journey."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from generator.send.journeys.conditions import Facts
from generator.send.journeys.journey import Ask, Journey, Pause, Skip, Stop, Tell


@dataclass(frozen=True, slots=True)
class Here:
    """Where somebody stands: before which step, and since when it is due."""

    step: int
    due: datetime
    zone: str
    """The client's; empty when it is not known."""
    zones: Sequence[str]
    """Those it may be then: ``send.zones``."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send the message of ``step``, and go on with ``then`` at once."""

    step: int
    message: str
    channels: tuple[str, ...]
    over_each: bool
    then: int


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Go on with ``step``, not before ``when``."""

    step: int
    when: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The journey is over."""


@dataclass(frozen=True, slots=True)
class Expired:
    """It is so late that what would come is left out, and the journey is over.

    What would follow speaks of something that was never told.
    """

    step: int | None
    """The first message from here on: the one that is left out. None where none would come."""


Action = Send | WaitUntil | Done | Expired


def next_of(journey: Journey, here: Here, facts: Facts, now: datetime) -> Action:
    """What comes next; asks ``facts`` only what a step on the way needs.

    A wait counts from ``now``, and not from when its step was due: after a sender that stood
    still nothing goes faster. Whoever works through many gives the same ``now`` to all.
    """
    if now < here.due:
        return WaitUntil(here.step, here.due)
    if now - here.due > journey.expires_after:
        return Expired(_next_message(journey, here.step))
    step = here.step
    while step < len(journey.steps):
        match journey.steps[step]:
            case Tell(message, channels, over_each):
                return Send(step, message, channels, over_each, step + 1)
            case Pause(wait):
                return WaitUntil(step + 1, wait.after(now, here.zone, here.zones))
            case Ask(condition, otherwise):
                step = step + 1 if condition.holds(facts) else otherwise
            case Skip(to):
                step = to
            case Stop():
                break
    return Done()


def _next_message(journey: Journey, step: int) -> int | None:
    later = range(step, len(journey.steps))
    return next((number for number in later if isinstance(journey.steps[number], Tell)), None)
