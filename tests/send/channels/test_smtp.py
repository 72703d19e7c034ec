"""Letters: what the relay says, when it falls silent, and what stands in them."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
import trustme

from generator.base.errors import InputError
from generator.send.channels.retry import AGAIN
from generator.send.channels.smtp import LETTERS, SmtpChannel
from generator.send.values import Accepted, Later, Outcome, Rejected, Unknown
from tests.s3 import free_ports
from tests.send.channels.mail import CUT, SILENT, Relay, relay
from tests.send.channels.samples import NOW, SECRET, Time, id_of, letter, outcomes, settings

SENDER = "Страховая <letters@insurer.example>"
SERVER = trustme.CA()


@pytest.fixture
def server() -> Iterator[Relay]:
    """A relay of this machine."""
    with relay() as made:
        yield made


def channel_to(server: Relay, time: Time | None = None, **keys: Any) -> SmtpChannel:  # noqa: ANN401
    """A channel to it without TLS, which waits for nothing."""
    known = {"kind": "email", "gateway": "smtp", "host": "127.0.0.1", "tls": "none"}
    made = settings(**{**known, "port": server.port, "sender": SENDER, **keys})
    return SmtpChannel(made, SECRET, waits=(time or Time()).waits(), patience=5.0)


def test_letters_go_over_one_connection(server: Relay) -> None:
    """Each is accepted; envelope, date and id are ours, the same at every try."""
    channel = channel_to(server)
    said = outcomes(channel, *map(letter, range(5)))
    assert said == [Accepted()] * 5
    assert len(server.sessions) == 1
    first = server.letters()[0]
    assert server.taken[0].mail_from == "letters@insurer.example"
    assert server.taken[0].rcpt_tos == ["somebody@client.example"]
    assert first["Message-ID"] == f"<{id_of(0)}@insurer.example>"
    assert first["Date"].datetime == NOW
    assert first["From"].addresses[0].display_name == "Страховая"
    assert first["Subject"] == letter().subject


def test_all_parts_arrive(server: Relay) -> None:
    """Text, HTML and the picture that it shows; lines that begin with a dot are whole."""
    outcomes(
        channel_to(server), letter(headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})
    )
    made = server.letters()[0]
    plain, html = made.get_body(("plain",)), made.get_body(("html",))
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content().replace("\r\n", "\n") == letter().text
    assert html.get_content().strip() == letter().html
    picture = next(part for part in made.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<chart>"
    assert picture.get_content() == b"\x89PNG"
    assert [part.get_content_type() for part in made.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip


@pytest.mark.parametrize("text", [".", "..", ".\n.a\n..\n\n.b", "a\n.\nRSET"])
def test_a_dot_does_not_end_a_letter(server: Relay, text: str) -> None:
    """Nor is one lost (RFC 5321, 4.5.2)."""
    assert (
        outcomes(channel_to(server), letter(1, text=text, html=""), letter(2)) == [Accepted()] * 2
    )
    content = server.letters()[0].get_content()
    assert content.replace("\r\n", "\n") == f"{text}\n"


def test_long_links_of_a_list_stay_links(server: Relay) -> None:
    """They are not folded, and not encoded."""
    value = f"<mailto:u@insurer.example>, <https://insurer.example/u/{'a' * 300}>"
    outcomes(channel_to(server), letter(headers={"List-Unsubscribe": value}))
    content = server.taken[0].content
    assert isinstance(content, bytes)
    assert f"\r\nList-Unsubscribe: {value}\r\n".encode() in content


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("550 5.1.1 no such user", Rejected("550 5.1.1", is_dead=True)),
        ("550 no", Rejected("550")),
        ("554 5.7.1 blocked", Rejected("554 5.7.1")),
        ("451 4.7.1 greylisted", Later(AGAIN, "451 4.7.1")),
        ("421 4.7.0 goodbye", Later(AGAIN, "421 4.7.0")),
    ],
)
@pytest.mark.parametrize("step", ["at_mail", "at_recipient", "at_content"])
def test_a_reply_tells(server: Relay, step: str, reply: str, outcome: Outcome) -> None:
    """Whatever the step: 5 is refused, 4 may go later; the letters beside it go."""
    time = Time()
    getattr(server, step).extend(["250 ok", *[reply] * 3])
    others = [letter(1), letter(3)]
    said = outcomes(channel_to(server, time), others[0], letter(2))
    assert said == [Accepted(), outcome]
    assert len(time.slept) == (2 if isinstance(outcome, Later) else 0)
    getattr(server, step).clear()
    assert outcomes(channel_to(server), others[1]) == [Accepted()]


@pytest.mark.parametrize("reply", ["421 4.3.2 going down", "451 4.3.0 try again", CUT])
@pytest.mark.parametrize("step", ["at_mail", "at_recipient"])
def test_what_is_not_with_the_relay_goes_a_moment_later(
    server: Relay, step: str, reply: str
) -> None:
    """It is deferred, or the connection ends: it is tried again, and goes once."""
    getattr(server, step).append(reply)
    channel = channel_to(server)
    assert outcomes(channel, letter(1), letter(2)) == [Accepted(), Accepted()]
    assert sorted(one["Message-ID"] for one in server.letters()) == [
        f"<{id_of(1)}@insurer.example>", f"<{id_of(2)}@insurer.example>",
    ]  # fmt: skip


@pytest.mark.parametrize("end", [CUT, SILENT])
def test_a_letter_without_a_last_word_is_unknown(server: Relay, end: str) -> None:
    """It is not tried again; the next one goes over another connection."""
    server.at_content.append(end)
    channel = channel_to(server)
    channel._patience = 0.3  # noqa: SLF001 - nobody waits a minute here
    said = outcomes(channel, letter(1), letter(2))
    assert isinstance(said[0], Unknown)
    assert said[1] == Accepted()
    assert len(server.taken) == len(server.sessions) == 2


def test_nobody_there_is_later() -> None:
    """Nothing was sent, and each of a lot is told so after three tries to connect."""
    (port,) = free_ports(1)
    time = Time()
    said = outcomes(channel_to(Relay(port), time), letter(1), letter(2))
    assert said == [Later(AGAIN, "ConnectionRefusedError")] * 2
    assert len(time.slept) == 2


def test_a_name_that_is_not_known_is_later() -> None:
    """As the resolver says so."""
    said = outcomes(channel_to(Relay(2525), host="nowhere.invalid"), letter())
    assert said == [Later(AGAIN, "gaierror")]


def test_a_connection_is_opened_anew_after_so_many(server: Relay) -> None:
    """Relays end long ones by themselves."""
    channel = channel_to(server)
    outcomes(channel, *(letter(number, html="") for number in range(LETTERS + 1)))
    assert len(server.taken) == LETTERS + 1
    assert len(server.sessions) == 2


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_login_goes_over_a_verified_connection(tls: str) -> None:
    """With a certificate that is believed and the right word letters go."""
    with relay(tls=_server_context("127.0.0.1"), is_wrapped=tls == "tls") as server:
        channel = _secure(server, tls, trusted=True)
        assert outcomes(channel, letter()) == [Accepted()]
        assert server.sessions[0].ssl or tls == "tls"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", False), ("other.example", True)])
def test_a_wrong_certificate_gets_nothing(tls: str, host: str, *, trusted: bool) -> None:
    """Neither of a stranger nor for another name."""
    with relay(tls=_server_context(host), is_wrapped=tls == "tls") as server:
        said = outcomes(_secure(server, tls, trusted=trusted), letter())
        assert said == [Later(AGAIN, "SSLCertVerificationError")]
        assert server.sessions == []


def test_a_relay_without_starttls_gets_nothing(server: Relay) -> None:
    """Nobody goes on in the clear."""
    said = outcomes(channel_to(server, tls="starttls"), letter())
    assert said == [Later(AGAIN, "SMTPNotSupportedError")]
    assert server.taken == []


def test_a_wrong_word_is_later() -> None:
    """No letter is to blame for it, and none was sent."""
    with relay(tls=_server_context("127.0.0.1")) as server:
        channel = _secure(server, "starttls", trusted=True)
        channel._secret = "another"  # noqa: S105, SLF001
        assert outcomes(channel, letter()) == [Later(AGAIN, "535")]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\nBcc: b@client.example"},
        {"subject": "a\r\n\r\nb"},
        {"to": "a@client.example\r\nRCPT TO:<b@client.example>"},
        {"to": "a@client.example>, <b@client.example"},
        {"to": "a@client.example,b@client.example"},
        {"to": "somebody"},
        {"to": "@client.example"},
        {"to": ""},
        {"headers": {"Bcc": "b@client.example"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"X-A": "a\nBcc: b@client.example"}},
        {"headers": {"X-A: b\nBcc": "b@client.example"}},
        {"images": {"a>\nX: b": b""}},
        {"id": "a\nb"},
    ],
)
def test_nothing_is_smuggled_in(server: Relay, changes: dict[str, Any]) -> None:
    """A value with a line's end or a second recipient is refused; the next letter goes."""
    said = outcomes(channel_to(server), letter(**changes), letter(2))
    assert said == [Rejected("not a letter"), Accepted()]
    assert [one.rcpt_tos for one in server.taken] == [["somebody@client.example"]]


