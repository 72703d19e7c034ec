"""What is few and special at a bucket, by boto3: lists, deletions, copies, versions.

It is made where it is needed: to import boto3 and to make its client takes half a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from generator.base.config import Publish
from generator.publish.along import content_md5, sent
from generator.publish.client import s3_client
from generator.publish.failure import FORBIDDEN_CODE, Failure, FailureError, named_pause
from generator.publish.s3_versions import Versions, refuse_kept
from generator.publish.store import CONTROL, Listed

WITHOUT = (
    NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, ProfileNotFound,
)  # fmt: skip


class Special:
    """A bucket, or the part of it below a prefix, one request at a time; any thread may ask.

    Each method raises ``FailureError`` where the store failed.
    """

    def __init__(self, settings: Publish, **options: float) -> None:
        """No request is made yet; ``options`` are those of botocore."""
        self._bucket, self._prefix = settings.bucket, settings.prefix and f"{settings.prefix}/"
        with failing():
            self.client = s3_client(settings, tries=1, **options)
        self._versions = Versions(self.client, settings.bucket)

    def put(self, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Write an object; the server checks its MD5."""
        with failing():
            self.client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + path,
                Body=content,
                ContentMD5=content_md5(content),
                **_named(headers),
            )

    def delete(self, paths: Sequence[str]) -> None:
        """Take some objects away: a thousand at most."""
        objects = [{"Key": self._prefix + path} for path in paths]
        with failing():
            answer = self.client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
            )
        refuse_kept(answer)

    def page(self, token: str) -> tuple[list[Listed], str]:
        """Some objects, and the token that gives the next ones; none after the last."""
        more = {"ContinuationToken": token} if token else {}
        with failing():
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
        with failing():
            self.client.copy_object(
                Bucket=self._bucket,
                Key=key,
                CopySource={"Bucket": self._bucket, "Key": key},
                MetadataDirective="REPLACE",
                **_named(headers),
            )

    def names(self, start: str) -> list[str]:
        """What of the names of control objects begins with ``start``, in their order."""
        pages, prefix = self.client.get_paginator("list_objects_v2"), self._prefix + CONTROL
        with failing():
            found = pages.paginate(Bucket=self._bucket, Prefix=prefix + start)
            keys = [str(one["Key"]) for page in found for one in page.get("Contents", ())]
        return sorted(key.removeprefix(prefix) for key in keys)

    def are_kept(self) -> bool:
        """Whether the bucket keeps what is overwritten or deleted."""
        with failing():
            return self._versions.are_kept()

    def erase(self, path: str) -> int:
        """Delete every version of an object; how many had bytes."""
        with failing():
            return self._versions.erase(self._prefix + path)

    def earlier(self, path: str, digest: str) -> bytes | None:
        """The bytes of the newest version that has this SHA-256, or None."""
        with failing():
            return self._versions.with_digest(self._prefix + path, digest)


def _named(headers: Mapping[str, str]) -> dict[str, Any]:
    """Headers as boto3 names them."""
    kept, metadata = sent(headers)
    return {**{name.replace("-", ""): value for name, value in kept.items()}, "Metadata": metadata}


@contextmanager
def failing() -> Iterator[None]:
    """Raises what boto3 raises as ``FailureError``."""
    try:
        yield
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        raise FailureError(failure_of(error)) from None


def failure_of(error: Exception) -> Failure:
    """What went wrong in a request of boto3."""
    if isinstance(error, WITHOUT):
        return Failure(code=FORBIDDEN_CODE)
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}  # None: it was cut
    http = answer.get("ResponseMetadata", {})
    pause = named_pause(http.get("HTTPHeaders", {}).get("retry-after", ""))
    code = str(answer.get("Error", {}).get("Code", ""))
    return Failure(int(http.get("HTTPStatusCode", 0)), code, pause)
