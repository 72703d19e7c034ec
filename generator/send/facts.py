"""What conditions of journeys ask, answered by the ledger; and what rules need of many clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from generator.base.sending import Kind, Send
from generator.send.ledger import Ledger
from generator.send.payload import Payload
from generator.send.rules import Known, Said, Sent, address_of, is_held_out
from generator.send.values import Purpose, Reason


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The facts of one client in one journey; each is looked up when a step asks for it."""

    ledger: Ledger
    client: str
    journey: str
    trigger: str
    payload: Payload

    def page_opened(self) -> bool:
        """Whether their page was opened by a link of this journey."""
        return self._was_seen("opened")

    def link_followed(self) -> bool:
        """Whether a link of this journey was followed; a page that was opened was reached so."""
        return self._was_seen("followed") or self._was_seen("opened")

    def stage_unchanged(self) -> bool:
        """Whether no later manifest told of another stage of the same product."""
        for reason in self.payload.entry.reasons:
            if reason["kind"] == "stage":
                known = self.ledger.journeys.stage_of(self.client, reason["product"])
                return known is None or known.stage == reason["stage"]
        return True

    def journey_finished(self, journey: str) -> bool:
        """Whether they have been through another journey."""
        return self.ledger.enrolments.is_finished(self.client, journey)

    def _was_seen(self, what: str) -> bool:
        return self.ledger.journeys.was_seen(self.client, self.journey, self.trigger, what)


@dataclass(slots=True)
class Knowledge:
    """What the ledger knows of some clients, asked in a few queries for all of them."""

    ledger: Ledger
    send: Send
    said: Mapping[str, Said]
    pushes: Mapping[str, Sequence[str]]
    blocked: Mapping[bytes, Reason]
    sent: dict[str, list[Sent]] = field(default_factory=dict)

    def of(self, client: str) -> Known:
        """What the rules need of one client."""
        percent = self.send.hold_out_percent
        return Known(
            said=self.said.get(client, {}),
            sent=self.sent.get(client, []),
            push=next(iter(self.pushes.get(client, ())), ""),
            is_held_out=bool(percent) and is_held_out(client, self.ledger.key, percent),
            is_suppressed=lambda kind, address: self._mark(kind, address) is Reason.SUPPRESSED,
            is_dead=lambda kind, address: self._mark(kind, address) is Reason.DEAD_ADDRESS,
        )

    def note(self, client: str, kind: Kind, purpose: Purpose, at: datetime) -> None:
        """Another message is planned: it counts for the caps of what follows."""
        if purpose == "promotion":
            self.sent.setdefault(client, []).append(Sent(kind, at))

    def _mark(self, kind: Kind, address: str) -> Reason | None:
        if not self.blocked:
            return None
        return self.blocked.get(self.ledger.addresses.digest(kind, address))


def known_of(
    ledger: Ledger, send: Send, payloads: Mapping[str, Sequence[Payload]], now: datetime
) -> Knowledge:
    """What is known of the clients of ``payloads``."""
    clients = list(payloads)
    said: dict[str, dict[tuple[Kind, Purpose], bool]] = {}
    for asked, consent in ledger.consents.of(clients).items():
        said.setdefault(asked.client, {})[asked.kind, asked.purpose] = consent.given
    pushes = ledger.addresses.of(clients, "push")
    digests = {
        ledger.addresses.digest(kind, address)
        for client, some in payloads.items()
        for one in some
        for kind in KINDS
        if (
            address := address_of(kind, one.entry.addresses, next(iter(pushes.get(client, ())), ""))
        )
    }
    return Knowledge(
        ledger,
        send,
        said,
        pushes,
        ledger.addresses.blocked(digests),
        _promotions(ledger, send, clients, now),
    )


KINDS: tuple[Kind, ...] = ("sms", "email", "push")


def _promotions(
    ledger: Ledger, send: Send, clients: Sequence[str], now: datetime
) -> dict[str, list[Sent]]:
    """What was sent to each client in the time that any cap looks at."""
    if not send.caps:
        return {}
    since = now - timedelta(days=max(cap.days for cap in send.caps))
    return {
        client: [Sent(one.kind, one.at) for one in found if one.purpose == "promotion"]
        for client, found in ledger.counting.sent(clients, since).items()
    }
