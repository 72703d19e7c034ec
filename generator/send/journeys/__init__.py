"""Journeys: who is told what, when and over which channel, as a manager writes it.

Comes in: ``content/journeys/*.yaml`` and the entries of a manifest. Goes out: which journeys an
entry enters, and of somebody who is in one what comes next. It refuses a file with anything wrong
in it, with every problem at once. It sends nothing, remembers nothing and has no clock: the
ledger knows who stands where.
"""

from generator.send.journeys.audience import Audience
from generator.send.journeys.checks import Spoken
from generator.send.journeys.conditions import Condition, Facts
from generator.send.journeys.drawing import drawn
from generator.send.journeys.journey import Ask, Journey, Journeys, Pause, Skip, Stop, Tell
from generator.send.journeys.machine import (
    Action,
    Done,
    Expired,
    Here,
    Send,
    WaitUntil,
    next_of,
)
from generator.send.journeys.reading import FOLDER, journey_of, load_journeys, written_messages
from generator.send.journeys.triggers import (
    IDENTITY,
    Trigger,
    entered,
    reason_id,
    triggers_of,
)
from generator.send.journeys.when import When, matches

__all__ = [
    "FOLDER",
    "IDENTITY",
    "Action",
    "Ask",
    "Audience",
    "Condition",
    "Done",
    "Expired",
    "Facts",
    "Here",
    "Journey",
    "Journeys",
    "Pause",
    "Send",
    "Skip",
    "Spoken",
    "Stop",
    "Tell",
    "Trigger",
    "WaitUntil",
    "When",
    "drawn",
    "entered",
    "journey_of",
    "load_journeys",
    "matches",
    "next_of",
    "reason_id",
    "triggers_of",
    "written_messages",
]
