"""CloudFront: what it is asked, how often, what is waited for, and how failures are told."""

import pytest
from botocore.exceptions import EndpointConnectionError

from generator.base.config import Publish
from generator.base.errors import InputError, OutsideError
from generator.cdn import NoCdn, Purge, open_cdn
from generator.cdn.cloudfront import BUSY, PATIENCE, REFUSALS, TAG_HEADER, CloudFront
from generator.cdn.items import MANY, MOST_NAMED
from tests.cloudfront import ID, MOST_SINGLE, TAKES, CloudFrontFake, refusal

PAGE = "p/R6/ni7a2UeCV3mMwTxs2KzC"
MANY_PAGES = [f"p/00/{number}" for number in range(MANY + 1)]
GONE = EndpointConnectionError(endpoint_url=f"https://cloudfront.example/{PAGE}")

pytestmark = pytest.mark.filterwarnings(
    # moto knows only the codes of CloudFront's own model, and the real one answers others too
    "ignore:Exception.* does not match an error shape:UserWarning"
)


def test_a_purge_is_asked_for_and_waited_for(cloudfront: CloudFrontFake) -> None:
    """One request names what is to be forgotten; waiting ends when CloudFront is done with it."""
    cdn = cloudfront.cdn()
    purge = cdn.purge(["index.html", PAGE], "publish 1")
    assert cloudfront.batches == [["/", "/index.html", f"/{PAGE}"]]
    assert (len(purge.requests), purge.items) == (1, 3)
    assert cloudfront.now == 0
    cdn.wait(purge)
    assert cloudfront.now >= TAKES


def test_nothing_is_asked_for_nothing(cloudfront: CloudFrontFake) -> None:
    """A publication that changed nothing costs no request, and there is nothing to wait for."""
    cdn = cloudfront.cdn()
    assert cdn.purge([], "publish 1") == Purge()
    cdn.wait(Purge())
    assert (cloudfront.asked, cloudfront.slept) == (0, [])


def test_what_is_asked_again_is_the_same_purge(cloudfront: CloudFrontFake) -> None:
    """A run that is repeated makes no second invalidation; the next publication makes its own."""
    first = cloudfront.cdn().purge(["index.html"], "publish 1")
    assert cloudfront.cdn().purge(["index.html"], "publish 1") == first
    assert len(cloudfront.batches) == 1
    assert cloudfront.cdn().purge(["index.html"], "publish 2") != first
    assert cloudfront.batches == [["/", "/index.html"]] * 2


def test_batches_find_room_one_after_the_other(cloudfront: CloudFrontFake) -> None:
    """More than may be in progress goes in several requests, the later when the first are done."""
    paths = [f"{number}.html" for number in range(MOST_SINGLE + 1)]
    purge = cloudfront.cdn().purge(paths, "publish 1")
    assert [len(some) for some in cloudfront.batches] == [MOST_NAMED] * 3 + [1]
    assert sorted(path for some in cloudfront.batches for path in some) == sorted(
        f"/{path}" for path in paths
    )
    assert (len(purge.requests), purge.items) == (4, MOST_SINGLE + 1)
    assert cloudfront.now >= TAKES


def test_a_revocation_finds_room_beside_a_publication(cloudfront: CloudFrontFake) -> None:
    """A thousand paths in progress leave room for two more at once."""
    cloudfront.cdn().purge([f"{number}.html" for number in range(MOST_NAMED)], "publish 1")
    cloudfront.cdn().purge([PAGE, "p/00/other"], "revoke 1")
    assert cloudfront.slept == []


@pytest.mark.parametrize("code", sorted(BUSY))
def test_a_busy_cdn_is_waited_for(code: str, cloudfront: CloudFrontFake) -> None:
    """A refusal that ends by itself is no failure: the purge is asked for until it is accepted."""
    cloudfront.wrong.extend([refusal(code)] * 6)
    purge = cloudfront.cdn().purge([PAGE], "publish 1")
    assert (cloudfront.asked, len(purge.requests)) == (7, 1)
    assert cloudfront.slept == sorted(cloudfront.slept)
    assert len(cloudfront.slept) == 6


def test_a_cdn_that_stays_busy_is_not_waited_for_for_ever(cloudfront: CloudFrontFake) -> None:
    """After a quarter of an hour the run ends with a sentence; there were few requests."""
    cloudfront.wrong.extend([refusal("TooManyInvalidationsInProgress")] * 1000)
    with pytest.raises(OutsideError, match="too many purges are in progress — hint: run it again"):
        cloudfront.cdn().purge([PAGE], "publish 1")
    assert PATIENCE <= cloudfront.now < 2 * PATIENCE
    assert cloudfront.asked < 100


