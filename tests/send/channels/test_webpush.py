"""Push messages to browsers: a real push service opens them; one of ours says what it likes."""

import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from py_vapid import Vapid02

from generator.base.errors import InputError
from generator.base.sending import Channel
from generator.send.channels.push import topic_of
from generator.send.channels.retry import Waits
from generator.send.channels.webpush import WebPushChannel, is_public
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown
from tests.send.browsers import Browsers, browsers
from tests.send.push_service import CUT, Answer, Service, running

KEY = ec.generate_private_key(ec.SECP256R1())
BROWSER = ec.generate_private_key(ec.SECP256R1())
AUTH = b"0123456789abcdef"
NOW = datetime.now(UTC).replace(microsecond=0)
"""Of today: whoever checks a signature looks at the clock."""


def point(key: ec.EllipticCurvePrivateKey) -> str:
    """Its public half as browsers write it."""
    octets = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return encoded(octets)


def encoded(octets: bytes) -> str:
    """Base64 for addresses, unpadded."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def secret(key: ec.EllipticCurvePrivateKey = KEY) -> str:
    """Our key, as a PEM file."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def channel(url: str = "", key: str = "") -> WebPushChannel:
    """A channel to the service at ``url``."""
    settings = Channel(
        kind="push",
        gateway="webpush",
        password="env:VAPID",  # noqa: S106 - where it lies
        vapid_subject="mailto:push@a.example",
        url=url,
        days_valid=1,
    )
    return WebPushChannel(settings, key or secret(), waits=Waits(lambda: NOW, lambda _: None))


def subscription(endpoint: str) -> str:
    """What a browser of ours gave."""
    keys = {"p256dh": point(BROWSER), "auth": encoded(AUTH)}
    return json.dumps({"endpoint": endpoint, "keys": keys})


def message(to: str, collapse: str = "", text: str = "Загляните в кабинет") -> Outgoing:
    """One of ours."""
    return Outgoing(
        id=f"{1:026d}",
        to=to,
        subject="Новый купон",
        text=text,
        link="https://a.example/p#k",
        collapse=collapse,
    )


def sent(service: Service, one: Outgoing) -> Outcome:
    """What became of it there."""
    made = channel(service.address)
    ((name, outcome),) = made.hand_over([one])
    made.close()
    assert name == one.id
    return outcome


@pytest.fixture
def service() -> Iterator[Service]:
    """A push service of ours."""
    with running(Service()) as made:
        yield made


@pytest.fixture(scope="module")
def real() -> Iterator[Browsers]:
    """That of web-push-testing."""
    with browsers() as made:
        yield made


@pytest.mark.parametrize("form", ["pem", "raw"])
def test_a_browser_shows_what_was_sent(real: Browsers, form: str) -> None:
    """The service knows our signature and opens the message with the browser's keys."""
    number = KEY.private_numbers().private_value.to_bytes(32)
    to, name = real.subscribe(point(KEY))
    made = channel(real.address, secret() if form == "pem" else encoded(number))
    assert [type(one) for _, one in made.hand_over([message(to)])] == [Accepted]
    assert [json.loads(one) for one in real.shown(name)] == [
        {"title": "Новый купон", "body": "Загляните в кабинет", "link": "https://a.example/p#k"}
    ]
    made.close()


def test_a_browser_that_is_gone_is_a_dead_address(real: Browsers) -> None:
    """No message goes there any more."""
    to, name = real.subscribe(point(KEY))
    real.expire(name)
    made = channel(real.address)
    assert list(made.hand_over([message(to)])) == [(f"{1:026d}", Rejected("410", is_dead=True))]
    made.close()


def test_a_key_that_the_browser_does_not_know_is_refused(real: Browsers) -> None:
    """The address is not dead for that: it is we who are wrong."""
    to, name = real.subscribe(point(KEY))
    made = channel(real.address, secret(ec.generate_private_key(ec.SECP256R1())))
    assert list(made.hand_over([message(to)])) == [(f"{1:026d}", Rejected("400"))]
    assert real.shown(name) == []
    made.close()


