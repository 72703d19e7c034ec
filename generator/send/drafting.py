"""Clients whose next step is due become planned messages, or rows that say why not.

Comes in: who is due, in the ledger. Goes out: messages that nobody approved yet, and where their
clients go on when somebody does. It hands nothing over. Where a draft is thrown away nobody has
moved, and the next one begins where this one did.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from generator.base.sending import Kind
from generator.send.facts import Knowledge, LedgerFacts, known_of
from generator.send.journeys import Done, Expired, Here, Journey, Send, Tell, WaitUntil, next_of
from generator.send.ledger import Advance, Enrolment
from generator.send.ledger.database import chunks
from generator.send.messages import parts_of
from generator.send.payload import Payload, payload_of, sent_to
from generator.send.rules import Choice, Refusal, Wish, choose, choose_each
from generator.send.sender import Sender
from generator.send.texts import Texts, digest_of
from generator.send.values import Identity, Planned, Purpose, Reason

CHUNK = 5_000
"""Clients whose messages are worked out together: of fewer, every part of an index would be written
more often."""


class Draft(NamedTuple):
    """A message before it is named and rendered, or a step that tells nothing."""

    step: int
    message: str
    purpose: Purpose
    expires: datetime
    found: Choice | Refusal
    at: datetime
    """When it may go."""


@dataclass(slots=True)
class Way:
    """How far an enrolment goes now: the messages on the way, and where it stands then."""

    enrolment: Enrolment
    payload: Payload
    drafts: list[Draft] = field(default_factory=list)
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
        kinds = self._kinds({(one.journey, one.version) for one in enrolments})
        known = known_of(self.sender.ledger, self.sender.settings, by_client, kinds, self.now)
        for way in ways:
            self._go(way, known)
        ledger, steps = self.sender.ledger, [way.end for way in ways if way.end and way.drafts]
        added = ledger.planning.draft(self._named(ways, known), steps, self.now)
        ledger.enrolments.advance((w.end for w in ways if w.end and not w.drafts), self.now)
        return added

    def _kinds(self, versions: Iterable[tuple[str, int]]) -> set[Kind]:
        """Of the channels over which these journeys may tell something."""
        steps = [step for one in versions for step in self.sender.version(*one).steps]
        names = {name for step in steps if isinstance(step, Tell) for name in step.channels}
        return {kind for name in names if (kind := self._kind(name))}

    def _go(self, way: Way, known: Knowledge) -> None:
        """Go from step to step until there is something to wait for."""
        one, entry = way.enrolment, way.payload.entry
        journey = self.sender.version(one.journey, one.version)
        facts = LedgerFacts(known, one.client, one.journey, one.trigger, way.payload)
        zone, zones = entry.time_zone, self.sender.settings.zones
        here, moment = Here(one.step, one.due or self.now, zone, zones), self.now
        while way.end is None:
            match next_of(journey, here, facts, moment):
                case Send() as step:
                    self._tell(way, journey, step, here.due, known)
                    moment = max([moment, *[it.at for it in way.drafts if _goes(it)]])
                    here = Here(step.then, moment, zone, zones)
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
            at = one.not_before if isinstance(one, Choice) else due
            draft = Draft(step.step, step.message, journey.purpose, wish.expires, one, at)
            way.drafts.append(draft)
            if isinstance(one, Choice):
                known.note(entry.client, one.kind, journey.purpose, one.not_before)

    def _leave_out(self, way: Way, journey: Journey, step: int | None, due: datetime) -> None:
        """A step that is too late is on record as such, if it would have told anything."""
        asked = None if step is None else journey.steps[step]
        if isinstance(asked, Tell):
            channel, expires = asked.channels[0], due + journey.expires_after
            refusal = Refusal(channel, self._kind(channel), Reason.OVERDUE)
            draft = Draft(step or 0, asked.message, journey.purpose, expires, refusal, due)
            way.drafts.append(draft)

    def _kind(self, channel: str) -> Kind | None:
        found = self.sender.settings.channels.get(channel)
        return found.kind if found else None

    def _named(self, ways: Sequence[Way], known: Knowledge) -> Iterator[Planned]:
        """The drafts with their ids and tags, rendered."""
        texts = Texts(self.sender.messages, self.sender.settings)
        pairs = [(way, one) for way in ways for one in way.drafts]
        identities = [_identity(way.enrolment, one) for way, one in pairs]
        names = self.sender.ledger.planning.named(identities)
        for (way, one), identity, (name, tag) in zip(pairs, identities, names, strict=True):
            segment, found = way.payload.entry.segment, one.found
            kind = found.kind or "sms"
            start = identity, kind, one.purpose, one.message, segment, one.at, one.expires
            if isinstance(found, Refusal):
                yield Planned(*start, reason=found.reason, id=name)
                continue
            text = texts.rendered(one.message, kind, name, tag, way.payload)
            yield Planned(
                *start,
                tag,
                known.digests[kind, found.address],
                digest_of(text, name, tag),
                parts_of(text.text).count if kind == "sms" else 1,
                payload=sent_to(way.enrolment.payload, found.address),
                id=name,
            )


def _goes(draft: Draft) -> bool:
    return isinstance(draft.found, Choice)


def _identity(one: Enrolment, draft: Draft) -> Identity:
    channel = draft.found.channel
    return Identity(one.client, one.journey, one.version, one.trigger, draft.step, channel)
