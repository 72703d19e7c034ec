"""The headers that a CDN has to send, and the parameters of the template for one."""

import json
from pathlib import Path

import pytest

from generator.site.headers import POLICY, parse_headers
from tests.sites import sealpress

RULES = {"LoaderPolicy": "/index.html", "NotFoundPolicy": "/404.html", "StagePolicy": "/q/*"}

LONGEST = 1783  # characters of a policy (CloudFront's own limit), while two loaders may run too


def built(site: Path) -> dict[str, dict[str, str]]:
    """The rules of the built site."""
    return parse_headers((site / "build/site/_headers").read_text(encoding="utf-8"))


def parameters(site: Path) -> dict[str, str]:
    """The parameters of the template."""
    result = sealpress("headers", "--aws", site=site)
    assert (result.exit_code, result.stderr) == (0, "")
    pairs = json.loads(result.stdout)
    assert all(len(pair["ParameterValue"]) <= LONGEST for pair in pairs)
    assert all(set(pair) == {"ParameterKey", "ParameterValue"} for pair in pairs)
    return {pair["ParameterKey"]: pair["ParameterValue"] for pair in pairs}


def test_headers_are_those_of_the_built_site(night: Path) -> None:
    """A machine gets the rules, a person each header on a line."""
    machine = sealpress("headers", "--json", site=night)
    assert json.loads(machine.stdout) == {"rules": built(night)}
    person = sealpress("headers", site=night)
    assert person.exit_code == 0
    assert len(person.stdout.splitlines()) == sum(map(len, built(night).values()))
    assert "/p/* Cache-Control" in person.stdout


def test_parameters_are_the_policies_of_what_is_published(night: Path) -> None:
    """What was published as it was built needs just the policies that were built."""
    assert parameters(night) == {name: built(night)[rule][POLICY] for name, rule in RULES.items()}


def test_while_a_loader_replaces_another_both_may_run(night: Path) -> None:
    """Before a publication the policies allow the scripts of the published site and the built."""
    before = parameters(night)
    place = night / "build/site/_headers"
    text = place.read_text(encoding="utf-8")
    place.write_text(text.replace("script-src 'sha256-", "script-src 'sha256-NEW"), "utf-8")
    after = parameters(night)
    assert "NEW" in built(night)["/index.html"][POLICY]
    for name, rule in RULES.items():
        sources = {*before[name].split(), *built(night)[rule][POLICY].split()}
        assert {source.strip(";") for source in sources} == {
            source.strip(";") for source in after[name].split()
        }


def test_before_the_first_publication_there_is_only_the_built_site(site: Path) -> None:
    """A site that is built and not yet published has its own policies."""
    assert sealpress("build", "--jobs", 1, site=site).exit_code == 0
    assert parameters(site) == {name: built(site)[rule][POLICY] for name, rule in RULES.items()}


@pytest.mark.parametrize("content", [b"/p/*\n  X: y\n", b"X: y\n", b"\xff"])
def test_damaged_headers_are_told(content: bytes, night: Path) -> None:
    """A file that was cut or overwritten, here or in the store, makes no parameters."""
    (night / "build/published/_headers").write_bytes(content)
    result = sealpress("headers", "--aws", site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "the file _headers is damaged — hint: run: sealpress publish" in result.stderr
    (night / "build/site/_headers").write_bytes(content)
    assert "hint: run: sealpress build --full" in sealpress("headers", site=night).stderr


def test_without_a_site_there_are_no_headers(site: Path) -> None:
    """Who asks too early is told to build."""
    result = sealpress("headers", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "build/site: the site is not built — hint: run: sealpress build" in result.stderr
