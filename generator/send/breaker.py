"""A channel that behaves strangely is stopped, and the others go on."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from generator.base.sending import Breaker
from generator.send.ledger import Claimed, Ledger
from generator.send.values import State

REFUSED = (State.REJECTED, State.FAILED)


def why_stop(ledger: Ledger, channel: str, limits: Breaker, now: datetime) -> str:
    """What is wrong with a channel, in words; empty while nothing is."""
    last = ledger.counting.last(channel, limits.among)
    refused = sum(last[state] for state in REFUSED)
    if last.total() >= limits.among and refused * 100 > limits.rejected_percent * last.total():
        return f"{refused} of the last {last.total()} messages were refused"
    if limits.a_day is not None:
        today = ledger.counting.by_day(now - timedelta(days=1))
        sent = sum(number for (name, _), number in today.items() if name == channel)
        if sent >= limits.a_day:
            return f"{sent:,} messages went in a day, and {limits.a_day:,} are allowed"
    return ""


def repeated(
    ledger: Ledger, batch: Sequence[Claimed], limits: Breaker, now: datetime
) -> list[Claimed]:
    """The messages of a batch whose very text went to their address so often already today."""
    pairs = [(one.planned.to, one.planned.text) for one in batch]
    seen = Counter(ledger.counting.repeats(pairs, now - timedelta(days=1)))
    found = []
    for one, pair in zip(batch, pairs, strict=True):
        if seen[pair] >= limits.same_text:
            found.append(one)
        seen[pair] += 1
    return found
