"""Beginning: a new site that builds at once, and a look at it."""

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from socket import create_server
from urllib.request import urlopen

import pytest
import yaml

from generator.cli.start import STARTER
from tests.sites import files, outside, sealpress

SERVER = """
import signal
from generator.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job may have it ignored
main()
"""


def test_init_makes_a_site_that_builds(tmp_path: Path) -> None:
    """The line that `init` prints works as it stands: keys, then a whole night."""
    site = tmp_path / "new/site"
    made = sealpress("init", site)
    assert (made.exit_code, made.stderr) == (0, "")
    assert f"cd {site} && sealpress keys new && sealpress nightly" in made.stdout
    assert files(site) == files(STARTER)
    assert sealpress("check", site=site).exit_code == 0
    assert sealpress("keys", "new", site=site).exit_code == 0
    night = sealpress("nightly", "--jobs", 1, "--json", site=site)
    assert (night.exit_code, night.stderr) == (0, "")
    assert json.loads(night.stdout)["pages"] == 3
    assert (site / "build/published/index.html").is_file()


def test_init_in_an_empty_folder(tmp_path: Path) -> None:
    """A folder that is there already is filled when it is empty."""
    assert sealpress("init", tmp_path).exit_code == 0
    assert (tmp_path / "content/site.yaml").is_file()


def test_init_writes_over_nothing(tmp_path: Path) -> None:
    """A folder with anything in it is left alone."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    result = sealpress("init", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "the folder is not empty; give a new one" in result.stderr
    assert files(tmp_path) == {"notes.txt": b"mine"}


def test_the_starter_is_small_and_keeps_secrets_out_of_git() -> None:
    """A newcomer reads it in minutes; keys and what is built are ignored from the first day."""
    starter = files(STARTER)
    written = [path for path in starter if path.startswith("content/")]
    assert len(written) <= 16
    assert starter[".gitignore"].decode().split() == ["build/", "keys/"]
    assert yaml.safe_load(starter["content/site.yaml"])["locales"] == ["en"]
    assert all(stat.S_IMODE((STARTER / path).stat().st_mode) & stat.S_IWUSR for path in starter)


@pytest.mark.parametrize("folder", ["built", "published"])
def test_serve(folder: str, night: Path) -> None:
    """The site is served where it says, and Ctrl+C stops it with 0."""
    words = ["serve", "--port", "0", "--json", "--site", str(night)]
    if folder == "published":
        words.append("--published")
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, *words],
        env=outside(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout
            url = json.loads("".join(server.stdout.readline() for _ in range(3)))["url"]
            with urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server on this machine
                page = answer.read()
        finally:
            server.send_signal(signal.SIGINT)
            rest, log = server.communicate(timeout=30)
    assert page == (night / "build/site/index.html").read_bytes()
    assert (server.returncode, rest, log) == (0, "", "GET 200 /\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "build/site: nothing is built — hint: run: sealpress nightly\n"),
        (
            ("--published",),
            "build/published: nothing is published — hint: run: sealpress nightly\n",
        ),
    ],
)
def test_serve_needs_a_built_site(words: tuple[str, ...], told: str, site: Path) -> None:
    """There is nothing to serve before the first night."""
    result = sealpress("serve", "--port", 0, *words, site=site)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", told)


def test_serve_on_a_port_that_is_taken(night: Path) -> None:
    """A taken port is no mistake of the site: a rerun may help."""
    with create_server(("127.0.0.1", 0)) as taken:
        result = sealpress("serve", "--port", taken.getsockname()[1], site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "the system refused: Address already in use\n"
