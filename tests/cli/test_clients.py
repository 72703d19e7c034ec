"""One client: their link, what they see, revoking, forgetting; and who is told nothing."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from generator import proof
from generator.columns import WHO
from generator.sealing import base58
from generator.site.layout import Layout
from generator.site.shelf import Shelf
from generator.told import MARKS
from tests.sites import SMALL, answer, files, private_values, sealpress

HOST = "https://clients.quiet-harbour.example"
LINK = re.compile(rf"{HOST}/#[1-9A-HJ-NP-Za-km-z]{{22}}")
GONE = "no page lies at this address: the link was revoked, expired or never made\n"
PSEUDONYM = re.compile(r"[1-9A-HJ-NP-Za-km-z]{22}")


def link_of(client: str, site: Path) -> str:
    """The client's link, as support staff would ask for it."""
    return str(answer("link", client, site=site)["link"])


def manifest(site: Path) -> list[dict[str, Any]]:
    """The lines of the manifest."""
    text = (site / "build/private/manifest.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def waiting(site: Path) -> list[dict[str, Any]]:
    """The lines that wait for the sender."""
    queue = files(site / "build/private/queue")
    manifests = [file for name, file in queue.items() if name.endswith(".jsonl")]
    return [json.loads(line) for file in manifests for line in file.splitlines()]


def told(site: Path) -> pl.DataFrame:
    """The marks of what was told by published nights."""
    shelf = Shelf(Layout(site).told, MARKS)
    return pl.concat([pl.DataFrame(schema=MARKS), *(marks for _, marks in shelf.frames())])


def opened(link: str, site: Path, *words: str) -> int:
    """The exit code of opening a link."""
    return sealpress("open", link, *words, site=site).exit_code


# ── Links ────────────────────────────────────────────────────────────────────────────────────


def test_link_is_printed_and_opens(night: Path) -> None:
    """The link is printed for a person, and opens the client's page with every part in place."""
    result = sealpress("link", "C-001", "--reason", "call 4711", site=night)
    assert (result.exit_code, result.stderr) == (0, "")
    name, link = result.stdout.split()
    assert name == "link"
    assert LINK.fullmatch(link)
    page = sealpress("open", link, site=night)
    assert (page.exit_code, page.stderr) == (0, "")
    for seen in ("Зимородкова Агния Платоновна", "Два флагмана", "Ваша заявка у нас", "<svg"):
        assert seen in page.stdout


def test_link_is_noted_in_the_audit_log(night: Path) -> None:
    """The log says who asked for whom, by a pseudonym; only its owner can read it."""
    link = link_of("C-001", night)
    sealpress("link", "C-003", "--reason", "письмо № 7", site=night)
    log = night / "build/private/audit.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    first, second = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    assert set(first) == {"at", "operator", "client", "reason"}
    assert (first["reason"], second["reason"]) == ("", "письмо № 7")
    assert PSEUDONYM.fullmatch(first["client"])
    assert first["client"] != second["client"]
    text = log.read_text(encoding="utf-8")
    assert [value for value in private_values(SMALL) if value in text] == []
    assert link.partition("#")[2] not in text


@pytest.mark.parametrize("client", ["C-999", "", "c-001", "C-001 C-002"])
def test_no_link_for_nobody(client: str, night: Path) -> None:
    """A client who is not in the tables has no link, and nothing is noted."""
    result = sealpress("link", client, site=night)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "there is no such client in the tables\n"
    assert not (night / "build/private/audit.log").exists()


def test_a_link_is_read_from_standard_input(night: Path) -> None:
    """A link given as - stands in no shell history; a tag and what a mailer adds do no harm."""
    link = link_of("C-003", night)
    plain = sealpress("open", link, site=night).stdout
    typed = f"  {link}Ab9&utm_source=sms\n"
    assert sealpress("open", "-", site=night, typed=typed).stdout == plain
    assert "Imogen Thistlewood" in plain


def test_open_answers_a_machine(night: Path) -> None:
    """With --json the page is the value of html."""
    link = link_of("C-006", night)
    assert "Стрекозин" in answer("open", link, site=night)["html"]


def test_open_from_the_published_site(night: Path) -> None:
    """What the world sees can be opened too, and differs from what was built after it."""
    link = link_of("C-006", night)
    (night / "build/site").rename(night / "build/elsewhere")
    assert opened(link, night) == 1
    assert opened(link, night, "--published") == 0


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (f"{HOST}/#{'1' * 21}2", GONE),
        (f"{HOST}/#{'2' * 21}", "LINK: the link is not whole — hint: copy all of it; "),
        (f"{HOST}/", "LINK: the link is not whole — hint: copy all of it; "),
        (f"{HOST}/#{'z' * 22}", "LINK: the link is not whole — hint: copy all of it; "),
    ],
)
def test_a_link_that_does_not_open(link: str, told: str, night: Path) -> None:
    """A cut link and one that leads nowhere are told apart, and are not repeated."""
    result = sealpress("open", link, site=night)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(told)
    assert link not in result.stderr


