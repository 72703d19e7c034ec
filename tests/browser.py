"""One Chromium for all tests of a process: Playwright runs once, or says that it runs already."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from tests.e2e.loader_harness import start

ROOT = Path(__file__).resolve().parents[1]


def missing(what: str) -> None:
    """Skip on a developer's machine, fail where everything must have been installed."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless; every test opens contexts of its own in it."""
    with sync_playwright() as playwright:
        try:
            chromium = start(playwright.chromium)
        except Error as error:
            missing(f"there is no Chromium that starts: {error.message.splitlines()[0]}")
            raise
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The script of axe-core; run it in a page, then ``axe.run()``."""
    folders = (
        os.environ.get("NODE_MODULES", ""),
        ROOT / "node_modules",
        ROOT / "tests/node_modules",
    )
    files = [Path(folder) / "axe-core/axe.min.js" for folder in folders if folder]
    found = [file for file in files if file.is_file()]
    if not found:
        missing("axe-core is not installed: npm ci, or set NODE_MODULES to a folder that has it")
    return found[0].read_text(encoding="utf-8")
