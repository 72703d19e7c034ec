"""Netlify for tests: its API with a memory, over HTTP on this machine, held to its description.

It keeps contents by their SHA-1, makes deploys ready after some looks at them, publishes and rolls
back. ``misbehave`` spoils a request. What either side says that is not described is noted.

::

    with netlify() as fake:
        fake.open().deploy(site, digests_of(site, paths), silent)
    assert fake.faults == []
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from threading import Condition, Lock
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from generator.base.config import Publish
from generator.publish.netlify.api import Api, Waits
from generator.publish.netlify.site import Netlify
from tests.openapi import Description, Request
from tests.serving import served

SITE, TOKEN = "3970e0fe-8564-4903-9a55-c5f8de49fb8b", "a-token-of-nobody"
DESCRIPTION = Description(Path(__file__).with_name("publish") / "netlify-api.yml")
PAGE = 100  # things of a list in one answer
NOW = "Fri, 02 Dec 2011 12:00:00 GMT"
EPOCH = 1322827200  # the same, as Netlify tells it in X-RateLimit-Reset

Answer = tuple[int, dict[str, str], Any]
"""Status, headers, JSON; status 0 cuts the connection."""
CUT: Answer = (0, {}, None)
NO_CONTENT = 204


def refusal(status: int, **headers: str) -> Answer:
    """What is answered to what is not done; the words must not be shown by anyone."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, {"code": status, "message": "words of the server"}


def sha(content: bytes) -> str:
    """The digest that Netlify knows a content by."""
    return sha1(content, usedforsecurity=False).hexdigest()


@dataclass
class Made:
    """A deploy."""

    id: str
    title: str
    files: dict[str, str]
    draft: bool
    created: str
    state: str = "preparing"
    published_at: str = ""
    locked: bool = False


