"""An HTTP gateway with a script: what it answers next, and what it was asked."""

import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event

from tests.serving import served


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; status 0 cuts the connection, -1 says nothing until the gateway ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    """Whether the connection ends before the body does."""
    is_stuck: bool = False
    """Whether the end of the body never comes."""
    is_last: bool = False
    """Whether the connection ends behind it, unannounced."""


CUT, SILENT = Said(0), Said(-1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """What it says, and what it was asked."""

    address: str = ""
    script: deque[Said] = field(default_factory=deque)
    usual: Callable[[Asked], Said] = lambda _: Said()
    """What it says when the script is over."""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    end: Event = field(default_factory=Event)


@contextmanager
def gateway(tls: ssl.SSLContext | None = None) -> Iterator[Gateway]:
    """A running one; with ``tls`` it is one of HTTPS."""
    made = Gateway()
    with served(type("GatewayHandler", (_Handler,), {"gateway": made, "tls": tls})) as address:
        made.address = address.replace("http:", "https:") if tls else address
        yield made
        made.end.set()


class _Handler(BaseHTTPRequestHandler):
    gateway: Gateway
    tls: ssl.SSLContext | None
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """A connection more, if both sides agree to it."""
        if self.tls:
            self.request = self.tls.wrap_socket(
                self.request, server_side=True, do_handshake_on_connect=False
            )
        super().setup()
        self.gateway.connections += 1

    def handle(self) -> None:
        """Requests until one side has enough."""
        with suppress(ssl.SSLError, ConnectionError):
            if isinstance(self.request, ssl.SSLSocket):
                self.request.do_handshake()
            super().handle()

    def finish(self) -> None:
        """Also of what was wrapped."""
        with suppress(OSError):
            super().finish()
        self.request.close()

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.gateway.asked.append(asked)
        script = self.gateway.script
        said = script.popleft() if script else self.gateway.usual(asked)
        if said == SILENT:
            self.gateway.end.wait(60)
        if said.status <= 0:
            self.close_connection = True
            return
        self.send_response_only(said.status)
        length = len(said.body) + (10 if said.is_cut or said.is_stuck else 0)
        for name, value in {**said.headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.body)
        if said.is_stuck:
            self.gateway.end.wait(60)
        self.close_connection |= said.is_cut or said.is_stuck or said.is_last
        if said.is_cut:
            self.connection.shutdown(socket.SHUT_WR)

    do_GET = do_POST = _do  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Nothing: the tests ask the gateway itself."""
