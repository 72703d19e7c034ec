"""The bucket as its owner sees it, by the operator's credentials: settings that let strangers in.

Servers differ in what they know. What one does not know cannot be told, and is not called right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
)

from generator.base.config import CONFIG, Publish
from generator.base.errors import InputError, OutsideError, Problem
from generator.doctor.finding import Finding, ok, unknown, warning, wrong
from generator.doctor.stranger import PATIENCE
from generator.publish.client import s3_client

DENIED = {"AccessDenied", "AllAccessDisabled"}
NOT_KNOWN = {"NotImplemented", "MethodNotAllowed", "UnsupportedOperation"}
WITHOUT = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)
ALL_USERS = ("/AllUsers", "/AuthenticatedUsers")
"""How the groups end that a bucket's list of grants (ACL) may open it to."""
TRIES = 2
NAMED = "see AWS_ACCESS_KEY_ID and AWS_PROFILE"
VERSIONING = "bucket: versioning"
BLOCK = "bucket: public access block"
POLICY = "bucket: policy"
WEBSITE = "bucket: website"
GRANTS = "bucket: grants"
ALL_FOUR = "switch on all four settings of the bucket's public access block"
NO_WEBSITE = "switch website hosting off: it serves the bucket without TLS and without our headers"
ALL_BLOCKS = 4  # settings of a public access block


@dataclass(frozen=True, slots=True)
class Question:
    """One setting: how it is asked for, and what is said of the answer."""

    check: str
    ask: str
    """A method of boto3's client."""
    action: str
    """What credentials must be allowed for that (``s3:…``)."""
    say: Callable[[Any], Finding]
    absent: tuple[str, Finding] | None = None
    """The error code that says that there is no such setting, and what that means."""


class Owner:
    """The owner of a bucket."""

    def __init__(self, settings: Publish) -> None:
        self._bucket = settings.bucket
        try:
            self._client = s3_client(
                settings, TRIES, connect_timeout=PATIENCE, read_timeout=PATIENCE
            )
        except (BotoCoreError, ValueError):
            hint = "see AWS_PROFILE, and region in content/site.yaml"
            raise OutsideError(f"the store cannot be asked — hint: {hint}") from None

    @property
    def endpoint(self) -> str:
        """Where the store is asked, without a slash at the end."""
        return str(self._client.meta.endpoint_url).removesuffix("/")

    def findings(self) -> Iterator[Finding]:
        """What the settings of the bucket say.

        Raises:
            OutsideError: the store cannot be reached.
        """
        for question in QUESTIONS:
            yield self._answered(question)

    def versions_of(self, key: str) -> list[str]:
        """Ids of some versions of an object; none where they cannot be told."""
        try:
            answer = self._client.list_object_versions(Bucket=self._bucket, Prefix=key, MaxKeys=3)
        except (ClientError, BotoCoreError):
            return []
        found = (one for one in answer.get("Versions", ()) if one.get("Key") == key)
        return [str(one["VersionId"]) for one in found if one.get("VersionId", "null") != "null"]

    def remove(self, key: str) -> bool:
        """Take away what a stranger could write, all versions; whether that went well."""
        try:
            answer = self._client.list_object_versions(Bucket=self._bucket, Prefix=key)
            for one in (*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())):
                self._client.delete_object(
                    Bucket=self._bucket, Key=one["Key"], VersionId=one["VersionId"]
                )
        except (ClientError, BotoCoreError):
            return False
        return True

    def _answered(self, question: Question) -> Finding:
        try:
            answer = getattr(self._client, question.ask)(Bucket=self._bucket)
        except WITHOUT:
            return unknown(question.check, "cannot be told here: there are no credentials", NAMED)
        except ClientError as error:
            return _refused(question, str(error.response.get("Error", {}).get("Code", "")))
        except BotoCoreError:
            hint = "see whether it is up, and run it again"
            raise OutsideError(f"the store cannot be looked at — hint: {hint}") from None
        return question.say(answer)


def _refused(question: Question, code: str) -> Finding:
    if question.absent and code == question.absent[0]:
        return question.absent[1]
    if code == "NoSuchBucket":
        hint = "correct bucket in content/site.yaml, or make it"
        raise InputError([Problem(CONFIG, "there is no such bucket", hint)])
    if code in DENIED:
        mend = f"allow the credentials s3:{question.action}, for this look only"
        return unknown(question.check, "cannot be told here: the credentials may not ask", mend)
    if code in NOT_KNOWN:
        return unknown(question.check, "cannot be told here: the store does not know this setting")
    return unknown(question.check, "cannot be told here: the store refuses to answer", NAMED)


def _versioning(answer: Any) -> Finding:  # noqa: ANN401 - as boto3 gives it, here and below
    if answer.get("Status") == "Enabled":
        return ok(VERSIONING, "on: a publication can be undone, and revoking deletes all versions")
    return warning(VERSIONING, "off: a publication cannot be undone from it", "switch it on")


def _block(answer: Any) -> Finding:  # noqa: ANN401
    settings = answer.get("PublicAccessBlockConfiguration", {})
    is_whole = len(settings) == ALL_BLOCKS and all(settings.values())
    return ok(BLOCK, "all of it is on") if is_whole else warning(BLOCK, "not all is on", ALL_FOUR)


def _policy(answer: Any) -> Finding:  # noqa: ANN401
    if answer.get("PolicyStatus", {}).get("IsPublic"):
        mend = 'let the policy name the CDN only, not Principal "*"'
        return wrong(POLICY, "it opens the bucket to everybody", mend)
    return ok(POLICY, "it opens the bucket to nobody else")


def _website(_: Any) -> Finding:  # noqa: ANN401
    return wrong(WEBSITE, "the bucket is served as a website", NO_WEBSITE)


def _grants(answer: Any) -> Finding:  # noqa: ANN401
    to = [str(grant.get("Grantee", {}).get("URI", "")) for grant in answer.get("Grants", ())]
    if any(uri.endswith(ALL_USERS) for uri in to):
        mend = "set the bucket's ACL to private"
        return wrong(GRANTS, "the bucket's ACL opens it to everybody", mend)
    return ok(GRANTS, "the bucket's ACL opens it to nobody else")


QUESTIONS = (
    Question(VERSIONING, "get_bucket_versioning", "GetBucketVersioning", _versioning),
    Question(
        BLOCK, "get_public_access_block", "GetBucketPublicAccessBlock", _block,
        ("NoSuchPublicAccessBlockConfiguration", warning(BLOCK, "there is none", ALL_FOUR)),
    ),
    Question(
        POLICY, "get_bucket_policy_status", "GetBucketPolicyStatus", _policy,
        ("NoSuchBucketPolicy", ok(POLICY, "there is none: it opens the bucket to nobody")),
    ),
    Question(
        WEBSITE, "get_bucket_website", "GetBucketWebsite", _website,
        ("NoSuchWebsiteConfiguration", ok(WEBSITE, "the bucket is not served as a website")),
    ),
    Question(GRANTS, "get_bucket_acl", "GetBucketAcl", _grants),
)  # fmt: skip
