"""An SMSC that takes messages as operators do, or misbehaves as a test wants it.

Its PDUs are made and read by smpplib, ours by smpp34: what both understand is SMPP. It notes what
it was sent, and gives receipts when a test says so.
"""

import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any

from smpplib import consts, smpp
from smpplib.client import SimpleSequenceGenerator

from generator.base.sending import Channel

DROP, CUT, NACK, UNBIND, STRANGE = "drop", "cut", "nack", "unbind", "strange"
"""What it may do with a message beside answering with a state."""
SOON = 20.0  # seconds that nothing here takes


@dataclass(frozen=True)
class Taken:
    """One ``submit_sm``, as its fields were read."""

    number: str
    coding: int
    octets: bytes
    has_header: bool
    wants_receipt: bool
    reference: int
    validity: str
    sender: tuple[int, int, str]


@dataclass
class Smsc:
    """What it was sent, and how it misbehaves."""

    port: int = 0
    bind_status: int = 0
    answers: deque[int | str] = field(default_factory=deque)
    """For the next messages: a state, or one of the words above; after them all is well."""
    taken: list[Taken] = field(default_factory=list)
    binds: list[tuple[str, str]] = field(default_factory=list)
    """Names and passwords."""
    heard: list[str] = field(default_factory=list)
    """Each command that came."""
    acknowledged: list[int] = field(default_factory=list)
    """Numbers of the receipts that we were told to have come."""
    id_of: Callable[[int], str] = lambda number: f"m{number}"
    at_bind: list[bytes] = field(default_factory=list)
    """What it says as soon as somebody is bound: receipts that nobody took before."""
    changed: Condition = field(default_factory=Condition)
    sequences: SimpleSequenceGenerator = field(default_factory=SimpleSequenceGenerator)
    connections: list[socket.socket] = field(default_factory=list)

    def settings(self, **changes: object) -> Channel:
        """The settings of a channel that goes here."""
        known: dict[str, object] = {
            "kind": "sms",
            "gateway": "smpp",
            "host": "localhost",
            "port": self.port,
            "tls": "none",
            "user": "sealpress",
            "password": "env:SMPP",
            "sender": "Insurer",
        }
        return Channel.model_validate(known | changes)

    def receipt(self, text: bytes, source: str = "79000000001", **parameters: Any) -> int:  # noqa: ANN401 - of the library
        """The number of a receipt that goes out over the last connection."""
        number, octets = self.written(text, source, **parameters)
        self.send(octets)
        return number

    def written(
        self,
        text: bytes,
        source: str = "79000000001",
        **parameters: Any,  # noqa: ANN401 - of the library
    ) -> tuple[int, bytes]:
        """A receipt and its number."""
        with self.changed:
            pdu = smpp.make_pdu(
                "deliver_sm",
                client=self.sequences,
                source_addr=source,
                destination_addr="Insurer",
                esm_class=0x04,
                short_message=text,
                **parameters,
            )
            return int(pdu.sequence), bytes(pdu.generate())

    def send(self, octets: bytes) -> None:
        """Anything, over the last connection."""
        with self.changed:
            self.connections[-1].sendall(octets)

    def wait_for(self, command: str, times: int = 1) -> None:
        """Return when it has heard a command so many times."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.heard.count(command) >= times, SOON)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while (octets := _read(connection)) is not None:
                pdu = smpp.parse_pdu(octets, client=self.sequences, allow_unknown_opt_params=True)
                with self.changed:
                    answer = self._answer(pdu)
                    if answer:
                        connection.sendall(answer)
                    self.heard.append(pdu.command)
                    self.changed.notify_all()
                if answer is None:
                    return

    def _answer(self, pdu: Any) -> bytes | None:  # noqa: ANN401 - of the library
        if pdu.command == "bind_transceiver":
            self.binds.append((pdu.system_id.decode(), pdu.password.decode()))
            bound = _made("bind_transceiver_resp", pdu, self.bind_status, system_id="smsc")
            return b"".join([bound, *self.at_bind])
        if pdu.command == "submit_sm":
            return self._submitted(pdu)
        if pdu.command == "deliver_sm_resp":
            self.acknowledged.append(pdu.sequence)
            return b""
        if pdu.command == "enquire_link":
            return _made("enquire_link_resp", pdu)
        return None if pdu.command == "unbind" else b""

    def _submitted(self, pdu: Any) -> bytes | None:  # noqa: ANN401 - of the library
        answer = self.answers.popleft() if self.answers else 0
        if isinstance(answer, str):
            return _misbehaved(answer, pdu)
        if answer:
            return _made("submit_sm_resp", pdu, answer)
        self.taken.append(_taken(pdu))
        return _made("submit_sm_resp", pdu, message_id=self.id_of(len(self.taken)))


def _misbehaved(word: str, pdu: Any) -> bytes | None:  # noqa: ANN401 - of the library
    said = {DROP: b"", STRANGE: struct.pack(">I", 1 << 31) * 4}
    if word == NACK:
        return _made("generic_nack", pdu, 3)
    if word == UNBIND:
        return _made("unbind", pdu)
    return said.get(word)


@contextmanager
def smsc(context: ssl.SSLContext | None = None) -> Iterator[Smsc]:
    """A running one, on this machine alone."""
    made = Smsc()
    with socket.create_server(("127.0.0.1", 0)) as server:
        made.port = server.getsockname()[1]
        thread = Thread(target=_accept, args=(made, server, context), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _accept(made: Smsc, server: socket.socket, context: ssl.SSLContext | None) -> None:
    threads = []
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            break
        try:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            continue
        made.connections.append(connection)
        threads.append(Thread(target=made._serve, args=(connection,), daemon=True))  # noqa: SLF001
        threads[-1].start()
    for connection in made.connections:
        _shut(connection)
    for thread in threads:
        thread.join()


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()  # it was closed already


def _read(connection: socket.socket) -> bytes | None:
    try:
        head = _exactly(connection, 4)
        return head + _exactly(connection, int.from_bytes(head) - 4)
    except OSError:
        return None


def _exactly(connection: socket.socket, count: int) -> bytes:
    came = b""
    while len(came) < count:
        more = connection.recv(count - len(came))
        if not more:
            raise ConnectionResetError
        came += more
    return came


def _made(command: str, asked: Any, status: int = 0, **fields: object) -> bytes:  # noqa: ANN401 - of the library
    pdu = smpp.make_pdu(command, client=SimpleSequenceGenerator(), **fields)
    pdu.sequence, pdu.status = asked.sequence, status
    return bytes(pdu.generate())


def _taken(pdu: Any) -> Taken:  # noqa: ANN401 - of the library
    payload = getattr(pdu, "message_payload", None) or b""
    return Taken(
        number=pdu.destination_addr.decode(),
        coding=pdu.data_coding,
        octets=pdu.short_message or payload,
        has_header=bool(pdu.esm_class & consts.SMPP_GSMFEAT_UDHI),
        wants_receipt=bool(pdu.registered_delivery & 1),
        reference=pdu.user_message_reference,
        validity=pdu.validity_period.decode(),
        sender=(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr.decode()),
    )


def text_of(taken: list[Taken]) -> str:
    """The text that a phone shows of these parts, whatever the order in which they came."""
    first = taken[0]
    if not first.has_header:
        assert len(taken) == 1
        return _decoded(first.coding, first.octets)
    parts = {}
    for one in taken:
        length = one.octets[0]
        header, body = one.octets[1 : 1 + length], one.octets[1 + length :]
        parts[header[-1]] = (header[:-1], body)
        assert len(body) <= (134 if one.coding else 153)
    assert sorted(parts) == list(range(1, len(taken) + 1))
    assert {header[-1] for header, _ in parts.values()} == {len(taken)}
    assert len({header for header, _ in parts.values()}) == 1  # one reference
    return "".join(_decoded(first.coding, parts[place][1]) for place in sorted(parts))


def _decoded(coding: int, octets: bytes) -> str:
    """Each part by itself: one that ends within a character is an error here."""
    return octets.decode("utf-16-be") if coding else octets.decode("gsm0338")
