"""What all tests share: one profile for properties, the same draws where nobody watches."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from generator import proof
from tests.browser import axe_source, browser
from tests.s3 import Server, seaweedfs, use_credentials

__all__ = ["axe_source", "browser"]

settings.register_profile(
    "house",
    deadline=None,  # no test of ours measures time
    max_examples=60,
    derandomize=os.environ.get("CI") == "true",
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites of tests lie at hosts that are not there: whoever asks one is told that it is empty."""
    real = proof.status_of

    def status_of(address: str) -> int | None:
        return real(address) if urlsplit(address).hostname == "127.0.0.1" else 404

    monkeypatch.setattr(proof, "status_of", status_of)


@pytest.fixture(scope="session")
def _seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture
def s3_server(_seaweedfs: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A real object store, and the credentials for it in the environment."""
    use_credentials(monkeypatch)
    return _seaweedfs
