"""A Ceph object gateway: a store like the others, and settings of a bucket that are really kept."""

import json
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from botocore.exceptions import ClientError

from generator.doctor import Finding
from generator.doctor.owner import ALL_FOUR, BLOCK, GRANTS, POLICY, VERSIONING, WEBSITE, Owner
from generator.publish import Papers, TakenError
from generator.publish.along import content_md5
from generator.publish.control import ABSENT, Control, matching
from generator.publish.papers_s3 import papers_of
from generator.publish.papers_versioned import VersionedPapers
from generator.publish.s3 import S3Store
from generator.site.headers import stored_headers
from tests.publish.test_lease import raced
from tests.s3 import Bucket, Server

BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
FILES = {
    f"p/{name}": name.encode() for name in ("aB/c", "Ab/c", "9Z/x", "zz/y", "aB/C", "a/B", "AB")
}


@pytest.fixture
def bucket(ceph_server: Server) -> Bucket:
    """A bucket in which nothing lies, and the credentials for it in the environment."""
    return ceph_server.new_bucket()


def for_everybody(bucket: Bucket, *actions: str) -> str:
    """A policy that allows everybody something on the bucket and on what lies in it."""
    places = [f"arn:aws:s3:::{bucket.name}", f"arn:aws:s3:::{bucket.name}/*"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": places}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def found(bucket: Bucket) -> dict[str, Finding]:
    """What the doctor says of the bucket's settings."""
    return {finding.check: finding for finding in Owner(bucket.settings()).findings()}


def stranger(bucket: Bucket, path: str = "") -> int:
    """The status with which somebody without credentials is answered."""
    try:
        with urlopen(f"{bucket.endpoint}/{bucket.name}/{path}") as answer:  # noqa: S310 - ours
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_files_come_and_go(bucket: Bucket) -> None:
    """What was put is there with its headers, what was deleted is gone, nothing else is touched."""
    store = S3Store(bucket.settings(), stored_headers)
    store.put_all([*FILES.items(), ("index.html", b"first"), ("index.html", b"second")][:-1])
    store.put_all([("index.html", b"second")])
    assert bucket.files() == {**FILES, "index.html": b"second"}
    assert bucket.headers("index.html")["content-type"] == "text/html; charset=utf-8"
    assert (store.get("p/aB/c"), store.get("p/none"), store.has("p/a/B")) == (b"aB/c", None, True)
    store.delete_all(["index.html", "p/none", "p/aB/c"])
    assert bucket.files() == {path: one for path, one in FILES.items() if path != "p/aB/c"}


def test_what_was_altered_on_the_way_is_refused(bucket: Bucket) -> None:
    """A put whose MD5 is that of other bytes is found out here too, and nothing is kept."""
    with pytest.raises(ClientError, match="BadDigest"):
        bucket.client.put_object(
            Bucket=bucket.name, Key="p/ab/cd", Body=b"y", ContentMD5=content_md5(b"x")
        )
    assert bucket.files() == {}


def test_a_list_is_in_the_order_of_bytes(bucket: Bucket) -> None:
    """Capital letters come before small ones, page after page: what comparing by list relies on."""
    S3Store(bucket.settings(), stored_headers).put_all(FILES.items())
    pages = bucket.client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket.name, PaginationConfig={"PageSize": 2}
    )
    listed = [one["Key"] for page in pages for one in page.get("Contents", ())]
    assert listed == sorted(FILES, key=str.encode)


def test_a_new_bucket_is_closed(bucket: Bucket) -> None:
    """Nobody else may list or read it; what is not switched on is told."""
    S3Store(bucket.settings(), stored_headers).put_all([("index.html", b"x")])
    assert [stranger(bucket), stranger(bucket, "index.html")] == [403, 403]
    levels = {check: one.level.value for check, one in found(bucket).items()}
    assert levels == {
        VERSIONING: "warning",
        BLOCK: "warning",
        POLICY: "ok",
        WEBSITE: "ok",
        GRANTS: "ok",
    }


def test_a_blocked_bucket_cannot_be_opened(bucket: Bucket) -> None:
    """The public access block is kept, refuses a public policy, and is found whole."""
    bucket.client.put_bucket_versioning(
        Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"}
    )
    bucket.client.put_public_access_block(
        Bucket=bucket.name, PublicAccessBlockConfiguration=BLOCKED
    )
    everybody = for_everybody(bucket, "s3:GetObject")
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.client.put_bucket_policy(Bucket=bucket.name, Policy=everybody)
    assert {one.level.value for one in found(bucket).values()} == {"ok"}


def test_half_a_block_is_told(bucket: Bucket) -> None:
    """All four settings are needed."""
    half = {**BLOCKED, "RestrictPublicBuckets": False}
    bucket.client.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=half)
    assert found(bucket)[BLOCK].mend == ALL_FOUR


def test_a_public_policy_is_found(bucket: Bucket) -> None:
    """A policy for everybody opens the bucket, and is told."""
    S3Store(bucket.settings(), stored_headers).put_all([("index.html", b"x")])
    everybody = for_everybody(bucket, "s3:GetObject", "s3:ListBucket")
    bucket.client.put_bucket_policy(Bucket=bucket.name, Policy=everybody)
    assert [stranger(bucket), stranger(bucket, "index.html")] == [200, 200]
    assert found(bucket)[POLICY].level.value == "wrong"


def test_a_website_is_found(bucket: Bucket) -> None:
    """A bucket that is served as a website goes round the CDN."""
    pages = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}}
    bucket.client.put_bucket_website(Bucket=bucket.name, WebsiteConfiguration=pages)
    assert found(bucket)[WEBSITE].level.value == "wrong"


def test_credentials_of_another(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the gateway does not know learns nothing, and is told so."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    assert boto3.session.Session().get_credentials().access_key == "nobody"
    assert {one.level.value for one in found(bucket).values()} == {"unknown"}


# ── Papers ───────────────────────────────────────────────────────────────────────────────────


def test_a_gateway_that_takes_no_tag_is_found_out(bucket: Bucket) -> None:
    """Its version 16 compares a tag without its quotes, so nothing could ever be replaced."""
    control = Control(bucket.settings())
    tag = control.put("paper", b"1", ABSENT)
    with pytest.raises(TakenError):
        control.put("paper", b"2", ABSENT)
    with pytest.raises(TakenError):
        control.put("paper", b"2", matching(tag))
    control.put("paper", b"2", matching(tag.strip('"')))
    control.delete("paper")
    assert isinstance(papers_of(control), VersionedPapers)


def test_of_two_who_publish_to_a_gateway_one_does(bucket: Bucket) -> None:
    """By names of their own, since it lists what was put."""
    papers: list[Papers] = [VersionedPapers(Control(bucket.settings())) for _ in range(2)]
    assert [raced(papers) for _ in range(10)] == [1] * 10
