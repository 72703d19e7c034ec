"""What comes in from outside, put into the ledger: reports, wishes, votes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import digest

from generator.send.channels import open_channel
from generator.send.ledger import Asked, Consent, Ledger, Seen
from generator.send.payload import payload_of
from generator.send.sender import Sender
from generator.send.values import Purpose, Report

PURPOSES: Mapping[Purpose, tuple[Purpose, ...]] = {
    "service": ("service", "promotion"),
    "promotion": ("promotion",),
}
"""What ends with a wish to get no more of a kind: who wants no news wants no offers."""
KEY_LENGTH = 16  # octets; the ids of gateways can be guessed, this cannot


@dataclass(frozen=True, slots=True)
class LedgerAnswers:
    """Keeps answers; what is about no message of ours changes nothing."""

    ledger: Ledger
    clock: Callable[[], datetime]

    def report(self, reports: Sequence[Report]) -> None:
        """A gateway says what became of messages."""
        self.ledger.reports.note(reports, self.clock())

    def unsubscribe(self, message: str, at: datetime) -> None:
        """Whoever got this message wants no more of its kind; asked again, nothing is added."""
        found = self.ledger.planning.message(message)
        if found:
            client, kind = found.identity.client, found.kind
            evidence = f"unsubscribed from message {message}"
            rows = [
                Consent(client, kind, purpose, given=False, at=at, evidence=evidence)
                for purpose in PURPOSES[found.purpose]
            ]
            known = self.ledger.consents.of([client])
            self.ledger.consents.add(row for row in rows if not _is_known(row, known))

    def vote(self, message: str, value: int, at: datetime) -> None:
        """A number from 0 to 10; the last one counts."""
        self.ledger.journeys.note_answer(Seen("voted", at, message, value=str(value)))

    def liked(self, message: str, yes: bool, at: datetime) -> None:  # noqa: FBT001 - of the protocol
        """Whether the letter was liked; the last answer counts."""
        self.ledger.journeys.note_answer(Seen("liked", at, message, value="yes" if yes else "no"))


def _is_known(row: Consent, known: Mapping[Asked, Consent]) -> bool:
    """Whether the last that a client said is just this, or was said after it."""
    last = known.get(Asked(row.client, row.kind, row.purpose))
    is_same = last is not None and not last.given and last.evidence == row.evidence
    return is_same or (last is not None and last.at >= row.at)


def report_keys(sender: Sender) -> dict[str, str]:
    """Of each channel the key in the address at which its gateway reports."""
    return {
        name: digest(sender.ledger.key, f"reports of {name}".encode(), "sha256")[:KEY_LENGTH].hex()
        for name in sender.settings.channels
    }


def collect(sender: Sender, name: str, seconds: float, now: datetime) -> int:
    """How many receipts an SMSC had for us; it is bound for so long. 0 of other gateways.

    Raises:
        InputError: its secret is not there.
        OutsideError: it cannot be reached.
    """
    settings = sender.settings.channels[name]
    if settings.gateway != "smpp":
        return 0
    from generator.send.channels.smpp import SmppChannel  # noqa: PLC0415 - only where it is used

    gateway = open_channel(name, settings, sender.root, sender.environment)
    count = 0
    try:
        if isinstance(gateway, SmppChannel):
            unknown = sender.ledger.sending.unknown_of(name)
            gateway.expect({it.id: payload_of(it.planned.payload).to for it in unknown})
            for report in gateway.reports(name, seconds):
                sender.ledger.reports.note([report], now)
                count += 1
    finally:
        gateway.close()
    return count
