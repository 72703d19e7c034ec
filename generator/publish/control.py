"""The few objects of a bucket that are not the site's: one request at a time, tried again.

They lie below ``.sealpress/`` of the site's part of the bucket, where no reader is let. Words of a
server may hold addresses: they are never shown, only what kind of answer it was.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import md5
from types import MappingProxyType
from typing import Any, TypeVar

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.publish.client import s3_client
from generator.publish.papers import Paper, TakenError
from generator.publish.s3 import DENIED, LOST, REFUSALS
from generator.publish.store import CONTROL

T = TypeVar("T")
Conditions = Mapping[str, str]

ABSENT: Conditions = MappingProxyType({"IfNoneMatch": "*"})
"""That nothing lies there."""
ALWAYS: Conditions = MappingProxyType({})

PAUSES = (0.2, 0.5, 1.0)  # seconds before each further try
CONNECTING, ANSWERING = 4, 8  # seconds: all tries together take less than half of a lease
MISSING, CONFLICT, UNLIKE = 404, 409, 412  # what a condition that does not hold is answered with
UNKNOWN = frozenset({400, 405, 501})  # what a server answers that knows no conditions
DOWN = 500  # the first status with which a server speaks of itself and not of the request
BUSY = frozenset({408, 429})
NO_CREDENTIALS = (
    NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, ProfileNotFound,
)  # fmt: skip


class NoConditionsError(OutsideError):
    """The server says that it knows no conditions of a write."""


class Control:
    """The control objects of a bucket, by the names that they have below ``.sealpress/``."""

    def __init__(
        self,
        settings: Publish,
        sleep: Callable[[float], None] = time.sleep,
        session: boto3.session.Session | None = None,
    ) -> None:
        """``session`` has the credentials; without one they are looked for.

        Raises:
            OutsideError: there are none where the environment says.
        """
        self._bucket, self._sleep = settings.bucket, sleep
        self._prefix = (settings.prefix and f"{settings.prefix}/") + CONTROL
        try:
            self._client = _client(settings, session)
        except BotoCoreError as error:
            raise _told(error) from None

    def get(self, name: str) -> Paper | None:
        """What lies under a name, or None.

        Raises:
            OutsideError: the store failed, or tells no time.
        """
        try:
            return self._tried(partial(self._get, name))
        except ClientError:  # the only one that is let through
            return None

    def put(self, name: str, content: bytes, conditions: Conditions = ALWAYS) -> str:
        """The tag of the object, when it is there.

        A write that was done, and its answer lost, is known by its content.

        Raises:
            TakenError: the conditions do not hold.
            NoConditionsError: the server says that it knows none.
            OutsideError: the store failed; whether it was written is not known.
        """
        is_doubtful = False
        for pause in (*PAUSES, None):
            try:
                return self._put(name, content, conditions)
            except (BotoCoreError, ClientError) as error:
                status = _status(error)
                if conditions and status in {MISSING, UNLIKE} and "Bucket" not in _code(error):
                    return self._known(name, content, is_doubtful=is_doubtful)
                if status == CONFLICT and pause is None:
                    raise TakenError("somebody else is writing it") from None
                if conditions and status in UNKNOWN and _code(error) not in REFUSALS:
                    raise NoConditionsError("the store knows no conditions") from None
                if pause is None or not (status == CONFLICT or _may_help(error)):
                    raise _told(error) from None
                is_doubtful = is_doubtful or status != CONFLICT
                self._sleep(pause)
        raise AssertionError

    def names(self, start: str) -> list[str]:
        """The names that begin with ``start``, in their order.

        Raises:
            OutsideError: the store failed.
        """
        return self._tried(partial(self._names, self._prefix + start))

    def delete(self, name: str) -> None:
        """Take an object away; nothing happens where there is none.

        Raises:
            OutsideError: the store failed.
        """
        key = self._prefix + name
        self._tried(partial(self._client.delete_object, Bucket=self._bucket, Key=key))

    def _get(self, name: str) -> Paper:
        answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        return Paper(answer["Body"].read(), str(answer["ETag"]), _age(headers))

    def _put(self, name: str, content: bytes, conditions: Conditions) -> str:
        answer = self._client.put_object(
            Bucket=self._bucket,
            Key=self._prefix + name,
            Body=content,
            ContentMD5=b64encode(md5(content, usedforsecurity=False).digest()).decode(),
            ContentType="application/json",
            CacheControl="no-store",
            **conditions,
        )
        return str(answer["ETag"])

    def _known(self, name: str, content: bytes, *, is_doubtful: bool) -> str:
        """The tag of what was written by a try whose answer was lost."""
        there = self.get(name) if is_doubtful else None
        if there is None or there.content != content:
            raise TakenError("somebody else has written it")
        return there.tag

    def _names(self, start: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._bucket, Prefix=start)
        keys = (str(one["Key"]) for page in found for one in page.get("Contents", ()))
        return sorted(key.removeprefix(self._prefix) for key in keys)

    def _tried(self, request: Callable[[], T]) -> T:
        """What a request answers; one that may go well is made again.

        Raises:
            ClientError: there is no such object.
            OutsideError: the store failed.
        """
        for pause in (*PAUSES, None):
            try:
                return request()
            except (BotoCoreError, ClientError) as error:
                if _code(error) in {"NoSuchKey", "404"}:
                    raise
                if pause is None or not _may_help(error):
                    raise _told(error) from None
                self._sleep(pause)
        raise AssertionError


def matching(tag: str) -> Conditions:
    """The condition that what lies there has the ``tag``."""
    return {"IfMatch": tag}


def _client(settings: Publish, session: boto3.session.Session | None) -> Any:  # noqa: ANN401 - as above
    times = {"connect_timeout": CONNECTING, "read_timeout": ANSWERING}
    return s3_client(settings, 1, session, **times)  # a try whose answer was lost must be known


def _age(headers: Mapping[str, str]) -> float:
    """The seconds since an object was written, by the clock of the server that answered."""
    try:
        now, written = (parsedate_to_datetime(headers[name]) for name in ("date", "last-modified"))
        return max(0.0, (now - written).total_seconds())
    except (KeyError, ValueError, TypeError):
        hint = "no lease would ever end there: ask who runs it"
        raise OutsideError(f"the store does not tell what time it is — hint: {hint}") from None


def _status(error: Exception) -> int:
    """The status of a refusal; 0 where there was no answer."""
    return int(_response(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: Exception) -> str:
    return str(_response(error).get("Error", {}).get("Code", ""))


def _response(error: Exception) -> Mapping[str, Any]:
    return getattr(error, "response", None) or {}  # None where the connection was cut


def _may_help(error: Exception) -> bool:
    status = _status(error)
    if isinstance(error, NO_CREDENTIALS) or _code(error) in REFUSALS:
        return False
    return not status or status >= DOWN or status in BUSY


def _told(error: Exception) -> OutsideError:
    is_denied = not _may_help(error) and _status(error) != MISSING
    sentence, hint = REFUSALS.get(_code(error)) or (DENIED if is_denied else LOST)
    return OutsideError(f"the store failed: {sentence} — hint: {hint}")
