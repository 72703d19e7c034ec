"""Proof that an old address is dead: whoever asks for it, at the store or as readers do.

Comes in: paths that were erased, and the public address of a host. Goes out: what was answered. It
refuses to call a page gone that still opens, and never tells an address.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.receipts import NOT_ASKED, Proof

GONE = frozenset({403, 404, 410})
"""Answers that show no page. A closed bucket answers 403 whether or not something lies there; that
nothing does is what the store itself was asked."""
READABLE = 200
PATIENCE = 120.0  # seconds for copies to go that a purge has reached already
FIRST_PAUSES, PAUSE = (1.0, 2.0, 4.0, 8.0), 15.0  # seconds between two looks
TIMEOUT = Timeout(connect=5, read=15)  # seconds
ANSWERING = Retry(connect=1, read=1, redirect=3, status=0, other=0)


def status_of(address: str) -> int | None:
    """The status with which an address is answered, to nobody in particular; None by nobody."""
    try:
        with PoolManager() as pool:
            answer = pool.request(
                "GET", address, timeout=TIMEOUT, retries=ANSWERING, preload_content=False
            )
            answer.close()  # the page itself is of no interest
            return answer.status
    except HTTPError:
        return None


@dataclass(frozen=True, slots=True)
class Asking:
    """How a host is asked, and how time passes; a test has its own."""

    status_of: Callable[[str], int | None] = field(default_factory=lambda: status_of)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def prove(self, host: str, paths: Sequence[str]) -> Proof:
        """What a host answers for each of the paths below its address; empty where it has none.

        Raises:
            OutsideError: one of them still opens, or was not answered clearly, after all patience.
        """
        if not host:
            return NOT_ASKED
        statuses, until, pauses = set[int](), self.clock() + PATIENCE, _pauses()
        for path in paths:
            while (status := self.status_of(f"{host}/{path}")) not in GONE:
                if status is None:
                    return NOT_ASKED
                if self.clock() >= until:
                    raise _still(status)
                self.sleep(next(pauses))
            statuses.add(status)
        return Proof("gone", len(paths), tuple(sorted(statuses)))


def origin_of(settings: Publish) -> str:
    """The public address of a store, below which its files are asked for; empty without one."""
    if settings.store != "s3":
        return ""
    host = settings.endpoint or f"https://s3.{settings.region or 'us-east-1'}.amazonaws.com"
    return "/".join(filter(None, (host, settings.bucket, settings.prefix)))


def _pauses() -> Iterator[float]:
    return chain(FIRST_PAUSES, repeat(PAUSE))


def _still(status: int) -> OutsideError:
    if status == READABLE:
        sentence = "the page is erased, and its old address still opens"
        hint = "see what keeps copies of the site, and run it again"
    else:
        sentence = f"an old address is answered with {status}: that proves nothing"
        hint = "see whether the site is up, and run it again"
    return OutsideError(f"{sentence} — hint: {hint}")
