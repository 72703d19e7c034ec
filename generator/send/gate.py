"""Asked of messages that are about to go: may they, are they what was approved, are they true.

Comes in: claimed messages of one channel. Goes out: which of them go, which are withheld or put
off and why, and what stops the channel or ends the batch. It changes nothing itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from generator.base.errors import InputError, Problem
from generator.base.sending import Channel
from generator.send.breaker import repeated
from generator.send.ledger import Claimed
from generator.send.ledger.consents import Asked
from generator.send.payload import Payload, payload_of
from generator.send.rules import allowed_at, consent_to
from generator.send.sender import Sender
from generator.send.texts import Texts, digest_of
from generator.send.values import Reason
from generator.send.witness import Statement, Witness, Wrong

FEW = 4  # pages that do not fit are corrections of single clients, however small the batch
TENTH = 10  # so large a share of them is none: what is published is not what was planned by
PUT_OFF = timedelta(hours=1)
"""For so long a message that was altered waits for whoever puts it back."""
Waiting = tuple[Claimed, Payload]


@dataclass(slots=True)
class Verdict:
    """What is to be done with the messages of a batch."""

    passed: list[Waiting] = field(default_factory=list)
    withheld: dict[Reason, list[str]] = field(default_factory=dict)
    later: dict[datetime, list[str]] = field(default_factory=dict)
    stop: str = ""
    """Why the channel has to stop; empty where it need not."""
    problems: set[Problem] = field(default_factory=set)
    """What somebody has to look at, though the others go: messages that were altered since they
    were approved, letters whose figures are old."""
    error: InputError | None = None
    """Why nothing more may go."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Judges the messages of one channel."""

    sender: Sender
    name: str
    texts: Texts
    witness: Witness

    @property
    def channel(self) -> Channel:
        """Its settings."""
        return self.sender.settings.channels[self.name]

    def judge(self, claimed: Sequence[Claimed], now: datetime) -> Verdict:
        """What is to be done with messages that somebody approved and that are due.

        Raises:
            OutsideError: what is published cannot be asked for.
        """
        found = Verdict()
        if strange := repeated(self.sender.ledger, claimed, self.channel.breaker, now):
            found.withheld[Reason.STOPPED] = [one.id for one in strange]
            found.stop = f"the same text went to one address again and again ({len(strange)})"
            return found
        waiting = [(one, payload_of(one.planned.payload)) for one in claimed]
        same = self._unaltered(found, self._allowed(found, waiting, now), now)
        found.passed = self._proven(found, same)
        return found

    def _allowed(self, found: Verdict, waiting: Sequence[Waiting], now: datetime) -> list[Waiting]:
        """Those whom nothing protects now, whatever was true when they were planned."""
        ledger, zones = self.sender.ledger, self.sender.settings.zones
        said = ledger.consents.of([payload.entry.client for _, payload in waiting])
        blocked = ledger.addresses.blocked([one.planned.to for one, _ in waiting])
        passed = []
        for one, payload in waiting:
            planned, entry = one.planned, payload.entry
            asked = Asked(entry.client, planned.kind, planned.purpose)
            last = {asked[1:]: said[asked].given} if asked in said else {}
            reason = consent_to(planned.kind, planned.purpose, entry.consents, last)
            reason = reason or blocked.get(planned.to)
            when = allowed_at(now, entry.time_zone, zones, self.channel.quiet)
            if reason:
                found.withheld.setdefault(reason, []).append(one.id)
            elif when > now:
                found.later.setdefault(when, []).append(one.id)
            else:
                passed.append((one, payload))
        return passed

    def _unaltered(
        self, found: Verdict, waiting: Sequence[Waiting], now: datetime
    ) -> list[tuple[Waiting, Statement]]:
        """Those whose text is the one of which somebody approved the plan; the others wait."""
        same = []
        for one, payload in waiting:
            planned = one.planned
            text = self.texts.rendered(planned.message, planned.kind, one.id, planned.tag, payload)
            if digest_of(text, one.id, planned.tag) == planned.text:
                said = (text.title, text.subject, text.text, text.html)
                same.append(((one, payload), Statement(one.id, payload, said)))
            else:
                found.later.setdefault(now + PUT_OFF, []).append(one.id)
                found.problems.add(_altered(f"{planned.message}.{planned.kind}"))
        return same

    def _proven(
        self, found: Verdict, waiting: Sequence[tuple[Waiting, Statement]]
    ) -> list[Waiting]:
        """Those that go: all but few whose page is gone. A page that shows another thing ends it.

        Few of a batch are withheld, each with its reason: their page was corrected, or they were
        revoked. Of more the fault is not theirs, and they wait until it is mended. A letter whose
        figures are old by now is withheld, however many there are: it never gets right again.
        """
        told = self.witness.wrong([statement for _, statement in waiting])
        if old := sorted(one.id for one in told if one.is_newer):
            found.withheld[Reason.NEWER] = old
            found.problems.add(_old(self.name))
        wrong = [one for one in told if not one.is_newer]
        ids = {one.id for one in wrong}
        others = [one for one in wrong if not one.is_absent]
        is_few = len(wrong) <= max(FEW, len(waiting) // TENTH)
        if wrong and is_few:
            found.withheld[Reason.NOT_PROVEN] = sorted(ids)
        if others or not is_few:
            found.error = _not_proven(self.name, (others or wrong)[0], is_few=is_few)
            return []
        return [one for one, _ in waiting if one[0].id not in ids.union(old)]


def _altered(name: str) -> Problem:
    sentence = "the message was altered since the plan was approved: it waits, and expires"
    hint = "put it back as it was; what is planned from now on gets the new text"
    return Problem(f"content/messages/{name}.md", sentence, hint)


def _old(channel: str) -> Problem:
    sentence = "letters were left out whose figures are old: their pages show others by now"
    hint = "approve plans on the day they are made; sealpress send why CLIENT names the letters"
    return Problem(channel, sentence, hint)


def _not_proven(channel: str, wrong: Wrong, *, is_few: bool) -> InputError:
    sentence = f"the published page of message {wrong.id} does not show what it says: {wrong.what}"
    hint = "publish, look at sealpress doctor, then run it again; nobody was left out"
    if is_few:
        hint = "it is withheld, and nothing more was sent; find out why, then run it again"
    return InputError([Problem(channel, sentence, hint)])