@dataclass
class Fake:
    """What it has, what it was asked, and how it misbehaves."""

    address: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)
    deploys: dict[str, Made] = field(default_factory=dict)
    published: str = ""
    """The id of the deploy that readers see."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Operations, and the path of the file that was sent."""
    faults: list[str] = field(default_factory=list)
    """What was asked or answered and is not described."""
    misbehave: Callable[[str, str], Answer | None] = lambda *_: None
    """Asked with operation and path of a file before anything is done."""
    stuck: str = ""
    """A state that no deploy leaves."""
    slept: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    connections: int = 0
    """That are open."""
    closed: Condition = field(default_factory=Condition)
    """Told when one is closed."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def settings(self) -> Publish:
        """The settings of a site that is published here."""
        return Publish(store="netlify", site=SITE, endpoint=self.address)

    def waits(self) -> Waits:
        """Time passes only by waiting, and no time is lost."""
        return Waits(clock=lambda: sum(self.slept), sleep=self.slept.append, chance=lambda: 0.5)

    def open(self, token: str = TOKEN, site: str = SITE) -> Netlify:
        """The client, with a time of its own."""
        return Netlify(site, Api(token, self.address, self.waits()), self.waits())

    def seen(self) -> dict[str, bytes]:
        """What readers see."""
        files = self.deploys[self.published].files if self.published else {}
        return {path: self.contents[digest] for path, digest in files.items()}

    def sent(self) -> list[str]:
        """The files that were sent, in the order of their paths."""
        return sorted(path for operation, path in self.asked if operation == "uploadDeployFile")

    def wait_until_alone(self) -> None:
        """Return when whatever was on its way from a process that is gone has been dealt with."""
        with self.closed:
            assert self.closed.wait_for(lambda: self.connections == 0, timeout=60)

    def operations(self) -> list[str]:
        """What was asked, but for the looks at deploys and the files."""
        rest = (operation for operation, path in self.asked if not path)
        return [one for one in rest if one != "getSiteDeploy"]

    # ── Answers ──────────────────────────────────────────────────────────────────────────────

    def answer(self, request: Request, token: str) -> Answer:
        """What is answered; what is not described is noted."""
        found = DESCRIPTION.operation(request)
        if found is None:
            self.faults.append(f"{request.method} {request.path}")
            return refusal(404)
        operation, values = found
        values = list(map(unquote, values))
        with self.lock:
            self.faults.extend(DESCRIPTION.faults_of_request(operation, request))
            path = values[1] if operation.id == "uploadDeployFile" else ""
            self.asked.append((operation.id, path))
            status, headers, data = self.misbehave(operation.id, path) or self._done(
                operation.id, values, request, token
            )
            if status:
                self.faults.extend(DESCRIPTION.faults_of_answer(operation, status, data))
        return status, headers, data

    def _done(self, operation: str, values: list[str], request: Request, token: str) -> Answer:
        if token != TOKEN:
            return refusal(401)
        if values[0] not in {SITE, *self.deploys}:
            return refusal(404)
        done: Callable[[list[str], Request], Answer] = getattr(self, f"_{operation}")
        return done(values, request)

    def _getSite(self, *_: object) -> Answer:  # noqa: N802 - the description's names
        found = self.deploys.get(self.published)
        return 200, {}, {"id": SITE, **({"published_deploy": self._told(found)} if found else {})}

    def _listSiteFiles(self, _: object, request: Request) -> Answer:  # noqa: N802
        files = self.deploys[self.published].files if self.published else {}
        return _page([{"path": f"/{path}", "sha": files[path]} for path in files], request)

    def _getSiteFileByPathName(self, values: list[str], _: Request) -> Answer:  # noqa: N802
        files = self.deploys[self.published].files if self.published else {}
        path = values[1]
        return (
            (200, {}, {"path": f"/{path}", "sha": files[path]}) if path in files else refusal(404)
        )

    def _listSiteDeploys(self, _: object, request: Request) -> Answer:  # noqa: N802
        wanted = request.query.get("state")
        newest = reversed(self.deploys.values())
        return _page([self._told(one) for one in newest if wanted in {None, one.state}], request)

    def _createSiteDeploy(self, _: object, request: Request) -> Answer:  # noqa: N802
        wish, number = request.json, next(self._numbers)
        assert wish["async"], "a large deploy runs into the time limit of Netlify's gateway"
        made = Made(
            f"{number:024x}",
            request.query.get("title", ""),
            {path.removeprefix("/"): digest for path, digest in wish["files"].items()},
            draft=wish.get("draft", False),
            created=f"2011-12-02T12:{number:02}:00.000Z",
        )
        self.deploys[made.id] = made
        return 200, {}, self._told(made)

    def _getSiteDeploy(self, values: list[str], _: Request) -> Answer:  # noqa: N802
        made = self.deploys.get(values[1])
        if made is None:
            return refusal(404)
        told = self._told(made)
        self._go_on(made)
        return 200, {}, told

    def _uploadDeployFile(self, values: list[str], request: Request) -> Answer:  # noqa: N802
        made, path = self.deploys[values[0]], values[1]
        if path not in made.files:
            return refusal(404)
        if sha(request.body) != made.files[path]:
            return refusal(422)
        self.contents[made.files[path]] = request.body
        return 200, {}, {"id": f"/{path}", "path": f"/{path}", "sha": made.files[path]}

    def _restoreSiteDeploy(self, values: list[str], _: Request) -> Answer:  # noqa: N802
        made = self.deploys.get(values[1])
        if made is None or made.state != "ready":
            return refusal(404 if made is None else 422)
        self._publish(made)
        return 201, {}, self._told(made)

    def _deleteDeploy(self, values: list[str], _: Request) -> Answer:  # noqa: N802
        if values[0] == self.published:
            return refusal(422)
        del self.deploys[values[0]]
        return NO_CONTENT, {}, None

    # ── What happens by itself ───────────────────────────────────────────────────────────────

    def let_time_pass(self) -> None:
        """Bring every deploy as far as it comes by itself."""
        self.stuck = ""
        for made in [*self.deploys.values()] * 4:
            self._go_on(made)

    def _go_on(self, made: Made) -> None:
        """Bring a deploy one state further, as time would."""
        if made.state == self.stuck:
            return
        if made.state == "preparing":
            made.state = "prepared"
        elif made.state == "prepared" and not self._missing(made):
            made.state = "processing"
        elif made.state == "processing":
            made.state = "ready"
            if not made.draft:
                self._publish(made)

    def _publish(self, made: Made) -> None:
        made.published_at, self.published = made.created, made.id

    def _missing(self, made: Made) -> list[str]:
        return sorted(set(made.files.values()) - self.contents.keys())

    def _told(self, made: Made) -> dict[str, Any]:
        return {
            "id": made.id,
            "site_id": SITE,
            "state": made.state,
            "title": made.title,
            "draft": made.draft,
            "locked": made.locked,
            "created_at": made.created,
            "required": self._missing(made) if made.state == "prepared" else [],
            **({"published_at": made.published_at} if made.published_at else {}),
        }


def _page(things: list[Any], request: Request) -> Answer:
    """A page of a list, and where the next one is."""
    page = int(request.query.get("page", "1"))
    there = urlsplit(request.path).path
    link = {"Link": f'<https://elsewhere.invalid{there}?page={page + 1}>; rel="next"'}
    is_last = len(things) <= page * PAGE
    return 200, {} if is_last else link, things[(page - 1) * PAGE : page * PAGE]


@contextmanager
def netlify() -> Iterator[Fake]:
    """A running one."""
    made = Fake()
    handler = type("NetlifyHandler", (_Handler,), {"fake": made})
    with served(handler) as made.address:
        yield made


class _Handler(BaseHTTPRequestHandler):
    fake: Fake
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else headers and body come 40 ms apart

    def handle(self) -> None:
        """Deal with what comes over one connection, however the other side ends it."""
        with self.fake.closed:
            self.fake.connections += 1
        with suppress(ConnectionError):
            super().handle()
        with self.fake.closed:
            self.fake.connections -= 1
            self.fake.closed.notify_all()

    def _do(self) -> None:
        place = urlsplit(self.path.removeprefix(DESCRIPTION.base))
        request = Request(
            self.command,
            place.path,
            dict(parse_qsl(place.query)),
            self.headers.get("Content-Type", ""),
            self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, headers, data = self.fake.answer(request, token)
        if not status:
            self.close_connection = True
            return
        body = b"" if data is None else json.dumps(data).encode()
        self.send_response_only(status)
        for name, value in {"Date": NOW, **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        """Refuse to be a proxy, and note for whom one was wanted."""
        self.fake.asked.append(("CONNECT", self.path))
        self.fake.faults.extend(["a token for a proxy"] if "Authorization" in self.headers else [])
        self.send_error(502)

    do_GET = do_PUT = do_POST = do_DELETE = _do  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Nothing: the tests ask the fake itself."""
