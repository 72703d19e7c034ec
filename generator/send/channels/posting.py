"""One request to a push service, and what it says of whether anything was sent.

Later only where that is certain: nobody was reached, or the service itself puts us off. Whatever
happens after the request began is unknown. A redirect is not followed: the service has one address.
"""

import logging
import re
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    SSLError,
)

from generator.base.sending import Channel
from generator.send.values import Later, Outcome, Rejected, Unknown

PATIENCE = Timeout(connect=10, read=30)  # seconds
LOST_SECONDS, BUSY_SECONDS, LONGEST = 60.0, 30.0, 3600.0
"""When it may be tried again: where nobody was reached, where we are put off, and at the latest."""
DAY = 86_400  # seconds
LIMIT = 65_536  # octets of an answer that are looked at
BUSY = frozenset({429, 503})
UNSURE = frozenset({408, 425})
"""Refusals that do not say whether the request was read."""
REFUSED, FAILED = 400, 500
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
Now = Callable[[], datetime]


def is_shown(record: logging.LogRecord) -> bool:
    """Whether a record of urllib3's may be logged: at its lowest level it names addresses."""
    return record.levelno > logging.DEBUG


def new_pool(settings: Channel) -> PoolManager:
    """Connections of which nothing is logged that names an address."""
    logging.getLogger("urllib3.connectionpool").addFilter(is_shown)
    return PoolManager(maxsize=settings.lanes)


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a service said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Nothing of the words: they may name an address."""
        return f"Answer({self.status})"


def post(
    pool: PoolManager, address: str, body: bytes, headers: Mapping[str, str]
) -> Answer | Later | Rejected | Unknown:
    """What is answered, or what no answer means."""
    try:
        response = pool.request(
            "POST",
            address,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=PATIENCE,
            preload_content=False,
        )
        return _answer(response)
    except LocationValueError:
        return Rejected("not an address", is_dead=True)
    except (NewConnectionError, ConnectTimeoutError) as error:
        return Later(LOST_SECONDS, type(error).__name__)
    except SSLError as error:
        if any(isinstance(one, ssl.SSLCertVerificationError) for one in error.args):
            return Later(LOST_SECONDS, "SSLCertVerificationError")
        return Unknown("SSLError")
    except HTTPError as error:
        return Unknown(type(error).__name__)


def outcome_of(answer: Answer, now: datetime) -> Outcome | None:
    """What a status means at any service; None for one that took it."""
    code = str(answer.status)
    if answer.status in BUSY:
        return Later(wait_of(answer.headers.get("Retry-After", ""), now), code)
    if answer.status in UNSURE or answer.status >= FAILED:
        return Unknown(code)
    return Rejected(code) if answer.status >= 300 else None  # noqa: PLR2004 - it went well below


def wait_of(named: str, now: datetime) -> float:
    """Seconds of ``Retry-After`` (RFC 9110, 10.2.3): a number, or a date."""
    if named.strip().isdecimal():
        return min(float(named), LONGEST)
    try:
        until = parsedate_to_datetime(named)
    except ValueError:
        return BUSY_SECONDS
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST)


def topic_of(collapse: str) -> str:
    """The topic of a collapse key: itself where it can be one (RFC 8030, 5.4), else its digest."""
    if TOPIC.fullmatch(collapse):
        return collapse
    return urlsafe_b64encode(sha256(collapse.encode()).digest()[:24]).decode()


def _answer(response: BaseHTTPResponse) -> Answer:
    try:
        body = response.read(LIMIT)
        return Answer(response.status, response.headers, body)
    finally:
        response.drain_conn()
        response.release_conn()
