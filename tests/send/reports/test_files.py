"""Reports in files: folders of mail, and lines of JSON."""

import json
from datetime import UTC, datetime
from mailbox import Maildir
from pathlib import Path

from generator.send.reports import read_reports
from tests.send.reports.test_dsn import OURS, bounce

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_a_maildir_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    """Letters that were seen and that were not; each that is none of ours is a problem."""
    maildir = Maildir(tmp_path / "bounces")
    maildir.add(bounce("failed", "5.1.1"))
    maildir.add(bounce("delayed", "4.4.1"))
    maildir.add(b"Subject: hello\n\nBuy now")
    before = sorted(tmp_path.rglob("*"))
    reports, problems = read_reports(tmp_path / "bounces", "mail", "letters", NOW)
    assert [(one.id, one.status) for one in reports] == [(OURS, "dead")]
    assert [one.sentence for one in problems] == ["is no report: not about a letter of ours"]
    assert sorted(tmp_path.rglob("*")) == before


def test_one_letter_and_a_folder_of_letters(tmp_path: Path) -> None:
    """Without the form of a maildir, too."""
    (tmp_path / "one.eml").write_bytes(bounce("failed", "5.2.2"))
    for path in (tmp_path, tmp_path / "one.eml"):
        reports, problems = read_reports(path, "mail", "letters", NOW)
        assert [one.status for one in reports] == ["failed"]
        assert problems == []


def test_lines_of_json_keep_their_order(tmp_path: Path) -> None:
    """A line that cannot be read is a problem with its number; the others count."""
    path = tmp_path / "reports.jsonl"
    lines = [
        json.dumps({"id": OURS, "status": "failed"}),
        "",
        "{",
        json.dumps({"id": OURS, "status": "delivered"}),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    reports, problems = read_reports(path, "json", "sms", NOW)
    assert [one.status for one in reports] == ["failed", "delivered"]
    assert [(one.line, one.sentence) for one in problems] == [(3, "is no report: not JSON")]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """With its place."""
    reports, problems = read_reports(tmp_path / "none", "mail", "letters", NOW)
    assert reports == []
    assert problems[0].sentence == "cannot be read: No such file or directory"
