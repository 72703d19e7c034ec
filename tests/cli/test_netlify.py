"""The commands on a site that is published to Netlify: what goes there, and what does not."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.publish.netlify import site as client
from generator.publish.netlify.api import TOKEN as VARIABLE
from generator.site.layout import Layout
from tests.builders import ROOT
from tests.netlify import SITE, TOKEN, Fake, netlify
from tests.nights import EVERYONE, add_line, page_of
from tests.sites import answer, files, sealpress

FORCED = "--client-pages-on-netlify"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """Netlify, and the token for it in the environment; no time is lost between two looks."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    monkeypatch.setattr(client, "POLL", 0.0)
    with netlify() as made:
        yield made
    assert made.faults == []


@pytest.fixture
def stage(night: Path, fake: Fake) -> Path:
    """The small site, built, to be published to Netlify."""
    return at_netlify(night, fake)


def at_netlify(site: Path, fake: Fake) -> Path:
    """The site with settings that lead to Netlify."""
    where = {"store": "netlify", "site": SITE, "endpoint": fake.address}
    add_line(site / "content/site.yaml", f"publish: {json.dumps(where)}")
    return site


def plain(site: Path) -> dict[str, bytes]:
    """The files of the built site that are not sealed."""
    built = files(site / "build/site")
    return {path: content for path, content in built.items() if not path.startswith("p/")}


def test_clients_pages_stay_here(stage: Path, fake: Fake) -> None:
    """Editors see all stage pages; no sealed file goes along, and the command says so."""
    told = answer("publish", site=stage)
    assert fake.seen() == plain(stage)
    assert any(path.startswith("q/") for path in fake.seen())
    assert told == {
        "added": len(plain(stage)),
        "changed": 0,
        "deleted": 0,
        "unchanged": 0,
        "kept_back": len(EVERYONE),
    }
    again = sealpress("publish", site=stage)
    assert "6 clients' pages: Netlify would keep them when they are revoked" in again.stdout
    assert len(fake.deploys) == 1


def test_nobody_is_told_of_a_page_that_stays_here(site: Path, fake: Fake) -> None:
    """The manifest is handed on to the sender only when clients' pages are published."""
    at_netlify(site, fake)
    queue = Layout(site).queue
    assert answer("nightly", "--jobs", 1, site=site)["published"]["kept_back"] == len(EVERYONE)
    assert not queue.exists()
    answer("publish", FORCED, site=site)
    assert len(list(queue.glob("*.jsonl"))) == 1


def test_clients_pages_go_where_they_are_asked_for(stage: Path, fake: Fake) -> None:
    """With the option the whole site is at Netlify; without it the next deploy has none of them."""
    assert "kept_back" not in answer("publish", FORCED, site=stage)
    assert fake.seen() == files(stage / "build/site")
    told = answer("publish", site=stage)
    assert told["deleted"] == len(files(stage / "build/site")) - len(plain(stage))
    assert fake.seen() == plain(stage)


def test_a_plan_of_a_deploy(stage: Path, fake: Fake) -> None:
    """``publish --dry-run`` asks Netlify what it has, and makes no deploy."""
    whole = answer("publish", "--dry-run", FORCED, site=stage)
    told = answer("publish", "--dry-run", site=stage)
    assert sum(one["files"] for one in whole["added"].values()) == len(files(stage / "build/site"))
    assert sum(one["files"] for one in told["added"].values()) == len(plain(stage))
    assert told["kept_back"] == len(EVERYONE)
    assert fake.deploys == {}
    answer("publish", site=stage)
    done = answer("publish", "--dry-run", site=stage)
    assert (done["added"], done["changed"], done["deleted"]) == ({}, {}, {})
    assert done["unchanged"] == len(plain(stage))
    assert "stays here" in sealpress("publish", "--dry-run", site=stage).stdout


def test_undo_publishes_the_deploy_before(stage: Path, fake: Fake) -> None:
    """The site is again what it was, at once; before the first deploy there is nothing."""
    refused = sealpress("undo", "--dry-run", site=stage)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "there is no earlier deploy" in refused.stderr
    answer("publish", site=stage)
    before = fake.seen()
    (stage / "build/site/robots.txt").write_text("another", encoding="utf-8")
    answer("publish", site=stage)
    assert fake.seen() != before
    planned = answer("undo", "--dry-run", site=stage)
    assert fake.seen() != before
    done = answer("undo", site=stage)
    assert fake.seen() == before
    assert done["deploy"] == planned["deploy"] != ""


@pytest.mark.parametrize(
    "words",
    [
        ("nightly", "--direct"),
        ("publish", "--reconcile"),
        ("watch", "--once"),
        ("open", "--published", "#x"),
    ],
)
def test_what_needs_single_files_is_refused(
    words: tuple[str, ...], stage: Path, fake: Fake
) -> None:
    """Before anything is read or built, with the reason and the way out."""
    add_line(stage / "content/site.yaml", "events: {folder: data/events}")
    before = files(stage / "build")
    result = sealpress(*words, site=stage)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Netlify takes a whole site at once" in result.stderr
    assert "hint: publish to a directory or to s3" in result.stderr
    assert files(stage / "build") == before
    assert fake.asked == []


def test_serving_what_is_elsewhere(stage: Path) -> None:
    """What is at Netlify is looked at there."""
    result = sealpress("serve", "--published", site=stage)
    assert (result.exit_code, "open it at its own address" in result.stderr) == (1, True)


def test_revoking_where_no_page_ever_was(stage: Path, fake: Fake) -> None:
    """The page goes from the built site; deploys without sealed files stay as they are."""
    answer("publish", site=stage)
    page = page_of("C-001", stage)
    assert sealpress("revoke", "C-001", site=stage).exit_code == 0
    assert not (stage / "build/site" / page).exists()
    assert len(fake.deploys) == 1


def test_revoking_a_page_that_netlify_has(stage: Path, fake: Fake) -> None:
    """It is refused while readers see the page, and then takes all deploys that have it away."""
    answer("publish", FORCED, site=stage)
    page = page_of("C-001", stage)
    refused = sealpress("revoke", "C-001", site=stage)
    assert refused.exit_code == 3
    assert "published at Netlify — hint: run: sealpress build, sealpress publish" in refused.stderr
    assert page not in refused.stderr
    assert sealpress("build", "--jobs", 1, site=stage).exit_code == 0
    answer("publish", site=stage)
    assert sealpress("revoke", "C-001", site=stage).exit_code == 0
    assert [page in made.files for made in fake.deploys.values()] == [False]


def test_without_a_token(stage: Path, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, and nothing is asked."""
    monkeypatch.delenv(VARIABLE)
    result = sealpress("publish", site=stage)
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"put one into the environment as {VARIABLE}" in result.stderr
    assert fake.asked == []


def test_the_settings_name_a_site(site: Path) -> None:
    """A site at Netlify is needed, and it is an id or a host name."""
    for where, told in {
        "{store: netlify}": "lacks the key site",
        "{store: netlify, site: a/b}": "is not written as expected",
    }.items():
        content = site / "content/site.yaml"
        before = content.read_bytes()
        add_line(content, f"publish: {where}")
        result = sealpress("check", site=site)
        assert (result.exit_code, told in result.stderr) == (1, True)
        content.write_bytes(before)


def test_netlify_builds_what_its_file_says() -> None:
    """The command of ``netlify.toml`` is a target of the Makefile, and the folder is the site's."""
    settings = tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))["build"]
    make, target = settings["command"].split()
    assert make == "make"
    assert f"\n{target}: " in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert ROOT / settings["publish"] == Layout(ROOT).site
    assert settings["processing"]["skip_processing"] is True
