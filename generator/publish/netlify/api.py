"""Requests to Netlify's API, each tried again while that may help.

The token goes into a header and nowhere else. Words of the server may hold an address: they are
never shown, only what kind of answer it was.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from re import search
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Retry, Timeout
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError, MaxRetryError

from generator.base.errors import OutsideError

ADDRESS = "https://api.netlify.com"
PREFIX = "/api/v1"
TOKEN = "NETLIFY_AUTH_TOKEN"  # noqa: S105 - the variable that holds it; netlify-cli's own name
LANES = 10  # requests at a time: what Netlify's own client makes
TRIES = 6  # of a request that may go well the next time
PATIENCE = Timeout(connect=10, read=60)  # for one answer
FIRST_PAUSE, LONGEST = 0.5, 120.0  # seconds between two tries; beyond the latter we give up
AGAIN = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may go well."""
ABSENT, BUSY = 404, 429

FORBIDDEN = ("the token is missing, expired or not allowed this", f"see {TOKEN}")
REFUSALS = {
    401: FORBIDDEN,
    403: FORBIDDEN,
    ABSENT: (
        "there is no such site, or the token may not see it",
        "correct site below publish in content/site.yaml",
    ),
    422: ("it did not get what was to be sent", "let nothing build meanwhile, and run it again"),
    BUSY: (
        "it permits no more for now: some deploys a minute, some hundred requests",
        "run it again later",
    ),
}
"""By status."""
LOST = "it cannot be reached, or did not do what it was asked"
STRANGE = "it answered what is not understood"
RETRY = "see whether it is up (netlifystatus.com); run it again"


@dataclass(frozen=True, slots=True)
class Waits:
    """The clock, how time is passed, and chance; a test has its own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: JSON, and the query of the next page of a list, or nothing."""

    data: Any
    following: str


class Api:
    """The API of Netlify, or of what stands for it at another address."""

    def __init__(self, token: str, address: str = "", waits: Waits | None = None) -> None:
        self._address = (address or ADDRESS) + PREFIX
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": "sealpress"}
        self._pool = _pool(self._address)
        self._again = _Again(waits or Waits())

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        absent: bool = False,
    ) -> Answer:
        """What is answered to a request; ``path`` may end in a query.

        No data if what is asked for is ``absent`` and may be.

        Raises:
            OutsideError: Netlify failed or refused, or cannot be reached.
        """
        kind = {} if body is None else {"Content-Type": "application/octet-stream"}
        try:
            response = self._pool.request(
                method,
                self._address + path,
                body=body,
                json=json,
                headers={**self._headers, **kind},
                retries=self._again,
                redirect=False,  # the token goes to no other address
                timeout=PATIENCE,
            )
        except HTTPError:
            raise failed(LOST, RETRY) from None
        if absent and response.status == ABSENT:
            return Answer(None, "")
        if not 200 <= response.status < 300:  # noqa: PLR2004 - the class of answers that went well
            raise failed(*REFUSALS.get(response.status, (LOST, RETRY)))
        return _answer(response)

    def pages(self, path: str) -> Iterator[Any]:
        """Each thing of a list, page after page; ``path`` may end in a query.

        Raises:
            OutsideError: as ``ask``.
        """
        place = path.partition("?")[0]
        while True:
            answer = self.ask("GET", path)
            if not isinstance(answer.data, list):
                raise failed(STRANGE, RETRY)
            yield from answer.data
            if not answer.following:
                return
            path = f"{place}?{answer.following}"


def failed(sentence: str, hint: str) -> OutsideError:
    """The one form in which a failure of Netlify is told."""
    return OutsideError(f"Netlify failed: {sentence} — hint: {hint}")


class _Again(Retry):
    """When a request is made again: at the time that Netlify names, or after a growing pause."""

    def __init__(self, waits: Waits, **options: Any) -> None:  # noqa: ANN401 - of the library
        known = {
            "total": TRIES - 1,
            "status_forcelist": AGAIN,
            "allowed_methods": None,  # any: of a deploy made twice one stays an unseen draft
            "raise_on_status": False,
        }
        super().__init__(**{**known, **options})
        self._waits = waits

    def new(self, **changes: Any) -> Self:  # noqa: ANN401 - of the library
        return super().new(waits=self._waits, **changes)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if response is not None and _pool and (self.get_retry_after(response) or 0) > LONGEST:
            raise MaxRetryError(_pool, url or "")
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        named = super().get_retry_after(response)
        return named if named or response.status != BUSY else _until_reset(response.headers)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        named = self.get_retry_after(response) if response is not None else None
        growing = min(LONGEST, FIRST_PAUSE * 2 ** len(self.history))
        # lanes that were refused together do not come again together
        part = self._waits.chance()
        self._waits.sleep(named + part if named else growing * (1 + part) / 2)


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """The seconds until Netlify permits more, by its own clock: this machine's may be wrong."""
    reset, now = headers.get("X-RateLimit-Reset", ""), headers.get("Date", "")
    if not reset.isdecimal() or not now:
        return None
    try:
        return max(0.0, int(reset) - parsedate_to_datetime(now).timestamp())
    except ValueError:
        return None


def _answer(response: BaseHTTPResponse) -> Answer:
    link = search(r'<[^>?]*\?([^>]*)>; *rel="?next"?', response.headers.get("Link", ""))
    try:
        return Answer(response.json() if response.data else None, link[1] if link else "")
    except ValueError:
        raise failed(STRANGE, RETRY) from None


def _pool(address: str) -> PoolManager:
    """Connections, by way of the proxy that the environment names; without TLS it is loopback."""
    parts = urlsplit(address)
    proxy = getproxies().get("https") if parts.scheme == "https" else None
    if proxy and not proxy_bypass(parts.netloc):
        return ProxyManager(proxy, maxsize=LANES)
    return PoolManager(maxsize=LANES)
