"""A channel that behaves strangely is stopped, and the others go on."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from generator.base.sending import Breaker
from generator.send.ledger import Claimed, Ledger
from generator.send.values import State

REFUSED = (State.REJECTED, State.FAILED)
A_DAY = timedelta(days=1)


def why_stop(ledger: Ledger, channel: str, limits: Breaker) -> str:
    """What is wrong with a channel, in words; empty while nothing is.

    What was refused before somebody let the channel go on counts no more: else it would stop at
    once, for ever.
    """
    last = ledger.counting.last(channel, limits.among, ledger.channels.resumed(channel))
    refused = sum(last[state] for state in REFUSED)
    if last.total() >= limits.among and refused * 100 > limits.rejected_percent * last.total():
        return f"{refused} of the last {last.total()} messages were refused"
    return ""


def left_today(ledger: Ledger, channel: str, limits: Breaker, now: datetime) -> int | None:
    """How many more may go over a channel within a day; None where nobody set a limit."""
    if limits.a_day is None:
        return None
    counted = ledger.counting.by_day(now - A_DAY)
    sent = sum(number for (name, _), number in counted.items() if name == channel)
    return max(0, limits.a_day - sent)


def repeated(
    ledger: Ledger, batch: Sequence[Claimed], limits: Breaker, now: datetime
) -> list[Claimed]:
    """The messages of a batch whose very text went to their address so often already today."""
    pairs = [(one.planned.to, one.planned.text) for one in batch]
    seen = Counter(ledger.counting.repeats(pairs, now - A_DAY))
    found = []
    for one, pair in zip(batch, pairs, strict=True):
        earlier = seen[pair] - bool(one.tries)  # its own try is no repetition
        if earlier >= limits.same_text:
            found.append(one)
        seen[pair] += 1
    return found
