"""What a request means, and what is answered to it; knows of no sockets."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from http import HTTPStatus
from typing import Literal, Protocol
from urllib.parse import parse_qs

from generator.base.errors import SealpressError
from generator.send.listen.pages import ONE_CLICK, Pages
from generator.send.reports.http import ReportError, http_reports
from generator.send.values import Report

ID = r"[0-9A-Za-z]{26}"
REPORT = re.compile(r"/r/([a-z0-9-]{1,64})(?:/([\x21-\x7e]{1,200}))?")
LEAVE = re.compile(rf"/u/({ID})")
VOTED = re.compile(rf"/v/({ID})/(10|[0-9])")
LIKED = re.compile(rf"/l/({ID})/(yes|no)")
VOTE = re.compile(r"10|[0-9]")
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
Method = Literal["GET", "HEAD", "POST"]


class Answers(Protocol):
    """Who keeps what comes in; ids that it does not know are none of the sender's business."""

    def report(self, reports: Sequence[Report]) -> None:
        """A gateway says what became of messages: all of it is kept, or nothing."""
        ...

    def unsubscribe(self, message: str, at: datetime) -> None:
        """Whoever got this message wants no more of them."""
        ...

    def vote(self, message: str, value: int, at: datetime) -> None:
        """A number from 0 to 10; the last one counts."""
        ...

    def liked(self, message: str, yes: bool, at: datetime) -> None:  # noqa: FBT001 - of the contract
        """Whether this letter was liked; the last answer counts."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A request, as far as it counts."""

    method: Method
    path: str
    query: str = ""
    body: bytes = b""
    wish: str = ""
    """Accept-Language."""

    def __repr__(self) -> str:
        """Nothing of whom it is about."""
        return f"Asked({self.method})"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; no header of it comes from the request."""

    status: HTTPStatus
    body: str
    kind: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)


class Desk:
    """Takes requests; ``keys`` are those of the channels of which gateways report.

    A channel with a key is reported of at ``/r/CHANNEL/KEY``: ids of gateways can be guessed, and
    whoever reports an address dead stops its messages. Without one the proxy must know who asks.
    """

    def __init__(
        self,
        answers: Answers,
        pages: Pages,
        keys: Mapping[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._answers, self._pages, self._keys, self._now = answers, pages, keys, now

    def reply(self, asked: Asked) -> Reply:
        """The answer to any request at all."""
        try:
            return self._reply(asked)
        except SealpressError:
            headers = {"Retry-After": "60"}
            page = self._pages.failed(asked.wish)
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE, page, headers=headers)

    def _reply(self, asked: Asked) -> Reply:
        path = asked.path
        if match := REPORT.fullmatch(path):
            return self._report(asked, match[1], match[2] or "")
        if match := LEAVE.fullmatch(path):
            return self._leave(asked, match[1])
        if match := VOTED.fullmatch(path):
            return self._vote(asked, match[1], int(match[2]))
        if match := LIKED.fullmatch(path):
            return self._liked(asked, match[1], yes=match[2] == "yes")
        return Reply(HTTPStatus.NOT_FOUND, self._pages.missing(asked.wish))

    def _report(self, asked: Asked, channel: str, key: str) -> Reply:
        known = self._keys.get(channel)
        if known is None or not compare_digest(known.encode(), key.encode()):
            return Reply(HTTPStatus.NOT_FOUND, "unknown channel or key\n", TEXT)
        if asked.method == "HEAD":
            return Reply(HTTPStatus.OK, "", TEXT)
        try:
            reports = http_reports(asked.query, asked.body, channel, self._now())
        except ReportError as error:
            return Reply(HTTPStatus.BAD_REQUEST, f"{error}\n", TEXT)
        self._answers.report(reports)
        return Reply(HTTPStatus.OK, "", TEXT)

    def _leave(self, asked: Asked, message: str) -> Reply:
        if asked.method != "POST":
            return Reply(HTTPStatus.OK, self._pages.leave(asked.wish))
        name, value = ONE_CLICK
        if _form(asked).get(name) != value:
            return Reply(HTTPStatus.BAD_REQUEST, self._pages.leave(asked.wish))
        self._answers.unsubscribe(message, self._now())
        return Reply(HTTPStatus.OK, self._pages.left(asked.wish))

    def _vote(self, asked: Asked, message: str, number: int) -> Reply:
        value = _form(asked).get("value", "")
        if asked.method != "POST" or not VOTE.fullmatch(value):
            return self._ask(asked, self._pages.vote(asked.wish, number))
        self._answers.vote(message, int(value), self._now())
        return Reply(HTTPStatus.OK, self._pages.thanks(asked.wish))

    def _liked(self, asked: Asked, message: str, *, yes: bool) -> Reply:
        value = _form(asked).get("value", "")
        if asked.method != "POST" or value not in {"yes", "no"}:
            return self._ask(asked, self._pages.liked(asked.wish, yes=yes))
        self._answers.liked(message, value == "yes", self._now())
        return Reply(HTTPStatus.OK, self._pages.thanks(asked.wish))

    def _ask(self, asked: Asked, page: str) -> Reply:
        """The question: at first, and where what was sent is no answer."""
        status = HTTPStatus.BAD_REQUEST if asked.method == "POST" else HTTPStatus.OK
        return Reply(status, page)


def _form(asked: Asked) -> Mapping[str, str]:
    """The fields of a form; of a part that mail programs send as multipart, its value, too.

    RFC 8058 lets them send ``multipart/form-data``, whose parts are lines here: a name and a value.
    """
    text = asked.body.decode("latin-1")
    name, value = ONE_CLICK
    if f'name="{name}"' in text and value in text.split():
        return {name: value}
    try:
        read = parse_qs(text, max_num_fields=20)
    except ValueError:
        return {}
    return {key: values[-1].strip() for key, values in read.items()}
