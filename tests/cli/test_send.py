"""``sealpress send`` on a real site that was built and published: each command, for people too."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.builders import ROOT
from tests.nights import moved
from tests.sites import answer, copy_site, private_values, sealpress, with_keys

DAY = "2011-12-02"
ASLEEP = 1
"""Clients whose day has not begun at noon in London."""
SEND = """
send:
  channels:
    sms: {kind: sms}
    email: {kind: email, sender: letters@quiet-harbour.example}
    push: {kind: push}
  answers: https://answers.quiet-harbour.example
  automatic: {most: 100}
"""


@pytest.fixture(scope="session")
def after_a_sending_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small site with the sample's journeys and messages, after its first night."""
    site = with_keys(copy_site(tmp_path_factory.mktemp("sending") / "site"))
    for folder in ("journeys", "messages"):
        shutil.copytree(ROOT / "content" / folder, site / "content" / folder)
    with (site / "content/site.yaml").open("a", encoding="utf-8") as file:
        file.write(SEND)
    assert sealpress("nightly", "--jobs", 1, site=site).exit_code == 0
    return site


@pytest.fixture
def site(after_a_sending_night: Path, tmp_path: Path) -> Path:
    """A copy of it: a manifest waits in the queue."""
    return moved(after_a_sending_night, tmp_path / "site")


def ask(site: Path, *words: object) -> dict[str, Any]:
    """What a command of the sender answers to a machine."""
    return answer("send", *words, "--clock", DAY, site=site)


def say(site: Path, *words: object, code: int = 0) -> str:
    """What it says to a person, whose terminal shows both."""
    result = sealpress("send", *words, "--clock", DAY, site=site)
    assert result.exit_code == code, result.output
    return result.stdout + result.stderr


def approved(site: Path) -> dict[str, Any]:
    """The site's plan, which is approved."""
    found = ask(site, "plan")
    assert ask(site, "approve", found["plan"][:12], "--by", "Vera")["by"] == "Vera"
    return found


def outbox(site: Path) -> dict[str, str]:
    """What lies in the outbox, by its name."""
    found = (site / "build/private/outbox").glob("*.*")
    return {path.name: path.read_text(encoding="utf-8") for path in found}


def test_from_the_plan_to_the_outbox(site: Path) -> None:
    """Planned, approved, handed over; a second run has nothing to do."""
    found = approved(site)
    assert found["manifests"] == 1
    assert found["messages_to_send"] > 3
    done = ask(site, "run")
    assert done["sms"]["accepted"] == found["channels"]["sms"]
    assert len(outbox(site)) == found["messages_to_send"] - ASLEEP
    assert ask(site, "state")["email"]["states"]["planned"] == ASLEEP
    again = ask(site, "run")
    assert {key for counts in again.values() for key in counts} == {"stopped"}
    assert ask(site, "plan")["messages_to_send"] == 0


def test_a_letter_has_its_charts(site: Path) -> None:
    """Of the series that it tells of, drawn as the page shows them."""
    clients = site / "content/journeys/coupon-accrued.yaml"
    text = clients.read_text(encoding="utf-8").replace("[push, sms, email]", "[email]")
    clients.write_text(text, encoding="utf-8")
    approved(site)
    ask(site, "run")
    letters = [text for name, text in outbox(site).items() if name.endswith(".eml")]
    assert any("image/png" in text for text in letters)
    assert all("List-Unsubscribe-Post: List-Unsubscribe=One-Click" in text for text in letters)


def test_a_person_reads_the_same(site: Path) -> None:
    """Each step says what comes next."""
    said = say(site, "plan")
    assert "1 taken" in said
    assert "sealpress send approve " in said
    plan = said.split("sealpress send approve ")[1].split()[0]
    assert "sealpress send run" in say(site, "approve", plan)
    assert "accepted" in say(site, "run")
    assert "nothing was due" in say(site, "run")
    assert "accepted" in say(site, "state")
    assert "accepted" in say(site, "why", "C-001")
    assert "nothing of this client" in say(site, "why", "C-999")


def test_the_night_does_it_all(site: Path) -> None:
    """Within the limits of the settings."""
    found = ask(site, "nightly")
    assert found["messages_to_send"] - ASLEEP == len(outbox(site)) > 3
    assert found["run"]["sms"]["accepted"] > 0


def test_the_night_stays_within_its_limits(site: Path) -> None:
    """Beyond them it ends with 1, sends nothing, and leaves the plan to a person."""
    _edit(site, "automatic: {most: 100}", "automatic: {most: 1}")
    said = say(site, "nightly", code=1)
    assert "and the night may send 1 by itself" in said
    assert not outbox(site)
    assert approved(site)["messages_to_send"] > 1
    ask(site, "run")
    assert outbox(site)


