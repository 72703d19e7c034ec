"""The night from the command line: what is said, what is written, and how it ends."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from generator.base.config import Publish
from generator.base.errors import OutsideError
from generator.data.sources.csvfile import CsvFile
from generator.publish import guard, leased
from generator.site.layout import Layout
from generator.site.lock import only_run
from generator.stores import open_papers
from tests.nights import (
    EVERYONE,
    SATURDAY,
    add_line,
    edit,
    marks,
    opened,
    own_template,
    page_of,
    without_client,
)
from tests.sites import BROKEN, answer, copy_site, files, outside, sealpress, with_keys

LIMITED = """
import resource
from generator.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # not a byte can be written to any file
main()
"""


def rows(text: str) -> dict[str, str]:
    """What a command answers to a person: a name and a value on each line."""
    pairs = (line.split("  ", 1) for line in text.splitlines())
    return {name.strip(): value.strip() for name, value in pairs}


def everything(site: Path) -> int:
    """How many files the built site has."""
    return len(files(site / "build/site"))


def spoil_quotes(site: Path) -> None:
    """Take away the closes that the series of one share needs."""
    quotes = site / "data/quotes.csv"
    lines = quotes.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("IBM"))
    quotes.write_text(kept, encoding="utf-8")


# ── check ────────────────────────────────────────────────────────────────────────────────────


def test_check(site: Path) -> None:
    """What was read is counted; keys are not needed, and nothing is written."""
    (site / "keys/ring.json").unlink()
    before = files(site)
    assert rows(sealpress("check", site=site).stdout) == {
        "as of": "2011-12-02",
        "clients": "6",
        "series": "2",
        "stages": "5",
        "result": "all is right",
    }
    counted = {"as_of": "2011-12-02", "clients": 6, "series": 2, "stages": 5, "refused_rows": 0}
    assert answer("check", site=site) == counted
    assert files(site) == before


def test_check_looks_at_what_is_sent(site: Path) -> None:
    """Where the site sends anything: a mistake of pages, of journeys and of messages at once."""
    settings = (site / "content/site.yaml").read_text(encoding="utf-8")
    for path, text in {
        "content/site.yaml": f"{settings}send:\n  channels:\n    sms: {{kind: sms}}\n",
        "content/journeys/it.yaml": "name: {ru: Это}\nwhen: {coupon: accrued}\nsteps: [stop]\n",
        "content/messages/it.sms.md": "no front matter",
    }.items():
        (site / path).parent.mkdir(exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")
    result = sealpress("check", site=site)
    assert result.exit_code == 1
    assert "content/journeys/it.yaml:1:1: purpose: is required" in result.stderr
    assert "content/messages/it.sms.md:1:1: there is no front matter" in result.stderr
    edit(site / "content/strategies/duo-2011-06.yaml", "barrier:", "barier:")
    both = sealpress("check", site=site).stderr.splitlines()
    assert set(result.stderr.splitlines()) < set(both)


def test_check_for_another_day(site: Path) -> None:
    """--clock takes the place of the site's own day."""
    assert answer("check", "--clock", "2011-12-05", site=site)["as_of"] == "2011-12-05"
    late = sealpress("check", "--clock", "2011-12-20", site=site)
    assert late.exit_code == 1
    assert late.stderr.count("no close of") == 3


def test_check_needs_a_site(tmp_path: Path) -> None:
    """A folder without a site says how one is given or made."""
    result = sealpress("check", site=tmp_path / "nowhere")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "give the site's folder with --site" in result.stderr


# ── build, publish, nightly ──────────────────────────────────────────────────────────────────


def test_build_publishes_nothing(site: Path) -> None:
    """A build writes the site and the manifest; the store stays as it was."""
    built = answer("build", "--jobs", 1, site=site)
    assert built["seconds"] >= 0
    assert built["parts"] >= 11  # five stages; two series and an offer in two languages
    assert {name: built[name] for name in built if name not in {"seconds", "parts"}} == {
        "as_of": "2011-12-02",
        "clients": 6,
        "series": 2,
        "stages": 5,
        "refused_rows": 0,
        "held_series": [],
        "pages": 6,
        "stage_pages": 5,
        "files": {"added": everything(site), "changed": 0, "removed": 0, "unchanged": 0},
        "manifest_entries": 5,
        "forgotten_rows": 0,
        "gone_clients": 0,
    }
    built_files = files(site / "build/site")
    assert "index.html" in built_files
    sealed = [path for path in built_files if path.startswith("p/")]
    assert len(sealed) == built["pages"] + built["parts"]
    assert sum(path.startswith("q/") for path in built_files) == built["stage_pages"]
    assert not (site / "build/published").exists()


