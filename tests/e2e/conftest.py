"""What browser tests share: one Chromium for the session, and axe."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from .loader_harness import Open, Site, Visit
from .sample_site import Reader, Sample, served

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20_000
"""Milliseconds for what must come to come, on a busy machine; less than the loader's own 30 s."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A served site with the loader and nothing else."""
    with Site(tmp_path / "site") as served:
        yield served


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Open]:
    """Makes visitors, and sees after the test that none of them met a complaint or violation."""
    visits: list[Visit] = []

    def make(**options: Any) -> Visit:  # noqa: ANN401 - Playwright's own options
        visits.append(Visit(browser, **options))
        return visits[-1]

    yield make
    for visit in visits:
        visit.context.close()
    assert [visit.unexpected for visit in visits] == [[] for _ in visits]


@pytest.fixture
def visit(visitor: Open) -> Visit:
    """One visitor, Russian."""
    return visitor()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """The sample site of its own day."""
    with served(tmp_path_factory) as made:
        yield made


@pytest.fixture
def reader(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """Makes readers, and sees after the test that no page complained or broke its policy."""
    readers: list[Reader] = []

    def make(**options: Any) -> Reader:  # noqa: ANN401 - Playwright's own
        readers.append(Reader(browser, **options))
        return readers[-1]

    yield make
    for one in readers:
        one.context.close()
    assert [one.unexpected for one in readers] == [[] for _ in readers]
