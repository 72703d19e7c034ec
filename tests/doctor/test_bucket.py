"""The bucket: closed and open ones of a real server, and a store that is wrong in one way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError

from generator.base.config import Publish
from generator.base.errors import InputError, OutsideError
from generator.doctor import Expected, Finding, Level, Patient, bucket, examine
from generator.doctor.bucket import doors_of
from generator.doctor.hands import NAMED
from generator.doctor.owner import Owner
from generator.doctor.stranger import Answer, Stranger, UnreachableError
from generator.doctor.visit import looks_at_bucket
from tests.doctor.conftest import NOW
from tests.doctor.host import CUT, FILES, Host, Request, Spoil, by_check
from tests.doctor.test_site import holds
from tests.s3 import Bucket, Server, use_credentials

OPEN = "open"
XML = b"<?xml version='1.0'?><ListBucketResult/>"
DENIED = Answer(403, (), b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>")


def filled(made: Bucket, prefix: str = "") -> Bucket:
    """A bucket that has the site, below a prefix."""
    for path, content in FILES.items():
        made.client.put_object(Bucket=made.name, Key=prefix + path, Body=content)
    return made


def looked_at(host: Host, settings: Publish) -> dict[str, Finding]:
    """What is found of the bucket."""
    findings = examine(Patient(host.expected(), settings, NOW), lambda *_: None)
    return {
        check: finding
        for check, finding in by_check(findings).items()
        if check.startswith("bucket")
    }


# ── A real server ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("prefix", ["", "clients"])
def test_a_closed_bucket(prefix: str, s3_server: Server, host: Host) -> None:
    """A stranger gets nothing; what this server does not know is not called right."""
    made = filled(s3_server.new_bucket(), prefix and f"{prefix}/")
    found = looked_at(host, made.settings(prefix=prefix))
    levels = {check: finding.level.value for check, finding in found.items()}
    assert levels.pop("bucket: versioning") == "warning"
    assert levels.pop("bucket: public access block") == "unknown"
    assert set(levels.values()) == {"ok"}
    assert {
        "bucket: listing", "bucket: versions", "bucket: old versions", "bucket: uploads",
        "bucket: settings", "bucket: past the CDN", "bucket: private files", "bucket: writing",
        "bucket: deleting", "bucket: policy", "bucket: website", "bucket: grants",
    } < set(levels)  # fmt: skip
    assert "does not know" in found["bucket: public access block"].what


def test_an_open_bucket(s3_server: Server, host: Host) -> None:
    """Everything that is open to everybody is told, and nothing of the looking stays."""
    made = filled(s3_server.new_bucket(OPEN))
    made.client.put_bucket_versioning(Bucket=OPEN, VersioningConfiguration={"Status": "Enabled"})
    filled(made)
    made.client.put_object(Bucket=OPEN, Key="keys/ring.json", Body=b"x")
    found = looked_at(host, made.settings())
    for check, told in {
        "listing": "a stranger gets addresses: path style ?, path style ?list-type=2",
        "versions": "a stranger gets versions",
        "old versions": "a stranger gets a version of an object",
        "uploads": "a stranger gets uploads",
        "settings": "a stranger gets settings",
        "private files": "anybody can read keys/ring.json",
        "writing": "a stranger can write files",
        "deleting": "a stranger can delete files",
    }.items():
        holds(found[f"bucket: {check}"], "wrong", told)
    holds(found["bucket: past the CDN"], "warning", "at the store itself")
    holds(found["bucket: versioning"], "ok", "can be undone")
    assert "stays there" not in found["bucket: writing"].mend
    answer = made.client.list_object_versions(Bucket=OPEN)
    left = [one["Key"] for one in (*answer["Versions"], *answer.get("DeleteMarkers", ()))]
    assert left
    assert not [key for key in left if key.startswith(NAMED)]


def test_a_bucket_that_is_not_there(s3_server: Server, host: Host) -> None:
    """It is no closed bucket."""
    nowhere = Bucket(s3_server.client, s3_server.endpoint, "nowhere")
    with pytest.raises(InputError, match="there is no such bucket — hint: correct bucket"):
        looked_at(host, nowhere.settings())


def test_a_bucket_that_is_served_as_it_is(s3_server: Server) -> None:
    """Where base_url is the store itself there is no CDN that anybody could pass by."""
    made = filled(s3_server.new_bucket())
    owner = Owner(made.settings())
    doors = doors_of(made.settings(), owner.endpoint, Stranger("the store"))
    outside = bucket.Outside(Stranger("the store"), doors, "")
    holds(outside.past_the_cdn(made.endpoint), "unknown", "is the store itself")


# ── A store that is wrong in one way ─────────────────────────────────────────────────────────

OWNER: Mapping[str, bytes] = {
    "versioning": b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "publicAccessBlock": b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
    b"<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>"
    b"<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
    "policyStatus": b"<PolicyStatus><IsPublic>FALSE</IsPublic></PolicyStatus>",
    "acl": b"<AccessControlPolicy><Owner><ID>1</ID></Owner></AccessControlPolicy>",
    "versions": b"<ListVersionsResult></ListVersionsResult>",
}
"""What a store answers to its owner, by the query."""
TO_EVERYBODY = (
    b"<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList><Grant>"
    b"<Grantee xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='Group'>"
    b"<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>"
    b"<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
)


def refusal(status: int, code: str) -> Answer:
    """What a store answers that does not do what it was asked."""
    return Answer(status, (), f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


def is_owner(request: Request) -> bool:
    """Whether the request is signed."""
    return "Authorization" in request.headers


def good_store(request: Request, _: Answer) -> Answer:
    """A store that is closed, and tells its owner that all is right."""
    if not is_owner(request):
        return DENIED
    query = request.query.partition("&")[0].partition("=")[0]
    if query == "website":
        return refusal(404, "NoSuchWebsiteConfiguration")
    return Answer(200, (("Content-Type", "application/xml"),), OWNER[query])


def to_strangers(query: str, answer: Answer, method: str = "GET") -> Spoil:
    """A store that answers strangers who ask with a query that begins so."""

    def spoil(request: Request, right: Answer) -> Answer:
        is_meant = request.method == method and request.query.startswith(query)
        is_bucket = request.path.rstrip("/") == "/pages" or "robots.txt" in request.path
        if is_meant and is_bucket and not is_owner(request):
            return answer
        return good_store(request, right)

    return spoil


def to_owner(query: str, answer: Answer) -> Spoil:
    """A store that answers its owner differently to one question."""

    def spoil(request: Request, right: Answer) -> Answer:
        if is_owner(request) and request.query.partition("&")[0] == query:
            return answer
        return good_store(request, right)

    return spoil


Looks = Callable[[Spoil], dict[str, Finding]]


@pytest.fixture
def store(host: Host, monkeypatch: pytest.MonkeyPatch) -> Looks:
    """Looks at a store that answers as a test says."""
    use_credentials(monkeypatch)
    settings = Publish(store="s3", bucket="pages", endpoint=host.url, region="us-east-1")
    expected = Expected("https://clients.example.org", {}, {})

    def look(spoil: Spoil) -> dict[str, Finding]:
        host.spoil = spoil
        looks = looks_at_bucket(Patient(expected, settings, NOW))
        return by_check([finding for some in looks for finding in some])

    return look


def test_a_store_on_which_nothing_is_wrong(store: Looks) -> None:
    """Closed to strangers, and its owner is told that all is right."""
    found = store(good_store)
    assert len(found) > 12
    assert {finding.level for finding in found.values()} == {Level.OK}


@pytest.mark.parametrize(
    ("spoil", "check", "level", "told"),
    [
        (to_strangers("list-type=2", Answer(200, (), XML)), "listing", "wrong", "?list-type=2"),
        (to_strangers("prefix=p/", Answer(200, (), XML)), "listing", "wrong", "?prefix=p/"),
        (to_strangers("delimiter", Answer(200, (), XML)), "listing", "wrong", "?delimiter=/"),
        (to_strangers("list-type", Answer(503)), "listing", "unknown", "does not say"),
        (to_strangers("list-type", Answer(301)), "listing", "unknown", "does not say"),
        (
            to_strangers("list-type", refusal(404, "NoSuchBucket")),
            "listing", "unknown", "does not say",
        ),
        (to_strangers("versions", Answer(200, (), XML)), "versions", "wrong", "gets versions"),
        (to_strangers("uploads", Answer(200, (), XML)), "uploads", "wrong", "gets uploads"),
        (to_strangers("policy", Answer(200, (), b"{}")), "settings", "wrong", "?policy"),
        (to_strangers("acl", Answer(200, (), XML)), "settings", "wrong", "?acl"),
        (to_strangers("website", Answer(200, (), XML)), "settings", "wrong", "?website"),
        (to_strangers("acl", Answer(200, (), XML)), "an object's own", "wrong", "?acl"),
        (to_strangers("acl", Answer(200, (), b"User-agent")), "an object's own", "ok", "nothing"),
        (to_strangers("versionId=null", Answer(200)), "old versions", "unknown", "no version"),
        (to_owner("versioning", Answer(200, (), b"<V></V>")), "versioning", "warning", "off"),
        (
            to_owner("publicAccessBlock", refusal(404, "NoSuchPublicAccessBlockConfiguration")),
            "public access block", "warning", "there is none",
        ),
        (
            to_owner("publicAccessBlock", Answer(200, (), OWNER["publicAccessBlock"].replace(
                b"<BlockPublicPolicy>true", b"<BlockPublicPolicy>false"))),
            "public access block", "warning", "not all is on",
        ),
        (
            to_owner("publicAccessBlock", refusal(501, "NotImplemented")),
            "public access block", "unknown", "does not know this setting",
        ),
        (
            to_owner("policyStatus", Answer(200, (), OWNER["policyStatus"].replace(
                b"FALSE", b"true"))),
            "policy", "wrong", "to everybody",
        ),
        (to_owner("policyStatus", refusal(404, "NoSuchBucketPolicy")), "policy", "ok", "none"),
        (
            to_owner("policyStatus", refusal(403, "AccessDenied")),
            "policy", "unknown", "the credentials may not ask",
        ),
        (to_owner("website", Answer(200, (), b"<W></W>")), "website", "wrong", "as a website"),
        (to_owner("acl", Answer(200, (), TO_EVERYBODY)), "grants", "wrong", "to everybody"),
        (
            to_owner("acl", refusal(403, "InvalidAccessKeyId")),
            "grants", "unknown", "refuses to answer",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_store(
    spoil: Spoil, check: str, level: str, told: str, store: Looks
) -> None:
    """Each thing that can be wrong is told as that, and nothing else is."""
    holds(store(spoil)[f"bucket: {check}"], level, told)


@pytest.mark.parametrize(
    ("query", "check", "action"),
    [
        ("policyStatus", "policy", "s3:GetBucketPolicyStatus"),
        ("publicAccessBlock", "public access block", "s3:GetBucketPublicAccessBlock"),
    ],
)
def test_credentials_may_be_allowed_to_look(
    query: str, check: str, action: str, store: Looks
) -> None:
    """The action that they lack is named."""
    found = store(to_owner(query, refusal(403, "AccessDenied")))
    assert action in found[f"bucket: {check}"].mend


def test_without_credentials(store: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stranger looks all the same; the settings cannot be told."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    found = store(good_store)
    holds(found["bucket: policy"], "unknown", "there are no credentials")
    holds(found["bucket: listing"], "ok", "a stranger gets nothing")


def test_credentials_that_cannot_be_used(store: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that is not there is told, with where to look."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(OutsideError, match="the store cannot be asked — hint: see AWS_PROFILE"):
        store(good_store)


@pytest.mark.parametrize("who", [is_owner, lambda request: not is_owner(request)])
def test_a_store_that_stays_away(who: Callable[[Request], bool], store: Looks) -> None:
    """Whoever is cut off, nothing is called right."""
    with pytest.raises(OutsideError, match="the store cannot be looked at"):
        store(lambda request, right: CUT if who(request) else good_store(request, right))


def test_a_file_that_the_owner_cannot_take_away(store: Looks, host: Host) -> None:
    """What a stranger could write and nobody could delete is named."""

    def spoil(request: Request, right: Answer) -> Answer:
        if request.method == "PUT":
            return Answer(200)
        if request.query.startswith("versions&") and NAMED in request.query:
            return refusal(403, "AccessDenied")
        return good_store(request, right)

    mend = store(spoil)["bucket: writing"].mend
    written = next(request.path for request in host.asked if request.method == "PUT")
    assert re.search(f"an empty file {NAMED}\\w{{22}} stays there: delete it$", mend)
    assert written.rpartition("/")[2] in mend


def test_where_amazon_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an endpoint the region's own is asked."""
    use_credentials(monkeypatch)
    owner = Owner(Publish(store="s3", bucket="pages", region="eu-central-1"))
    assert owner.endpoint == "https://s3.eu-central-1.amazonaws.com"


