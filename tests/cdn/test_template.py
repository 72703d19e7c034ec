"""The template for AWS: right by its linter, and the same as what the site says of its headers."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.decode import cfn_yaml

from generator.cdn.cloudfront import TAG_HEADER
from generator.cli.headers import PARAMETERS
from generator.site.headers import (
    CACHE,
    COMMON,
    EVERYTHING,
    POLICY,
    TYPE,
    SiteCsp,
    headers_for,
    site_rules,
)
from tests.builders import ROOT

TEXT = (ROOT / "docs/aws/site.yaml").read_text(encoding="utf-8")
TEMPLATE: Mapping[str, Any] = cfn_yaml.loads(TEXT)
RESOURCES = TEMPLATE["Resources"]
DISTRIBUTION = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]
CSP = SiteCsp(
    loader="default-src 'none'; script-src 'sha256-loader='; frame-ancestors 'none'",
    not_found="default-src 'none'; script-src 'sha256-Ab/+9='; style-src 'sha256-Cd=' 'self'",
)
RULES = site_rules(CSP)
POLICIES = {name: RULES[rule][POLICY] for name, rule in PARAMETERS.items()}
KEPT_BY_THE_STORE = {TYPE, CACHE}
QUOTAS = {"custom": 10, "removed": 10, "value": 1783, "behaviours": 25}


def statements(resource: str) -> dict[str, Mapping[str, Any]]:
    """What a policy says, by name."""
    document = RESOURCES[resource]["Properties"]["PolicyDocument"]
    return {statement["Sid"]: statement for statement in document["Statement"]}


def behaviour(path: str) -> Mapping[str, Any]:
    """How the distribution answers a request for a path: the first pattern that matches."""
    fitting = (
        one for one in DISTRIBUTION["CacheBehaviors"] if fnmatchcase(path, one["PathPattern"])
    )
    found: Mapping[str, Any] = next(fitting, DISTRIBUTION["DefaultCacheBehavior"])
    return found


def config(resource: Mapping[str, str], kind: str) -> Mapping[str, Any]:
    """The configuration of what is referred to."""
    found: Mapping[str, Any] = RESOURCES[resource["Ref"]]["Properties"][kind]
    return found


def headers_of(policy: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a response headers policy adds, as CloudFront writes them."""
    security, csp = policy["SecurityHeadersConfig"], "ContentSecurityPolicy"
    value, transport = security[csp][csp], security["StrictTransportSecurity"]
    below = "; includeSubDomains" if transport["IncludeSubdomains"] else ""
    assert security.keys() == {
        csp, "ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity",
    }  # fmt: skip
    return {
        POLICY: POLICIES[value["Ref"]] if isinstance(value, dict) else value,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}{below}",
        **{one["Header"]: one["Value"] for one in policy["CustomHeadersConfig"]["Items"]},
    }


def added_to(path: str) -> dict[str, str]:
    """The headers that the distribution adds to what lies at a path."""
    return headers_of(
        config(behaviour(path)["ResponseHeadersPolicyId"], "ResponseHeadersPolicyConfig")
    )


def all_policies() -> list[Mapping[str, Any]]:
    """Every response headers policy."""
    kind = "ResponseHeadersPolicyConfig"
    properties = (one["Properties"] for one in RESOURCES.values())
    return [one[kind] for one in properties if kind in one]


def findings(text: str) -> list[str]:
    """What cfn-lint says, advice too, where logs can be delivered and elsewhere."""
    how = ManualArgs(include_checks=["I"], regions=["us-east-1", "eu-central-1"])
    return [f"{finding.linenumber}: {finding}" for finding in lint(text, config=how)]


def test_the_linter_finds_nothing() -> None:
    """cfn-lint has neither an error, a warning nor advice."""
    assert findings(TEXT) == []


def test_the_linter_would_find_a_mistake() -> None:
    """A wrong property is found, so that nothing found means something."""
    assert findings(TEXT.replace("DefaultRootObject", "DefaultRootPage"))


@pytest.mark.parametrize("pattern", [path for path in RULES if path != EVERYTHING])
def test_each_path_has_just_the_headers_of_the_site(pattern: str) -> None:
    """What the site says of a path is added, header by header, but for what the bucket keeps."""
    wanted = {**COMMON, **RULES[pattern]}
    assert added_to(pattern) == {
        name: value for name, value in wanted.items() if name not in KEPT_BY_THE_STORE
    }


def test_any_other_path_has_the_headers_of_the_page_for_it() -> None:
    """An unknown path is answered with the page for unknown addresses, under its policy."""
    assert COMMON.items() <= headers_for("/old/address", CSP).items()
    assert added_to("/old/address") == added_to("/404.html")
    assert {
        (one["ErrorCode"], one["ResponseCode"], one["ResponsePagePath"])
        for one in DISTRIBUTION["CustomErrorResponses"]
    } == {(403, 404, "/404.html"), (404, 404, "/404.html")}


def test_headers_replace_what_the_bucket_sends() -> None:
    """No header of the origin stands beside or instead of one of ours; all are within quotas."""
    assert len(all_policies()) == 4
    for policy in all_policies():
        own = policy["CustomHeadersConfig"]["Items"]
        assert all(one["Override"] for one in (*policy["SecurityHeadersConfig"].values(), *own))
        removed = [one["Header"] for one in policy["RemoveHeadersConfig"]["Items"]]
        assert TAG_HEADER in removed
        assert len(own) <= QUOTAS["custom"]
        assert len(removed) <= QUOTAS["removed"]
        assert max(map(len, headers_of(policy).values())) <= QUOTAS["value"]
    assert len(DISTRIBUTION["CacheBehaviors"]) < QUOTAS["behaviours"]


