"""`sealpress keys`: made once, for its owner's eyes only, changed without losing a link."""

import json
import stat
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.base.config import load_site
from generator.cli import main
from generator.sealing import load_key_ring, load_sender_key
from generator.sealing.keyring import wrapping_of
from tests.kms import kms
from tests.s3 import use_credentials
from tests.sites import copy_site, sealpress

MISSING = "there is no key ring — hint: make one with: sealpress keys new"


@pytest.fixture
def keyless(tmp_path: Path) -> Path:
    """The small site without keys."""
    return copy_site(tmp_path / "site")


def ring_of(site: Path) -> Path:
    """Where the key ring of a site lies."""
    return site / "keys/ring.json"


def keys_in(site: Path) -> list[str]:
    """Every key in the ring, as it is written."""
    ring = json.loads(ring_of(site).read_text(encoding="utf-8"))
    return [ring["pseudonym_key"], *(epoch["key"] for epoch in ring["epochs"])]


def test_new(keyless: Path) -> None:
    """A ring is made that only its owner can read; the answer shows where, and no key."""
    result = sealpress("keys", "new", "--json", site=keyless)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"path": str(ring_of(keyless)), "epoch": 1}
    assert stat.S_IMODE(ring_of(keyless).stat().st_mode) == 0o600
    assert stat.S_IMODE(ring_of(keyless).parent.stat().st_mode) == 0o700
    assert [path.name for path in ring_of(keyless).parent.iterdir()] == ["ring.json"]


def test_new_says_what_is_next(keyless: Path) -> None:
    """A person is told the path below the site, and to copy the ring."""
    result = sealpress("keys", "new", site=keyless)
    assert result.stdout.splitlines() == [
        "key ring  keys/ring.json",
        "epoch     1",
        "next      copy it to a safe place",
    ]


def test_new_refuses_a_second_time(keyless: Path) -> None:
    """A ring is never replaced: all links would die."""
    sealpress("keys", "new", site=keyless)
    before = ring_of(keyless).read_bytes()
    result = sealpress("keys", "new", site=keyless)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a key ring is already there; to change keys: sealpress keys rotate" in result.stderr
    assert ring_of(keyless).read_bytes() == before


def test_list(keyless: Path) -> None:
    """Epochs are listed with their day and state; keys never are."""
    sealpress("keys", "new", site=keyless)
    sealpress("keys", "rotate", site=keyless)
    sealpress("keys", "rotate", "--retire", 1, site=keyless)
    today = f"{date.today()}"  # noqa: DTZ011 - the operator's own day is meant
    listed = sealpress("keys", "list", "--json", site=keyless)
    ring = load_key_ring(ring_of(keyless), {})
    assert json.loads(listed.stdout) == {
        "epochs": [
            {"epoch": 1, "created": today, "live": False},
            {"epoch": 2, "created": today, "live": True},
        ],
        "receipts": ring.signer.public,
    }
    assert sealpress("keys", "list", site=keyless).stdout.splitlines() == [
        f"epoch 1   made {today}, retired",
        f"epoch 2   made {today}, live, links are made under it",
        f"receipts  {ring.signer.public}",
    ]


def test_sender(keyless: Path) -> None:
    """The sender's key is made once, for its owner; its public part goes into the settings."""
    path = keyless / "keys/sender.json"
    made = json.loads(sealpress("keys", "sender", "--json", site=keyless).stdout)
    assert made == {"path": str(path), "recipient": load_sender_key(path).public}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = sealpress("keys", "sender", site=keyless)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "a sender's key is already there" in again.stderr
    other = sealpress("keys", "sender", "--key", "mine/key.json", site=keyless)
    assert other.stdout.splitlines()[0] == "key        mine/key.json"
    settings = keyless / "content/site.yaml"
    settings.write_text(f"{settings.read_text('utf-8')}recipient: {made['recipient']}\n", "utf-8")
    assert load_site(keyless)[0].recipient == made["recipient"]


@pytest.mark.parametrize(
    ("words", "live"), [((), [1, 2, 3]), (("--leaked",), [3]), (("--retire", 1), [2])]
)
def test_rotate(words: tuple[object, ...], live: list[int], keyless: Path) -> None:
    """A new epoch, a leak and a retirement leave these epochs live, and keep every key."""
    sealpress("keys", "new", site=keyless)
    sealpress("keys", "rotate", site=keyless)
    before = keys_in(keyless)
    planned = sealpress("keys", "rotate", *words, "--dry-run", "--json", site=keyless)
    assert json.loads(planned.stdout) == {"live": live, "dry_run": True}
    assert keys_in(keyless) == before
    done = sealpress("keys", "rotate", *words, "--json", site=keyless)
    assert json.loads(done.stdout) == {"live": live, "dry_run": False}
    assert keys_in(keyless)[: len(before)] == before
    assert stat.S_IMODE(ring_of(keyless).stat().st_mode) == 0o600


