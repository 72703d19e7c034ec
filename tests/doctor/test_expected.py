"""What the doctor expects: the last publication, of everyone's files only."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from generator.base.errors import InputError, OutsideError
from generator.doctor import expected_of
from generator.doctor.private import private_names
from generator.site.headers import SiteCsp, headers_for
from generator.site.layout import Layout
from tests.doctor.host import FILES, PART, Host, hosting
from tests.nights import build, clients_pages, publish
from tests.sites import copy_site, files, with_keys

URL = "https://clients.example.org"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site, built and published; for reading only."""
    site = with_keys(copy_site(tmp_path_factory.mktemp("expected") / "site"))
    build(site, jobs=1)
    publish(site)
    return site


def test_the_last_publication_is_expected(built: Path) -> None:
    """Every file that is everyone's, and no client's page."""
    expected = expected_of(Layout(built), URL)
    assert expected.files.keys() == files(built / "build/published").keys() - clients_pages(built)
    kinds = [sample.kind for sample in expected.samples()]
    assert kinds == [
        "the loader", "404.html", "robots.txt",
        *["a stage page"] * 3, *["a sealed part"] * 3, "an asset (.css)", "an asset (.js)",
    ]  # fmt: skip
    assert not {sample.path[1:] for sample in expected.samples()} & clients_pages(built)
    assert len(expected.lost) == 64


def test_headers_are_those_of_the_site(host: Host) -> None:
    """They are what the table of headers has for each path, types of assets too."""
    csp = SiteCsp("", "")
    expected = host.expected()
    for path in FILES.keys() - {"_headers"}:
        wanted = headers_for(path, csp)
        assert expected.headers(f"/{path}").keys() == wanted.keys()
        assert expected.headers(f"/{path}")["Content-Type"] == wanted["Content-Type"]


def test_a_copy_of_four_files_is_enough(built: Path, tmp_path: Path) -> None:
    """The doctor may look from another machine, which has no page and no key."""
    named = ("build/site/_headers", *(f"build/private/published/{name}.json" for name in (
        "common", "pointed-to")))  # fmt: skip
    for name in named:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(built / name, tmp_path / name)
    assert expected_of(Layout(tmp_path), URL) == expected_of(Layout(built), URL)
    text = "".join((tmp_path / name).read_text(encoding="utf-8") for name in named)
    assert not any(page in text for page in clients_pages(built))


def test_nothing_is_published(tmp_path: Path) -> None:
    """It is told what to do first."""
    with pytest.raises(InputError, match="nothing is published yet — hint: run: sealpress publish"):
        expected_of(Layout(tmp_path), URL)


def test_what_was_built_anew(built: Path, tmp_path: Path) -> None:
    """Headers of another build than that which was published are not demanded."""
    site = tmp_path / "site"
    shutil.copytree(built, site)
    headers = site / "build/site/_headers"
    headers.write_text("/*\n  X-Ours: 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="was built anew and not published yet"):
        expected_of(Layout(site), URL)
    headers.unlink()
    with pytest.raises(OutsideError, match="build/site/_headers: cannot be read"):
        expected_of(Layout(site), URL)


def test_a_publication_that_broke_off_is_known(built: Path, tmp_path: Path) -> None:
    """A file that may or may not have been sent has no digest."""
    site = tmp_path / "site"
    shutil.copytree(built, site)
    record = Layout(site).published / "common.json"
    data = json.loads(record.read_text(encoding="utf-8"))
    data["files"]["index.html"] = data["files"]["_headers"] = ""
    record.write_text(json.dumps(data), encoding="utf-8")
    assert expected_of(Layout(site), URL).samples()[0].digest == ""


def test_private_names_follow_the_layout() -> None:
    """Whatever is private on this disk is looked for, wherever a folder too much was published."""
    names = private_names()
    assert len(names) == len(set(names)) > 50
    for place in (Layout(Path("/")).manifest, Layout(Path("/")).published):
        assert {f"{place}"[1:], f"private/{place.name}", place.name} < set(names)
    assert {"keys/ring.json", "keys/generations.jsonl", "ring.json"} < set(names)


def test_only_some_of_many_are_asked_for() -> None:
    """A site with a thousand parts is looked at as fast as a small one."""
    with hosting() as running:
        expected = running.expected()
    many = {f"{PART[:-3]}{number}": "0" for number in range(100, 1000)}
    assert len(replace(expected, files={**expected.files, **many}).samples()) < 12