def test_build_then_publish(site: Path) -> None:
    """Publishing brings exactly what was built; a second time there is nothing to bring."""
    answer("build", "--jobs", 1, site=site)
    first = answer("publish", site=site)
    assert first == {"added": everything(site), "changed": 0, "deleted": 0, "unchanged": 0}
    assert files(site / "build/published") == files(site / "build/site")
    again = answer("publish", site=site)
    assert again == {"added": 0, "changed": 0, "deleted": 0, "unchanged": everything(site)}


def test_nightly(site: Path) -> None:
    """The whole night in one command: built, looked through for every client, published."""
    result = sealpress("nightly", "--jobs", 1, site=site)
    assert result.exit_code == 0
    told = rows(result.stdout)
    assert told.pop("time").endswith(" s")
    assert int(told.pop("shared parts")) >= 11
    assert told == {
        "as of": "2011-12-02",
        "client pages": "6 rendered of 6",
        "stage pages": "5",
        "files": f"{everything(site)} new, 0 changed, 0 removed, 0 as they were",
        "leak gate": "6 clients' values looked for, none found",
        "manifest": "5 clients have something to be told",
        "published": f"{everything(site)} new, 0 changed, 0 deleted, 0 as they were",
    }
    assert result.stderr.splitlines()[-1].startswith("publishing: ")
    assert files(site / "build/published") == files(site / "build/site")


def test_a_second_night_has_nothing_to_do(night: Path) -> None:
    """With the same input nothing is written, published or told."""
    done = answer("nightly", "--jobs", 1, site=night)
    assert done["pages"] == 0
    assert done["files"] == {"added": 0, "changed": 0, "removed": 0, "unchanged": everything(night)}
    assert done["published"] == {
        "added": 0,
        "changed": 0,
        "deleted": 0,
        "unchanged": everything(night),
    }
    assert done["manifest_entries"] == 0
    told = rows(sealpress("build", "--jobs", 1, site=night).stdout)
    assert told["leak gate"] == "nothing to look through: no file is new"


def test_only_what_changed_is_rendered(night: Path) -> None:
    """People are told how many pages were rendered of how many."""
    edit(night / "data/clients.csv", "Агния", "Аглая")
    told = rows(sealpress("build", "--jobs", 1, site=night).stdout)
    left = everything(night) - 1
    assert told["client pages"] == "1 rendered of 6"
    assert told["files"] == f"0 new, 1 changed, 0 removed, {left} as they were"


@pytest.mark.parametrize("command", ["build", "nightly", "demo"])
def test_full(command: str, night: Path) -> None:
    """With --full every page is rendered, and none that is the same is rewritten."""
    before = marks(night / "build/site")
    done = answer(command, "--full", "--jobs", 1, site=night)
    assert (done["pages"], done["files"]["unchanged"]) == (6, len(before))
    assert marks(night / "build/site") == before


@pytest.mark.parametrize("command", ["build", "nightly", "demo"])
def test_engine(command: str, site: Path) -> None:
    """Where pages are rendered can be said; an engine that is not there is refused before all."""
    before = files(site)
    result = sealpress(command, "--engine", "clouds", "--jobs", 2, site=site)
    hint = "use processes, or dask://host:port"
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"--engine: there is no such engine — hint: {hint}\n"
    assert {path: file for path, file in files(site).items() if "/lock" not in path} == before
    assert answer(command, "--engine", "here", "--jobs", 2, site=site)["pages"] == 6


def test_who_is_gone_is_told(night: Path) -> None:
    """Of clients who left the tables it is said how many there are; their pages stay a while."""
    without_client(night, "C-006")
    told = rows(sealpress("build", "--jobs", 1, site=night).stdout)
    assert told["gone"] == "1 clients are in no table any more: their pages stay a while"
    again = answer("build", "--jobs", 1, site=night)
    assert (again["clients"], again["gone_clients"], again["files"]["removed"]) == (5, 1, 0)


