"""What the tests of CDNs share."""

from collections.abc import Iterator

import pytest

from tests.cloudfront import CloudFrontFake, cloudfront_fake


@pytest.fixture
def cloudfront(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFrontFake]:
    """CloudFront with one distribution, in this process."""
    with cloudfront_fake(monkeypatch) as fake:
        yield fake
