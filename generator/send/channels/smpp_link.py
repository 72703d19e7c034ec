"""One bound connection to an SMSC: what is written to it, and what it says, PDU by PDU.

The codec of messages is smpp34's; its client is not used. That one tells neither why a bind was
refused nor how long it waits for an answer, and says of a receipt that it has it before we do.
smpplib, the other library, logs what it sends, password and texts, and takes the last character
off an id without a closing zero. The tests use smpplib, so that two codecs check each other.

Source: SMPP 3.4, 2.2 (sessions), 3.2 (PDUs), 4.1 (binding), 5.1.3 (states of an answer).
"""

import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import smpp34

from generator.base.sending import Channel

HEADER = struct.Struct(">IIII")
LONGEST = 70_000
"""Octets of a PDU: a text of 64 KiB and what stands around it; more is no SMPP."""
RESPONSE = 0x8000_0000
NACK = RESPONSE
BIND, UNBIND, ENQUIRE = 0x09, 0x06, 0x15
SUBMIT, DELIVER = 0x04, 0x05
VERSION = b"\x34"


class RefusedError(ConnectionError):
    """The SMSC let us not in; ``code`` is its own."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True, repr=False)
class Pdu:
    """What came: its header, and the whole of it."""

    command: int
    status: int
    sequence: int
    octets: bytes

    def __repr__(self) -> str:
        """Nothing of its text."""
        return f"Pdu({self.command:#010x})"

    @property
    def message_id(self) -> str:
        """Of an answer to a message: the SMSC's id of it; empty without one."""
        body = self.octets[HEADER.size :]
        return body.partition(b"\0")[0].decode("ascii", "replace")


class Link:
    """A connection, bound to send and to receive; ``now`` is any clock that goes forward."""

    def __init__(
        self,
        settings: Channel,
        secret: str,
        patience: float,
        context: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._patience = patience
        self._came = bytearray()
        self._sequence = 0
        self.heard = now()
        """When it last said anything."""
        self._socket = _connected(settings, patience, context)
        try:
            self._bind(settings.user, secret)
        except BaseException:
            self._socket.close()
            raise

    def write(self, command: int, body: bytes = b"") -> int:
        """The number under which a request has gone.

        Raises:
            OSError: the connection is gone; the request may have arrived.
        """
        self._sequence = self._sequence % 0x7FFF_FFFF + 1
        self._send(command, 0, self._sequence, body)
        return self._sequence

    def submit(self, message: smpp34.SubmitSm) -> int:
        """The number under which a message has gone; raises as ``write``."""
        return self.write(SUBMIT, message.encode()[HEADER.size :])

    def answer(self, pdu: Pdu) -> None:
        """Say that a request has come; raises as ``write``."""
        body = b"\0" if pdu.command == DELIVER else b""
        self._send(pdu.command | RESPONSE, 0, pdu.sequence, body)

    def read(self, until: float) -> Pdu | None:
        """The next that comes, or None at the time ``until``; what only keeps the link is answered.

        Raises:
            OSError: the connection is gone, or was never SMPP.
        """
        while True:
            pdu = self._next()
            if pdu is None:
                if not self._receive(until - self._now()):
                    return None
            elif pdu.command == ENQUIRE:
                self.answer(pdu)
            elif pdu.command == UNBIND:
                self.answer(pdu)
                raise ConnectionResetError("unbound")
            else:
                return pdu

    def close(self) -> None:
        """Take leave, and do not wait for the answer."""
        with suppress(OSError):  # it may be gone already
            self.write(UNBIND)
        self._socket.close()

    def _bind(self, user: str, secret: str) -> None:
        names = (user.encode(), secret.encode(), b"")
        body = b"\0".join(names) + b"\0" + VERSION + b"\0\0\0"
        sequence = self.write(BIND, body)
        until = self._now() + self._patience
        while (pdu := self.read(until)) is not None:
            if pdu.sequence == sequence and pdu.command & RESPONSE:
                if pdu.status or pdu.command == NACK:
                    raise RefusedError(code_of(pdu.status))
                return
        raise RefusedError("no answer")

    def _send(self, command: int, status: int, sequence: int, body: bytes) -> None:
        self._socket.settimeout(self._patience)
        head = HEADER.pack(HEADER.size + len(body), command, status, sequence)
        self._socket.sendall(head + body)

    def _next(self) -> Pdu | None:
        if len(self._came) < HEADER.size:
            return None
        length, command, status, sequence = HEADER.unpack_from(self._came)
        if not HEADER.size <= length <= LONGEST:
            raise ConnectionAbortedError("not SMPP")
        if len(self._came) < length:
            return None
        octets = bytes(self._came[:length])
        del self._came[:length]
        self.heard = self._now()
        return Pdu(command, status, sequence, octets)

    def _receive(self, seconds: float) -> bool:
        """Whether anything came; a look at what is there already where no time is left."""
        # zero would make the socket one that never waits, which TLS tells in another way
        self._socket.settimeout(max(seconds, 0.001))
        try:
            came = self._socket.recv(65_536)
        except TimeoutError:
            return False
        if not came:
            raise ConnectionResetError("closed")
        self._came += came
        return True


def _connected(settings: Channel, patience: float, context: ssl.SSLContext | None) -> socket.socket:
    made = socket.create_connection((settings.host, settings.port or 0), timeout=patience)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if settings.tls != "tls":
        return made
    try:
        context = context or ssl.create_default_context()
        return context.wrap_socket(made, server_hostname=settings.host)
    except BaseException:
        made.close()
        raise


NAMES = {
    0x01: "ESME_RINVMSGLEN",
    0x02: "ESME_RINVCMDLEN",
    0x03: "ESME_RINVCMDID",
    0x04: "ESME_RINVBNDSTS",
    0x05: "ESME_RALYBND",
    0x08: "ESME_RSYSERR",
    0x0A: "ESME_RINVSRCADR",
    0x0B: "ESME_RINVDSTADR",
    0x0D: "ESME_RBINDFAIL",
    0x0E: "ESME_RINVPASWD",
    0x0F: "ESME_RINVSYSID",
    0x14: "ESME_RMSGQFUL",
    0x45: "ESME_RSUBMITFAIL",
    0x49: "ESME_RINVDSTNPI",
    0x50: "ESME_RINVDSTTON",
    0x58: "ESME_RTHROTTLED",
    0x62: "ESME_RINVEXPIRY",
    0x64: "ESME_RX_T_APPN",
    0x65: "ESME_RX_P_APPN",
    0xFF: "ESME_RUNKNOWNERR",
}


def code_of(status: int) -> str:
    """The name of an answer's state, or its number."""
    return NAMES.get(status, f"{status:#010x}")


def failure_of(error: OSError) -> str:
    """What became of a link, without a word of the error's own."""
    return error.code if isinstance(error, RefusedError) else type(error).__name__
