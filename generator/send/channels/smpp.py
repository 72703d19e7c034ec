"""Short messages to an operator's SMSC over SMPP 3.4, and its receipts.

The operator is asked for one receipt of a text, that of its last part. A receipt is acknowledged
when whoever asked for it comes back for the next: an SMSC gives again what nobody acknowledged, so
that none is lost with a process that dies.
"""

import re
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

import smpp34

from generator.base.sending import Channel
from generator.send.channels.smpp_link import DELIVER, ENQUIRE, RESPONSE, Link, Pdu
from generator.send.channels.smpp_text import WHOLE, TextError, pieces_of
from generator.send.channels.smpp_turn import Going, Turn
from generator.send.reports.smpp import plain_id, receipt_of
from generator.send.values import Accepted, Outcome, Outgoing, Rejected, Report

PATIENCE = 30.0  # seconds for an answer
IDLE = 10.0  # seconds of silence after which a link is asked whether it still is one
NUMBER = re.compile(r"\+?([0-9]{5,15})")
SHORT_CODE = 8  # digits at most, without a plus
REFERENCE, PAYLOAD = 0x0204, 0x0424
HAS_HEADER, REGISTERED = 0x40, 1
BASES: Mapping[str, tuple[int | None, int | None]] = {
    "same": (None, None),
    "hex-decimal": (16, 10),
    "decimal-hex": (10, 16),
}
"""In which an operator writes an id when it takes a message, and in its receipt."""


