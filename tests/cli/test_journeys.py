"""`sealpress journeys`: every mistake at once, and a picture."""

import json
import shutil
from pathlib import Path

import pytest

from tests.builders import ROOT, SITE_YAML, write
from tests.send.journeys.test_drawing import CHART
from tests.send.journeys.test_reading import SHIPPED
from tests.send.journeys.texts import JOURNEY, MESSAGES, OTHER, SEND
from tests.sites import SMALL, sealpress

TEXTS = {
    f"content/messages/{name}.{kind}.md": "x" for name, kinds in MESSAGES.items() for kind in kinds
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Settings, two journeys, and the names of their messages."""
    files = {"content/journeys/it.yaml": JOURNEY, "content/journeys/other.yaml": OTHER}
    return write(tmp_path / "site", {"content/site.yaml": SITE_YAML + SEND, **files, **TEXTS})


def test_check(site: Path) -> None:
    """Each journey in a line: what begins it and what it does."""
    result = sealpress("journeys", "check", site=site)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "it        when coupon: accrued, service: messages 2, waits 1, conditions 1",
        "other     when stage: cards/*, service: messages 1, waits 0, conditions 0",
        "journeys  2",
    ]


def test_check_for_machines(site: Path) -> None:
    """The same as one object."""
    result = sealpress("journeys", "check", "--json", site=site)
    assert json.loads(result.stdout)["journeys"]["other"] == {
        "when": "stage: cards/*",
        "purpose": "service",
        "messages": 1,
        "waits": 0,
        "conditions": 0,
    }


def test_check_tells_everything(site: Path) -> None:
    """Mistakes of both files, with their places; the code says that the input is wrong."""
    write(
        site,
        {
            "content/journeys/it.yaml": JOURNEY.replace("wait: 3d", "wait: soon"),
            "content/journeys/other.yaml": OTHER.replace("[sms]", "[fax]"),
        },
    )
    result = sealpress("journeys", "check", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    wait, channel = result.stderr.splitlines()
    assert wait.startswith("content/journeys/it.yaml:9:11: steps[2].wait: is not a wait — hint: ")
    assert channel == (
        "content/journeys/other.yaml:6:12: steps[1].over[1]: there is no such channel — hint: "
        "known: sms, email, push"
    )


def test_check_knows_the_stages(site: Path) -> None:
    """Where the products lie beside the journeys, a stage that none has is told."""
    shutil.copytree(SMALL / "content/products", site / "content/products")
    stage = "content/journeys/other.yaml"
    write(site, {stage: OTHER.replace("cards/*", "[card/*, card/ordred, '*']")})
    result = sealpress("journeys", "check", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    sentence = "no product has such a stage — hint: did you mean card/ordered?"
    assert result.stderr == f"{stage}: when.stage: {sentence}\n"
    (site / next(iter(SMALL.glob("content/products/*/product.yaml"))).relative_to(SMALL)).unlink()
    assert sealpress("journeys", "check", site=site).exit_code == 0


def test_check_knows_of_nights_without_a_day(site: Path) -> None:
    """Zones that are never awake together would hold messages for ever."""
    zones = "  zones: [Europe/Kaliningrad, America/Vancouver, Asia/Kamchatka]\n"
    write(site, {"content/site.yaml": SITE_YAML + SEND + zones})
    result = sealpress("journeys", "check", site=site)
    assert result.exit_code == 1
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        f"send.channels.{name}.quiet" for name in ("email", "push", "sms")
    ]


def test_draw(site: Path) -> None:
    """One journey, to be piped; or all in one chart."""
    result = sealpress("journeys", "draw", "it", site=site)
    assert (result.exit_code, result.stdout) == (0, CHART)
    both = sealpress("journeys", "draw", site=site).stdout
    assert (both.count("flowchart"), both.count("subgraph")) == (1, 2)


def test_draw_into_a_file(site: Path, tmp_path: Path) -> None:
    """A Markdown file that is shown as a picture."""
    out = tmp_path / "it.md"
    result = sealpress("journeys", "draw", "it", "--out", out, site=site)
    assert out.read_text(encoding="utf-8") == f"```mermaid\n{CHART}```\n"
    assert result.stdout.splitlines() == ["drawn  it", f"file   {out}"]


def test_draw_for_machines(site: Path, tmp_path: Path) -> None:
    """The chart in an object, or where it was written."""
    result = sealpress("journeys", "draw", "it", "--json", site=site)
    assert json.loads(result.stdout) == {"journeys": ["it"], "mermaid": CHART}
    out = tmp_path / "it.md"
    result = sealpress("journeys", "draw", "it", "--json", "--out", out, site=site)
    assert json.loads(result.stdout) == {"journeys": ["it"], "path": str(out)}


def test_draw_what_is_not_there(site: Path) -> None:
    """A mistyped name is mended."""
    result = sealpress("journeys", "draw", "othr", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "NAME: there is no such journey — hint: did you mean other?\n"


def test_the_sample_is_right(tmp_path: Path) -> None:
    """The shipped journeys with the shipped settings, whatever their messages say."""
    shutil.copytree(ROOT / "content/journeys", tmp_path / "content/journeys")
    shutil.copy(ROOT / "content/site.yaml", tmp_path / "content")
    names = [f"{name}.{kind}" for name, kinds in SHIPPED.items() for kind in kinds]
    write(tmp_path, {f"content/messages/{name}.md": "x" for name in names})
    result = sealpress("journeys", "check", site=tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "journeys          5"
