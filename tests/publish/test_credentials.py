"""Credentials: where boto3 finds them, renewed, and never shown."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import CredentialRetrievalError

from generator.base.errors import OutsideError
from generator.publish import credentials
from generator.publish.credentials import PAUSES, Credentials, signer_of

KEYS = {"AWS_ACCESS_KEY_ID": "who", "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anyone"}
FROZEN = SimpleNamespace(access_key="who", secret_key="not-a-secret-of-anyone", token=None)  # noqa: S106


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nothing in the environment, and a profile in files."""
    for name in (*KEYS, "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = file\naws_secret_access_key = x\naws_session_token = t\n"
    )
    (tmp_path / "config").write_text("[default]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path / 'credentials'}")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path / 'config'}")


@pytest.mark.usefixtures("profile")
def test_those_of_the_environment_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a region nothing else is looked at; without one it is that of the profile."""
    found = signer_of("eu-west-1", {**KEYS, "AWS_SESSION_TOKEN": "token"})
    assert (found.region, found.now().key, found.now().token) == ("eu-west-1", "who", "token")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    found = signer_of("", KEYS)
    assert (found.region, found.now().key) == ("eu-north-1", "who")


@pytest.mark.usefixtures("profile")
def test_those_of_a_profile() -> None:
    """Key, token and region; the region of the settings goes before."""
    assert signer_of("", {}).now() == Credentials("file", "x", "t")
    assert signer_of("", {}).region == "eu-north-1"
    assert signer_of("eu-west-1", {}).region == "eu-west-1"


@pytest.mark.usefixtures("profile")
def test_those_that_end_are_left_to_who_renews_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment with a time at which they expire are those that botocore reads."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert signer_of("", {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2011"}).now().key == "file"


@pytest.mark.parametrize("failures", [1, len(PAUSES)])
def test_who_gives_them_may_be_away_for_a_moment(failures: int) -> None:
    """It is asked again."""
    answers, waits = [True] * failures, list[float]()

    def frozen() -> object:
        if answers and answers.pop():
            raise CredentialRetrievalError(provider="a machine", error_msg="away")
        return FROZEN

    found = SimpleNamespace(get_frozen_credentials=frozen)
    assert credentials._renewed(found, waits.append).key == "who"  # noqa: SLF001
    assert waits == list(PAUSES[:failures])


def test_who_gives_them_stays_away() -> None:
    """It is told in our words."""

    def frozen() -> None:
        raise CredentialRetrievalError(provider="a machine", error_msg="away")

    found = SimpleNamespace(get_frozen_credentials=frozen)
    with pytest.raises(OutsideError, match="the credentials are missing, expired") as caught:
        credentials._renewed(found, lambda _: None)  # noqa: SLF001
    assert "away" not in str(caught.value)


def test_they_are_not_shown() -> None:
    """Whatever is printed or logged."""
    shown = repr(Credentials("who", "not-a-secret-of-anyone", "token"))
    assert not any(word in shown for word in ("who", "secret-of", "token"))
