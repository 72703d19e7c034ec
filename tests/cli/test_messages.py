"""`sealpress messages` as an editor meets it."""

import json
from pathlib import Path

import pytest

from tests.send.letters import email, sms
from tests.sites import sealpress

SMS = sms("{{ name.polite }}, it’s here: {{ link }}", reason="stage")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site with two messages."""
    settings = "name: {en: N}\ncontacts: {en: Ask}\nbase_url: https://c.example\nlocales: [en]\n"
    (tmp_path / "content/messages").mkdir(parents=True)
    (tmp_path / "content/site.yaml").write_text(settings, encoding="utf-8")
    (tmp_path / "content/messages/a.sms.md").write_text(SMS, encoding="utf-8")
    (tmp_path / "content/messages/b.email.md").write_text(email("Hello"), encoding="utf-8")
    return tmp_path


def test_check_shows_parts_and_costs(root: Path) -> None:
    """A row for each SMS and size of client, and a warning of what makes it dearer."""
    result = sealpress("messages", "check", site=root)
    assert result.exit_code == 0
    assert "2 messages are right: a, b" in result.output
    assert "’ (right single quotation mark)" in result.stderr
    rows = [line.split() for line in result.output.splitlines() if line.startswith(" a ")]
    assert [row[2:5] for row in rows] == [["median", "UCS-2", "1"], ["longest", "UCS-2", "1"]]


def test_check_tells_every_problem(root: Path) -> None:
    """And ends with the code of wrong input."""
    (root / "content/messages/a.sms.md").write_text(sms("{{ nam }}"), encoding="utf-8")
    (root / "content/messages/c.fax.md").write_text(SMS, encoding="utf-8")
    result = sealpress("messages", "check", site=root)
    assert result.exit_code == 1
    assert "a.sms.md:4:4: there is no value nam" in result.stderr
    assert "c.fax.md: the file's name is not usable" in result.stderr


def test_check_measures_a_manifest(root: Path, tmp_path: Path) -> None:
    """With its own clients in place of invented ones; nothing of them is shown."""
    manifest = tmp_path / "manifest.jsonl"
    line = {
        "format": 1,
        "client": "C-1",
        "name": {"full": "Zoe", "polite": "Z" * 90, "short": "Z"},
        "locale": "en",
        "time_zone": "",
        "addresses": {},
        "consents": [],
        "bank": "",
        "segment": "",
        "link": "https://c.example/#7KqXn4mRb2vTz9LcW3sYdE",
        "page": {},
        "reasons": [{"kind": "stage", "link": "https://c.example/q/x"}],
    }
    manifest.write_text(json.dumps(line) + "\n", encoding="utf-8")
    result = sealpress("messages", "check", "--manifest", manifest, "--json", site=root)
    found = json.loads(result.stdout)
    assert [row["parts"] for row in found["sms"]] == [3, 3]
    assert "ZZZ" not in result.output


def test_a_manifest_that_is_none_is_told_with_its_line(root: Path, tmp_path: Path) -> None:
    """And with nothing that stands there."""
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"client": "C-1"}\n', encoding="utf-8")
    result = sealpress("messages", "check", "--manifest", path, site=root)
    assert result.exit_code == 1
    assert "manifest.jsonl:1:0: this is no line of a manifest" in result.stderr
    assert "C-1" not in result.output


def test_show_writes_a_letter_that_a_browser_opens(root: Path, tmp_path: Path) -> None:
    """Its HTML, with something where charts are; on the terminal its subject and where it lies."""
    text = email("{{ chart(reason.series) }}")
    (root / "content/messages/b.email.md").write_text(text, encoding="utf-8")
    out = tmp_path / "b.html"
    result = sealpress("messages", "show", "b", "email", "--out", out, site=root)
    assert result.exit_code == 0
    assert "subject    News" in result.stdout
    written = out.read_text(encoding="utf-8")
    assert written.startswith("<!DOCTYPE html>")
    assert written.count('<img src="data:image/svg+xml,') == 1
    assert "cid:" not in written


def test_show_tells_of_a_message_that_is_not_there(root: Path) -> None:
    """With its neighbours."""
    result = sealpress("messages", "show", "aa", "sms", site=root)
    assert result.exit_code == 1
    assert "there is no such message" in result.stderr
    shown = sealpress("messages", "show", "a", "sms", site=root)
    assert "Emily, it’s here: https://c.example/#" in shown.stdout
