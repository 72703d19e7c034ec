"""Approved messages go to their gateways, one channel after the other.

Comes in: what was approved and is due. Goes out: an outcome of each in the ledger. Before a message
goes the gate is asked. That it is tried is on the disk before anything is sent.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from generator.base.errors import InputError, OutsideError, Problem, SealpressError
from generator.base.sending import Channel
from generator.send.breaker import left_today, why_stop
from generator.send.channels import Handing, open_channel
from generator.send.channels.pace import hand_over_all
from generator.send.gate import Gate, Verdict, Waiting
from generator.send.ledger import Claimed
from generator.send.sender import Sender
from generator.send.texts import Texts
from generator.send.underway import LEASE, UnderWay
from generator.send.values import Later, Outcome, Outgoing, State
from generator.send.witness import Witness

BATCH = 500  # messages that are looked at together
A_WHILE = 60  # seconds for which what was found out of a batch holds
SOON = timedelta(minutes=1)
"""So long what a gateway said may wait for more of it before it is written down."""
FEW, MANY = 4, 50
"""Messages that are on record as tried at a time, and settled: of SMS few, for whoever dies leaves
that many of which a person has to find out; of others more, for they may go again."""
NOBODY, NOBODY_MORE = 20, 1000
"""So many messages in a row that were put off: the gateway takes nothing now, and who comes later
need not be tried. Of one that took some before more, for it may only slow us down."""
AGAIN = ("email", "push")
"""Kinds of which the second of two is no second message: by Message-ID, by collapse key."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass(slots=True)
class Run:
    """What a run did on one channel."""

    outcomes: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    """Why the channel was stopped; empty when it was not."""
    was_stopped: str = ""
    """Why it was stopped before this run."""


