"""What all tests share: how deep they look, builds in little time, an object store."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from generator import proof
from tests.browser import axe_source, browser
from tests.ceph import radosgw
from tests.depth import register
from tests.quick import quick
from tests.s3 import Server, seaweedfs, use_credentials

__all__ = ["axe_source", "browser"]

register()


@pytest.fixture(scope="session", autouse=True)
def _built_quickly() -> Iterator[None]:
    """What is the same in every build of a process is made once, and no disk is waited for."""
    with quick():
        yield


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


@pytest.fixture(scope="session")
def _ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radosgw(tmp_path_factory.mktemp("ceph")) as server:
        yield server


@pytest.fixture
def ceph_server(_ceph: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Another real object store, which starts slowly, and the credentials for it."""
    use_credentials(monkeypatch)
    return _ceph