@pytest.mark.parametrize("wrong", [GONE, refusal("Throttling")])
def test_an_answer_that_was_lost_does_no_harm(wrong: Exception, cloudfront: CloudFrontFake) -> None:
    """A request that is sent again makes one invalidation, and waiting goes on after a failure."""
    cloudfront.wrong.extend([wrong, None, wrong, wrong])
    cdn = cloudfront.cdn()
    cdn.wait(cdn.purge([PAGE], "publish 1"))
    assert len(cloudfront.batches) == 1
    assert not cloudfront.wrong


def test_a_network_that_stays_away_is_told_soon(cloudfront: CloudFrontFake) -> None:
    """It is tried for a minute, and the address that was asked for is not told."""
    cloudfront.wrong.extend([GONE] * 1000)
    with pytest.raises(OutsideError, match="the CDN failed: it cannot be reached") as caught:
        cloudfront.cdn().purge([PAGE], "publish 1")
    assert 60 <= cloudfront.now < 120
    assert "ni7a" not in str(caught.value)


def test_a_purge_that_is_never_done_is_told(cloudfront: CloudFrontFake) -> None:
    """Who waits is told after a quarter of an hour that CloudFront did not say that it is done."""
    cloudfront.takes = float("inf")
    cdn = cloudfront.cdn()
    purge = cdn.purge([PAGE], "revoke 1")
    with pytest.raises(OutsideError, match="did not say in time that the purge is done"):
        cdn.wait(purge)
    assert PATIENCE <= cloudfront.now < 2 * PATIENCE


@pytest.mark.parametrize(
    "code",
    ["AccessDenied", "ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "NoSuchNews"],
)
def test_what_cannot_go_well_is_told_at_once(code: str, cloudfront: CloudFrontFake) -> None:
    """It is asked once, and told in our words: those of a server may hold an address."""
    cloudfront.wrong.append(refusal(code))
    told = REFUSALS.get(code, ("it cannot be reached, or did not do what it was asked", ""))[0]
    with pytest.raises(OutsideError, match=f"the CDN failed: {told} — hint: ") as caught:
        cloudfront.cdn().purge([PAGE], "publish 1")
    assert (cloudfront.asked, cloudfront.slept) == (1, [])
    assert "ni7a" not in str(caught.value)


def test_an_unknown_distribution_is_told(cloudfront: CloudFrontFake) -> None:
    """The settings are to be corrected, or the credentials are another account's."""
    cdn = cloudfront.cdn(distribution="E1UNKNOWN")
    with pytest.raises(OutsideError, match="there is no such distribution — hint: correct"):
        cdn.purge([PAGE], "publish 1")
    with pytest.raises(OutsideError, match="there is no such distribution"):
        cdn.wait(Purge(("I1",), 1))


def test_missing_credentials_are_told(
    cloudfront: CloudFrontFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where boto3 finds none, the variables in which they may stand are named."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    with pytest.raises(OutsideError, match="there are no credentials — hint: see AWS_ACCESS"):
        cloudfront.cdn().purge([PAGE], "publish 1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(OutsideError, match="there is no such profile — hint: correct AWS_PROFILE"):
        cloudfront.cdn().purge([PAGE], "publish 1")
    assert (cloudfront.asked, cloudfront.slept) == (0, [])


def test_a_kind_of_files_is_purged_by_its_tag(cloudfront: CloudFrontFake) -> None:
    """Where the distribution reads tags, many sealed files are one tag; few are named."""
    cloudfront.read_tags(TAG_HEADER.title())
    cdn = cloudfront.cdn(tags=True)
    assert cdn.purge([*MANY_PAGES, "index.html"], "publish 1").items == 3
    cdn.purge([PAGE], "revoke 1")
    assert cloudfront.batches == [["#sealed", "/", "/index.html"], [f"/{PAGE}"]]


@pytest.mark.parametrize("header", [None, "edge-cache-tag"])
def test_tags_that_nobody_reads_are_refused(header: str | None, cloudfront: CloudFrontFake) -> None:
    """A purge by tag would forget nothing and say nothing: the settings are refused instead."""
    if header:
        cloudfront.read_tags(header)
    with pytest.raises(InputError, match=r"publish\.cdn\.tags: the distribution does not read"):
        cloudfront.cdn(tags=True).purge(MANY_PAGES, "publish 1")
    assert cloudfront.batches == []


def test_a_cdn_is_opened_as_the_settings_say() -> None:
    """Without a CDN nothing is to be forgotten and nothing to be waited for."""
    none = open_cdn(Publish())
    assert isinstance(none, NoCdn)
    purge = none.purge([PAGE], "publish 1")
    none.wait(purge)
    assert purge == Purge()
    settings = Publish.model_validate({"cdn": {"kind": "cloudfront", "distribution": ID}})
    assert isinstance(open_cdn(settings), CloudFront)