def test_a_page_that_was_altered(night: Path) -> None:
    """A single changed byte is noticed."""
    link = link_of("C-006", night)
    entries = {path for path in files(night / "build/site") if path.startswith("p/")}
    for path in entries:
        page = night / "build/site" / path
        page.write_bytes(page.read_bytes()[:-1] + b"\0")
    result = sealpress("open", link, site=night)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "the page was altered, or belongs to another link\n"


# ── Revoking ─────────────────────────────────────────────────────────────────────────────────


def test_revoke(night: Path) -> None:
    """The old link is dead at once, built and published; the next night makes another one."""
    old, other = link_of("C-001", night), link_of("C-002", night)
    assert "C-001" in [entry["client"] for entry in manifest(night)]
    receipt = answer("revoke", "C-001", site=night)
    who = receipt.pop("who")
    assert PSEUDONYM.fullmatch(who)
    assert receipt.pop("at").endswith("+00:00")
    assert len(receipt.pop("key")) == 44
    assert len(receipt.pop("signature")) == 88
    assert receipt == {
        "format": 1,
        "kind": "withdrawal",
        "why": "revoked",
        "generation": 1,
        "files": 2,
        "versions": 1,
        "manifest_lines": 1,
        "told_marks": 3,  # three reasons: told again
        "store": {"answer": "gone", "addresses": 1, "statuses": []},
        "origin": {"answer": "not asked", "addresses": 0, "statuses": []},  # a folder has none
        "readers": {"answer": "gone", "addresses": 1, "statuses": [404]},
        "purges": [],
    }
    assert (night / f"keys/receipts/{who}-1.json").exists()
    assert [opened(old, night), opened(old, night, "--published")] == [1, 1]
    assert [opened(other, night), opened(other, night, "--published")] == [0, 0]
    for lines in (manifest(night), waiting(night)):
        assert "C-001" not in [entry["client"] for entry in lines]
        assert len(lines) == 4
    done = answer("nightly", "--jobs", 1, site=night)
    rest = len(files(night / "build/site")) - 1
    assert done["files"] == {"added": 1, "changed": 0, "removed": 0, "unchanged": rest}
    assert done["published"] == {"added": 1, "changed": 0, "deleted": 0, "unchanged": rest}
    (entry,) = manifest(night)
    new = link_of("C-001", night)
    assert (entry["client"], entry["link"], len(entry["reasons"])) == ("C-001", new, 3)
    assert entry in waiting(night)
    assert len(waiting(night)) == 5
    assert new != old
    assert [opened(new, night), opened(old, night)] == [0, 1]
    assert [opened(new, night, "--published"), opened(old, night, "--published")] == [0, 1]


def test_revoke_again_and_again(night: Path) -> None:
    """Each revocation makes another link; none of the earlier ones ever opens again."""
    links = []
    for generation in (1, 2):
        links.append(link_of("C-002", night))
        assert answer("revoke", "C-002", site=night)["generation"] == generation
        answer("nightly", "--jobs", 1, site=night)
    links.append(link_of("C-002", night))
    assert len(set(links)) == 3
    assert [opened(link, night) for link in links] == [1, 1, 0]


@pytest.mark.parametrize("words", [("revoke",), ("forget", "--yes"), ("forget",)])
def test_a_dry_run_changes_nothing(words: tuple[str, ...], night: Path) -> None:
    """What would happen is counted as it would be, and no byte changes."""
    before = files(night)
    planned = answer(*words, "C-001", "--dry-run", site=night)
    assert files(night) == before
    assert (planned["dry_run"], planned["files"], planned["manifest_lines"]) == (True, 2, 1)
    done = answer(words[0], "C-001", *(("--yes",) if words[0] == "forget" else ()), site=night)
    assert (planned["versions"], planned["store"]["answer"]) == (0, "not asked")
    same = set(planned) - {"at", "dry_run", "versions", "store", "readers"}
    assert {name: planned[name] for name in same} == {name: done[name] for name in same}


def test_a_mistyped_client_is_noticed(night: Path) -> None:
    """Nothing lay there: the operator is asked whether the id is right, and it is not repeated."""
    result = sealpress("revoke", "C-0001", site=night)
    assert result.exit_code == 0
    assert result.stderr == "warning: no page of this client was there: is the id right?\n"
    assert "C-0001" not in result.output


