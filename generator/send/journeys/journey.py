"""A journey as a flat list of steps; a condition knows where it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from generator.send.journeys.audience import Audience
from generator.send.journeys.conditions import Condition
from generator.send.journeys.waits import For, Until
from generator.send.journeys.when import When
from generator.send.values import Purpose


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a message."""

    message: str
    channels: tuple[str, ...]
    over_each: bool = False
    """Over all of the channels; else over the first that may be used."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    wait: For | Until


@dataclass(frozen=True, slots=True)
class Ask:
    """Go on with the next step where the condition holds, else with step ``otherwise``."""

    condition: Condition
    otherwise: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Go on with a later step."""

    to: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The journey is over."""


Step = Tell | Pause | Ask | Skip | Stop


@dataclass(frozen=True, slots=True)
class Journey:
    """One journey; a step never leads back, so each journey ends."""

    id: str
    names: Mapping[str, str]
    when: When
    audience: Audience
    purpose: Purpose
    expires_after: timedelta
    """A step that is later than this is left out, and what follows it too."""
    steps: tuple[Step, ...]
    text: bytes = field(repr=False)
    """What was read, without comments and in one order: the ledger keeps it as a version."""


@dataclass(frozen=True)
class Journeys:
    """All journeys of a site by their id."""

    by_id: Mapping[str, Journey]

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[Journey, ...]]:
        """Those that reasons of a kind begin."""
        kinds = dict.fromkeys(journey.when.kind for journey in self.by_id.values())
        return {
            kind: tuple(one for one in self.by_id.values() if one.when.kind == kind)
            for kind in kinds
        }