def test_a_request_is_as_the_standards_want_it(service: Service) -> None:
    """Time to live, topic, urgency, a signature for this very service; sealed for the browser."""
    outcome = sent(service, message(subscription(f"{service.address}/push/1"), "coupon-7"))
    assert outcome == Accepted(f"{service.address}/push/1/1")
    ((path, headers, body),) = service.asked
    assert (path, headers["ttl"], headers["urgency"]) == ("/push/1", "86400", "normal")
    assert headers["topic"] == "coupon-7"
    assert headers["authorization"].endswith(f"k={point(KEY)}")
    assert Vapid02.verify(headers["authorization"])
    opened = http_ece.decrypt(body, private_key=BROWSER, auth_secret=AUTH, version="aes128gcm")
    assert json.loads(opened)["tag"] == "coupon-7"
    assert "купон".encode() not in body


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, {}, b""), Accepted("")),
        ((404, {}, b""), Rejected("404", is_dead=True)),
        ((410, {}, b"gone"), Rejected("410", is_dead=True)),
        ((400, {}, b""), Rejected("400")),
        ((403, {}, b""), Rejected("403")),
        ((413, {}, b""), Rejected("413")),
        ((307, {"Location": "http://127.0.0.1:9/"}, b""), Rejected("307")),
        ((429, {"Retry-After": "12"}, b""), Later(12.0, "429")),
        ((429, {}, b""), Later(60.0, "429")),
        ((503, {"Retry-After": "soon"}, b""), Later(60.0, "503")),
        ((500, {}, b"x" * 200_000), Unknown("500")),
        ((502, {}, b""), Unknown("502")),
        ((408, {}, b""), Later(60.0, "408")),
        (CUT, Unknown("RemoteDisconnected")),
    ],
)
def test_what_is_not_taken_is_told_apart(
    service: Service, answer: Answer, outcome: Outcome
) -> None:
    """Later only where nothing was sent, unknown where something may have been."""
    service.misbehaves = answer
    assert sent(service, message(subscription(f"{service.address}/push/1"))) == outcome


def test_nobody_there_puts_it_off() -> None:
    """Nothing was sent."""
    made = channel("http://127.0.0.1:9/")
    ((_, outcome),) = made.hand_over([message(subscription("http://127.0.0.1:9/push"))])
    assert outcome == Later(60.0, "ConnectionRefusedError")
    made.close()


@pytest.mark.parametrize(
    "to",
    ["", "[]", "null", "{}", '{"endpoint": 7}', '{"endpoint": "https://a.example/"}', "\ud83d",
     '{"endpoint": "https://a.example/", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
     '{"endpoint": "https://a.example/", "keys": {"p256dh": 7, "auth": null}}',
     '{"endpoint": "https://a.example/", "keys": []}'],
)  # fmt: skip
def test_what_is_no_subscription_is_a_dead_address(service: Service, to: str) -> None:
    """Nothing is asked of anybody."""
    assert sent(service, message(to)) == Rejected("not a subscription", is_dead=True)
    assert service.asked == []


def test_a_service_that_is_not_meant_is_not_asked(service: Service) -> None:
    """A subscription comes from outside: it may not make us ask a machine of our own."""
    made = channel()
    ((_, outcome),) = made.hand_over([message(subscription(f"{service.address}/push/1"))])
    assert outcome == Rejected("not an address", is_dead=True)
    assert service.asked == []
    made.close()


@pytest.mark.parametrize(
    ("endpoint", "public"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://updates.push.services.mozilla.com:443/wpush/v2/x", True),
        ("http://fcm.googleapis.com/fcm/send/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://localhost/x", False),
        ("https://intranet/x", False),
        ("https://db.internal/x", False),
        ("https://a.example:8443/x", False),
        ("https://fcm.googleapis.com@127.0.0.1/x", False),
        ("https://a.example:x/", False),
        ("https://[/", False),
    ],
)
def test_what_a_public_address_is(endpoint: str, public: bool) -> None:  # noqa: FBT001 - expected
    """HTTPS at a host with a name."""
    assert is_public(endpoint) is public


def test_a_text_that_does_not_fit_is_refused_here(service: Service) -> None:
    """Services take 4096 octets."""
    to = subscription(f"{service.address}/push/1")
    assert sent(service, message(to, text="я" * 2000)) == Rejected("too long")
    assert isinstance(sent(service, message(to, text="я" * 1950)), Accepted)
    assert len(service.asked[0][2]) <= 4096


@pytest.mark.parametrize("key", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END", "я"])
def test_a_secret_that_is_no_key_is_refused_without_showing_it(key: str) -> None:
    """With the place where it is set."""
    with pytest.raises(InputError, match="web push") as caught:
        channel(key=key or " ")
    assert caught.value.problems[0].path == "content/site.yaml"


def test_nothing_of_a_message_is_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where everything is logged: of a subscription the path is the secret."""
    caplog.set_level(logging.DEBUG)
    sent(service, message(subscription(f"{service.address}/push/secret-of-maria")))
    for word in ("maria", "купон", "#k", point(BROWSER), encoded(AUTH)):
        assert word not in caplog.text


@given(st.text(max_size=80))
def test_a_topic_is_one_that_services_take(collapse: str) -> None:
    """32 characters of base64 for addresses; the same for the same key."""
    topic = topic_of(collapse)
    assert 1 <= len(topic) <= 32
    assert topic.replace("-", "").replace("_", "").isalnum() or set(topic) <= {"-", "_"}
    assert topic.isascii()
    assert topic_of(collapse) == topic
