"""Approved messages go to their gateways, one channel after the other.

Comes in: what was approved and is due. Goes out: an outcome of each in the ledger. Before a message
goes it is asked again whether it may, whether its text is the one that was approved, and whether
the published page shows what it says. That it is tried is on the disk before anything is sent.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from generator.base.errors import InputError, Problem, SealpressError
from generator.base.sending import Channel
from generator.send.breaker import repeated, why_stop
from generator.send.channels import Handing, open_channel
from generator.send.channels.pace import hand_over_all
from generator.send.facts import known_of
from generator.send.ledger import Claimed
from generator.send.payload import Payload, payload_of
from generator.send.rules import allowed_at, consent_to
from generator.send.sender import Sender
from generator.send.texts import Texts, digest_of
from generator.send.values import Later, Outcome, Outgoing, Reason, State
from generator.send.witness import Statement, Witness, Wrong

BATCH = 500  # messages that are looked at together
LEASE = timedelta(minutes=15)
FEW, MANY = 4, 50
"""Messages that are on record as tried at a time, and settled: of SMS few, for whoever dies leaves
that many of which a person has to find out; of others more, for they may go again."""
TENTH = 10  # so large a share of pages that are gone is no revocation
AGAIN = ("email", "push")
"""Kinds of which the second of two is no second message: by Message-ID, by collapse key."""
Waiting = tuple[Claimed, Payload]


@dataclass(slots=True)
class Run:
    """What a run did on one channel."""

    outcomes: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    """Why the channel was stopped; empty when it was not."""


@dataclass
class Hand:
    """Hands the messages of one channel over."""

    sender: Sender
    name: str
    holder: str
    witness: Witness
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    run: Run = field(default_factory=Run)
    _claimed: dict[str, None] = field(default_factory=dict)
    _attempted: dict[str, None] = field(default_factory=dict)
    """Tried as the ledger has it, and not yet in the hands of the gateway."""
    _error: SealpressError | None = None

    @property
    def channel(self) -> Channel:
        """Its settings."""
        return self.sender.settings.channels[self.name]

    @property
    def texts(self) -> Texts:
        """Renders the messages."""
        return Texts(self.sender.messages, self.sender.settings)

    def hand_over(self) -> Run:
        """Everything that is due now.

        Raises:
            InputError: a message was altered since it was approved, or a page does not show what a
                text says: nothing more goes.
            OutsideError: the ledger or the gateway failed; what is not known is on record.
        """
        self._tidy()
        if self._stop_if_strange():
            return self.run
        settings, root, environment = self.channel, self.sender.root, self.sender.environment
        outcomes: dict[str, Outcome] = {}
        try:
            for one, outcome in hand_over_all(
                lambda: open_channel(self.name, settings, root, environment),
                self._outgoing(),
                lambda most: self.sender.ledger.channels.take(
                    self.name, settings.rate, most, self.clock()
                ),
                self.sleep,
                settings.lanes,
                lambda: bool(self.run.stopped),
            ):
                outcomes[one] = outcome
                if len(outcomes) >= self._slice:
                    self._settle(outcomes)
        finally:
            self._settle(outcomes)
            self._give_back()
        if self._error:
            raise self._error
        return self.run

    @property
    def _slice(self) -> int:
        return max(FEW, self.channel.lanes) if self.channel.kind == "sms" else MANY

    def _tidy(self) -> None:
        """What others left behind: claims of the dead, words that came before their message."""
        sending, now = self.sender.ledger.sending, self.clock()
        sending.recover(now)
        self.sender.ledger.reports.adopt(now)
        self.run.outcomes["expired"] += sending.expire(now)
        if self.channel.kind in AGAIN:
            sending.again([one.id for one in sending.unknown_of(self.name)], now)

    # ── What goes ────────────────────────────────────────────────────────────────────────────

    def _outgoing(self) -> Iterator[Outgoing]:
        """What is handed over; an error ends it, and is raised when what is under way has ended."""
        try:
            yield from self._approved()
        except SealpressError as error:
            self._error = error

    def _approved(self) -> Iterator[Outgoing]:
        while batch := self._batch():
            for start in range(0, len(batch), self._slice):
                some = batch[start : start + self._slice]
                mine = self.sender.ledger.sending.attempting(
                    [one.id for one, _ in some], self.holder, self.clock(), LEASE
                )
                self._attempted = dict.fromkeys(mine)
                for one, payload in some:
                    self._claimed.pop(one.id, None)
                    if one.id in mine:
                        made = self._made(one, payload)
                        self._attempted.pop(one.id, None)
                        yield made

    def _made(self, one: Claimed, payload: Payload) -> Outgoing:
        charts = self.witness.charts(payload) if self.channel.kind == "email" else {}
        return self.texts.letter(one.planned, payload, charts)

    def _batch(self) -> list[Waiting]:
        """The next messages that may go; claims that may not are told so, or put off."""
        while True:
            now = self.clock()
            claimed = self.sender.ledger.sending.claim(self.name, self.holder, BATCH, now, LEASE)
            if not claimed:
                return []
            self._claimed = {one.id: None for one in claimed}
            if batch := self._passed(claimed, now):
                return batch

    def _passed(self, claimed: Sequence[Claimed], now: datetime) -> list[Waiting]:
        if strange := repeated(self.sender.ledger, claimed, self.channel.breaker, now):
            self._stop(f"the same text went to one address again and again ({len(strange)})")
            return []
        waiting = self._allowed([(one, payload_of(one.planned.payload)) for one in claimed], now)
        statements = [self._statement(*one) for one in waiting]
        unproven = self._unproven(statements)
        return [one for one in waiting if one[0].id not in unproven]

    def _allowed(self, waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
        """Those whom nothing protects now, whatever was true when they were planned."""
        by_client: dict[str, list[Payload]] = {}
        for _, payload in waiting:
            by_client.setdefault(payload.entry.client, []).append(payload)
        known = known_of(self.sender.ledger, self.sender.settings, by_client, now)
        withheld: dict[Reason, list[str]] = {}
        later: dict[datetime, list[str]] = {}
        passed = []
        for one, payload in waiting:
            mine, entry, planned = known.of(payload.entry.client), payload.entry, one.planned
            reason = consent_to(planned.kind, planned.purpose, entry.consents, mine.said)
            reason = reason or known.blocked.get(planned.to)
            when = allowed_at(now, entry.time_zone, self.sender.settings.zones, self.channel.quiet)
            if reason:
                withheld.setdefault(reason, []).append(one.id)
            elif when > now:
                later.setdefault(when, []).append(one.id)
            else:
                passed.append((one, payload))
        self._hold(withheld, later, now)
        return passed

    def _hold(
        self,
        withheld: Mapping[Reason, Sequence[str]],
        later: Mapping[datetime, Sequence[str]],
        now: datetime,
    ) -> None:
        sending = self.sender.ledger.sending
        for reason, ids in withheld.items():
            self.run.outcomes[State.WITHHELD] += sending.withhold(ids, reason, now)
        for when, ids in later.items():
            self.run.outcomes["later"] += sending.postpone(ids, self.holder, now, when)

    def _statement(self, one: Claimed, payload: Payload) -> Statement:
        """What the message says: the very text of which somebody approved the plan."""
        planned = one.planned
        now = self.texts.rendered(planned.message, planned.kind, one.id, planned.tag, payload)
        if digest_of(now, one.id, planned.tag) != planned.text:
            path = f"content/messages/{planned.message}.{planned.kind}.md"
            sentence = "the message was altered since the plan was approved"
            hint = "put it back as it was; what is planned from now on gets the new text"
            raise InputError([Problem(path, sentence, hint)])
        return Statement(one.id, payload, (now.title, now.subject, now.text))

    def _unproven(self, statements: Sequence[Statement]) -> set[str]:
        """The messages whose page is gone, as it is of who was revoked: these alone are withheld.

        Raises:
            InputError: a page shows something else, or too many are gone: nothing more goes.
        """
        wrong = self.witness.wrong(statements)
        ids = {one.id for one in wrong}
        self._hold({Reason.NOT_PROVEN: sorted(ids)}, {}, self.clock())
        others = [one for one in wrong if not one.is_absent]
        if others or len(wrong) > max(FEW, len(statements) // TENTH):
            raise _not_proven(self.name, (others or wrong)[0])
        return ids

    # ── What came of it ──────────────────────────────────────────────────────────────────────

    def _settle(self, outcomes: dict[str, Outcome]) -> None:
        if not outcomes:
            return
        self.sender.ledger.sending.settle(outcomes, self.holder, self.clock())
        self.run.outcomes.update(type(one).__name__.lower() for one in outcomes.values())
        outcomes.clear()
        self._stop_if_strange()

    def _stop_if_strange(self) -> bool:
        limits = self.channel.breaker
        if not self.run.stopped and (
            why := why_stop(self.sender.ledger, self.name, limits, self.clock())
        ):
            self._stop(why)
        return bool(self.run.stopped)

    def _stop(self, why: str) -> None:
        self.run.stopped = why
        self.sender.ledger.channels.stop(self.name, why, self.clock())

    def _give_back(self) -> None:
        """What was claimed and not tried, and what is on record as tried and never was."""
        now, sending = self.clock(), self.sender.ledger.sending
        never: dict[str, Outcome] = {one: Later(0, "stopped") for one in self._attempted}
        sending.settle(never, self.holder, now)
        sending.release(list(self._claimed), self.holder, now)


def _not_proven(channel: str, wrong: Wrong) -> InputError:
    sentence = f"the published page of message {wrong.id} does not show what it says: {wrong.what}"
    hint = "nothing more was sent; publish, look at sealpress doctor, then run it again"
    return InputError([Problem(channel, sentence, hint)])


def open_gateway(sender: Sender, name: str) -> Handing:
    """The gateway of a channel, for a message that is no part of a plan.

    Raises:
        InputError: there is no such channel, or its secret is missing.
    """
    if name not in sender.settings.channels:
        known = ", ".join(sorted(sender.settings.channels))
        raise InputError([Problem("content/site.yaml", f"there is no channel {name}", known)])
    return open_channel(name, sender.settings.channels[name], sender.root, sender.environment)