def test_an_empty_base_builds(tmp_path: Path) -> None:
    """Tables with a header alone make a site without clients."""
    site = with_keys(copy_site(tmp_path / "site", "accepted-empty-tables"))
    done = answer("nightly", "--jobs", 1, site=site)
    assert (done["clients"], done["pages"], done["manifest_entries"]) == (0, 0, 0)
    assert done["stage_pages"] == 5


def test_publish_before_anything_is_built(site: Path) -> None:
    """There is nothing to publish yet, which is told."""
    result = sealpress("publish", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "build/site: nothing is built yet — hint: run: sealpress build\n"


@pytest.mark.parametrize("command", ["build", "nightly"])
def test_a_held_series_is_a_warning(command: str, night: Path) -> None:
    """The rest is built and published, the series is named, and the command ends with 1."""
    spoil_quotes(night)
    result = sealpress(command, "--jobs", 1, "--json", site=night)
    assert result.exit_code == 1
    done = json.loads(result.stdout)
    assert done["held_series"] == ["blue-2011-05"]
    assert ("published" in done) == (command == "nightly")
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    start = "warning: content/strategies/blue-2011-05.yaml:"
    assert [line for line in lines if not line.startswith(start)] == []
    shown = sealpress(command, "--jobs", 1, site=night).stdout
    assert rows(shown)["held series"] == "blue-2011-05"


def test_refused_rows_below_the_share_are_warnings(site: Path) -> None:
    """A share of bad rows may be allowed: they are told, kept aside and counted."""
    settings = site / "content/site.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + 'tables: {refused_percent: "30"}\n', encoding="utf-8")
    policies = site / "data/policies.csv"
    text = policies.read_text(encoding="utf-8")
    policies.write_text(text.replace("C-002,duo", "C-002,trio"), encoding="utf-8")
    result = sealpress("build", "--jobs", 1, "--json", site=site)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["refused_rows"] == 1
    assert result.stderr.startswith("warning: data/policies.csv:4:3: series: there is no such")
    aside = (site / "build/private/refused.csv").read_text(encoding="utf-8").splitlines()
    assert aside == [
        "file,line,column,field,reason",
        "data/policies.csv,4,3,series,there is no such series",
    ]
    assert sealpress("check", site=site).exit_code == 1


def test_every_row_that_stops_a_night_is_put_aside(night: Path) -> None:
    """On the terminal twenty are told and the rest is counted; the table has all of them."""
    before, clients = files(night / "build"), night / "data/clients.csv"
    right = clients.read_text(encoding="utf-8")
    for number in range(30):
        add_line(clients, f"N-{number},Lapwing,,,de,,,,,,")
    result = sealpress("nightly", "--jobs", 1, site=night)
    sentence = "is not a locale of the site"
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        *(
            f"data/clients.csv:{8 + k}:5: locale: {sentence} — hint: use ru or en"
            for k in range(20)
        ),
        f"data/clients.csv: locale: the same on 10 more lines: {sentence}",
    ]
    after, aside = files(night / "build"), "private/refused.csv"
    assert after[aside].decode().splitlines() == [
        "file,line,column,field,reason",
        *(f"data/clients.csv,{8 + k},5,locale,{sentence}" for k in range(30)),
    ]
    assert [path for path in before if after[path] != before[path]] == [aside]
    clients.write_text(right, encoding="utf-8")
    answer("nightly", "--jobs", 1, site=night)
    assert files(night / "build")[aside] == before[aside]


@pytest.mark.parametrize(
    "case", ["template-undefined-name-in-client", "several-problems", "clients-too-many-cells"]
)
def test_a_build_that_is_refused_leaves_the_site(case: str, night: Path, tmp_path: Path) -> None:
    """What `check` tells, `build` tells too; the earlier site stays byte for byte."""
    before = files(night / "build")
    spoiled = copy_site(tmp_path / "spoiled", case)
    (night / "build").rename(spoiled / "build")
    (night / "keys").rename(spoiled / "keys")
    result = sealpress("build", "--jobs", 1, "--json", site=spoiled)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (BROKEN / case / "expected.txt").read_text(encoding="utf-8")
    after = files(spoiled / "build")
    drafts = {path for path in after if path.startswith("staged/") or ".next" in path}
    told = "private/refused.csv"  # of the night that was stopped
    assert after.keys() - drafts == before.keys()
    assert [path for path in before if after[path] != before[path] and path != told] == []