@pytest.mark.parametrize("epoch", [1, 2, 0, -1])
def test_only_an_old_epoch_can_be_retired(epoch: int, keyless: Path) -> None:
    """The newest epoch, and one that does not exist, cannot be retired."""
    sealpress("keys", "new", site=keyless)
    result = sealpress("keys", "rotate", "--retire", epoch, site=keyless)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"epoch {epoch} cannot be retired: it is the newest, or does not exist\n"
    )


@pytest.mark.parametrize(
    "words", [("keys", "list"), ("keys", "rotate"), ("build",), ("link", "C-001")]
)
def test_a_missing_ring(words: tuple[str, ...], keyless: Path) -> None:
    """Whatever needs keys says how they are made, and makes none by itself."""
    result = sealpress(*words, site=keyless)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{ring_of(keyless)}: {MISSING}\n"
    assert not ring_of(keyless).exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_ring_that_others_can_read(mode: int, site: Path) -> None:
    """A ring that leaked to the machine's other users is not used."""
    ring_of(site).chmod(mode)
    result = sealpress("build", site=site)
    path = ring_of(site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"{path}: other users can read the key ring — hint: chmod 600 {path}\n"
    )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda ring: ring["epochs"][0].update(key="c2hvcnQ="), "is not 32 bytes long"),
        (lambda ring: ring.update(pseudonym_key="c2hvcnQ="), "is not 32 bytes long"),
        (lambda ring: ring["epochs"][0].update(live=False), "is not live"),
        (lambda ring: ring.update(epochs=[]), "is not live"),
        (lambda ring: ring.update(format="sealpress key ring 2"), "not a sealpress key ring"),
        (lambda ring: ring.pop("pseudonym_key"), "not a sealpress key ring"),
    ],
)
def test_a_damaged_ring(spoil: object, told: str, site: Path) -> None:
    """A ring that cannot be used is refused, and no part of it is quoted."""
    assert callable(spoil)
    ring = json.loads(ring_of(site).read_text(encoding="utf-8"))
    secret = ring["epochs"][0]["key"]
    spoil(ring)
    ring_of(site).write_text(json.dumps(ring), encoding="utf-8")
    result = sealpress("build", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert secret not in result.stderr
    assert not (site / "build/site").exists()


def test_a_damaged_journal_of_revocations(night: Path) -> None:
    """Without its journal a revoked link would open again: nothing is built."""
    sealpress("revoke", "C-001", site=night)
    (night / "keys/generations.jsonl").write_text("{", encoding="utf-8")
    result = sealpress("build", site=night)
    assert result.exit_code == 1
    assert "the journal is damaged — hint: restore its backup" in result.stderr


def test_a_ring_in_the_environment(site: Path) -> None:
    """A ring from the environment is used instead of the file, and is changed where it is kept."""
    ring = ring_of(site).read_text(encoding="utf-8")
    ring_of(site).unlink()
    run = CliRunner().invoke
    environment = {"SEALPRESS_KEYS": ring}
    listed = run(main, ["keys", "list", "--site", str(site)], env=environment)
    assert (listed.exit_code, listed.stderr) == (0, "")
    rotated = run(main, ["keys", "rotate", "--site", str(site)], env=environment)
    assert (rotated.exit_code, rotated.stdout) == (2, "")
    assert "change it where it is kept" in rotated.stderr
    assert not ring_of(site).exists()


def test_a_ring_lies_wrapped_and_plain_again(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key of KMS, then without; the ring is the same, and a slip is told."""
    use_credentials(monkeypatch)
    before = load_key_ring(ring_of(site), {})
    with kms() as (_, wrapper):
        words = ("keys", "wrap", "--kms", wrapper.key, "--region", wrapper.region)
        done = sealpress(*words, site=site)
        assert (done.exit_code, done.stderr) == (0, "")
        assert f"only {wrapper.key} opens it" in done.stdout
        assert wrapping_of(ring_of(site)) == wrapper
        assert load_key_ring(ring_of(site), {}) == before
        assert sealpress("keys", "list", site=site).exit_code == 0
        assert sealpress("keys", "wrap", "--off", "--json", site=site).exit_code == 0
    assert wrapping_of(ring_of(site)) is None
    assert load_key_ring(ring_of(site), {}) == before
    assert sealpress("keys", "wrap", site=site).exit_code == 2


@pytest.mark.parametrize("words", [("new",), ("list",), ("rotate",), ("rotate", "--leaked")])
def test_no_key_is_ever_shown(words: tuple[str, ...], keyless: Path) -> None:
    """No command prints a key."""
    if words != ("new",):
        sealpress("keys", "new", site=keyless)
    said = sealpress("keys", *words, site=keyless).output
    said += sealpress("keys", "list", "--json", site=keyless).output
    found = keys_in(keyless)
    assert len(found) >= 2
    assert [key for key in found if key in said] == []
