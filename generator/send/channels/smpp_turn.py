"""One call over a link: what waits, what is under way, and what has come of the others.

Up to ten messages are under way at once: what operators grant, and what Kannel asks for. A part of
a long text goes when the one before it was taken, so that it is known how far the text came.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import smpp34

from generator.send.channels.smpp_link import NACK, RESPONSE, SUBMIT, Link, Pdu, code_of, failure_of
from generator.send.channels.smpp_text import Pieces
from generator.send.values import Accepted, Later, Outcome, Rejected, Unknown

WINDOW = 10
PAUSE = 1.0  # seconds, when the rest of a text was throttled
TRIES = 5  # of a part after the first
BUSY_SECONDS, LOST_SECONDS = 10.0, 60.0
"""When it may be tried again: after throttling, and where nobody let us in."""

BUSY = frozenset({0x14, 0x58, 0x64})
"""Full queue, throttled, a temporary refusal: nothing was taken."""
UNSURE = frozenset({0x08})
"""A system error says not whether it came before or after the message was taken."""
DEAD = frozenset({0x0B})
"""There is no such number."""


@dataclass(slots=True, repr=False)
class Going:
    """A message on its way: how many of its parts were taken, and since when one is under way."""

    id: str
    number: str
    pieces: Pieces
    reference: int
    taken: int = 0
    tries: int = 0
    since: float = 0.0

    def __repr__(self) -> str:
        """Nothing of the client."""
        return f"Going({self.id})"

    @property
    def is_last(self) -> bool:
        """Whether the part that goes next is the last one."""
        return self.taken == len(self.pieces.octets) - 1


@dataclass(slots=True)
class Turn:
    """Messages that go over one link until it is known of each what became of it."""

    pdu_of: Callable[[Going], smpp34.SubmitSm]
    keep: Callable[[Pdu], None]
    """Takes what comes meanwhile and is no answer."""
    patience: float
    now: Callable[[], float] = time.monotonic
    waiting: deque[Going] = field(default_factory=deque)
    flying: dict[int, Going] = field(default_factory=dict)
    doubtful: list[Going] = field(default_factory=list)
    """Those of which only a receipt can tell whether they were taken."""
    _done: deque[tuple[str, Outcome]] = field(default_factory=deque)
    _rests_until: float = 0.0

    def put_off(self, error: OSError) -> Iterator[tuple[str, Outcome]]:
        """Everything later: there is no link."""
        for going in self.waiting:
            yield going.id, Later(LOST_SECONDS, failure_of(error))

    def fly(self, link: Link) -> Iterator[tuple[str, Outcome]]:
        """What became of each, as soon as it is known; a link that is lost is closed."""
        while self.waiting or self.flying:
            try:
                self._send(link)
                self._hear(link)
            except OSError as error:
                link.close()
                self._crash(failure_of(error))
            while self._done:
                yield self._done.popleft()

    def _send(self, link: Link) -> None:
        while self.waiting and len(self.flying) < WINDOW and self.now() >= self._rests_until:
            going = self.waiting.popleft()
            going.since = self.now()
            try:
                self.flying[link.submit(self.pdu_of(going))] = going
            except OSError as error:
                self._doubt(going, failure_of(error))
                raise

    def _hear(self, link: Link) -> None:
        until = min((going.since for going in self.flying.values()), default=self.now())
        until += self.patience
        if self.waiting and len(self.flying) < WINDOW:
            until = min(until, self._rests_until)
        pdu = link.read(until)
        if pdu is None:
            self._give_up()
        elif pdu.command not in {SUBMIT | RESPONSE, NACK}:
            self.keep(pdu)
        elif going := self.flying.pop(pdu.sequence, None):
            self._settle(going, pdu)

    def _give_up(self) -> None:
        late = self.now() - self.patience
        for sequence, going in list(self.flying.items()):
            if going.since <= late:
                del self.flying[sequence]
                self._doubt(going, "no answer")

    def _settle(self, going: Going, pdu: Pdu) -> None:
        code = code_of(pdu.status)
        if pdu.command != NACK and not pdu.status:
            self._advance(going, pdu.message_id)
        elif pdu.status in BUSY:
            self._slow_down(going, code)
        elif going.taken or pdu.status in UNSURE:
            self._doubt(going, code)
        else:
            self._done.append((going.id, Rejected(code, is_dead=pdu.status in DEAD)))

    def _advance(self, going: Going, provider: str) -> None:
        if going.is_last:
            self._done.append((going.id, Accepted(provider)))
        else:
            going.taken += 1
            self.waiting.appendleft(going)

    def _slow_down(self, going: Going, code: str) -> None:
        """Put off what has not begun; of a text that has, the rest goes after a pause."""
        self._rests_until = self.now() + PAUSE
        going.tries += 1
        if going.taken and going.tries > TRIES:
            self._doubt(going, code)
        else:
            self.waiting.appendleft(going)
        for one in self.waiting:
            if not one.taken:
                self._done.append((one.id, Later(BUSY_SECONDS, code)))
        self.waiting = deque(one for one in self.waiting if one.taken)

    def _crash(self, code: str) -> None:
        for going in self.flying.values():
            self._doubt(going, code)
        for going in self.waiting:
            if going.taken:
                self._doubt(going, code)
            else:
                self._done.append((going.id, Later(LOST_SECONDS, code)))
        self.flying.clear()
        self.waiting.clear()

    def _doubt(self, going: Going, code: str) -> None:
        self.doubtful.append(going)
        self._done.append((going.id, Unknown(code)))
