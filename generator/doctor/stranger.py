"""A stranger who asks: no credentials, no cookies, no redirect followed; bounded in time and size.

urllib3 shows every header as it came, those that came twice too. What it says of a failure holds
addresses, so failures are told in words of ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from generator import __version__
from generator.base.errors import OutsideError

PATIENCE = 10.0  # seconds for a connection, and between two pieces of an answer
LONGEST = 60.0  # seconds for a whole answer, however slowly it drips
LARGEST = 8_388_608  # bytes of a body; the largest file of a site is a script of some hundred KB
PIECE = 65_536

MOVED = range(300, 400)
DONE = range(200, 300)

TOLD = (
    (NameResolutionError, "its name is not known"),
    (NewConnectionError, "no connection can be made"),
    (ConnectTimeoutError, "it does not answer"),
    (ReadTimeoutError, "it does not answer in time"),
    (SSLError, "its certificate is not valid, or it speaks no TLS"),
)
"""The more special first: the first is one of the second, and that one of the third."""


class UnreachableError(OutsideError):
    """No answer came; ``why`` is the class of urllib3's error."""

    def __init__(self, name: str, error: Exception) -> None:
        reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
        self.why = type(reason)
        told = next(
            (text for kind, text in TOLD if isinstance(reason, kind)), "the answer broke off"
        )
        hint = "see whether it is up, and run it again"
        super().__init__(f"{name} cannot be looked at: {told} — hint: {hint}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """As they came; a name may stand twice."""
    body: bytes = b""
    """Inflated; cut off after ``LARGEST`` bytes, or as many as were wanted of a file."""

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        """A header as a browser reads it: several are joined by a comma, none is empty."""
        return ", ".join(self.all(name))


class Stranger:
    """Asks ``name`` (as it is called in messages) as anybody in the world would."""

    def __init__(self, name: str, clock: Callable[[], float] = monotonic) -> None:
        self._name, self._clock = name, clock
        retries = Retry(total=2, connect=1, read=1, redirect=False, status=0, backoff_factor=0)
        self._pool = PoolManager(retries=retries, timeout=Timeout(PATIENCE))

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        most: int = LARGEST,
    ) -> Answer:
        """What is answered to one request.

        Raises:
            UnreachableError: nothing is.
        """
        named = {"User-Agent": f"sealpress-doctor/{__version__}", **(headers or {})}
        try:
            answer = self._pool.request(
                method, url, body=body, headers=named, redirect=False, preload_content=False
            )
            came = tuple((name, value) for name, value in answer.headers.iteritems())
            return Answer(answer.status, came, self._body(answer, most))
        except HTTPError as error:
            raise UnreachableError(self._name, error) from None

    def _body(self, answer: BaseHTTPResponse, most: int) -> bytes:
        """The body; the connection is kept only where all of it was read.

        An error is read whole, so that many of them need one connection.
        """
        most = most if answer.status in DONE else max(most, PIECE)
        until, body = self._clock() + LONGEST, bytearray()
        while len(body) < most and (piece := answer.read1(PIECE, decode_content=True)):
            body += piece
            if self._clock() > until:
                raise ReadTimeoutError(self._pool, "", "")  # type: ignore[arg-type]
        if len(body) >= most:
            answer.close()
        else:
            answer.release_conn()
        return bytes(body[:most])