def test_the_name_of_the_bucket_in_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it leads somewhere, it is asked in that way too."""
    settings = Publish(store="s3", bucket="pages", endpoint="https://store.example")
    asked: list[str] = []

    def ask(_: Stranger, __: str, url: str) -> Answer:
        asked.append(url)
        return DENIED

    def unknown(*_: object) -> Answer:
        raise UnreachableError("the store", NewConnectionError(HTTPConnection("x"), ""))

    monkeypatch.setattr(Stranger, "ask", ask)
    doors = doors_of(settings, settings.endpoint, Stranger("the store"))
    assert [door.to("a b", "acl") for door in doors] == [
        "https://store.example/pages/a%20b?acl",
        "https://pages.store.example/a%20b?acl",
    ]
    assert asked == ["https://pages.store.example/"]
    all_buckets = replace(DENIED, status=200, body=b"<ListAllMyBucketsResult/>")
    monkeypatch.setattr(Stranger, "ask", lambda *_: all_buckets)
    assert len(doors_of(settings, settings.endpoint, Stranger("the store"))) == 1
    monkeypatch.setattr(Stranger, "ask", unknown)
    assert len(doors_of(settings, settings.endpoint, Stranger("the store"))) == 1
    assert len(doors_of(settings, "http://127.0.0.1:8333", Stranger("the store"))) == 1
