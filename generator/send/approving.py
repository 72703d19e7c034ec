"""Who may say that a plan goes: a person by its hash, or the night by itself within limits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from generator.base.errors import InputError, Problem
from generator.send.planning import Proposal
from generator.send.sender import Sender
from generator.send.values import Reason

AGAIN = "look at the plan again: sealpress send plan"
ANOTHER = "the plan is another one since: something came, went or changed"
FEW = 20  # messages: of fewer than these a large share over the usual is no sign of anything


def approve(sender: Sender, plan: str, by: str, now: datetime) -> int:
    """How many rows of the plan are approved: exactly those that were shown.

    Raises:
        InputError: there is no such plan (any more).
    """
    done = sender.ledger.planning.approve(_plan(sender, plan), by, now)
    if done is None:
        raise InputError([Problem("plan", ANOTHER, AGAIN)])
    return done


def recall(sender: Sender, plan: str, now: datetime) -> int:
    """How many messages of an approved plan are not sent after all; what went is gone.

    Raises:
        InputError: there is no such plan.
    """
    found = _plan(sender, plan)
    ids = sender.ledger.planning.waiting_in(found)
    return sender.ledger.sending.withhold(ids, Reason.RECALLED, now)


def objections(sender: Sender, summary: Mapping[str, Any]) -> list[Problem]:
    """Why the night may not approve a plan by itself; nothing where it may."""
    limits, count = sender.settings.automatic, summary["messages_to_send"]
    found = []
    if count > limits.most:
        sentence = f"{count:,} messages are to go, and the night may send {limits.most:,} by itself"
        found.append(_problem("most", sentence))
    for channel, number in summary["channels"].items():
        usual = summary["usual"].get(channel)
        most = float(usual or 0) * (1 + float(limits.over_usual_percent) / 100)
        if usual and number > max(most, FEW):
            sentence = f"{channel}: {number:,} messages are to go, where {usual:,.0f} are usual"
            found.append(_problem("over_usual_percent", sentence))
    return found


def approve_by_itself(sender: Sender, proposal: Proposal, now: datetime) -> int:
    """How many rows of a plan that is within the limits of the night are approved.

    Raises:
        InputError: it is not, or it is another plan since; nothing was approved.
    """
    if problems := objections(sender, proposal.summary):
        raise InputError(problems)
    done = sender.ledger.planning.approve(proposal.hash, "sealpress", now, "automatic")
    if done is None:
        raise InputError([Problem("plan", ANOTHER, AGAIN)])
    return done


def _plan(sender: Sender, start: str) -> str:
    """The hash of the plan that begins so."""
    known = [one.hash for one in sender.ledger.planning.plans() if one.hash.startswith(start)]
    if len(known) != 1 or not start:
        raise InputError([Problem("plan", "there is no plan that begins so", AGAIN)])
    return known[0]


def _problem(field: str, sentence: str) -> Problem:
    hint = "look at sealpress send plan; if it is right: sealpress send approve HASH"
    return Problem("content/site.yaml", sentence, hint, f"send.automatic.{field}")
