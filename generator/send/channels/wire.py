"""One kept connection to an HTTP gateway, which tells exactly whether a request may have arrived.

That is why it is ``http.client`` and no pool: connecting and asking are two steps here. Until the
first is done nothing was sent, whatever fails; after it only an answer tells. Redirects are never
followed, nothing is asked twice, and nothing of a request is ever logged.
"""

import select
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, InvalidURL
from urllib.parse import urlsplit

from generator.send.channels.channel import wrong
from generator.send.channels.retry import AGAIN, BusyError, Waits, retry_after
from generator.send.values import Later, Outcome, Rejected, Unknown

CONNECT, ANSWER = 10.0, 60.0  # seconds
LARGEST = 8 << 20  # bytes of an answer: that to 32,000 messages is half of it
BUSY = frozenset({429, 503})
"""Nobody gets through now."""
LOCKED_OUT = frozenset({401, 407})
"""We are not let in: a token has run out. Nothing was sent, and no message is to blame."""
TOO_EARLY = frozenset({408, 425})
"""The request was not taken up; the next one may be."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """What is asked; its repr says nothing of it."""

    target: str
    """Path and query."""
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __repr__(self) -> str:
        """The method."""
        return f"Request({self.method})"


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What is answered; names of headers are small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    """Nothing if it did not come whole."""

    def __repr__(self) -> str:
        """The status."""
        return f"Reply({self.status})"


def wire_to(
    address: str, hint: str, context: ssl.SSLContext | None = None, patience: float = ANSWER
) -> "Wire":
    """The connection to a channel's ``url``.

    Raises:
        InputError: it is no address; ``hint`` tells what to write.
    """
    try:
        return Wire(address, context, patience)
    except ValueError:
        raise wrong("url", "is not an address", hint) from None


class Wire:
    """A gateway's scheme, host and port."""

    def __init__(
        self, address: str, context: ssl.SSLContext | None = None, patience: float = ANSWER
    ) -> None:
        """``address`` is a URL, of which only the beginning counts.

        Raises:
            ValueError: it is none of HTTP.
        """
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ValueError("not an address of HTTP")
        self._host, self._port, self._patience = parts.hostname, parts.port, patience
        is_secure = parts.scheme == "https"
        self._context = (context or ssl.create_default_context()) if is_secure else None
        self._connection: HTTPConnection | None = None

    def ask(self, request: Request) -> Reply | Unknown:
        """What is answered, or that nobody knows whether it arrived.

        Raises:
            BusyError: nothing was sent, for sure.
            ValueError: it is no request: a header holds what none may.
        """
        connection = self._open()
        try:
            connection.request(
                request.method, request.target, request.body or None, dict(request.headers)
            )
            return self._read(connection.getresponse())
        except (ValueError, InvalidURL):  # both before the first byte goes
            self.close()
            raise ValueError("not a request") from None
        except (OSError, HTTPException) as error:
            self.close()
            return Unknown(type(error).__name__)

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _open(self) -> HTTPConnection:
        if self._connection and _is_gone(self._connection):
            self.close()
        if self._connection:
            return self._connection
        made = self._made()
        try:
            made.connect()
            made.sock.settimeout(self._patience)
        except (OSError, HTTPException, UnicodeError) as error:
            made.close()
            raise BusyError(Later(0.0, type(error).__name__)) from None
        self._connection = made
        return made

    def _made(self) -> HTTPConnection:
        patience = min(CONNECT, self._patience)
        if self._context:
            return HTTPSConnection(self._host, self._port, timeout=patience, context=self._context)
        return HTTPConnection(self._host, self._port, timeout=patience)

    def _read(self, response: HTTPResponse) -> Reply:
        body = b""
        with suppress(OSError, HTTPException):  # the status counts even so
            body = response.read(LARGEST)
            response.read(1)  # nothing is left but the end, of which the library would not know
        if not response.isclosed():
            self.close()
            body = b""
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, body)


def refused(reply: Reply, waits: Waits) -> Outcome:
    """What an answer means that is not the one of success.

    Raises:
        BusyError: nobody gets through now.
    """
    code = str(reply.status)
    later = Later(retry_after(reply.headers.get("retry-after", ""), waits.now()), code)
    if reply.status in BUSY:
        raise BusyError(later)
    if reply.status in LOCKED_OUT:
        raise BusyError(Later(AGAIN, code))  # not at once: who asks again and again is locked out
    if reply.status in TOO_EARLY:
        return later
    return Rejected(code) if reply.status in range(300, 500) else Unknown(code)


def _is_gone(connection: HTTPConnection) -> bool:
    """Whether the gateway has closed it since the last answer: what is asked there is lost."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