def test_a_domain_of_any_script_is_reached(server: Relay) -> None:
    """In ASCII, so any relay takes it; the words of SMTPUTF8 are for the rest alone."""
    assert outcomes(channel_to(server), letter(to="kto@Почта.рф")) == [Accepted()]
    assert server.taken[0].rcpt_tos == ["kto@xn--80a1acny.xn--p1ai"]
    assert outcomes(channel_to(server), letter(to="кто@почта.рф")) == [Accepted()]
    assert server.taken[1].rcpt_tos == ["кто@xn--80a1acny.xn--p1ai"]
    assert ["SMTPUTF8" in one.mail_options for one in server.taken] == [False, True]


def test_a_name_that_a_relay_does_not_know_is_refused() -> None:
    """Without SMTPUTF8 there is no way to say it."""
    with relay(is_international=False) as server:
        said = outcomes(channel_to(server), letter(to="кто@почта.рф"), letter(2))
    assert said == [Rejected("SMTPUTF8"), Accepted()]


def test_nothing_of_a_client_is_shown(server: Relay) -> None:
    """Neither the word nor an address is in a repr or an outcome."""
    server.at_recipient.append("550 5.1.1 <somebody@client.example> is unknown")
    channel = channel_to(server, user="u")
    said = outcomes(channel_to(server), letter())
    assert "somebody" not in repr((said, letter(), channel))
    assert SECRET not in repr(channel)


