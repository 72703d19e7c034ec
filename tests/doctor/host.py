"""A host of a published site that answers right, until a test spoils its answers.

::

    with hosting() as host:
        host.spoil = everywhere(header("X-Frame-Options"))
        findings = examine(...)
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from generator.doctor import Expected, Finding
from generator.doctor.stranger import Answer
from generator.site.headers import SiteCsp, matching, media_type, netlify_headers, parse_headers

CSP = SiteCsp(loader="default-src 'none'; script-src 'self'", not_found="script-src 'sha256-Ab='")
PART, STAGE = "p/R6/ni7a2UeCV3mMwTxs2KzC", "q/G6wFjNehjs9Cih8UWvSWCL"
FILES: Mapping[str, bytes] = {
    "index.html": b"<!doctype html>loader",
    "404.html": b"<!doctype html>nothing is here",
    "robots.txt": b"User-agent: *",
    "_headers": netlify_headers(CSP).encode(),
    PART: b"SP\x01\x00 sealed",
    STAGE: b"<!doctype html>stage",
    "assets/page.3f.css": b"body{}",
    "assets/inflate.0a.js": b"1",
}
RULES = parse_headers(FILES["_headers"].decode())
CUT = Answer(0)
"""The connection is cut."""


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


Spoil = Callable[[Request, Answer], Answer]


@dataclass
class Host:
    """A running host: its address, what it was asked, and how its answers are spoilt."""

    url: str = ""
    spoil: Spoil = lambda _, answer: answer
    asked: list[Request] = field(default_factory=list)
    connections: int = 0

    def expected(self) -> Expected:
        """What the doctor expects here."""
        files = {path: sha256(content).hexdigest() for path, content in FILES.items()}
        return Expected(self.url, RULES, files)

    def answer(self, request: Request) -> Answer:
        """What is answered to a request."""
        self.asked.append(request)
        return self.spoil(request, right(request))


def right(request: Request) -> Answer:
    """The answer of a host on which nothing is wrong."""
    path = "/index.html" if request.path == "/" else request.path
    if request.method not in {"GET", "HEAD"}:
        return Answer(405)
    content = None if path == "/_headers" else FILES.get(path.removeprefix("/"))
    shown = "/404.html" if content is None else path
    kind = {"Content-Type": media_type(shown)}
    headers = {**kind, **matching(RULES, request.path)}
    body = FILES["404.html"] if content is None else content
    return Answer(404 if content is None else 200, tuple(headers.items()), body)


@contextmanager
def hosting(context: ssl.SSLContext | None = None) -> Iterator[Host]:
    """A running host on the loopback, over TLS with a ``context``."""
    host = Host()
    handler = type("HostHandler", (_Handler,), {"host": host})
    with _Server(("127.0.0.1", 0), handler) as server:
        server.context = context
        scheme = "https://localhost" if context else "http://127.0.0.1"
        host.url = f"{scheme}:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    context: ssl.SSLContext | None = None
    daemon_threads = True

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Shake hands in the connection's own thread, so that one that fails stops nobody."""
        if self.context:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)
        if self.context:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Nothing: handshakes that fail and cut connections are what tests want."""


class _Handler(BaseHTTPRequestHandler):
    host: Host
    protocol_version = "HTTP/1.1"
    timeout = 5
    wbufsize = -1  # an answer in one piece: its second half would wait for an acknowledgement

    def setup(self) -> None:
        """Count a connection."""
        super().setup()
        self.host.connections += 1

    def _do(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        answer = self.host.answer(Request(self.command, path, query, dict(self.headers)))
        if not answer.status:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in (*answer.headers, ("Content-Length", str(len(answer.body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    do_GET = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_POST = _do  # noqa: N815 - the library's

    def log_message(self, *_: object) -> None:
        """Nothing: the tests ask the host itself."""


# ── How answers are spoilt ───────────────────────────────────────────────────────────────────


def only(paths: str | Callable[[Request], bool], change: Callable[[Answer], Answer]) -> Spoil:
    """A change of the answers to some requests: by path, or as a test says."""
    is_meant = (lambda request: request.path == paths) if isinstance(paths, str) else paths
    return lambda request, answer: change(answer) if is_meant(request) else answer


def everywhere(change: Callable[[Answer], Answer]) -> Spoil:
    """A change of every answer."""
    return lambda _, answer: change(answer)


def header(name: str, *values: str) -> Callable[[Answer], Answer]:
    """An answer with these values of a header, none for a header that is missing."""

    def change(answer: Answer) -> Answer:
        others = tuple(one for one in answer.headers if one[0] != name)
        return replace(answer, headers=(*others, *((name, value) for value in values)))

    return change


def status(number: int, body: bytes | None = None) -> Callable[[Answer], Answer]:
    """An answer with another status, and maybe another body."""
    return lambda answer: replace(answer, status=number, body=answer.body if body is None else body)


def is_lost(request: Request) -> bool:
    """Whether nothing lies where was asked."""
    return right(request).status == 404


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    """Findings by what was looked at; each was looked at once."""
    found = {finding.check: finding for finding in findings}
    assert len(found) == len(findings)
    return found
