"""What the sender plans and did, for machines (``…_data``) and for people (``…_rows``)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from generator.send.planning import Proposal

if TYPE_CHECKING:  # a plan is shown without what hands over
    from generator.send.running import Done

SHORT = 12  # characters of a hash that a person copies


def plan_data(plan: Proposal) -> dict[str, Any]:
    """A plan."""
    return {
        "plan": plan.hash,
        "manifests": plan.manifests,
        "journeys_entered": plan.entered,
        "skipped": list(plan.skipped),
        **plan.summary,
    }


def plan_rows(plan: Proposal) -> dict[str, object]:
    """A plan, in words."""
    found = plan.summary
    rows: dict[str, object] = {
        "manifests": f"{plan.manifests:,} taken, {plan.entered:,} journeys entered",
        "to send": f"{found['messages_to_send']:,} messages to {found['clients']:,} clients",
        "by journey": tuple(_lines(found["journeys"])),
        "by message": tuple(_lines(found["messages"])),
        "by channel": tuple(_channels(found)),
        "by segment": tuple(_lines(found["segments"])),
        "not to send": tuple(_lines(found["withheld"])),
        "texts": tuple(f"{name}: {text}" for name, text in found["samples"].items()),
    }
    if found["messages_to_send"] or found["withheld"]:
        rows["plan"] = plan.hash[:SHORT]
        rows["to approve"] = f"sealpress send approve {plan.hash[:SHORT]}"
    return rows


def done_data(done: "Done") -> dict[str, Any]:
    """A run."""
    return {
        name: {
            **{state: n for state, n in sorted(one.outcomes.items()) if n},
            "stopped": one.stopped or one.was_stopped,
        }
        for name, one in done.channels.items()
    }


def done_rows(done: "Done") -> dict[str, object]:
    """A run, in words."""
    rows: dict[str, object] = {}
    for name, one in done.channels.items():
        told = ", ".join(f"{n:,} {state}" for state, n in sorted(one.outcomes.items()) if n)
        if one.was_stopped:
            told = f"STOPPED: {one.was_stopped} — hint: sealpress send resume {name}"
        rows[name] = told or "nothing was due"
    return rows


def _lines(counts: Mapping[str, int]) -> Iterator[str]:
    width = max(map(len, counts), default=0)
    for name, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"{name:<{width}}  {number:>9,}"


def _channels(found: Mapping[str, Any]) -> Iterator[str]:
    """Each channel with its parts and cost, and what is usual."""
    width = max(map(len, found["channels"]), default=0)
    for name, number in found["channels"].items():
        told = [f"{name:<{width}}  {number:>9,}"]
        if found["parts"][name] != number:
            told.append(f"{found['parts'][name]:,} parts")
        if name in found["cost"]:
            told.append(found["cost"][name])
        if name in found["usual"]:
            told.append(f"usual {found['usual'][name]:,.0f}")
        if name in found["before"]:
            told.append(f"last time {found['before'][name]:,}")
        yield ", ".join(told)
