"""Messages to nobody, and time that passes only by waiting."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from generator.base.sending import Channel
from generator.send.channels.channel import Handing
from generator.send.channels.retry import Waits
from generator.send.values import Outcome, Outgoing

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
TO = "+70000000000"
TEXT = 'Купон «Тех»: "12,50 ₽"\n=; {{ 7*7 }} https://x.example/#a'
SECRET = "a-secret-of-nobody"  # noqa: S105 - of nobody
TOKEN = "env:TOKEN_OF_NOBODY"  # noqa: S105 - the place of one


@dataclass
class Time:
    """A clock that goes when somebody waits."""

    slept: list[float] = field(default_factory=list)

    def waits(self) -> Waits:
        """Half of what chance may add."""
        return Waits(self.now, self.slept.append, lambda: 0.5)

    def now(self) -> datetime:
        """``NOW``, and what was waited since."""
        return NOW + timedelta(seconds=sum(self.slept))


def sms(number: int = 1, **changes: Any) -> Outgoing:  # noqa: ANN401 - of any field
    """A message of a phone."""
    return Outgoing(**{"id": id_of(number), "to": TO, "text": TEXT, **changes})


def letter(number: int = 1, **changes: Any) -> Outgoing:  # noqa: ANN401
    """A letter with a picture."""
    known = {
        "id": id_of(number),
        "to": "somebody@client.example",
        "subject": "Купон начислен — 12 ₽",
        "text": ".\n.. строка\nhttps://x.example/#a\n",
        "html": '<p>Купон</p><img src="cid:chart">',
        "images": {"chart": b"\x89PNG"},
    }
    return Outgoing(**{**known, **changes})


def id_of(number: int) -> str:
    """One of ours, 26 characters."""
    return f"{number:026d}"


def settings(**keys: Any) -> Channel:  # noqa: ANN401
    """Settings as they are written in YAML."""
    return Channel.model_validate(keys)


def outcomes(channel: Handing, *messages: Outgoing) -> list[Outcome]:
    """The outcome of each message, in their order; each had exactly one. The channel is closed."""
    said = list(channel.hand_over(messages))
    channel.close()
    assert sorted(id_ for id_, _ in said) == sorted(one.id for one in messages)
    return [dict(said)[one.id] for one in messages]
