"""CloudFront for tests: moto's, with the rules of the real one that purging rests on.

The same reference with the same items is the same invalidation; what is in progress is limited; an
invalidation is done some seconds later, by a clock that moves when somebody sleeps.

::

    def test(cloudfront: CloudFrontFake) -> None:
        cdn = cloudfront.cdn()
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, Invalidation, cloudfront_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from generator.base.config import Distribution
from generator.cdn.cloudfront import REGION, CloudFront
from tests.s3 import CREDENTIALS

ID = "E2QWRUHEXAMPLE"
MOST_SINGLE, MOST_FOLDERS = 3000, 15  # items in progress
TAKES = 20.0  # seconds that an invalidation is in progress
WORDS = "/p/R6/ni7a2UeCV3mMwTxs2KzC is no business of yours"
"""What a server may say, with an address in it."""


def refusal(code: str) -> CloudFrontException:
    """What CloudFront answers that does not do what it was asked."""
    return CloudFrontException(code, WORDS)


@dataclass
class CloudFrontFake:
    """What it was asked, what time it is, and what goes wrong with the next requests."""

    backend: CloudFrontBackend
    now: float = 0.0
    asked: int = 0
    """Requests that made an invalidation, or were to."""
    slept: list[float] = field(default_factory=list)
    wrong: deque[Exception | None] = field(default_factory=deque)
    """For the next requests of any kind: what is raised in place of an answer, None is nothing."""
    takes: float = TAKES
    started: dict[str, float] = field(default_factory=dict)

    def cdn(self, *, tags: bool = False, distribution: str = ID) -> CloudFront:
        """The CDN of a site, with this clock."""
        settings = Distribution(kind="cloudfront", distribution=distribution, tags=tags)
        return CloudFront(settings, lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let the time go by."""
        self.slept.append(seconds)
        self.now += seconds

    @property
    def batches(self) -> list[Sequence[str]]:
        """The items of each invalidation there is."""
        return [one.paths for one in self._all()]

    def read_tags(self, header: str) -> None:
        """Let the distribution read the tags of files from a header."""
        config: Any = self.backend.distributions[ID].distribution_config
        config.CacheTagConfig = {"HeaderName": header}

    def create(self, paths: list[str], reference: str) -> Invalidation:
        """What is answered to a request for an invalidation."""
        self.asked += 1
        self._go_wrong()
        known = next((one for one in self._all() if one.caller_ref == reference), None)
        if known is None:
            self._find_room(paths)
            known = Invalidation(self.backend.distributions[ID], paths, reference)
            self.backend.invalidations.setdefault(ID, []).append(known)
            self.started[known.id] = self.now
        elif known.paths != paths:
            raise refusal("InvalidationBatchAlreadyExists")
        return known

    def look(self, found: Invalidation) -> Invalidation:
        """What is answered to who asks how far an invalidation is."""
        self._go_wrong()
        found.status = "InProgress" if self._is_open(found) else "Completed"
        return found

    def _find_room(self, paths: list[str]) -> None:
        going = [path for one in self._all() if self._is_open(one) for path in one.paths] + paths
        folders = sum(path.endswith("*") for path in going)
        if folders > MOST_FOLDERS or len(going) - folders > MOST_SINGLE:
            raise refusal("TooManyInvalidationsInProgress")

    def _is_open(self, one: Invalidation) -> bool:
        return self.now < self.started[one.id] + self.takes

    def _go_wrong(self) -> None:
        wrong = self.wrong.popleft() if self.wrong else None
        if wrong is not None:
            raise wrong

    def _all(self) -> list[Invalidation]:
        return self.backend.invalidations.get(ID, [])


@contextmanager
def cloudfront_fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFrontFake]:
    """One with a distribution, and credentials for it in the environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws(config={"core": {"mock_credentials": False}}):
        backend = cloudfront_backends[DEFAULT_ACCOUNT_ID]["aws"]
        made = boto3.client("cloudfront", region_name=REGION).create_distribution(
            DistributionConfig=_CONFIG
        )
        distribution = backend.distributions.pop(made["Distribution"]["Id"])
        distribution.distribution_id = distribution.id = ID
        backend.distributions[ID] = distribution
        fake, create, look = (
            CloudFrontFake(backend),
            CloudFrontBackend.create_invalidation,
            CloudFrontBackend.get_invalidation,
        )

        def created(
            self: CloudFrontBackend, dist_id: str, paths: list[str], caller_ref: str
        ) -> Invalidation:
            if dist_id != ID:
                return create(self, dist_id, paths, caller_ref)
            return fake.create(paths, caller_ref)

        def looked(self: CloudFrontBackend, dist_id: str, id: str) -> Invalidation:  # noqa: A002
            return fake.look(look(self, dist_id, id))

        monkeypatch.setattr(CloudFrontBackend, "create_invalidation", created)
        monkeypatch.setattr(CloudFrontBackend, "get_invalidation", looked)
        yield fake


_CONFIG: Mapping[str, Any] = {
    "CallerReference": "tests",
    "Comment": "",
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "store",
                "DomainName": "pages.s3.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "store",
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "any",
    },
}
