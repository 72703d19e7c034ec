"""What browser tests share: one Chromium for the session, and axe."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from .loader_harness import PLAIN_HTTP_HOST

ROOT = Path(__file__).resolve().parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {PLAIN_HTTP_HOST} 127.0.0.1",
]


def _missing(what: str) -> None:
    """Skip on a developer's machine, fail where everything must have been installed."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless; every test opens contexts of its own in it."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            _missing(f"there is no Chromium that starts: {error.message.splitlines()[0]}")
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
        _missing("axe-core is not installed: npm ci, or set NODE_MODULES to a folder that has it")
    return found[0].read_text(encoding="utf-8")
