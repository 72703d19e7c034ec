"""Messages that are tried: on record before they go, kept as long as they are under way, settled.

Whoever holds a message says so again in good time. Else a relay that takes minutes for a letter, or
a slow rate, would outlast the lease, and another sender would take up what is still under way.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from generator.base.again import again
from generator.base.errors import OutsideError
from generator.send.ledger.sending import Sending
from generator.send.values import Outcome

LEASE = timedelta(minutes=15)
RENEWED = LEASE / 3
"""The longest that one letter may take and half the lease are less than what is left then."""
PAUSES = (1.0, 5.0, 15.0)
"""Seconds after which the ledger is asked again to write down what gateways said: a server that is
started anew must not leave unknown what is known."""


@dataclass(slots=True)
class UnderWay:
    """What one sender has in its hands on one channel."""

    sending: Sending
    holder: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    _waiting: dict[str, None] = field(default_factory=dict)
    """Tried as the ledger has it, and not yet in the hands of the gateway."""
    _flying: dict[str, None] = field(default_factory=dict)
    """In its hands, and nothing is known of them yet."""
    _kept: datetime | None = None

    def begin(self, ids: Collection[str]) -> None:
        """Put on record that these are tried now; not those that are ours no more."""
        now = self.clock()
        mine = self.sending.attempting(ids, self.holder, now, LEASE)
        self._waiting = dict.fromkeys(mine)
        if not self._flying:
            self._kept = now

    def may_go(self, one: str) -> bool:
        """Whether it is still ours, and nobody else's by now."""
        if one in self._waiting:
            self.keep()
        return one in self._waiting

    def give(self, one: str) -> None:
        """It goes."""
        del self._waiting[one]
        self._flying[one] = None

    def keep(self) -> None:
        """Say again that all of this is ours, if that was said a while ago.

        Where the ledger cannot be asked nothing more goes once the lease is over.
        """
        now = self.clock()
        if not self._kept or now - self._kept < RENEWED:
            return
        mine: Collection[str] = ()
        try:
            mine = self.sending.keep([*self._waiting, *self._flying], self.holder, now, LEASE)
        except OutsideError:
            if now - self._kept < LEASE:
                return
        else:
            self._kept = now
        self._waiting = {one: None for one in self._waiting if one in mine}

    def settle(self, outcomes: Mapping[str, Outcome]) -> None:
        """Have the ledger know what gateways said.

        Raises:
            OutsideError: it cannot be written, also after a while: these will be unknown.
        """
        again(partial(self._settle, outcomes), OutsideError, PAUSES, self.sleep)

    def give_back(self) -> None:
        """What is on record as tried and never was."""
        self.sending.take_back(list(self._waiting), self.holder, self.clock())

    def _settle(self, outcomes: Mapping[str, Outcome]) -> None:
        self.sending.settle(outcomes, self.holder, self.clock())
        for one in outcomes:
            self._flying.pop(one, None)
