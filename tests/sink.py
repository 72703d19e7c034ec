"""An object store that misbehaves as a test wants it: slow, busy, cut off, or with an error.

It keeps what it accepted, checks that a payload is the one that was signed, and notes each request.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from threading import Lock

from generator.base.config import Publish
from tests.serving import served

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body; status 0 cuts the connection."""
CUT: Answer = (0, {}, b"")


def refusal(status: int, code: str, **headers: str) -> Answer:
    """What a store answers that does not do what it was asked."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode()


SIGNED = 64  # characters of a digest; boto3 says that it did not sign, over HTTPS
BUSY = refusal(503, "SlowDown")


@dataclass
class Sink:
    """What it has, what it was asked, and how it misbehaves."""

    endpoint: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Methods and keys."""
    heard: list[Mapping[str, str]] = field(default_factory=list)
    """The headers of each request, their names in small letters."""
    misbehave: Callable[[str, str], Answer | None] = lambda *_: None
    """Asked with the method and the key before anything is done."""
    lock: Lock = field(default_factory=Lock)

    def settings(self, **more: str) -> Publish:
        """The settings of a site that is published here."""
        where = {"store": "s3", "bucket": "sink", "endpoint": self.endpoint, "region": "us-east-1"}
        return Publish.model_validate({**where, **more})

    def answer(self, method: str, key: str, signed: str, body: bytes) -> Answer:
        """What is answered to a request."""
        with self.lock:
            self.asked.append((method, key))
            wrong = self.misbehave(method, key)
            if wrong is not None:
                return wrong
            if len(signed) == SIGNED and signed != sha256(body).hexdigest():
                return refusal(400, "XAmzContentSHA256Mismatch")
            if method == "PUT":
                self.objects[key] = body
                return 200, {"ETag": '"0"'}, b""
            found = self.objects.get(key)
            return refusal(404, "NoSuchKey") if found is None else (200, _OF_OBJECT, found)


_OF_OBJECT = {"ETag": '"0"', "Last-Modified": "Fri, 02 Dec 2011 12:00:00 GMT"}


@contextmanager
def sink() -> Iterator[Sink]:
    """A running one."""
    made = Sink()
    handler = type("SinkHandler", (_Handler,), {"sink": made})
    with served(handler) as made.endpoint:
        yield made


class _Handler(BaseHTTPRequestHandler):
    sink: Sink
    protocol_version = "HTTP/1.1"

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.path.partition("?")[0].removeprefix("/sink/")
        signed = self.headers.get("x-amz-content-sha256", "")
        self.sink.heard.append({name.lower(): value for name, value in self.headers.items()})
        status, headers, content = self.sink.answer(self.command, key, signed, body)
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_POST = _do  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Nothing: the tests ask the sink itself."""
