"""What the tests of the site share: layouts."""

from pathlib import Path

import pytest

from generator.site.layout import Layout
from tests.site.builds import OLD, OLD_PRIVATE, build


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A site that was never built."""
    return Layout(tmp_path)


@pytest.fixture
def built(layout: Layout) -> Layout:
    """A site whose last build was OLD."""
    build(layout, OLD, OLD_PRIVATE)
    return layout