def test_parameters_are_those_that_the_command_writes() -> None:
    """``sealpress headers --aws`` gives every policy that the template asks for."""
    asked = {name for name in TEMPLATE["Parameters"] if name.endswith("Policy")}
    assert asked == set(PARAMETERS)


@pytest.mark.parametrize("pattern", RULES)
def test_copies_are_kept_as_the_site_says(pattern: str) -> None:
    """Cache-Control alone decides: no-cache is obeyed, and one copy serves every query and cookie.

    Only what is sealed is not compressed: it does not get smaller.
    """
    found = behaviour(pattern)
    policy = config(found["CachePolicyId"], "CachePolicyConfig")
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert (policy["MinTTL"], policy["DefaultTTL"], policy["MaxTTL"]) == (0, 0, 31_536_000)
    assert key["CookiesConfig"]["CookieBehavior"] == "none"
    assert key["HeadersConfig"]["HeaderBehavior"] == "none"
    assert key["QueryStringsConfig"]["QueryStringBehavior"] == "none"
    is_sealed = pattern == "/p/*"
    assert found["Compress"] is not is_sealed
    assert key["EnableAcceptEncodingGzip"] is not is_sealed
    assert key["EnableAcceptEncodingBrotli"] is not is_sealed
    assert found["ViewerProtocolPolicy"] == "redirect-to-https"


def test_the_distribution_reads_just_what_is_public() -> None:
    """The bucket lets it have the site's paths as they are now: no list and no older version."""
    reading = statements("BucketPolicy")["CloudFrontReadsTheSite"]
    paths = {one["Fn::Sub"].removeprefix("${Bucket.Arn}") for one in reading["Resource"]}
    assert paths == set(RULES) - {EVERYTHING, "/"}
    assert (reading["Effect"], reading["Action"]) == ("Allow", "s3:GetObject")
    assert "${Distribution}" in reading["Condition"]["StringEquals"]["AWS:SourceArn"]["Fn::Sub"]
    others = [one for one in statements("BucketPolicy").values() if one is not reading]
    assert {one["Effect"] for one in others} == {"Deny"}


def test_the_distribution_signs_what_it_asks_the_bucket_for() -> None:
    """Every request to the one origin, by origin access control; no older way is open beside it."""
    (origin,) = DISTRIBUTION["Origins"]
    access = config(origin["OriginAccessControlId"], "OriginAccessControlConfig")
    assert access["SigningBehavior"] == "always"
    assert (access["SigningProtocol"], access["OriginAccessControlOriginType"]) == ("sigv4", "s3")
    assert origin["DomainName"] == {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}
    assert origin["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    asked = [DISTRIBUTION["DefaultCacheBehavior"], *DISTRIBUTION["CacheBehaviors"]]
    assert {one["TargetOriginId"] for one in asked} == {origin["Id"]}


@pytest.mark.parametrize("bucket", ["Bucket", "LogBucket"])
def test_buckets_are_closed(bucket: str) -> None:
    """Nobody is let in past the policy, objects are encrypted, and only TLS is spoken."""
    properties = RESOURCES[bucket]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["BucketEncryption"]
    denied = statements(f"{bucket}Policy")["OverTlsOnly"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert RESOURCES[bucket]["DeletionPolicy"] == "Retain"


def test_replaced_versions_go_in_time() -> None:
    """Versions are kept, for undo, and those that were replaced go after the days that are set."""
    properties = RESOURCES["Bucket"]["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {one["Id"]: one for one in properties["LifecycleConfiguration"]["Rules"]}
    expiration = rules["versions"]["NoncurrentVersionExpiration"]
    assert expiration["NoncurrentDays"] == {"Ref": "NoncurrentDays"}


def test_logs_tell_of_nobody() -> None:
    """Neither who asked nor for what is logged: a path may be a link that a gateway rewrote."""
    assert "Logging" not in DISTRIBUTION
    fields = set(RESOURCES["LogDelivery"]["Properties"]["RecordFields"])
    assert {"date", "time", "sc-status"} <= fields
    telling = {
        "c-ip", "c-port", "x-forwarded-for", "cs-uri-stem", "cs-uri-query", "cs(Cookie)",
        "cs(Referer)", "cs(User-Agent)", "x-edge-request-id", "cs-headers", "asn", "c-country",
    }  # fmt: skip
    assert fields & telling == set()
    assert RESOURCES["LogDelivery"]["Condition"] == "WritesLogs"


def test_a_publisher_may_do_no_more_than_publish() -> None:
    """It has no action but the listed ones, on this bucket and this distribution alone."""
    may = {action for one in statements("Publisher").values() for action in one["Action"]}
    assert may == {
        "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning",
        "s3:ListBucket", "s3:ListBucketVersions",
        "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion",
        "s3:PutObject",
        "cloudfront:CreateInvalidation", "cloudfront:GetDistributionConfig",
        "cloudfront:GetInvalidation",
    }  # fmt: skip
    assert all("Bucket" in str(one["Resource"]) or "${Distribution}" in str(one["Resource"])
               for one in statements("Publisher").values())  # fmt: skip


def test_tags_are_read_from_the_header_that_objects_have() -> None:
    """Where tags are asked for, the distribution reads the header that is checked for."""
    condition, header, otherwise = DISTRIBUTION["CacheTagConfig"]["Fn::If"]
    assert (condition, header) == ("ReadsTags", {"HeaderName": TAG_HEADER})
    assert otherwise == {"Ref": "AWS::NoValue"}
