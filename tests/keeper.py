"""An object store that keeps objects under conditions, or misbehaves in that as a test wants it.

It has a clock of its own, which stands still until a test moves it.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from generator.base.config import Publish
from generator.publish.control import Control
from tests.s3 import use_credentials
from tests.serving import served
from tests.sink import Answer, refusal

TODAY = 1_795_000_000.0
UNLIKE = refusal(412, "PreconditionFailed")
CONFLICT = refusal(409, "ConditionalRequestConflict")
UNKNOWN = refusal(501, "NotImplemented")
LOST: Answer = (-1, {}, b"")
"""What is asked is done, and then the connection is cut."""


class Kept(NamedTuple):
    """An object, its tag and when it was written."""

    content: bytes
    tag: str
    written: float


@dataclass
class Keeper:
    """What it has, what time it is there, and how it misbehaves."""

    endpoint: str = ""
    now: float = TODAY
    tells_time: bool = True
    ignores: frozenset[str] = frozenset()
    """Conditions that it does not look at, and says nothing."""
    answers: deque[Answer | None] = field(default_factory=deque)
    """What is answered to the next requests; None is the right thing."""
    between: Callable[[], None] = lambda: None
    """Done after a condition was looked at and before its object is written."""
    objects: dict[str, Kept] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Methods and keys."""
    lock: Lock = field(default_factory=Lock)

    def settings(self, prefix: str = "") -> Publish:
        """The settings of a site that is published here."""
        return Publish(
            store="s3", bucket="kept", endpoint=self.endpoint, region="us-east-1", prefix=prefix
        )

    def control(self) -> Control:
        """Its control objects, as ours; no time is lost between two tries."""
        return Control(self.settings(), sleep=lambda _: None)

    def answer(self, method: str, key: str, asked: Mapping[str, str], body: bytes) -> Answer:
        """What is answered to a request; ``asked`` are its headers and its query."""
        with self.lock:
            self.asked.append((method, key))
            wrong = self.answers.popleft() if self.answers else None
        if wrong and wrong != LOST:
            return wrong
        done = self._done(method, key, asked, body)
        return wrong or done

    def _done(self, method: str, key: str, asked: Mapping[str, str], body: bytes) -> Answer:
        if method == "PUT":
            return self._put(key, asked, body)
        with self.lock:
            if method == "DELETE":
                self.objects.pop(key, None)
                return 204, {}, b""
            if not key:
                return 200, {"Content-Type": "application/xml"}, self._list(asked["prefix"])
            found = self.objects.get(key)
        if not found:
            return refusal(404, "NoSuchKey")
        headers = {"ETag": found.tag, "Last-Modified": formatdate(found.written, usegmt=True)}
        return 200, headers, found.content

    def _put(self, key: str, asked: Mapping[str, str], body: bytes) -> Answer:
        with self.lock:
            is_good = self._is_good(key, asked)
            if is_good and self.between is Keeper.between:
                return self._written(key, body)
        if not is_good:
            return UNLIKE
        self.between()
        with self.lock:
            return self._written(key, body)

    def _is_good(self, key: str, asked: Mapping[str, str]) -> bool:
        wanted = {
            name: asked.get(name)
            for name in ("if-none-match", "if-match")
            if name not in self.ignores
        }
        there = self.objects.get(key)
        if wanted.get("if-none-match") and there:
            return False
        return not (tag := wanted.get("if-match")) or (there is not None and there.tag == tag)

    def _written(self, key: str, body: bytes) -> Answer:
        tag = f'"{md5(body, usedforsecurity=False).hexdigest()}"'
        self.objects[key] = Kept(body, tag, self.now)
        return 200, {"ETag": tag}, b""

    def _list(self, prefix: str) -> bytes:
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key></Contents>"
            for key in sorted(self.objects)
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><Name>kept</Name>{found}</ListBucketResult>".encode()


@contextmanager
def keeper() -> Iterator[Keeper]:
    """A running one, and credentials in the environment."""
    made = Keeper()
    handler = type("KeeperHandler", (_Handler,), {"keeper": made})
    with pytest.MonkeyPatch.context() as patch, served(handler) as made.endpoint:
        use_credentials(patch)
        yield made


class _Handler(BaseHTTPRequestHandler):
    keeper: Keeper
    protocol_version = "HTTP/1.1"

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        key = unquote(url.path).removeprefix("/kept").removeprefix("/")
        status, answered, content = self.keeper.answer(self.command, key, headers | query, body)
        if status <= 0:
            self.close_connection = True
            return
        self.send_response_only(status)
        if self.keeper.tells_time:
            self.send_header("Date", formatdate(self.keeper.now, usegmt=True))
        for name, value in {**answered, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = _do  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Nothing: the tests ask the keeper itself."""
