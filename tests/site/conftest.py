"""What the tests of the site share: layouts, and a disk that is never waited for."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from generator.site import tree
from generator.site.layout import Layout
from tests.site.builds import OLD, OLD_PRIVATE, build


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk costs most of the time, and no test of these pulls the plug."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(tree, "CDLL", lambda _: SimpleNamespace(syncfs=lambda _: 0))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A site that was never built."""
    return Layout(tmp_path)


@pytest.fixture
def built(layout: Layout) -> Layout:
    """A site whose last build was OLD."""
    build(layout, OLD, OLD_PRIVATE)
    return layout
