"""The versions of objects in a bucket: erased when a page must be gone, read when one comes back.

A bucket with versioning answers a deletion with a marker and keeps what lay there. What must be
gone is deleted version by version, markers and all; a bucket without versioning lists the one
version that it has, and it goes the same way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from generator.publish.failure import Failure, FailureError

KINDS = ("Versions", "DeleteMarkers")
UNKNOWN = {"NotImplemented", "MethodNotAllowed"}
"""Codes with which a server says that it knows no versions."""
MOST_DELETED = 1000  # versions a request (S3's own limit)


class Version(NamedTuple):
    """A version of one object, or a marker that it was deleted."""

    id: str
    is_marker: bool


def refuse_kept(answer: Mapping[str, Any]) -> None:
    """Return if all was deleted, by the answer to a request for that.

    Raises:
        FailureError: the server kept one.
    """
    for kept in answer.get("Errors", ()):
        raise FailureError(Failure(code=str(kept.get("Code", ""))))


@dataclass(frozen=True, slots=True)
class Versions:
    """A bucket by boto3, one request at a time; keys are whole ones."""

    client: Any
    bucket: str

    def are_kept(self) -> bool:
        """Whether the bucket keeps what is overwritten or deleted."""
        answer = self.client.get_bucket_versioning(Bucket=self.bucket)
        return bool(answer.get("Status") == "Enabled")

    def of(self, key: str) -> Iterator[Version]:
        """Every version and marker of exactly this object, each kind newest first."""
        pages = self.client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.bucket, Prefix=key):
            found = [(one, kind) for kind in KINDS for one in page.get(kind, ())]
            for one, kind in found:
                if one["Key"] == key:
                    yield Version(one["VersionId"], kind != KINDS[0])
            if any(one["Key"] > key for one, _ in found):
                return  # the rest are other objects, whose keys begin alike

    def erase(self, key: str) -> int:
        """Delete every version and marker of an object; how many had bytes.

        None is told where the server knows no versions: then the object alone is deleted.

        Raises:
            ClientError, FailureError: the server failed, or did not delete one of them.
        """
        try:
            versions = list(self.of(key))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in UNKNOWN:
                raise
            self.client.delete_object(Bucket=self.bucket, Key=key)
            return 0
        for start in range(0, len(versions), MOST_DELETED):
            some = versions[start : start + MOST_DELETED]
            objects = [{"Key": key, "VersionId": one.id} for one in some]
            answer = self.client.delete_objects(
                Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
            )
            refuse_kept(answer)
        return sum(not one.is_marker for one in versions)

    def with_digest(self, key: str, digest: str) -> bytes | None:
        """The bytes of the newest version that has this SHA-256, or None."""
        for version in self.of(key):
            if not version.is_marker:
                answer = self.client.get_object(Bucket=self.bucket, Key=key, VersionId=version.id)
                content = bytes(answer["Body"].read())
                if sha256(content).hexdigest() == digest:
                    return content
        return None
