"""What tests of letters share with those of pages: one Chromium, and axe."""

from tests.e2e.conftest import axe_source, browser

__all__ = ["axe_source", "browser"]
