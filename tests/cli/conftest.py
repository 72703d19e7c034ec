"""Sites to run commands on: fresh, or after a whole night."""

from pathlib import Path

import pytest

from tests.nights import moved
from tests.sites import copy_site, sealpress, with_keys


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The small site with a key ring; nothing is built."""
    return with_keys(copy_site(tmp_path / "site"))


@pytest.fixture(scope="session")
def after_a_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site after its first night; for copies only."""
    site = with_keys(copy_site(tmp_path_factory.mktemp("night") / "site"))
    assert sealpress("nightly", "--jobs", 1, site=site).exit_code == 0
    return site


@pytest.fixture
def night(after_a_night: Path, tmp_path: Path) -> Path:
    """The small site, built and published."""
    return moved(after_a_night, tmp_path / "site")
