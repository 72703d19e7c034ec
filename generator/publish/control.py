"""The few objects of a bucket that are not the site's: one request at a time, tried again.

They lie below ``.sealpress/`` of the site's part of the bucket, where no reader is let. Words of a
server may hold addresses: they are never shown, only what kind of answer it was.
"""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from generator.base.again import again
from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.publish.failure import DENIED, LOST, Failure, FailureError, told
from generator.publish.papers import Paper, TakenError
from generator.publish.store import CONTROL
from generator.publish.wire import Answer, Request, Wire

if TYPE_CHECKING:
    from generator.publish.special import Special

T = TypeVar("T")
Conditions = Mapping[str, str]

ABSENT: Conditions = MappingProxyType({"If-None-Match": "*"})
"""That nothing lies there."""
ALWAYS: Conditions = MappingProxyType({})

HEADERS = ("Content-Type: application/json", "Cache-Control: no-store")
PAUSES = (0.2, 0.5, 1.0)  # seconds before each further try
CONNECTING, ANSWERING = 4, 8  # seconds: all tries together take less than half of a lease
MISSING, CONFLICT, UNLIKE = 404, 409, 412  # what a condition that does not hold is answered with
UNKNOWN = frozenset({400, 405, 501})  # what a server answers that knows no conditions
DOWN = 500  # the first status with which a server speaks of itself and not of the request
BUSY = frozenset({408, 429})


class NoConditionsError(OutsideError):
    """The server says that it knows no conditions of a write."""


class Control:
    """The control objects of a bucket, by the names that they have below ``.sealpress/``."""

    def __init__(self, settings: Publish, sleep: Callable[[float], None] = time.sleep) -> None:
        """No request is made yet.

        Raises:
            OutsideError: there are no credentials.
        """
        self._settings, self._sleep = settings, sleep
        self._prefix = (settings.prefix and f"{settings.prefix}/") + CONTROL
        self._wire = Wire(settings, CONNECTING, ANSWERING)

    def get(self, name: str) -> Paper | None:
        """What lies under a name, or None.

        Raises:
            OutsideError: the store failed, or tells no time.
        """
        answer = self._tried(partial(self._asked, "GET", name))
        return Paper(answer.body, answer.header("etag"), _age(answer)) if answer.is_good else None

    def put(self, name: str, content: bytes, conditions: Conditions = ALWAYS) -> str:
        """The tag of the object, when it is there.

        A write that was done, and its answer lost, is known by its content.

        Raises:
            TakenError: the conditions do not hold.
            NoConditionsError: the server says that it knows none.
            OutsideError: the store failed; whether it was written is not known.
        """
        key, lines = self._prefix + name, (f"{one}: {value}" for one, value in conditions.items())
        request, is_doubtful = Request("PUT", key, (*HEADERS, *lines), content), False
        for pause in (*PAUSES, None):
            answer = self._wire.ask_once(request)
            if answer.is_good:
                return answer.header("etag")
            failure = answer.failure()
            status = failure.status
            if conditions and status in {MISSING, UNLIKE} and "Bucket" not in failure.code:
                return self._known(name, content, is_doubtful=is_doubtful)
            if status == CONFLICT and pause is None:
                raise TakenError("somebody else is writing it")
            if conditions and status in UNKNOWN and not failure.refusal:
                raise NoConditionsError("the store knows no conditions")
            if pause is None or not (status == CONFLICT or _may_help(failure)):
                raise _told(failure)
            is_doubtful = is_doubtful or status != CONFLICT
            self._sleep(pause)
        raise AssertionError

    def names(self, start: str) -> list[str]:
        """The names that begin with ``start``, in their order.

        Raises:
            OutsideError: the store failed.
        """
        return self._tried(partial(self._special.names, start))

    def delete(self, name: str) -> None:
        """Take an object away; nothing happens where there is none.

        Raises:
            OutsideError: the store failed.
        """
        self._tried(partial(self._asked, "DELETE", name))

    def _asked(self, method: str, name: str) -> Answer:
        """The answer of the store, which may be that there is no such object."""
        answer = self._wire.ask(Request(method, self._prefix + name))
        if not answer.is_good and not answer.is_missing:
            raise FailureError(answer.failure())
        return answer

    def _known(self, name: str, content: bytes, *, is_doubtful: bool) -> str:
        """The tag of what was written by a try whose answer was lost."""
        there = self.get(name) if is_doubtful else None
        if there is None or there.content != content:
            raise TakenError("somebody else has written it")
        return there.tag

    def _tried(self, request: Callable[[], T]) -> T:
        """What a request answers; one that may go well is made again.

        Raises:
            OutsideError: the store failed.
        """
        try:
            return again(
                request, FailureError, PAUSES, self._sleep, lambda error: _may_help(error.failure)
            )
        except FailureError as error:
            raise _told(error.failure) from None

    @cached_property
    def _special(self) -> "Special":
        from generator.publish.special import Special  # noqa: PLC0415 - takes half a second

        times = {"connect_timeout": CONNECTING, "read_timeout": ANSWERING}
        return Special(self._settings, **times)


def matching(tag: str) -> Conditions:
    """The condition that what lies there has the ``tag``."""
    return {"If-Match": tag}


def _age(answer: Answer) -> float:
    """The seconds since an object was written, by the clock of the server that answered."""
    try:
        now, written = map(parsedate_to_datetime, map(answer.header, ("date", "last-modified")))
        return max(0.0, (now - written).total_seconds())
    except (ValueError, TypeError):
        hint = "no lease would ever end there: ask who runs it"
        raise OutsideError(f"the store does not tell what time it is — hint: {hint}") from None


def _may_help(failure: Failure) -> bool:
    status = failure.status
    return failure.may_help and (not status or status >= DOWN or status in BUSY)


def _told(failure: Failure) -> OutsideError:
    is_denied = not _may_help(failure) and failure.status != MISSING
    return told(*(failure.refusal or (DENIED if is_denied else LOST)))