def test_a_night_that_cannot_plan_still_hands_over(site: Path) -> None:
    """A manifest that is not believed holds up nobody who was approved before."""
    approved(site)
    queue = site / "build/private/queue"
    (queue / "2011-12-03-strange.jsonl").write_text("{}\n", encoding="utf-8")
    said = say(site, "nightly", code=1)
    assert "2011-12-03-strange.jsonl: it has no receipt" in said
    assert outbox(site)


def test_stopping_and_going_on(site: Path) -> None:
    """A channel that is stopped is told as such in each run; another gets what it may."""
    approved(site)
    assert ask(site, "stop", "sms", "--why", "wrong text") == {"stopped": "sms"}
    assert "STOPPED: wrong text" in say(site, "run")
    assert ask(site, "state")["sms"]["stopped"] == "wrong text"
    assert not [name for name in outbox(site) if name.endswith(".txt")]
    assert "STOPPED: wrong text" in say(site, "state")
    assert ask(site, "resume", "sms") == {"resumed": True}
    assert ask(site, "resume", "sms") == {"resumed": False}
    assert ask(site, "run")["sms"]["accepted"] > 0


def test_taking_back(site: Path) -> None:
    """What is recalled never goes."""
    found = approved(site)
    assert ask(site, "recall", found["plan"]) == {"recalled": found["messages_to_send"]}
    assert ask(site, "recall", found["plan"]) == {"recalled": 0}
    ask(site, "run")
    assert not outbox(site)


def test_a_consent_and_who_is_forgotten(site: Path) -> None:
    """A call ends messages of a kind; who is forgotten is not in the ledger any more."""
    words = ("--kind", "sms", "--withdraw", "--evidence", "call 4711")
    approved(site)
    assert ask(site, "consent", "C-001", *words) == {"given": False}
    ask(site, "run")
    told = ask(site, "why", "C-001")
    sms = [one for one in told["messages"] if one["channel"] == "sms"]
    assert {(one["state"], one["reason"]) for one in sms} <= {("withheld", "no consent")}
    assert sealpress("send", "forget", "C-001", site=site, typed="n\n").exit_code == 1
    assert ask(site, "forget", "C-001", "--yes")["rows"] > 0
    assert ask(site, "why", "C-001") == {"journeys": [], "messages": []}


def test_addresses_for_pushes(site: Path, tmp_path: Path) -> None:
    """Lines of JSON; a wrong line is told by its number, and nothing is taken then."""
    file = tmp_path / "subscriptions.jsonl"
    lines = [{"client": "C-001", "address": "a-token"}, {"client": "C-002", "address": {"k": "v"}}]
    file.write_text("".join(f"{json.dumps(one)}\n" for one in lines), encoding="utf-8")
    assert ask(site, "addresses", file) == {"addresses": 2}
    file.write_text('{"client": "C-003"}\n[]\n', encoding="utf-8")
    said = say(site, "addresses", file, code=1)
    assert [f"subscriptions.jsonl:{number}" in said for number in (1, 2)] == [True, True]


def test_the_suppression_list(site: Path, tmp_path: Path) -> None:
    """Whoever is on it is not told, until they are taken off it."""
    file = tmp_path / "wishes.txt"
    phones = {row["phone"] for row in _clients(site).values() if row["phone"]}
    file.write_text("\n".join(phones), encoding="utf-8")
    added = ask(site, "suppress", file, "--kind", "sms", "--evidence", "a letter")
    assert added == {"addresses": len(phones), "released": False}
    assert ask(site, "plan")["channels"].get("sms", 0) == 0
    assert ask(site, "suppress", file, "--kind", "sms", "--release")["released"] is True
    assert ask(site, "plan")["channels"]["sms"] > 0


def test_reports_of_a_gateway(site: Path, tmp_path: Path) -> None:
    """Noted once; what is of no message is counted, and stays harmless."""
    approved(site)
    ask(site, "run")
    (first, *_) = (name.removesuffix(".txt") for name in outbox(site) if name.endswith(".txt"))
    file = tmp_path / "reports.jsonl"
    rows = [{"id": one, "status": "delivered"} for one in (first, "0" * 26)]
    file.write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    words = ("reports", file, "--channel", "sms", "--kind", "json")
    assert ask(site, *words) == {"reports": 2, "new": 2, "about_nothing": 1}
    assert ask(site, *words) == {"reports": 2, "new": 0, "about_nothing": 0}
    assert ask(site, "state")["sms"]["states"]["delivered"] == 1


def test_what_clients_did(site: Path, tmp_path: Path) -> None:
    """By the message, noted once; a line that says nothing is told by its number."""
    approved(site)
    ask(site, "run")
    name = next(name for name in outbox(site) if name.endswith(".txt"))
    file = tmp_path / "events.jsonl"
    row = {"what": "opened", "at": "2011-12-02T13:00:00Z", "message": name.removesuffix(".txt")}
    file.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    assert ask(site, "seen", file) == {"lines": 1, "new": 1}
    assert ask(site, "seen", file) == {"lines": 1, "new": 0}
    file.write_text("{}\n", encoding="utf-8")
    assert "events.jsonl:1" in say(site, "seen", file, code=1)


