"""What every channel does, and how one is opened by its settings."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from generator.base.errors import InputError, Problem
from generator.base.sending import Channel, Gateway
from generator.send.values import Outcome, Outgoing

OTHERS = 0o077
SETTINGS = "content/site.yaml"
MODULES: dict[Gateway, tuple[str, str]] = {
    "outbox": ("outbox", "OutboxChannel"),
    "smtp": ("smtp", "SmtpChannel"),
    "smpp": ("smpp", "SmppChannel"),
    "devino": ("devino", "DevinoChannel"),
    "http": ("http", "HttpChannel"),
    "webpush": ("webpush", "WebPushChannel"),
    "fcm": ("fcm", "FcmChannel"),
}
"""Module and class of each gateway; all are made of settings and a secret."""


class Handing(Protocol):
    """An open channel; one thread at a time uses it, and it connects when it is first used."""

    most: int
    """Messages in one call."""

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """The id and the outcome of each message, in any order, each once."""
        ...

    def close(self) -> None:
        """Let go of connections; it may be used again."""
        ...


def open_channel(
    name: str, settings: Channel, root: Path, environment: Mapping[str, str]
) -> Handing:
    """The channel ``name``; relative paths of its settings lie below ``root``.

    Raises:
        InputError: its secret is not where the settings say, or others can read it; the settings
            are not what the gateway needs.
    """
    try:
        secret = secret_of(settings.password, root, environment) if settings.password else ""
        module, kind = MODULES[settings.gateway]
        made = getattr(import_module(f"generator.send.channels.{module}"), kind)
        placed = settings.model_copy(update={"path": root / settings.path})
        return cast("Handing", made(placed, secret))
    except InputError as error:
        raise InputError(_placed(name, problem) for problem in error.problems) from None


def secret_of(variable: str, root: Path, environment: Mapping[str, str]) -> str:
    """What ``env:NAME`` or ``file:PATH`` holds, without the line's end.

    Raises:
        InputError: there is nothing, or others may read the file. The secret is in no message.
    """
    kind, _, place = variable.partition(":")
    if kind == "env":
        found = environment.get(place, "").strip()
        hint = f"set {place} where the sender runs"
    else:
        found, hint = _of_file(root / place, place)
    if not found:
        raise wrong("password", "there is no secret at the place that it names", hint)
    return found


def wrong(field: str, sentence: str, hint: str = "") -> InputError:
    """A problem with one key of a channel; ``open_channel`` adds which channel it is."""
    return InputError([Problem(SETTINGS, sentence, hint, field)])


def _of_file(path: Path, shown: str) -> tuple[str, str]:
    try:
        if path.stat().st_mode & OTHERS:
            hint = f"chmod 600 {shown}"
            raise wrong("password", "others can read the file with the secret", hint)
        return path.read_text(encoding="utf-8").strip(), f"write it into {shown}"
    except (OSError, UnicodeDecodeError):
        return "", f"write it into {shown}, readable by the sender alone"


def _placed(name: str, problem: Problem) -> Problem:
    field = f"send.channels.{name}.{problem.field}"
    return Problem(problem.path, problem.sentence, problem.hint, field)
