"""``sealpress doctor``: what it says, what it does not, and how it ends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.base.config import load_site
from generator.cli import doctor as command
from generator.cli.doctor import WIDEST
from generator.doctor import expected_of
from generator.site.layout import Layout
from generator.site.serve import SiteServer
from tests.nights import clients_pages, edit
from tests.s3 import Server
from tests.sites import files, private_values, sealpress

URL = "https://clients.quiet-harbour.example"


@pytest.fixture
def asked() -> list[str]:
    """The access log of the served site."""
    return []


@pytest.fixture
def url(night: Path, asked: list[str]) -> Iterator[str]:
    """The published site, served as `sealpress serve` does."""
    with SiteServer(night / "build/published", log=asked.append) as server:
        yield server.url


def spoil(night: Path) -> None:
    """Somebody replaced the loader, and put the key ring where everybody can read it."""
    (night / "build/published/index.html").write_bytes(b"evil")
    (night / "build/published/keys").mkdir()
    (night / "build/published/keys/ring.json").write_bytes(b"{}")


def levels(answer: dict[str, Any]) -> dict[str, str]:
    """The level of each thing that was looked at."""
    return {finding["check"]: finding["level"] for finding in answer["findings"]}


def test_a_site_that_is_served_right(
    night: Path, url: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for each finding, the sum of them last; TLS cannot be looked at on this machine."""
    monkeypatch.setenv("COLUMNS", "200")
    result = sealpress("doctor", "--url", url, site=night)
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert re.match(r"unknown +TLS +cannot be told here: the address is plain HTTP", lines[0])
    loader = r"ok +content: the loader +byte for byte as published, SHA-256 \w{12}…"
    assert re.fullmatch(loader, lines[1])
    assert re.fullmatch(r"0 wrong, 0 warning, 1 unknown, \d\d ok", lines[-1])
    assert max(map(len, lines)) <= WIDEST
    assert result.stderr == "looking: 6 of 6\n"
    assert len(asked) > 50


def test_a_narrow_terminal(night: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences are broken in their own column, and nothing of them is lost."""
    spoil(night)
    monkeypatch.setenv("COLUMNS", "70")
    lines = sealpress("doctor", "--url", url, site=night).stdout.splitlines()
    assert max(map(len, lines)) <= 70
    column = lines[0].index("it is not")
    folded = " ".join(line[column:].strip() for line in lines[:-1])
    assert "it is not the published one → invalidate the CDN's cache; if it stays, find" in folded


def test_the_address_of_the_settings(night: Path, url: str) -> None:
    """Without --url it looks at base_url."""
    edit(night / "content/site.yaml", URL, url)
    result = sealpress("doctor", "--json", site=night)
    assert (result.exit_code, json.loads(result.stdout)["url"]) == (0, url)


def test_a_site_that_is_wrong(night: Path, url: str) -> None:
    """What is wrong comes first, with how to mend it, and the command ends with 1."""
    spoil(night)
    result = sealpress("doctor", "--url", f"{url}/", site=night)
    assert result.exit_code == 1
    text = " ".join(result.stdout.split())
    assert text.startswith("wrong content: the loader it is not the published one → invalidate")
    assert "wrong private files anybody can read keys/ring.json → take them away at once" in text
    assert text.index("wrong private") < text.index("unknown TLS") < text.index("ok cookies")
    assert "2 wrong, 0 warning, 1 unknown" in text


def test_for_machines(night: Path, url: str) -> None:
    """One JSON object: where, how many of each level, every finding; no progress."""
    spoil(night)
    result = sealpress("doctor", "--url", url, "--json", site=night)
    assert (result.exit_code, result.stderr) == (1, "")
    answer = json.loads(result.stdout)
    assert answer.keys() == {"url", "counts", "findings"}
    assert answer["counts"].keys() == {"wrong", "warning", "unknown", "ok"}
    assert sum(answer["counts"].values()) == len(answer["findings"])
    assert answer["findings"][0].keys() == {"level", "check", "what", "mend"}
    found = levels(answer)
    assert (found["content: the loader"], found["private files"]) == ("wrong", "wrong")
    assert found["content: a sealed part"] == "ok"


def test_nothing_private_is_said(night: Path, url: str, asked: list[str]) -> None:
    """No address of a page is told, no client's page asked for, no value of a client known."""
    spoil(night)
    result = sealpress("doctor", "--url", url, "--json", site=night)
    published = files(night / "build/published")
    addresses = {path[5:] for path in published if path.startswith("p/")}
    addresses |= {path[2:] for path in published if path.startswith("q/")}
    assert len(addresses) > 15
    secret = addresses | {value for value in private_values(night) if len(value) > 3}
    assert [value for value in secret if value in result.output] == []
    asked_for = sum("200 /p/" in line for line in asked)
    shared = [path for path in published.keys() - clients_pages(night) if path.startswith("p/")]
    assert 0 < asked_for <= len(shared)


def test_a_site_that_is_not_there(night: Path) -> None:
    """No findings at all are told, and a rerun may help."""
    with SiteServer(night / "build/published", log=lambda _: None) as server:
        gone = server.url
    result = sealpress("doctor", "--url", gone, site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the site cannot be looked at: no connection can be made — hint: see" in result.stderr


def test_nothing_is_published(site: Path) -> None:
    """There is nothing to compare with."""
    result = sealpress("doctor", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is published yet — hint: run: sealpress publish" in result.stderr


@pytest.mark.parametrize("wrong", ["clients.example.org", "https://a.example/path", "ftp://a"])
def test_an_address_that_is_none(wrong: str, night: Path) -> None:
    """It is a mistake of the command line."""
    result = sealpress("doctor", "--url", wrong, site=night)
    assert result.exit_code == 2
    assert "--url: write https://clients.example.org" in result.stderr


def test_published_meanwhile(night: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs may be what is new: it is looked at again, not called wrong."""
    seen: list[str] = []

    def expected(layout: Layout, address: str) -> object:
        seen.append(address)
        return expected_of(layout, address if len(seen) == 1 else f"{address}1")

    monkeypatch.setattr(command, "expected_of", expected)
    result = sealpress("doctor", "--url", url, site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the site was published meanwhile — hint: run it again" in result.stderr


def test_a_site_in_an_object_store(night: Path, url: str, s3_server: Server) -> None:
    """The store is looked at as well, from outside and by the operator's credentials."""
    bucket = s3_server.new_bucket()
    with (night / "content/site.yaml").open("a", encoding="utf-8") as settings:
        settings.write(
            f"publish: {{store: s3, bucket: {bucket.name}, endpoint: '{bucket.endpoint}'}}\n"
        )
    assert sealpress("publish", site=night).exit_code == 3  # what was published lies elsewhere
    assert sealpress("publish", "--reconcile", site=night).exit_code == 0
    assert load_site(night)[0].publish.store == "s3"
    result = sealpress("doctor", "--url", url, "--json", site=night)
    answer = json.loads(result.stdout)
    found = levels(answer)
    assert found["bucket: listing"] == found["bucket: private files"] == "ok"
    assert found["bucket: public access block"] == "unknown"
    assert found["bucket: versioning"] == "warning"
    assert (result.exit_code, answer["counts"]["wrong"]) == (0, 0)
    text = sealpress("doctor", "--url", url, site=night)
    assert text.stderr == "looking: 13 of 13\n"