class SmppChannel:
    """An operator, over one connection that is made when it is needed."""

    most = 500

    def __init__(
        self,
        settings: Channel,
        secret: str,
        *,
        patience: float = PATIENCE,
        context: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._patience, self._now = settings, patience, now
        self._connect = partial(Link, settings, secret, patience, context, now)
        self._link: Link | None = None
        self._came: deque[Pdu] = deque()
        self._base, self._receipt_base = BASES[settings.receipt_ids]
        self._doubtful: dict[tuple[str, int], str] = {}
        """By number and reference, the messages of which nobody knows whether they were taken."""

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """What became of each message, in the order in which that is known."""
        turn = Turn(self._pdu, self._keep, self._patience, self._now)
        for message in messages:
            going = self._going(message)
            if isinstance(going, Going):
                turn.waiting.append(going)
            else:
                yield message.id, going
        if turn.waiting:
            yield from self._fly(turn)

    def reports(self, channel: str = "", seconds: float = 0.0) -> Iterator[Report]:
        """The receipts that have come, and those that come in the next ``seconds``.

        Nothing where nobody lets us in: a receipt that was not taken comes again.
        """
        try:
            self._listen(self._opened(), self._now() + seconds)
        except OSError:
            self._lose()
        while self._came:
            pdu = self._came.popleft()
            report = self._report(pdu, channel)
            if report:
                yield report
            self._acknowledge(pdu)

    def expect(self, unknown: Mapping[str, str]) -> None:
        """Messages by id, with their numbers, of which nobody knows whether they were taken.

        A receipt that brings the reference of one settles it, whichever process sent it. Of two
        messages that have the same, none is settled.
        """
        for one, to in unknown.items():
            if number := NUMBER.fullmatch(to):
                key = number[1], reference_of(one)
                self._doubtful[key] = one if self._doubtful.get(key, one) == one else ""

    def close(self) -> None:
        """Take leave of the operator."""
        self._lose()

    def _going(self, message: Outgoing) -> Going | Rejected:
        number = NUMBER.fullmatch(message.to)
        if not number:
            return Rejected("not a number", is_dead=True)
        reference = reference_of(message.id)
        try:
            pieces = pieces_of(message.text, reference, self._settings.long)
        except TextError as error:
            return Rejected(str(error))
        return Going(message.id, number[1], pieces, reference)

    def _fly(self, turn: Turn) -> Iterator[tuple[str, Outcome]]:
        try:
            link = self._opened()
        except OSError as error:
            yield from turn.put_off(error)
            return
        try:
            for message, outcome in turn.fly(link):
                if isinstance(outcome, Accepted):
                    yield message, Accepted(plain_id(outcome.provider, self._base))
                else:
                    yield message, outcome
        finally:
            self._doubtful |= {(one.number, one.reference): one.id for one in turn.doubtful}

    def _opened(self) -> Link:
        """The link; a new one where there is none, or where it says nothing any more."""
        if self._link and not self._is_alive(self._link):
            self._lose()
        if not self._link:
            self._link = self._connect()
        return self._link

    def _is_alive(self, link: Link) -> bool:
        try:
            self._listen(link, self._now())
            if self._now() - link.heard < IDLE:
                return True
            asked = link.write(ENQUIRE)
            until = self._now() + min(self._patience, IDLE)
            while (pdu := link.read(until)) is not None:
                if pdu.command == ENQUIRE | RESPONSE and pdu.sequence == asked:
                    return True
                self._keep(pdu)
        except OSError:
            return False
        return False

    def _lose(self) -> None:
        """Forget the link, and the receipts that came over it: they will come again."""
        if self._link:
            self._link.close()
        self._link = None
        self._came.clear()

    def _listen(self, link: Link, until: float) -> None:
        while (pdu := link.read(until)) is not None:
            self._keep(pdu)

    def _keep(self, pdu: Pdu) -> None:
        if pdu.command == DELIVER:
            self._came.append(pdu)

    def _pdu(self, going: Going) -> smpp34.SubmitSm:
        octets, coding = going.pieces.octets[going.taken], going.pieces.coding
        parameters = [smpp34.Tlv(REFERENCE, going.reference.to_bytes(2))]
        if len(octets) > WHOLE[coding]:
            parameters.append(smpp34.Tlv(PAYLOAD, octets))
            octets = b""
        kind, plan, sender = source_of(self._settings.sender)
        return smpp34.SubmitSm(
            sender,
            going.number,
            octets,
            source_addr_ton=kind,
            source_addr_npi=plan,
            dest_addr_ton=1,
            dest_addr_npi=1,
            esm_class=HAS_HEADER if going.pieces.has_header else 0,
            validity_period=f"0000{self._settings.days_valid:02d}000000000R",
            registered_delivery=REGISTERED if going.is_last else 0,
            data_coding=coding,
            tlvs=parameters,
        )

    def _report(self, pdu: Pdu, channel: str) -> Report | None:
        try:
            message = smpp34.decode(pdu.octets)
        except smpp34.SmppError:
            return None  # unread it would come again and again, and never be readable
        if not isinstance(message, smpp34.DeliverSm):
            return None
        parameters = {one.tag: one.value for one in message.tlvs}
        found = receipt_of(message.short_message, parameters, channel, datetime.now(UTC))
        if not found:
            return None
        reference = int.from_bytes(parameters.get(REFERENCE, b""))
        ours = self._doubtful.get((message.source_addr.lstrip("+"), reference), "")
        provider = plain_id(found.provider, self._receipt_base)
        return Report(channel, found.status, found.at, ours, provider, found.code)

    def _acknowledge(self, pdu: Pdu) -> None:
        try:
            if self._link:
                self._link.answer(pdu)
        except OSError:
            self._lose()


def reference_of(message: str) -> int:
    """16 bits that a message has in every process: what its parts have in common."""
    return int.from_bytes(sha256(message.encode()).digest()[:2])


def source_of(sender: str) -> tuple[int, int, str]:
    """Kind and plan of a sender, and the sender: a name, a short or a long number."""
    number = NUMBER.fullmatch(sender)
    if number and (sender.startswith("+") or len(number[1]) > SHORT_CODE):
        return 1, 1, number[1]
    return (3, 0, sender) if sender.isdecimal() else (5, 0, sender)
