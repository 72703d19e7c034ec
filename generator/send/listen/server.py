"""The desk on a port of this machine, behind the operator's reverse proxy.

It holds no line of what was asked: a path is an id of a message. Bodies are bounded, slow talkers
are let go, and nothing that came in goes out in a header.
"""

import re
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from generator.base.loopback import HOST, Loopback
from generator.send.listen.desk import Asked, Desk, Method, Reply
from generator.send.listen.pages import POLICY

PATIENCE = 15.0  # seconds of silence in a request
LARGEST = 4 << 20  # octets of a body: some thousand reports
LENGTH = re.compile(r"[0-9]{1,19}")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
"""Of every answer: the address of a page is a secret of who got the letter."""


class Listener(Loopback):
    """Answers at ``url``; as a context manager in a thread of its own. Port 0 takes any.

    ``troubled`` gets the name of an error that nobody expected, and no more of it.
    """

    def __init__(
        self, desk: Desk, port: int = 0, troubled: Callable[[str], None] = lambda _: None
    ) -> None:
        handler = type("ListenHandler", (_Handler,), {"desk": desk})
        server = type("ListenServer", (_Server,), {"troubled": staticmethod(troubled)})
        super().__init__(server((HOST, port), handler))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    troubled: Callable[[str], None]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002
        """Only what kind of error it was: its own words may name an id."""
        self.troubled(type(sys.exception()).__name__)


class _Handler(BaseHTTPRequestHandler):
    """One request. The class is made anew for each server, with its desk."""

    desk: Desk
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE

    def do_GET(self) -> None:
        """Show a page; change nothing, unless it is a gateway that reports."""
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.BAD_REQUEST)  # its body would be taken for the next request
        else:
            self._answer("HEAD" if self.command == "HEAD" else "GET", b"")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def do_POST(self) -> None:
        """Do what a button or a gateway asks for."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(set(lengths)) != 1:
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif not LENGTH.fullmatch(lengths[0]):
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif int(lengths[0]) > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._take(int(lengths[0]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: a path is an id."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - of the library
        """What the library refuses, without its page, which repeats what was asked."""
        self._refuse(HTTPStatus(code))

    def _take(self, length: int) -> None:
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # whoever spoke is gone, in the middle of a word
        else:
            self._answer("POST", body)

    def _answer(self, method: Method, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        wish = self.headers.get("Accept-Language", "")[:200]
        self._send(self.desk.reply(Asked(method, path, query, body, wish)))

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._send(Reply(status, "", "text/plain; charset=utf-8"))

    def _send(self, reply: Reply) -> None:
        content = reply.body.encode()
        self.send_response_only(reply.status)
        known = {"Content-Type": reply.kind, "Content-Length": str(len(content))}
        for name, value in (HEADERS | known | dict(reply.headers)).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