def test_a_site_that_nobody_serves_yet(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody answers nothing is claimed: receipt and warning say so."""
    monkeypatch.setattr(proof, "status_of", lambda _: None)
    result = sealpress("revoke", "C-001", "--json", site=night)
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: nobody answers at base_url: ")
    assert json.loads(result.stdout)["readers"]["answer"] == "not asked"


def test_a_page_that_a_copy_still_shows(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that names no address, and no receipt; the link is dead all the same."""
    link = link_of("C-001", night)
    monkeypatch.setattr(proof, "status_of", lambda _: 200)
    monkeypatch.setattr(proof, "PATIENCE", 0.0)
    result = sealpress("revoke", "C-001", site=night)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "its old address still opens — hint: see what keeps copies" in result.stderr
    assert not (night / "keys/receipts").exists()
    assert [opened(link, night), opened(link, night, "--published")] == [1, 1]
    monkeypatch.setattr(proof, "status_of", lambda _: 404)
    again = json.loads(sealpress("revoke", "C-001", "--json", site=night).stdout)
    assert (again["generation"], again["readers"]["addresses"]) == (2, 2)


# ── Forgetting ───────────────────────────────────────────────────────────────────────────────


def test_forget(night: Path) -> None:
    """Page, manifest line and marks are gone, and no night makes them again."""
    link = link_of("C-001", night)
    before = told(night)
    receipt = answer("forget", "C-001", "--yes", site=night)
    assert (receipt["why"], receipt["files"], receipt["manifest_lines"]) == ("forgotten", 2, 1)
    assert receipt["told_marks"] == 3  # three reasons
    assert [opened(link, night), opened(link, night, "--published")] == [1, 1]
    for lines in (manifest(night), waiting(night)):
        assert "C-001" not in [entry["client"] for entry in lines]
    assert len(told(night)) == len(before) - 3 == 4
    who = base58.decode(receipt["who"])
    assert (who in before[WHO].to_list(), who in told(night)[WHO].to_list()) == (True, False)
    done = answer("nightly", "--jobs", 1, site=night)
    assert (done["forgotten_rows"], done["pages"], done["manifest_entries"]) == (1, 0, 0)
    left = len(files(night / "build/site"))
    assert done["files"] == {"added": 0, "changed": 0, "removed": 0, "unchanged": left}
    refused = sealpress("link", "C-001", site=night)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "there is no such client in the tables\n"


def test_a_forgotten_client_is_counted_for_people_too(night: Path) -> None:
    """The night says that rows of a forgotten client are still in the tables."""
    answer("forget", "C-001", "--yes", site=night)
    night_after = sealpress("build", "--jobs", 1, site=night)
    assert "1 clients are still in the tables: remove their rows" in night_after.stdout


def test_the_proof_of_forgetting_stays_and_names_nobody(night: Path) -> None:
    """The journal beside the keys says that someone was forgotten, when, and not who."""
    receipt = answer("forget", "C-001", "--yes", site=night)
    journal = night / "keys/generations.jsonl"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    (line,) = journal.read_text(encoding="utf-8").splitlines()
    expected = {"who": receipt["who"], "generation": 1, "why": "forgotten", "at": receipt["at"]}
    assert json.loads(line) == expected
    answer("nightly", "--jobs", 1, site=night)
    left = {**files(night / "build"), **files(night / "keys")}
    names = [b"C-001", "Зимородкова".encode(), b"agnia@example.org", b"QH-7000001"]
    assert [path for path, content in left.items() if any(name in content for name in names)] == []


def test_forget_asks_first(night: Path) -> None:
    """Without --yes it is asked, on standard error; whoever says no has lost nothing."""
    before = files(night)
    refused = sealpress("forget", "C-001", "--json", site=night, typed="n\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "This cannot be undone. Forget the client?" in refused.stderr
    assert files(night) == before
    agreed = sealpress("forget", "C-001", "--json", site=night, typed="y\n")
    assert agreed.exit_code == 0
    assert json.loads(agreed.stdout)["why"] == "forgotten"


def test_forgetting_before_the_first_night(site: Path) -> None:
    """A client can be forgotten before anything was built."""
    result = sealpress("forget", "C-001", "--yes", site=site)
    assert result.exit_code == 0
    assert answer("nightly", "--jobs", 1, site=site)["pages"] == 5


# ── Silence ──────────────────────────────────────────────────────────────────────────────────

QUIET: list[tuple[object, ...]] = [
    ("check",),
    ("build", "--jobs", 1),
    ("nightly", "--jobs", 1),
    ("publish",),
    ("undo",),
    ("audit",),
    ("keys", "list"),
    ("keys", "rotate"),
    ("revoke", "C-001"),
    ("forget", "C-001", "--yes"),
    ("open", f"{HOST}/#{'1' * 21}2"),
]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["people", "machine"])
@pytest.mark.parametrize("words", QUIET, ids=lambda words: str(words[0]))
def test_no_command_tells_of_a_client(
    words: tuple[object, ...], form: tuple[str, ...], night: Path
) -> None:
    """No name, phone, e-mail, id, policy, link or key is said by a command that is not for it."""
    links = [link_of(f"C-00{number}", night).partition("#")[2] for number in range(1, 7)]
    ring = (night / "keys/ring.json").read_text(encoding="utf-8")
    secrets = re.findall(r'"(?:key|pseudonym_key)": "([^"]+)"', ring)
    assert len(secrets) == 2
    said = sealpress(*words, *form, site=night).output
    assert said
    hidden = [*private_values(SMALL), *links, *secrets]
    assert [value for value in hidden if value in said] == []
