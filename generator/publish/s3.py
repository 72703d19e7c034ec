"""An object store that speaks S3: AWS, Yandex Object Storage, Ceph, SeaweedFS and others.

Small files go by obstore, whose requests are made outside the interpreter; its payloads are
signed, so a server refuses what was altered on the way. It does not tell what a refusal says of
when to come again, so what was refused goes by boto3 the next time. Credentials are those that
boto3 finds (environment, profile, the machine's own role) and are renewed by it. Words of a server
may hold addresses: they are never shown, only what kind of answer it was.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property, partial
from hashlib import md5
from itertools import islice
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import obstore
from botocore.exceptions import BotoCoreError, ClientError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store as Bucket

from generator.base.config import CONFIG, Publish
from generator.base.errors import InputError, OutsideError, Problem
from generator.publish.client import s3_client
from generator.publish.lanes import at_once
from generator.publish.pace import Pace
from generator.publish.s3_versions import Versions
from generator.publish.store import CONTROL, Acknowledged, File, Headers, Listed, nobody

if TYPE_CHECKING:
    from obstore.store import S3Config

T = TypeVar("T")

LANES = 16  # requests at a time to begin with: enough for a store that answers at once
MOST_LANES = 192  # more only where a store takes long: with 30 ms each, six thousand a second
LONG = 0.01  # seconds of an answer for which another lane would not have to wait
MOST_DELETED = 1000  # keys a request (S3's own limit)
TRIES = 6  # of a request that may go well the next time
PATIENCE = timedelta(seconds=30)  # for one answer
FIRST_PAUSE = 0.2  # seconds before the second try; each is twice the one before
BUSY = re.compile(r"\b(503|429|SlowDown|TooManyRequests|ServiceUnavailable)\b")
LONGEST = 120.0  # seconds that a store may make us wait

NAMED = {"Content-Type": "ContentType", "Cache-Control": "CacheControl"}
REFUSALS = {
    "ExpiredToken": ("the credentials are expired", "renew them, and run it again"),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set it, and run it again"),
    "NoSuchBucket": ("there is no such bucket", "correct bucket in content/site.yaml, or make it"),
    "NoSuchKey": (
        "a file that was published is not there any more",
        "run: sealpress publish --reconcile",
    ),
    "QuotaExceeded": ("the quota is used up", "raise it, and run it again"),
    "InvalidAccessKeyId": ("the credentials are not known", "see AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": ("the credentials are wrong", "see AWS_SECRET_ACCESS_KEY"),
}
"""By error codes of S3."""
DENIED = ("the credentials are missing, expired or not allowed this", "see AWS_ACCESS_KEY_ID")
LOST = (
    "it cannot be reached, or did not do what it was asked",
    "see whether it is up; run it again",
)


class S3Store:
    """A bucket, or the part of it below a prefix."""

    def __init__(self, settings: Publish, headers: Headers, pace: Pace | None = None) -> None:
        """No request is made yet.

        Raises:
            OutsideError: there are no credentials.
        """
        self._settings, self._headers, self._pace = settings, headers, pace or Pace()
        self._bucket = Bucket(
            settings.bucket,
            prefix=settings.prefix,
            config=_config(settings),
            client_options={
                "allow_http": settings.endpoint.startswith("http://"),
                "timeout": PATIENCE,
                "pool_max_idle_per_host": str(MOST_LANES),
            },
            retry_config={"max_retries": 0},  # refusals must be seen: they tell how fast to go
            credential_provider=_credentials(),
        )

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Write files, many at a time.

        Raises:
            OutsideError: the store cannot be written; some of them may be there.
        """

        def put(file: File) -> bool:
            took = self._put(*file)
            acknowledged(file)
            return took > LONG

        at_once(put, files, LANES, MOST_LANES)

    def delete_all(self, paths: Iterable[str]) -> None:
        """Take files away, a thousand a request.

        Raises:
            OutsideError: the store cannot be written; some of them may be gone.
        """
        source = iter(paths)
        while some := list(islice(source, MOST_DELETED)):
            self._asked(partial(obstore.delete, self._bucket, some))

    def retouch_all(self, paths: Iterable[str]) -> None:
        """Copy files onto themselves within the store, with the headers of today.

        Raises:
            OutsideError: the store cannot be written, or a file is not there.
        """
        slow = self._slow  # made once, and not by each lane
        at_once(
            lambda path: self._asked(partial(slow.retouch, path, self._headers(path))), paths, LANES
        )

    def erase_all(self, paths: Iterable[str]) -> int:
        """Take objects away, all versions of each, also where the bucket keeps none; how many.

        Raises:
            OutsideError: the store cannot be written, or kept one; some of them may be gone.
        """
        erased = list[int]()
        at_once(lambda path: erased.append(self._erased(path)), paths, LANES)
        return sum(erased)

    def begin_publication(self) -> None:
        """Return at once: the bucket itself keeps versions."""

    def must_keep(self) -> None:
        """Refuse a bucket without versioning: what is overwritten there is lost.

        Raises:
            InputError: it is one.
            OutsideError: the store failed.
        """
        if not self._asked(self._versions.are_kept):
            hint = "turn versioning on for the bucket; publications from then on can be undone"
            sentence = "the bucket keeps no versions of what is overwritten"
            raise InputError([Problem(CONFIG, sentence, hint, "publish.bucket")])

    def list_all(self) -> Iterator[Listed]:
        """Every object below the prefix, a thousand a request; old versions are not listed.

        Raises:
            OutsideError: the store cannot be read.
        """
        token = ""
        while True:
            found, token = self._asked(partial(self._slow.page, token))
            yield from found
            if not token:
                return

    def earlier(self, path: str, digest: str) -> bytes | None:
        """The version with this SHA-256 of an object; None where there is none.

        Raises:
            OutsideError: the store cannot be read.
        """
        key = self._key(path)
        return self._asked(lambda: self._versions.with_digest(key, digest))

    def get(self, path: str) -> bytes | None:
        """What lies at a path, or None.

        Raises:
            OutsideError: the store cannot be read.
        """
        try:
            return self._asked(lambda: bytes(obstore.get(self._bucket, path).bytes()))
        except FileNotFoundError:
            return None

    def has(self, path: str) -> bool:
        """Whether a file is there.

        Raises:
            OutsideError: the store cannot be read.
        """
        try:
            self._asked(lambda: obstore.head(self._bucket, path))
        except FileNotFoundError:
            return False
        return True

    def _put(self, path: str, content: bytes) -> float:
        """Write a file; the seconds that the store took to answer, 0 where it had refused."""
        attributes = dict(self._headers(path))

        def put() -> float:
            began = monotonic()
            obstore.put(self._bucket, path, content, attributes=attributes, use_multipart=False)
            return monotonic() - began

        def put_again() -> float:
            self._slow.put(path, content, attributes)
            return 0.0

        return self._asked(put, put_again)

    def _asked(self, request: Callable[[], T], again: Callable[[], T] | None = None) -> T:
        """What a request answers; it is tried again while that may help, after a refusal ``again``.

        Raises:
            FileNotFoundError: there is no such object.
            OutsideError: the store failed.
        """
        pauses, began = _pauses(), monotonic()
        while True:
            self._pace.wait()
            try:
                answer = request()
            except (BaseError, BotoCoreError, ClientError, OSError, ValueError) as error:
                if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error):
                    raise
                if not _may_help(error):
                    raise _told(error) from None
                if BUSY.search(str(error)):
                    self._pace.refused(named_pause(error))
                    request = again or request
                    # a store of which nothing was asked for an hour was not silent for an hour
                    silence = min(self._pace.silence(), monotonic() - began)
                    is_over = silence > PATIENCE.total_seconds()
                else:
                    pause = next(pauses, None)
                    is_over = pause is None
                    sleep(pause or 0)
                if is_over:
                    raise _told(error) from None
            else:
                self._pace.accepted()
                return answer

    def _erased(self, path: str) -> int:
        return self._asked(lambda: self._versions.erase(self._key(path)))

    def _key(self, path: str) -> str:
        return f"{self._settings.prefix}/{path}" if self._settings.prefix else path

    @cached_property
    def _slow(self) -> "_Slow":
        return _Slow(self._settings)

    @cached_property
    def _versions(self) -> Versions:
        return Versions(self._slow.client, self._settings.bucket)


