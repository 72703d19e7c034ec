"""How much is too much for one client, over all journeys."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from generator.base.sending import Cap, Kind
from generator.send.values import Purpose, Reason


class Sent(NamedTuple):
    """A promotion that one client was sent, or is to be sent."""

    kind: Kind
    at: datetime


def capped(
    kind: Kind, purpose: Purpose, at: datetime, sent: Iterable[Sent], caps: Iterable[Cap]
) -> Reason | None:
    """``CAP`` when one more message at ``at`` would be too much; service messages never are."""
    if purpose == "service":
        return None
    earlier = tuple(sent)
    concerned = (cap for cap in caps if cap.kind in {None, kind})
    return Reason.CAP if any(_is_full(cap, at, earlier) for cap in concerned) else None


def _is_full(cap: Cap, at: datetime, sent: Iterable[Sent]) -> bool:
    """Whether any span of the cap's length around ``at`` would hold more than it allows.

    What is planned for later counts too: else a message could slip in before it.
    """
    span = timedelta(days=cap.days)
    times = [one.at for one in sent if cap.kind in {None, one.kind} and abs(one.at - at) < span]
    times = sorted([*times, at])
    return any(last - first < span for first, last in zip(times, times[cap.most :], strict=False))