def test_settings_are_looked_at() -> None:
    """A sender that is none, and a login without a word."""
    for sender in ("Страховая", "Страховая, Полис <a@insurer.example>", "a@b.example, c@d.example"):
        with pytest.raises(InputError, match="sender"):
            channel_to(Relay(25), sender=sender)
    with pytest.raises(InputError, match="password"):
        SmtpChannel(settings(kind="email", gateway="smtp", host="h", sender=SENDER, user="u"))


def test_a_greeting_that_is_none_is_later() -> None:
    """Whatever answers there is no relay: nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        channel = channel_to(Relay(listening.getsockname()[1]))
        channel._patience = 0.1  # noqa: SLF001
        (said,) = outcomes(channel, replace(letter()))
    assert isinstance(said, Later)


def _server_context(host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    SERVER.issue_cert(host).configure_cert(context)
    return context


def _secure(server: Relay, tls: str, *, trusted: bool) -> SmtpChannel:
    context = ssl.create_default_context()
    if trusted:
        SERVER.configure_trust(context)
    keys = {"host": "127.0.0.1", "port": server.port, "sender": SENDER, "user": "u", "tls": tls}
    made = settings(kind="email", gateway="smtp", password="env:A", **keys)  # noqa: S106
    return SmtpChannel(made, SECRET, context, Time().waits(), 5.0)