# ── Something outside fails ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", ["clients", "policies", "situations"])
def test_a_source_that_breaks_in_the_middle(
    table: str, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some rows came, the others never: nothing that was built or published changes by them."""
    parts = ("build/published", "build/site", "build/private/base")
    before = {part: files(night / part) for part in parts}
    edit(night / "data/clients.csv", "Агния", "Аглая")
    add_line(night / "data/policies.csv", "QH-7000006,C-006,duo-2011-06,1000.00,2011-06-01")
    add_line(night / "data/situations.csv", "C-002,card,CRD-10,2011-11-01")
    broken = _breaking(CsvFile.blocks, f"data/{table}.csv")
    with monkeypatch.context() as patch:
        patch.setattr(CsvFile, "blocks", broken)
        result = sealpress("nightly", "--jobs", 1, site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[-1] == "the connection was lost"
    assert {part: files(night / part) for part in parts} == before
    done = answer("nightly", "--jobs", 1, site=night)
    assert (done["pages"], done["published"]["changed"]) == (3, 3)
    assert "Аглая" in opened("C-001", night, folder="build/published")


def _breaking(
    blocks: Callable[[CsvFile], Iterator[pl.DataFrame]], name: str
) -> Callable[[CsvFile], Iterator[pl.DataFrame]]:
    """How a source gives its rows two or so at a time, and of one table the first ones only."""

    def broken(source: CsvFile) -> Iterator[pl.DataFrame]:
        first, *others = blocks(replace(source, block=80))
        yield first
        if source.name == name:
            assert others
            raise OutsideError("the connection was lost")
        yield from others

    return broken


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("build", "the disk refused: File too large"),
        ("nightly", "the disk refused: File too large"),
        ("publish", "the folder beside the store cannot be used: File too large"),
    ],
)
def test_a_full_disk(command: str, told: str, site: Path) -> None:
    """Where no byte can be written the command ends with 3, and half of nothing is left."""
    if command == "publish":
        answer("build", "--jobs", 1, site=site)
    before = files(site)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, command, "--site", str(site)],
        env={**outside(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1].startswith(told)
    after = files(site)
    assert {path: after[path] for path in after if after[path]} == {
        path: content for path, content in before.items() if content
    }


@pytest.mark.parametrize("command", ["build", "nightly", "publish", "audit"])
def test_a_folder_that_cannot_be_made(command: str, site: Path) -> None:
    """Where a file stands in the way of build/ the system's own words are told, without a trace."""
    (site / "build").write_text("in the way", encoding="utf-8")
    result = sealpress(command, site=site)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[-1].startswith(("the system refused: ", "the disk refused: "))
    assert (site / "build").read_text(encoding="utf-8") == "in the way"


@pytest.mark.parametrize(
    "words",
    [("build",), ("nightly",), ("publish",), ("revoke", "C-001"), ("forget", "C-001", "--yes")],
    ids=lambda words: words[0],
)
def test_two_commands_at_once(words: tuple[str, ...], night: Path) -> None:
    """While one command changes the site another one waits its turn, and changes nothing."""
    with only_run(Layout(night)):
        before = files(night)
        result = sealpress(*words, site=night)
        assert files(night) == before
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "another command is changing this site — hint: wait until it ends\n"


def test_a_plan_before_publishing(night: Path) -> None:
    """``publish --dry-run`` tells what would go, by kind of file, and neither sends nor forgets."""
    edit(night / "data/clients.csv", "Агния", "Аглая")
    without_client(night, "C-004")
    add_line(night / "content/site.yaml", "retention_days: 0")
    sealpress("build", "--clock", SATURDAY, "--jobs", 1, site=night)
    page = night / "build/site" / page_of("C-001", night)
    before = files(night / "build")
    told = answer("publish", "--dry-run", site=night)
    assert told["deleted"] == {"clients' pages": 1}
    assert told["clients"] == {"in_store": 6, "new": 0, "changed": 1, "deleted": 1}
    assert told["changed"]["clients' pages"]["bytes"] >= page.stat().st_size
    plain = sealpress("publish", "--dry-run", site=night)
    assert "1 to be deleted" in plain.stdout
    reason = "the client's own row, policies or situations changed"
    assert told["reasons"] == {reason: 1}
    assert re.search(f"because +{reason}: 1 clients", plain.stdout)
    assert told["forecast"]["cost"] is None
    addresses = [path.removeprefix("p/") for path in files(night / "build/site") if "p/" in path]
    assert not any(part in plain.stdout for path in addresses for part in path.split("/")[1:])
    assert not any(one in plain.stdout for one in EVERYONE)
    assert files(night / "build") == before
    sent = answer("publish", site=night)
    assert sent["added"] == sum(one["files"] for one in told["added"].values())
    assert sent["changed"] == sum(one["files"] for one in told["changed"].values())
    assert (sent["deleted"], sent["unchanged"]) == (1, told["unchanged"])
    nothing = answer("publish", "--dry-run", site=night)
    kept = told["unchanged"] + sent["added"] + sent["changed"]
    groups = ("added", "changed", "headers", "deleted", "deleted_later", "reasons")
    assert [nothing[group] for group in groups] == [{}] * 6
    assert (nothing["unchanged"], nothing["samples"], nothing["objections"]) == (kept, [], [])


@pytest.mark.parametrize("words", [("publish",), ("nightly", "--jobs", 1)], ids=lambda one: one[0])
def test_allow(words: tuple[str, ...], night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a mistake ends with 1 and is not sent; with --allow all of it is."""
    monkeypatch.setattr(guard, "FEWEST", 1)
    own_template(night, "footer.html", "</footer>", "<p>more</p></footer>")
    sealpress("build", "--jobs", 1, site=night)
    before = marks(night / "build/published")
    stopped = sealpress(*words, site=night)
    assert (stopped.exit_code, stopped.stdout) == (1, "")
    assert "would change the pages of 6 of 6 clients in the store" in stopped.stderr
    assert "run it again with --allow" in stopped.stderr
    assert marks(night / "build/published") == before
    assert sealpress(*words, "--allow", site=night).exit_code == 0
    assert files(night / "build/published") == files(night / "build/site")


# ── audit, demo ──────────────────────────────────────────────────────────────────────────────


def test_audit_finds_nothing_in_what_was_built(night: Path) -> None:
    """Every byte of a site that sealpress built is clean."""
    assert answer("audit", site=night) == {"findings": [], "files": everything(night)}


def test_audit_finds_what_was_put_into_the_site(night: Path) -> None:
    """A value of a client in a public file is told by its place alone, and ends with 1."""
    page = night / "build/site/index.html"
    page.write_bytes(page.read_bytes() + b"<!-- agnia@example.org -->")
    result = sealpress("audit", "--json", site=night)
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding.startswith(("build/site/index.html", "index.html"))
    assert "agnia" not in result.output


def test_demo(site: Path) -> None:
    """The demo makes keys where there are none, builds, and prints links that open."""
    (site / "keys/ring.json").unlink()
    shown = answer("demo", "--jobs", 1, site=site)
    assert (len(shown["client_links"]), len(shown["stage_links"])) == (3, 2)
    for link in shown["client_links"]:
        assert sealpress("open", link, site=site).exit_code == 0
    for link in shown["stage_links"]:
        path = link.removeprefix("https://clients.quiet-harbour.example/")
        assert (site / "build/published" / path).is_file()
    said = sealpress("demo", "--jobs", 1, site=site).stdout
    assert all(link in said for link in [*shown["client_links"], *shown["stage_links"]])


def test_one_publisher_at_a_time(night: Path) -> None:
    """While another machine has the store the command ends with 3, and says who has it."""
    papers = open_papers(night, Publish(path=Path("build/published")))
    with leased(papers, "sealpress nightly"):
        result = sealpress("publish", site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "another publisher is at work: sealpress nightly on" in result.stderr
