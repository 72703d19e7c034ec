"""The folder that stands for a gateway: a file a message, once, for its owner alone."""

import json
import stat
from email import message_from_bytes
from pathlib import Path

import pytest

from generator.send.channels.outbox import OutboxChannel
from generator.send.values import Accepted, Later, Outgoing, Rejected
from tests.send.channels.samples import NOW, TEXT, TO, id_of, letter, outcomes, settings, sms


def outbox(folder: Path, kind: str) -> OutboxChannel:
    """One of that kind of messages."""
    return OutboxChannel(settings(kind=kind, path=folder), now=lambda: NOW)


@pytest.mark.parametrize(
    ("kind", "message", "suffix"),
    [("sms", sms(), "txt"), ("email", letter(), "eml"), ("push", sms(link="l"), "json")],
)
def test_a_message_is_a_file_once(
    tmp_path: Path, kind: str, message: Outgoing, suffix: str
) -> None:
    """A second hand-over leaves the first file as it is."""
    folder = tmp_path / "a" / "outbox"
    name = f"{id_of(1)}.{suffix}"
    assert outcomes(outbox(folder, kind), message) == [Accepted(name)]
    first = (folder / name).read_bytes()
    again = Outgoing(message.id, message.to, "another text")
    assert outcomes(outbox(folder, kind), again) == [Accepted(name)]
    assert [one.name for one in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == first
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_files_are_to_be_read(tmp_path: Path) -> None:
    """An SMS by a person, a letter by a mail program, a push by a machine."""
    outcomes(outbox(tmp_path, "sms"), sms(1))
    outcomes(outbox(tmp_path, "email"), letter(2))
    outcomes(outbox(tmp_path, "push"), sms(3, link="https://x.example/#a"))
    text = (tmp_path / f"{id_of(1)}.txt").read_text(encoding="utf-8")
    assert text == f"{TO}\n\n{TEXT}\n"
    made = message_from_bytes((tmp_path / f"{id_of(2)}.eml").read_bytes())
    assert made["To"] == letter().to
    push = json.loads((tmp_path / f"{id_of(3)}.json").read_text(encoding="utf-8"))
    assert (push["text"], push["link"]) == (TEXT, "https://x.example/#a")


@pytest.mark.parametrize("id_", ["../a", "a/b", "", ".", "a.b"])
def test_no_id_leads_out_of_it(tmp_path: Path, id_: str) -> None:
    """It is refused."""
    assert outcomes(outbox(tmp_path / "o", "sms"), sms(id=id_)) == [Rejected("id")]
    assert list(tmp_path.iterdir()) == []


def test_a_letter_that_is_none_is_refused(tmp_path: Path) -> None:
    """As a relay would."""
    made = letter(headers={"Bcc": "b@client.example"})
    assert outcomes(outbox(tmp_path, "email"), made) == [Rejected("not a letter")]


def test_a_place_that_is_no_folder_is_later(tmp_path: Path) -> None:
    """Nothing was written; it is told by its kind, not by its path."""
    (tmp_path / "file").touch()
    (said,) = outcomes(outbox(tmp_path / "file", "sms"), sms())
    assert isinstance(said, Later)
    assert said.code == "FileExistsError"
