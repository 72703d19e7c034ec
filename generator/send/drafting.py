"""Clients whose next step is due become planned messages, or rows that say why not.

Comes in: who is due, in the ledger. Goes out: messages that nobody approved yet, and where their
clients go on when somebody does. It hands nothing over. Where a draft is thrown away nobody has
moved, and the next one begins where this one did.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from generator.base.sending import Kind
from generator.send.facts import Knowledge, LedgerFacts, known_of
from generator.send.journeys import Done, Expired, Here, Journey, Send, Tell, WaitUntil, next_of
from generator.send.ledger import Advance, Enrolment
from generator.send.ledger.database import chunks
from generator.send.messages import parts_of
from generator.send.payload import Payload, payload_of
from generator.send.rules import Choice, Refusal, Wish, choose, choose_each
from generator.send.sender import Sender
from generator.send.texts import Texts, digest_of
from generator.send.values import Identity, Planned, Reason

CHUNK = 2_000  # clients whose messages are worked out together


@dataclass(slots=True)
class Way:
    """How far an enrolment goes now: the messages on the way, and where it stands then."""

    enrolment: Enrolment
    payload: Payload
    drafts: list[Planned] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    """Of each draft, where it goes; empty for one that does not."""
    end: Advance | None = None


@dataclass(slots=True)
class Drafter:
    """Works out what is due at one moment."""

    sender: Sender
    now: datetime
    _stopped: Collection[str] = field(init=False)

    def __post_init__(self) -> None:
        """Ask once which channels are stopped."""
        self._stopped = frozenset(self.sender.ledger.channels.stopped())

    def draft(self) -> int:
        """How many rows were added to the plan.

        Raises:
            InputError: a message or a journey cannot be understood.
        """
        due = self.sender.ledger.enrolments.due(self.now)
        return sum(self._draft(some) for some in chunks(due, CHUNK))

    def _draft(self, enrolments: Sequence[Enrolment]) -> int:
        ways = [Way(one, payload_of(one.payload)) for one in enrolments]
        by_client = defaultdict[str, list[Payload]](list)
        for way in ways:
            by_client[way.enrolment.client].append(way.payload)
        known = known_of(self.sender.ledger, self.sender.settings, by_client, self.now)
        for way in ways:
            self._go(way, known)
        ledger, steps = self.sender.ledger, [way.end for way in ways if way.end and way.drafts]
        added = ledger.planning.draft(self._named(ways), steps, self.now)
        ledger.enrolments.advance((w.end for w in ways if w.end and not w.drafts), self.now)
        return added

    def _go(self, way: Way, known: Knowledge) -> None:
        """Go from step to step until there is something to wait for."""
        one, entry = way.enrolment, way.payload.entry
        journey = self.sender.version(one.journey, one.version)
        facts = LedgerFacts(self.sender.ledger, one.client, one.journey, one.trigger, way.payload)
        zones = self.sender.settings.zones
        here, moment = Here(one.step, one.due or self.now, entry.time_zone, zones), self.now
        while way.end is None:
            match next_of(journey, here, facts, moment):
                case Send() as step:
                    self._tell(way, journey, step, here.due, known)
                    moment = max([moment, *(it.not_before for it in way.drafts if not it.reason)])
                    here = replace(here, step=step.then, due=moment)
                case WaitUntil(step, when):
                    way.end = Advance(one.id, step, when)
                case Expired(step):
                    self._leave_out(way, journey, step, here.due)
                    way.end = Advance(one.id, here.step, None, "expired")
                case Done():
                    way.end = Advance(one.id, here.step, None, "done")

    def _tell(
        self, way: Way, journey: Journey, step: Send, due: datetime, known: Knowledge
    ) -> None:
        entry, send = way.payload.entry, self.sender.settings
        wish = Wish(step.channels, journey.purpose, due, due + journey.expires_after)
        mine, stopped = known.of(entry.client), self._stopped
        if step.over_each:
            found = choose_each(entry, wish, mine, send, stopped)
        else:
            found = [choose(entry, wish, mine, send, stopped)]
        for one in found:
            row = self._row(way, journey, step, wish, one)
            way.drafts.append(row)
            way.addresses.append(one.address if isinstance(one, Choice) else "")
            if isinstance(one, Choice):
                known.note(entry.client, one.kind, journey.purpose, one.not_before)

    def _row(
        self, way: Way, journey: Journey, step: Send, wish: Wish, found: Choice | Refusal
    ) -> Planned:
        one = way.enrolment
        identity = Identity(
            one.client, one.journey, one.version, one.trigger, step.step, found.channel
        )
        return Planned(
            identity,
            found.kind or "sms",
            journey.purpose,
            step.message,
            way.payload.entry.segment,
            found.not_before if isinstance(found, Choice) else wish.at,
            wish.expires,
            reason=found.reason if isinstance(found, Refusal) else None,
        )

    def _leave_out(self, way: Way, journey: Journey, step: int | None, due: datetime) -> None:
        """A step that is too late is on record as such, if it would have told anything."""
        asked = None if step is None else journey.steps[step]
        if isinstance(asked, Tell):
            send = Send(step or 0, asked.message, asked.channels, asked.over_each, 0)
            kind = self._kind(asked.channels[0])
            wish = Wish(asked.channels, journey.purpose, due, due + journey.expires_after)
            refusal = Refusal(asked.channels[0], kind, Reason.OVERDUE)
            way.drafts.append(self._row(way, journey, send, wish, refusal))
            way.addresses.append("")

    def _kind(self, channel: str) -> Kind | None:
        found = self.sender.settings.channels.get(channel)
        return found.kind if found else None

    def _named(self, ways: Sequence[Way]) -> Iterator[Planned]:
        """The drafts with their ids and tags, rendered."""
        texts = Texts(self.sender.messages, self.sender.settings)
        pairs = [
            (row, Payload(way.payload.entry, to))
            for way in ways
            for row, to in zip(way.drafts, way.addresses, strict=True)
        ]
        names = self.sender.ledger.planning.named(row.identity for row, _ in pairs)
        for (row, payload), (one, tag) in zip(pairs, names, strict=True):
            yield self._whole(texts, row, payload, one, tag)

    def _whole(self, texts: Texts, row: Planned, payload: Payload, one: str, tag: str) -> Planned:
        if row.reason:
            return replace(row, id=one)
        rendered = texts.rendered(row.message, row.kind, one, tag, payload)
        return replace(
            row,
            id=one,
            tag=tag,
            to=self.sender.ledger.addresses.digest(row.kind, payload.to),
            text=digest_of(rendered, one, tag),
            parts=parts_of(rendered.text).count if row.kind == "sms" else 1,
            payload=payload.as_json(),
        )