def test_wishes_that_came_by_mail(site: Path, tmp_path: Path) -> None:
    """Whoever presses unsubscribe in their mail program gets no more letters."""
    approved(site)
    ask(site, "run")
    name = next(name for name in outbox(site) if name.endswith(".eml"))
    mail = f"Subject: unsubscribe {name.removesuffix('.eml')}\n\n"
    (tmp_path / "wish.eml").write_text(mail, encoding="utf-8")
    assert ask(site, "unsubscribe", tmp_path / "wish.eml") == {"wishes": 1}


def test_receipts_are_of_smscs_alone(site: Path) -> None:
    """Others report by themselves."""
    assert ask(site, "receipts", "sms", "--seconds", "0.1") == {"receipts": 0}


def test_where_gateways_report(site: Path) -> None:
    """An address for each channel, with a key that nobody guesses."""
    found = ask(site, "listen", "--addresses")
    assert set(found) == {"sms", "email", "push"}
    assert found["sms"].startswith("https://answers.quiet-harbour.example/r/sms/")
    assert len({one.rsplit("/", 1)[1] for one in found.values()}) == 3


def test_a_message_to_ourselves(site: Path) -> None:
    """Of an invented client, or of one who waits; it is marked, and in no plan."""
    phone = ("--to", "+79990000000", "--over", "sms", "--message", "coupon-accrued")
    assert ask(site, "test", *phone)["outcome"] == "accepted"
    assert ask(site, "test", *phone, "--locale", "en")["outcome"] == "accepted"
    texts = list(outbox(site).values())
    assert all(text.startswith("+79990000000\n\nTEST ") for text in texts)
    assert ask(site, "state")["sms"]["states"] == {}
    waiting = _waiting(site)
    assert ask(site, "test", *phone, "--client", waiting)["outcome"] == "accepted"
    assert len(outbox(site)) == len(texts) + 1
    wrong = ("--client", "C-999")
    assert "nothing like it is planned" in say(site, "test", *phone, *wrong, code=1)
    mail = ("--to", "x", "--over", "email", "--message", "coupon-accrued")
    assert "this is no address for the channel" in say(site, "test", *mail, code=1)


def test_an_unknown_message_is_resolved_by_a_person(site: Path) -> None:
    """Of one that is not unknown it is said that there is none."""
    assert "there is no unknown message" in say(site, "resolve", "0" * 26, "sent", code=1)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("approve",), 2),
        (("approve", "0000"), 1),
        (("recall", "0000"), 1),
        (("stop", "pigeon"), 1),
        (("resume", "pigeon"), 1),
        (("receipts", "pigeon"), 1),
        (("resolve", "x", "perhaps"), 2),
        (("consent", "C-001", "--kind", "fax", "--evidence", "x"), 2),
        (("consent", "C-001", "--kind", "sms"), 2),
        (("addresses", "no-such-file"), 2),
        (("reports", "no-such-file", "--channel", "sms"), 2),
        (("listen", "--port", "123456"), 2),
        (("test", "--to", "+79990000000"), 2),
        (("test", "--to", "+79990000000", "--over", "pigeon", "--message", "stage"), 1),
        (("test", "--to", "+79990000000", "--over", "sms", "--message", "nothing"), 1),
        (("fly",), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_refusals(site: Path, words: tuple[str, ...], code: int) -> None:
    """What is not understood ends with 2, what is wrong with 1; no result is printed."""
    result = sealpress("send", *words, *([] if words == ("fly",) else ["--site", str(site)]))
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr


def test_a_site_without_a_sender(site: Path) -> None:
    """Is told which key is missing."""
    _edit(site, SEND, "")
    assert "lacks the key send" in say(site, "plan", code=1)


def test_no_answer_has_a_clients_values(site: Path) -> None:
    """Whatever is asked, and for people too: but the texts of samples are invented anyway."""
    private = private_values(site) - {"C-001"}
    said = [say(site, "plan"), json.dumps(approved(site)), say(site, "run"), say(site, "state")]
    said += [say(site, "why", "C-001"), json.dumps(ask(site, "why", "C-001"))]
    for one in said:
        assert not {value for value in private if len(value) > 4 and value in one}


def _edit(site: Path, old: str, new: str) -> None:
    path = site / "content/site.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _clients(site: Path) -> Mapping[str, dict[str, Any]]:
    """The rows of the manifest that waits."""
    (path,) = (site / "build/private/queue").glob("*.jsonl")
    entries = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {entry["client"]: entry["addresses"] for entry in entries}


def _waiting(site: Path) -> str:
    """A client for whom an SMS of a coupon is planned."""
    clients = _clients(site)
    ask(site, "plan")
    for client in clients:
        if any(
            (one["channel"], one["message"]) == ("sms", "coupon-accrued")
            for one in ask(site, "why", client)["messages"]
            if one["state"] == "planned"
        ):
            return client
    raise LookupError