class _Slow:
    """The same bucket by boto3, one request at a time: it shows what a refusal says of when."""

    def __init__(self, settings: Publish) -> None:
        self._bucket, self._prefix = settings.bucket, settings.prefix and f"{settings.prefix}/"
        self.client = s3_client(settings, tries=1, max_pool_connections=MOST_LANES)

    def put(self, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Write an object; the server checks its MD5."""
        self.client.put_object(
            Bucket=self._bucket,
            Key=self._prefix + path,
            Body=content,
            ContentMD5=b64encode(md5(content, usedforsecurity=False).digest()).decode(),
            **_named(headers),
        )

    def page(self, token: str) -> tuple[list[Listed], str]:
        """Some objects, and the token that gives the next ones; none after the last."""
        more = {"ContinuationToken": token} if token else {}
        answer = self.client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, **more)
        listed = [
            Listed(one["Key"].removeprefix(self._prefix), one.get("ETag", "").strip('"').lower())
            for one in answer.get("Contents", ())
        ]
        found = [one for one in listed if not one.path.startswith(CONTROL)]
        return found, answer.get("NextContinuationToken", "") if answer["IsTruncated"] else ""

    def retouch(self, path: str, headers: Mapping[str, str]) -> None:
        """Copy an object onto itself, with other headers."""
        key = self._prefix + path
        self.client.copy_object(
            Bucket=self._bucket,
            Key=key,
            CopySource={"Bucket": self._bucket, "Key": key},
            MetadataDirective="REPLACE",
            **_named(headers),
        )


def _named(headers: Mapping[str, str]) -> dict[str, Any]:
    """Headers as boto3 names them; those that S3 does not know are metadata."""
    known = {NAMED[name]: value for name, value in headers.items() if name in NAMED}
    others = {name: value for name, value in headers.items() if name not in NAMED}
    return {**known, "Metadata": others}


def named_pause(error: Exception) -> float:
    """The seconds that a refusal asks to wait (RFC 9110, 10.2.3), at most ``LONGEST``."""
    answer = getattr(error, "response", {}).get("ResponseMetadata", {})
    text = answer.get("HTTPHeaders", {}).get("retry-after", "")
    return min(float(text), LONGEST) if text.isdecimal() else 0.0


def _credentials() -> Boto3CredentialProvider:
    """Those that boto3 finds, and renews.

    Raises:
        OutsideError: it finds none.
    """
    try:
        return Boto3CredentialProvider(boto3.session.Session())
    except (ValueError, BotoCoreError):  # of none, and of a profile that does not exist
        sentence, hint = DENIED
        raise OutsideError(f"the store failed: {sentence} — hint: {hint}") from None


def _config(settings: Publish) -> "S3Config":
    """What is set; what is not is as the library has it."""
    config: S3Config = {"virtual_hosted_style_request": not settings.endpoint}
    if settings.endpoint:
        config["endpoint"] = settings.endpoint
    if settings.region:
        config["region"] = settings.region
    return config


def _pauses() -> Iterator[float]:
    """How long to wait before each further try."""
    return (FIRST_PAUSE * 2**number for number in range(TRIES - 1))


def _may_help(error: Exception) -> bool:
    """Whether the same request may go well in a moment."""
    is_denied = isinstance(error, PermissionDeniedError | UnauthenticatedError)
    return not is_denied and not any(code in str(error) for code in (*REFUSALS, "AccessDenied"))


def _told(error: Exception) -> OutsideError:
    """An error in words of ours: those of a server may hold an address."""
    known = next((told for code, told in REFUSALS.items() if code in str(error)), None)
    sentence, hint = known or (LOST if _may_help(error) else DENIED)
    return OutsideError(f"the store failed: {sentence} — hint: {hint}")
