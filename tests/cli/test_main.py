"""All commands together: help with an example, versions, usage errors, answers for machines."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from generator import __version__
from generator.cli import main
from tests.builders import ROOT
from tests.sites import commands_of, outside, sealpress


def commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every group and command with the words that call it."""
    yield before, group
    for name, command in commands_of(group).items():
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield (*before, name), command


COMMANDS = dict(commands(main))
PAIR = ROOT / "content/strategies/pair-2010-12.yaml"
AS_JSON: dict[tuple[str, ...], tuple[object, ...]] = {
    ("check",): (),
    ("build",): ("--jobs", 1),
    ("publish",): (),
    ("nightly",): ("--jobs", 1),
    ("demo",): ("--jobs", 1),
    ("audit",): (),
    ("headers",): (),
    ("link",): ("C-001",),
    ("revoke",): ("C-001",),
    ("forget",): ("C-001", "--yes"),
    ("keys", "list"): (),
    ("keys", "rotate"): (),
}
"""What each command needs to answer a machine."""

SENDING = (
    "addresses", "approve", "consent", "forget", "listen", "nightly", "plan", "recall", "receipts",
    "reports", "resolve", "resume", "run", "seen", "state", "stop", "suppress", "test",
    "unsubscribe", "why",
)  # fmt: skip
ELSEWHERE = {
    ("coupons",),
    ("doctor",),
    ("journeys", "check"),
    ("journeys", "draw"),
    ("open",),
    ("receipt", "verify"),
    ("serve",),
    ("undo",),
    ("watch",),
    ("keys", "new"),
    ("keys", "wrap"),
    ("keys", "sender"),
    ("messages", "check"),
    ("messages", "show"),
    ("receipt", "key"),
    *(("send", name) for name in SENDING),
}
"""Commands that answer machines in tests of their own."""


def test_the_commands_are_found() -> None:
    """A group that lost its commands would otherwise test nothing."""
    assert len(COMMANDS) >= 18


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_has_an_example(words: tuple[str, ...]) -> None:
    """Whoever asks how a command is used sees a line to copy, and every option is explained."""
    result = sealpress(*words, "--help")
    assert result.exit_code == 0
    assert " ".join(("sealpress", *words)) in result.stdout.replace("\n", " ")
    options = [param for param in COMMANDS[words].params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert sealpress(*words, "-h").stdout == result.stdout


def test_version() -> None:
    """The version is that of the package."""
    assert sealpress("--version").stdout == f"sealpress, version {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("chekc",),
        ("check", "--sight", "."),
        ("check", "--clock", "2011-02-30"),
        ("check", "--clock", "tomorrow"),
        ("build", "--jobs", "0"),
        ("build", "--full", "please"),
        ("nightly", "--engine"),
        ("serve", "--port", "123456"),
        ("link",),
        ("keys", "rotate", "--leaked", "--retire", "1"),
        ("coupons", "no-such-file.yaml", "--as-of", "2011-12-02"),
    ],
    ids=" ".join,
)
def test_usage_errors(words: tuple[str, ...], site: Path) -> None:
    """A command that was not understood ends with 2, says why, and prints no result."""
    site_words = [] if words[0] in {"chekc", "coupons"} else ["--site", site]
    result = sealpress(*words, *site_words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_every_answer_for_machines_is_tested() -> None:
    """A new command with --json joins these tests."""
    speaking = {
        words
        for words, command in COMMANDS.items()
        if any(param.name == "as_json" for param in command.params)
    }
    assert speaking == {*AS_JSON, *ELSEWHERE}


@pytest.mark.parametrize("words", AS_JSON, ids=" ".join)
def test_json_is_one_object(words: tuple[str, ...], night: Path) -> None:
    """With --json standard output holds one object, and progress is silent."""
    result = sealpress(*words, *AS_JSON[words], "--json", site=night)
    assert (result.exit_code, result.stderr) == (0, "")
    assert isinstance(json.loads(result.stdout), dict)
    assert result.stdout.endswith("}\n")


def test_a_refusal_prints_no_result(site: Path) -> None:
    """With --json too, a command that fails leaves standard output empty."""
    (site / "content/site.yaml").unlink()
    result = sealpress("build", "--json", site=site)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("content/site.yaml: there is no such file")


def test_the_module_runs(site: Path) -> None:
    """`python -m generator` is the command."""
    command = [sys.executable, "-m", "generator", "check", "--site", str(site)]
    done = subprocess.run(command, env=outside(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all is right" in done.stdout
