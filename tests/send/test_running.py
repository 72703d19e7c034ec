"""A run goes through all channels: what goes wrong on one is told, and the others go on."""

from pathlib import Path

import pytest

from generator.base.errors import InputError, OutsideError, Problem
from generator.send.handing import Run
from generator.send.running import Done, holder, run
from tests.nights import silent
from tests.send.house import House, clients, house, outcomes

WRONG = InputError([Problem("a", "is wrong"), Problem("b", "is wrong")])
AWAY = OutsideError("the gateway is away")


def told(done: Done) -> str:
    """What a run ends with; empty where all went well."""
    try:
        done.raise_errors()
    except (InputError, OutsideError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def both(root: Path, number: int = 2) -> House:
    """A site where SMS and letters were approved."""
    one = house(root)
    one.journey("letters", steps=[{"send": "news", "over": ["email"]}])
    one.night(*clients(number))
    one.approve()
    return one


def test_a_channel_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    """Its error is kept for the end."""
    one = both(tmp_path)
    one.message("news.sms", "Другой текст. {{ link }}")
    done = one.run()
    assert outcomes(done) == {"sms": {"later": 2}, "email": {"accepted": 2}}
    assert list(done.errors) == ["sms"]
    assert "news.sms.md: the message was altered" in told(done)


def test_a_channel_that_is_stopped_holds_up_no_other(tmp_path: Path) -> None:
    """That it was stopped before is no error of this run."""
    one = both(tmp_path)
    with one.open() as sender:
        sender.ledger.channels.stop("sms", "wrong text", one.clock())
    done = one.run()
    assert outcomes(done) == {"email": {"accepted": 2}}
    assert (done.channels["sms"].was_stopped, told(done)) == ("wrong text", "")


def test_who_asks_to_stop_is_heard_between_channels(tmp_path: Path) -> None:
    """What was not begun is not told as done; the next run goes on with it."""
    one = both(tmp_path)
    with one.open() as sender:
        done = run(sender, one.clock, one.slept.append, silent, lambda: True)
    assert (dict(done.channels), dict(done.errors)) == ({}, {})
    assert outcomes(one.run()) == {"sms": {"accepted": 2}, "email": {"accepted": 2}}


def test_how_far_it_is(tmp_path: Path) -> None:
    """Channel after channel, those with nothing to do too."""
    one, seen = both(tmp_path), list[tuple[str, int, int]]()
    with one.open() as sender:
        run(sender, one.clock, one.slept.append, lambda *step: seen.append(step))
    assert seen == [("channels", number, 3) for number in (1, 2, 3)]


def test_all_that_is_to_be_mended_is_told_at_once() -> None:
    """With each channel that was stopped, and how it goes on; before what a rerun may help."""
    stopped = {"push": Run(stopped="refused"), "sms": Run()}
    said = told(Done(stopped, {"sms": WRONG, "email": AWAY}))
    assert said.startswith("InputError: ")
    assert [
        line.partition(" — ")[0] for line in said.removeprefix("InputError: ").splitlines()
    ] == [
        "a: is wrong",
        "b: is wrong",
        "email: the gateway is away",
        "push: stopped: refused",
    ]
    assert "sealpress send resume CHANNEL" in said


def test_what_failed_outside_is_told_as_such() -> None:
    """And nothing where nothing went wrong."""
    assert told(Done({}, {"email": AWAY})) == f"OutsideError: email: {AWAY}"
    assert told(Done({"sms": Run(was_stopped="before")}, {})) == ""


def test_two_runs_of_one_machine_have_two_names() -> None:
    """So neither takes what the other holds."""
    assert len({holder() for _ in range(50)}) == 50


def test_an_error_that_nobody_foresaw_is_not_swallowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the house knows is kept for the end."""

    def broken(_: object) -> None:
        raise ZeroDivisionError

    one = both(tmp_path)
    monkeypatch.setattr("generator.send.handing.Hand.hand_over", broken)
    with pytest.raises(ZeroDivisionError):
        one.run()