@dataclass
class Hand:
    """Hands the messages of one channel over."""

    sender: Sender
    name: str
    holder: str
    witness: Witness
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    is_over: Callable[[], bool] = never
    """Whether somebody asks to stop: no more begins then, and what is under way comes to its end.
    """
    run: Run = field(default_factory=Run)
    _claimed: dict[str, None] = field(default_factory=dict)
    _problems: set[Problem] = field(default_factory=set)
    _error: SealpressError | None = None
    _put_off: int = 0
    """Messages that were put off since one was not."""
    _code: str = ""

    def __post_init__(self) -> None:
        """Nothing is asked yet."""
        self._texts = Texts(self.sender.messages, self.sender.settings)
        self._gate = Gate(self.sender, self.name, self._texts, self.witness)
        self._tried = UnderWay(self.sender.ledger.sending, self.holder, self.clock, self.sleep)

    @property
    def channel(self) -> Channel:
        """Its settings."""
        return self.sender.settings.channels[self.name]

    def hand_over(self) -> Run:
        """Everything that is due now.

        Raises:
            InputError: messages were altered since they were approved, or their figures are old,
                and these alone did not go; or a page does not show what a text says, and nothing
                more went.
            OutsideError: the ledger or the gateway failed; what is not known is on record.
        """
        self._tidy()
        if not self.run.was_stopped and not self._stop_if_strange():
            self._hand_over()
        if self._error:
            raise self._error
        if self._is_away:
            sentence = f"the gateway takes nothing now ({self._code})"
            raise OutsideError(f"{sentence} — hint: what is due is tried by later runs")
        if self._problems:
            raise InputError(self._problems)
        return self.run

    def _hand_over(self) -> None:
        outcomes: dict[str, Outcome] = {}
        self._settled = self.clock()
        try:
            for one, outcome in hand_over_all(
                self._open,
                self._outgoing(),
                self._permits,
                self.sleep,
                self.channel.lanes,
                self._has_to_end,
            ):
                outcomes[one] = outcome
                self._tried.keep()
                if len(outcomes) >= self._slice or self.clock() - self._settled >= SOON:
                    self._settle_or_end(outcomes)
        finally:
            self._settle(outcomes)
            self._give_back()

    def _open(self) -> Handing:
        return open_channel(self.name, self.channel, self.sender.root, self.sender.environment)

    def _permits(self, most: int) -> tuple[int, float]:
        channels, rate = self.sender.ledger.channels, self.channel.rate
        return channels.take(self.name, rate, most, self.clock())

    @property
    def _slice(self) -> int:
        return max(FEW, self.channel.lanes) if self.channel.kind == "sms" else MANY

    def _tidy(self) -> None:
        """What others left behind: claims of the dead, words that came before their message."""
        ledger, now = self.sender.ledger, self.clock()
        ledger.sending.recover(now)
        ledger.reports.adopt(now)
        self.run.outcomes["expired"] += ledger.sending.expire(now)
        if self.channel.kind in AGAIN:
            unknown = ledger.sending.unknown_of(self.name)
            ledger.sending.again([it.id for it in unknown if it.planned.expires > now], now)
        if stop := ledger.channels.stopped().get(self.name):
            self.run.was_stopped = stop.why

    # ── What goes ────────────────────────────────────────────────────────────────────────────

    def _outgoing(self) -> Iterator[Outgoing]:
        """What is handed over; an error ends it, and is raised when what is under way has ended."""
        try:
            while batch := self._batch():
                for start in range(0, len(batch), self._slice):
                    yield from self._attempted_of(batch[start : start + self._slice])
        except SealpressError as error:
            self._error = error

    def _attempted_of(self, some: Sequence[Waiting]) -> Iterator[Outgoing]:
        """These messages, as they are on record as tried; not those that are ours no more."""
        self._tried.begin([one.id for one, _ in some])
        for one, payload in some:
            self._claimed.pop(one.id, None)
            if self._tried.may_go(one.id):
                charts = self.witness.charts(payload) if self.channel.kind == "email" else {}
                made = self._texts.letter(one.planned, payload, charts)
                self._tried.give(one.id)
                yield made

    def _batch(self) -> list[Waiting]:
        """The next messages that may go; claims that may not are told so, or put off."""
        while claimed := self._claim():
            self._claimed = {one.id: None for one in claimed}
            verdict = self._gate.judge(claimed, self.clock())
            self._hold(verdict)
            if verdict.passed:
                return verdict.passed
        return []

    def _claim(self) -> list[Claimed]:
        now, rate = self.clock(), self.channel.rate
        most = max(1, min(BATCH, int(rate * A_WHILE)))
        left = left_today(self.sender.ledger, self.name, self.channel.breaker, now)
        if left is not None:
            most = min(most, left)
        sending = self.sender.ledger.sending
        claimed = sending.claim(self.name, self.holder, most or 1, now, LEASE)
        if claimed and not most:
            sending.release([one.id for one in claimed], self.holder, now)
            self._stop(f"{self.channel.breaker.a_day:,} messages went in a day: no more may")
            return []
        return claimed

    def _hold(self, verdict: Verdict) -> None:
        """Write down what does not go.

        Raises:
            InputError: nothing more may go.
        """
        sending, now = self.sender.ledger.sending, self.clock()
        for reason, ids in verdict.withheld.items():
            self.run.outcomes[State.WITHHELD] += sending.withhold(ids, reason, now)
        for when, ids in verdict.later.items():
            self.run.outcomes["later"] += sending.postpone(ids, self.holder, now, when)
        self._problems |= verdict.problems
        if verdict.stop:
            self._stop(verdict.stop)
        if verdict.error:
            raise verdict.error

    # ── What came of it ──────────────────────────────────────────────────────────────────────

    def _settle(self, outcomes: dict[str, Outcome]) -> None:
        if not outcomes:
            return
        self._tried.settle(outcomes)
        self._settled = self.clock()
        self.run.outcomes.update(type(one).__name__.lower() for one in outcomes.values())
        for one in outcomes.values():
            self._put_off = self._put_off + 1 if isinstance(one, Later) else 0
            self._code = getattr(one, "code", "")
        outcomes.clear()
        self._stop_if_strange()

    @property
    def _is_away(self) -> bool:
        """Whether the gateway takes nothing now."""
        return self._put_off >= (NOBODY_MORE if self.run.outcomes["accepted"] else NOBODY)

    def _settle_or_end(self, outcomes: dict[str, Outcome]) -> None:
        """Settle; where the ledger is away, what is under way is heard to its end all the same."""
        if self._error is None:
            try:
                self._settle(outcomes)
            except OutsideError as error:
                self._error = error

    def _has_to_end(self) -> bool:
        """Whether nothing more may begin."""
        return bool(self.run.stopped or self._error) or self._is_away or self.is_over()

    def _stop_if_strange(self) -> bool:
        limits = self.channel.breaker
        if not self.run.stopped and (why := why_stop(self.sender.ledger, self.name, limits)):
            self._stop(why)
        return bool(self.run.stopped)

    def _stop(self, why: str) -> None:
        self.run.stopped = why
        self.sender.ledger.channels.stop(self.name, why, self.clock())

    def _give_back(self) -> None:
        """What was claimed and not tried, and what is on record as tried and never was."""
        now, sending = self.clock(), self.sender.ledger.sending
        self._tried.give_back()
        sending.release(list(self._claimed), self.holder, now)
