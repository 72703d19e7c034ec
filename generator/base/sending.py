"""``send`` in ``content/site.yaml``: channels, when nobody is disturbed, how much is too much."""

from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from generator.base.model import Exact, Slug, Strict, wrong

Kind = Literal["sms", "email", "push"]
"""Of channels: what a message is like, and which address and consent it needs."""
Gateway = Literal["outbox", "smtp", "smpp", "devino", "http", "webpush", "fcm"]
GATEWAYS: dict[Kind, tuple[Gateway, ...]] = {
    "sms": ("outbox", "smpp", "devino", "http"),
    "email": ("outbox", "smtp", "http"),
    "push": ("outbox", "webpush", "fcm", "http"),
}
"""Which gateways a kind of messages can be handed to."""
HOUR = 60


def _clock(value: object) -> object:
    """YAML reads 9:30 as 570: minutes of a day."""
    if isinstance(value, int) and 0 <= value < 24 * HOUR:
        return time(value // HOUR, value % HOUR)
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise wrong("expected a time of the day", "write 21:00")


Clock = Annotated[time, BeforeValidator(_clock)]


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise wrong("is not a time zone", "write Europe/Moscow")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
Variable = Annotated[str, Field(pattern=r"^(env:[A-Z][A-Z0-9_]*|file:.+)$")]
"""Where a secret lies: ``env:`` and a variable, or ``file:`` and a path that only we can read."""


class Quiet(Strict):
    """The hours of a client's day in which nothing is sent; may go over midnight."""

    since: Clock = time(21)
    until: Clock = time(9)


class Cap(Strict):
    """At most so many messages to one client; service messages do not count and are not held."""

    most: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1, le=366)]
    kind: Kind | None = None
    """Of which kind of channels; of all together without it."""


class Automatic(Strict):
    """What a nightly run may send without anybody's approval."""

    most: Annotated[int, Field(ge=0)] = 0
    """Messages a night; 0 lets nothing go unapproved."""
    over_usual_percent: Annotated[Exact, Field(ge=0)] = Decimal(50)
    """How far over the median of the last nights."""


class Breaker(Strict):
    """When a channel stops by itself."""

    rejected_percent: Annotated[Exact, Field(gt=0, le=100)] = Decimal(20)
    """Of the last ``among`` messages."""
    among: Annotated[int, Field(ge=10)] = 100
    same_text: Annotated[int, Field(ge=2)] = 3
    """So many times the very same text to one address in a day."""
    a_day: Annotated[int, Field(ge=1)] | None = None
    """Messages a day over this channel, whatever was approved."""


class Answering(Strict):
    """How an HTTP gateway's answer is read: JSON pointers (RFC 6901) into the body."""

    id: str = ""
    error: str = ""
    accepted: tuple[int, ...] = (200, 201, 202)


class Channel(Strict):
    """One way to reach clients: a kind of message, and the gateway that takes it."""

    kind: Kind
    gateway: Gateway = "outbox"
    path: Path = Path("build/private/outbox")
    """The folder of an ``outbox``."""
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: Variable | None = None
    """Of SMTP and SMPP; the token of Devino, HTTP and the service account of FCM."""
    long: Literal["udh", "udh16", "payload"] = "udh"
    """Of ``smpp``: how a text goes that is too long for one part. With a reference of 8 bits (what
    we count and operators bill), of 16 (one character less in each part), or whole."""
    receipt_ids: Literal["same", "hex-decimal", "decimal-hex"] = "same"
    """Of ``smpp``: how the operator writes ids when it takes a message, and how in receipts."""
    sender: str = ""
    """Who it comes from: the name of an SMS, the address of a letter (``Name <a@b.example>``)."""
    url: str = ""
    """Of ``http`` and ``devino``; Jinja with ``to``, ``text``, ``id``, ``sender``, ``secret``."""
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    """Jinja that gives the body of an ``http`` request; JSON when it begins with a bracket."""
    answer: Answering = Answering()
    callback: str = ""
    """The address to which Devino sends reports."""
    vapid_subject: str = ""
    """Of ``webpush``: ``mailto:`` or an address, as RFC 8292 demands."""
    project: str = ""
    """Of ``fcm``."""
    rate: Annotated[Exact, Field(gt=0)] = Decimal(30)
    """Messages a second, over all processes."""
    lanes: Annotated[int, Field(ge=1, le=64)] = 4
    """Connections at once."""
    price: Annotated[Exact, Field(ge=0)] = Decimal(0)
    """Of one part of an SMS, or of one message."""
    currency: str = "RUB"
    days_valid: Annotated[int, Field(ge=1, le=7)] = 2
    """How long a message may wait at the operator."""
    quiet: Quiet | None = Quiet()
    breaker: Breaker = Breaker()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.gateway not in GATEWAYS[self.kind]:
            names = ", ".join(GATEWAYS[self.kind])
            raise wrong(f"{self.gateway} takes no {self.kind}", f"write one of {names}")
        if self.gateway == "smpp" and self.tls == "starttls":
            raise wrong("smpp has no starttls", "write tls: tls; or none, in a network of your own")
        for key in _NEEDED.get(self.gateway, ()):
            if not getattr(self, key):
                raise wrong(f"lacks the key {key}", f"{self.gateway} needs it")
        return self


_NEEDED: dict[str, tuple[str, ...]] = {
    "smtp": ("host", "sender"),
    "smpp": ("host", "port", "user", "password"),
    "devino": ("password", "sender"),
    "http": ("url",),
    "webpush": ("password", "vapid_subject"),
    "fcm": ("password", "project"),
}


class Send(Strict):
    """How messages are made of manifests and handed over."""

    channels: dict[Slug, Channel]
    queue: Path = Path("build/private/queue")
    """Where manifests come, each with its receipt beside it."""
    ledger: str = "sqlite:build/private/ledger.sqlite"
    """``sqlite:`` and a path, a URI of PostgreSQL, or ``env:`` and the variable that holds one."""
    signers: tuple[str, ...] = ()
    """Public keys whose receipts are believed (``sealpress receipt key``); without any, that of
    the key ring on this machine."""
    key: Path = Path("keys/sender.json")
    """The sender's own keys: manifests are sealed to it."""
    zones: Annotated[tuple[Zone, ...], Field(min_length=1)] = (
        "Europe/Kaliningrad", "Asia/Kamchatka",
    )  # fmt: skip
    """The zones in which clients live whose zone is not known: it must be day in all of them."""
    caps: tuple[Cap, ...] = ()
    hold_out_percent: Annotated[Exact, Field(ge=0, le=50)] = Decimal(0)
    """Clients who are told nothing but service messages, so that the effect can be measured."""
    automatic: Automatic = Automatic()
    proof: Annotated[int, Field(ge=1)] | Literal["all"] = "all"
    """Of how many messages of a batch the page is fetched and compared before they go."""
    answers: str = ""
    """The address of ``sealpress send listen`` as clients reach it: votes and unsubscribing."""
    unsubscribe_mail: str = ""
    """The mailbox for ``List-Unsubscribe``."""
    forbidden: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Phrases that no message may hold, by product or series; ``all`` holds for each."""
