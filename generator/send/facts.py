"""What conditions of journeys ask, answered by the ledger; and what rules need of many clients."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from generator.base.sending import Kind, Send
from generator.send.ledger import Did, Ledger, Stage
from generator.send.payload import Payload
from generator.send.rules import Known, Said, Sent, address_of, is_held_out
from generator.send.values import Purpose, Reason


@dataclass
class Knowledge:
    """What the ledger knows of some clients, asked in a few queries for all of them."""

    ledger: Ledger
    send: Send
    clients: Collection[str]
    said: Mapping[str, Said]
    pushes: Mapping[str, str]
    """The newest address of each client that has one."""
    digests: Mapping[tuple[Kind, str], bytes]
    """Of every address to which a message of these kinds may go."""
    blocked: Mapping[bytes, Reason]
    sent: dict[str, list[Sent]]

    @cached_property
    def seen(self) -> Collection[Did]:
        """What they did with messages; asked when the first step wants to know."""
        return self.ledger.journeys.seen_of(self.clients)

    @cached_property
    def stages(self) -> Mapping[tuple[str, str], Stage]:
        """Where they stand, by client and product."""
        return self.ledger.journeys.stages_of(self.clients)

    @cached_property
    def finished(self) -> Collection[tuple[str, str]]:
        """Who of them went through which journey."""
        return self.ledger.enrolments.finished(self.clients)

    def of(self, client: str) -> Known:
        """What the rules need of one client."""
        percent = self.send.hold_out_percent
        return Known(
            said=self.said.get(client, {}),
            sent=self.sent.get(client, []),
            push=self.pushes.get(client, ""),
            is_held_out=bool(percent) and is_held_out(client, self.ledger.key, percent),
            is_suppressed=lambda kind, address: self._mark(kind, address) is Reason.SUPPRESSED,
            is_dead=lambda kind, address: self._mark(kind, address) is Reason.DEAD_ADDRESS,
        )

    def note(self, client: str, kind: Kind, purpose: Purpose, at: datetime) -> None:
        """Another message is planned: it counts for the caps of what follows."""
        if purpose == "promotion":
            self.sent.setdefault(client, []).append(Sent(kind, at))

    def _mark(self, kind: Kind, address: str) -> Reason | None:
        return self.blocked.get(self.digests[kind, address])


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What conditions ask of one client in one journey."""

    known: Knowledge
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
                known = self.known.stages.get((self.client, reason["product"]))
                return known is None or known.stage == reason["stage"]
        return True

    def journey_finished(self, journey: str) -> bool:
        """Whether they have been through another journey."""
        return (self.client, journey) in self.known.finished

    def _was_seen(self, what: str) -> bool:
        return Did(self.client, self.journey, self.trigger, what) in self.known.seen


def known_of(
    ledger: Ledger,
    send: Send,
    payloads: Mapping[str, Sequence[Payload]],
    kinds: Collection[Kind],
    now: datetime,
) -> Knowledge:
    """What is known of the clients of ``payloads``, who may be told something by these kinds."""
    clients = list(payloads)
    said: dict[str, dict[tuple[Kind, Purpose], bool]] = {}
    for asked, consent in ledger.consents.of(clients).items():
        said.setdefault(asked.client, {})[asked.kind, asked.purpose] = consent.given
    pushes = {who: some[0] for who, some in ledger.addresses.of(clients, "push").items()}
    digests = {
        (kind, address): ledger.addresses.digest(kind, address)
        for client, some in payloads.items()
        for one in some
        for kind in kinds
        if (address := address_of(kind, one.entry.addresses, pushes.get(client, "")))
    }
    blocked = ledger.addresses.blocked(digests.values())
    sent = _promotions(ledger, send, clients, now)
    return Knowledge(ledger, send, clients, said, pushes, digests, blocked, sent)


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
