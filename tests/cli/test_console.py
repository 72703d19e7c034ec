"""How the command speaks: nothing is cut off, nothing is read as markup, progress has two forms."""

import io

import pytest
from rich.console import Console

from generator.base.errors import Problem
from generator.cli.console import ALIKE, Voice, in_short

LINK = f"https://{'clients.' * 20}example.org/#{'5' * 22}"


def test_a_long_value_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """A link that is longer than a terminal is wide is printed whole, on one line."""
    Voice().result({}, {"link": LINK, "and more": 7})
    assert capsys.readouterr().out == f"link      {LINK}\nand more  7\n"


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "a.yaml:100:3: x", ":1234:", r"\[x]"])
def test_text_stays_as_it_is(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets are no markup, and line 100 is no emoji."""
    voice = Voice()
    voice.say(text)
    voice.warn(text)
    voice.refuse(text)
    voice.result({}, {text: text})
    said = capsys.readouterr()
    assert said.out == f"{text}\n{text}  {text}\n"
    assert said.err == f"warning: {text}\n{text}\n"


def test_a_machine_is_told_the_result_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json only the result is printed, as it is."""
    voice = Voice(as_json=True)
    voice.say("Stopped.")
    with voice.progress() as progress:
        progress("clients", 1, 1)
    voice.result({"name": "Гавань"}, {"name": "x"})
    assert capsys.readouterr() == ('{\n "name": "Гавань"\n}\n', "")


def test_progress_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    """In a log a step is a line, once, when it is finished."""
    with Voice().progress() as progress:
        for done in (1, 2, 2):
            progress("clients", done, 2)
    assert capsys.readouterr() == ("", "clients: 2 of 2\n")


def test_progress_on_a_terminal() -> None:
    """On a terminal a step is a bar that says how far it is."""
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=80)
    voice = Voice()
    voice.err = terminal
    with voice.progress() as progress:
        progress("clients", 1, 2)
        progress("clients", 2, 2)
    assert "clients" in screen.getvalue()
    assert "2/2" in screen.getvalue()


def test_many_alike_are_told_in_short() -> None:
    """A million rows with one mistake are not a million lines; another mistake is still told."""
    alike = [Problem("a.csv", "is not an amount", "", "x", line, 1) for line in range(2, 1000)]
    other = Problem("b.csv", "is required", "", "y", 5, 1)
    lines = list(in_short([*alike, other]))
    assert lines[:ALIKE] == [str(problem) for problem in alike[:ALIKE]]
    more = f"a.csv: x: the same on {len(alike) - ALIKE} more lines: is not an amount"
    assert lines[ALIKE:] == [str(other), more]
