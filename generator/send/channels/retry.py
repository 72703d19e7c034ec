"""What is tried again within a call: only that of which it is certain that nothing was sent.

Messages are tried in passes. After a pass it is waited once for all that may go later, so that a
hundred letters to a server that defers them cost one pause and not a hundred.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

from generator.send.values import Later, Outcome, Outgoing

T = TypeVar("T")

TRIES = 3
FIRST_PAUSE, LONGEST = 0.5, 5.0  # seconds; who names more waits in the ledger, not in a lane
AGAIN = 60.0  # seconds after which what nobody named a time for is tried by the ledger
FARTHEST = timedelta(days=1)  # that is believed of a gateway


@dataclass(frozen=True, slots=True)
class Waits:
    """The clock, how time is passed, and chance; a test has its own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class BusyError(Exception):
    """Nobody gets through now: what comes after this message need not be tried."""

    def __init__(self, later: Later) -> None:
        self.later = later
        super().__init__(later.code)


def settle(
    messages: Sequence[Outgoing], once: Callable[[Outgoing], Outcome], waits: Waits
) -> Iterator[tuple[str, Outcome]]:
    """The outcome of each message, where ``once`` hands over one.

    ``Later`` with 0 seconds stands for no time named.
    """
    left: list[Outgoing] = list(messages)
    for number in range(TRIES):
        deferred: list[tuple[Outgoing, Later]] = []
        for outgoing, outcome in _pass(left, once):
            if isinstance(outcome, Later):
                deferred.append((outgoing, outcome))
            else:
                yield outgoing.id, outcome
        soon = [one for one, later in deferred if later.seconds <= LONGEST]
        is_last = number == TRIES - 1
        for one, later in deferred:
            if is_last or later.seconds > LONGEST:
                yield one.id, Later(later.seconds or AGAIN, later.code)
        if is_last or not soon:
            return
        waits.sleep(_pause(number, [later for _, later in deferred], waits.chance()))
        left = soon


def patiently(call: Callable[[], T], waits: Waits) -> T | Later:
    """What ``call`` gives for many messages at once; tried again while nobody gets through."""
    later = Later(0.0, "")
    for number in range(TRIES):
        try:
            return call()
        except BusyError as busy:
            later = busy.later
        if later.seconds > LONGEST or number == TRIES - 1:
            break
        waits.sleep(_pause(number, [later], waits.chance()))
    return Later(later.seconds or AGAIN, later.code)


def retry_after(header: str, now: datetime) -> float:
    """Seconds that ``Retry-After`` names, as a number or a date (RFC 9110, 10.2.3); 0 for none."""
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), FARTHEST.total_seconds())
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max(then - now, timedelta(0)), FARTHEST).total_seconds()


def _pass(
    messages: Sequence[Outgoing], once: Callable[[Outgoing], Outcome]
) -> Iterator[tuple[Outgoing, Outcome]]:
    for number, outgoing in enumerate(messages):
        try:
            outcome = once(outgoing)
        except BusyError as busy:
            yield from ((one, busy.later) for one in messages[number:])
            return
        yield outgoing, outcome


def _pause(number: int, deferred: Sequence[Later], part: float) -> float:
    """Seconds until the next try: what was named, or ever more; lanes do not come together."""
    named = max((later.seconds for later in deferred if later.seconds <= LONGEST), default=0.0)
    growing = min(LONGEST, FIRST_PAUSE * 2**number)
    return named + part if named else growing * (1 + part) / 2
