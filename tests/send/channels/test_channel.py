"""Opening a channel: its secret from where the settings say, and a late import."""

import subprocess
import sys
from pathlib import Path

import pytest

from generator.base.errors import InputError
from generator.base.sending import GATEWAYS
from generator.send.channels import open_channel, secret_of
from generator.send.channels.channel import MODULES
from generator.send.values import Accepted
from tests.send.channels.samples import SECRET, TOKEN, outcomes, settings, sms

SLOW = ("smtplib", "http.client", "jinja2", "idna", "generator.send.channels.smtp")


def test_an_outbox_lies_below_the_site(tmp_path: Path) -> None:
    """Without any setting but the kind."""
    channel = open_channel("sms", settings(kind="sms"), tmp_path, {})
    assert outcomes(channel, sms()) == [Accepted(f"{sms().id}.txt")]
    assert len(list((tmp_path / "build/private/outbox").iterdir())) == 1


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "email", "gateway": "smtp", "host": "h", "sender": "a@b.example"},
        {"kind": "sms", "gateway": "devino", "sender": "Insurer", "password": TOKEN},
        {"kind": "sms", "gateway": "http", "url": "https://gateway.example/{{ secret }}"},
    ],
)
def test_a_gateway_is_opened_without_a_word_to_it(tmp_path: Path, keys: dict[str, str]) -> None:
    """It connects when the first message goes; nothing that it holds is shown."""
    environment = {"TOKEN_OF_NOBODY": SECRET}
    channel = open_channel("one", settings(**keys), tmp_path, environment)
    assert channel.most > 0
    assert SECRET not in repr(channel)
    channel.close()


def test_every_gateway_has_a_module() -> None:
    """So that none is forgotten."""
    assert set(MODULES) == {gateway for some in GATEWAYS.values() for gateway in some}


def test_a_gateway_is_imported_when_it_is_opened() -> None:
    """The front door brings neither a library of mail nor one of HTTP."""
    code = f"import sys, generator.send.channels; print([m for m in {SLOW} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_secret_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    """Without the end of the line."""
    file = tmp_path / "keys" / "token"
    file.parent.mkdir()
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o600)
    assert secret_of("file:keys/token", tmp_path, {}) == SECRET
    assert secret_of(f"file:{file}", Path("/"), {}) == SECRET
    assert secret_of("env:TOKEN", tmp_path, {"TOKEN": SECRET}) == SECRET


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """What it holds is in no message."""
    file = tmp_path / "token"
    file.write_text(SECRET, encoding="utf-8")
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(InputError, match="chmod 600 token") as caught:
            secret_of("file:token", tmp_path, {})
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("variable", ["env:TOKEN", "file:token", "file:empty", "file:."])
def test_a_secret_that_is_not_there_is_told(tmp_path: Path, variable: str) -> None:
    """With the channel whose it is."""
    (tmp_path / "empty").touch(mode=0o600)
    tmp_path.chmod(0o700)
    made = settings(kind="sms", gateway="devino", sender="Insurer", password=variable)
    with pytest.raises(InputError, match=r"send\.channels\.devino\.password: there is no secret"):
        open_channel("devino", made, tmp_path, {"TOKEN": ""})
