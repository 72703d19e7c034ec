"""Any gateway by a template: what an answer means, and what is never asked twice."""

import json
import select
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from generator.base.errors import InputError
from generator.send.channels.http import HttpChannel, code_of
from generator.send.channels.retry import AGAIN
from generator.send.channels.template import RequestTemplate
from generator.send.channels.wire import Request
from generator.send.values import Accepted, Later, Outcome, Outgoing, Rejected, Unknown
from tests.s3 import free_ports
from tests.send.channels.gateway import CUT, SILENT, Gateway, Said, gateway
from tests.send.channels.samples import NOW, SECRET, TEXT, TO, Time, id_of, outcomes, settings, sms

BODY = '{"to": "{{ to }}", "text": "{{ text }}", "from": "{{ sender }}", "ref": "{{ id }}"}'
ID = {"id": "/messages/0/id", "error": "/error/code"}


@pytest.fixture
def server() -> Iterator[Gateway]:
    """A gateway of this machine."""
    with gateway() as made:
        yield made


def channel_to(
    server: Gateway,
    time: Time | None = None,
    patience: float = 10.0,
    **keys: Any,  # noqa: ANN401
) -> HttpChannel:
    """A channel to it, which waits for nothing."""
    known: dict[str, Any] = {
        "url": server.address + "/send",
        "headers": {"Authorization": "Bearer {{ secret }}"},
        "body": BODY,
        "sender": "Insurer",
    }
    made = settings(kind="sms", gateway="http", **{**known, **keys})
    return HttpChannel(made, SECRET, waits=(time or Time()).waits(), patience=patience)


def test_a_message_arrives_as_it_is(server: Gateway) -> None:
    """Whatever signs it has; over one connection."""
    said = outcomes(channel_to(server), sms(1), sms(2))
    assert said == [Accepted(), Accepted()]
    assert server.connections == 1
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/send")
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {
        "to": TO, "text": TEXT, "from": "Insurer", "ref": id_of(1),
    }  # fmt: skip


def test_values_of_an_address_are_quoted(server: Gateway) -> None:
    """A text cannot become another field."""
    url = server.address + "/send?to={{ to }}&text={{ text }}&password={{ secret }}"
    channel = channel_to(server, url=url, method="GET", body="", headers={})
    assert outcomes(channel, sms(text="a&to=+71111111111#b c")) == [Accepted()]
    query = parse_qs(urlsplit(server.asked[0].path).query)
    assert query == {"to": [TO], "text": ["a&to=+71111111111#b c"], "password": [SECRET]}


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Said(200), Accepted()),
        (Said(202, b"0: Accepted for delivery"), Accepted()),
        (Said(204), Unknown("204")),
        (Said(301, headers={"Location": "/other"}), Rejected("301")),
        (Said(307, headers={"Location": "/other"}), Rejected("307")),
        (Said(400, b"+70000000000 is wrong"), Rejected("400")),
        (Said(403), Rejected("403")),
        (Said(404), Rejected("404")),
        (Said(409), Rejected("409")),
        (Said(500), Unknown("500")),
        (Said(502), Unknown("502")),
        (Said(504), Unknown("504")),
        (CUT, Unknown("RemoteDisconnected")),
    ],
)
def test_an_answer_is_not_asked_for_again(server: Gateway, said: Said, outcome: Outcome) -> None:
    """What was taken, refused, or may have been taken, is asked once."""
    server.script.append(said)
    time = Time()
    assert outcomes(channel_to(server, time), sms(1), sms(2)) == [outcome, Accepted()]
    assert len(server.asked) == 2
    assert time.slept == []


@pytest.mark.parametrize("status", [401, 407])
def test_a_token_that_ran_out_costs_nobody_a_message(server: Gateway, status: int) -> None:
    """Nothing was sent, nobody else is tried with it, and all go when it is right again."""
    server.usual = lambda _: Said(status)
    time = Time()
    said = outcomes(channel_to(server, time), *map(sms, range(5)))
    assert said == [Later(60.0, str(status))] * 5
    assert len(server.asked) == 1
    assert not time.slept


def test_no_answer_is_unknown(server: Gateway) -> None:
    """The gateway has the request, and nobody knows what it does with it."""
    server.script.append(SILENT)
    channel = channel_to(server, patience=0.3)
    assert outcomes(channel, sms(1), sms(2)) == [Unknown("TimeoutError"), Accepted()]
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_what_was_not_taken_up_goes_a_moment_later(server: Gateway, status: int) -> None:
    """Twice refused, the third time taken; the message behind it is not sent on top of it."""
    server.script.extend([Said(status)] * 2)
    time = Time()
    assert outcomes(channel_to(server, time), sms(1)) == [Accepted()]
    assert time.slept == [0.375, 0.75]


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        ("120", 120),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("999999999999", 86400),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_time_that_is_named_is_kept(
    server: Gateway, status: int, named: str, seconds: int
) -> None:
    """A long one is not waited for here, and nobody else is sent meanwhile."""
    server.script.append(Said(status, headers={"Retry-After": named}))
    time = Time()
    said = outcomes(channel_to(server, time), sms(1), sms(2))
    assert said == [Later(seconds, str(status))] * 2
    assert time.slept == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("named", ["3", format_datetime(NOW + timedelta(seconds=3), usegmt=True)])
def test_a_short_time_is_waited_for(server: Gateway, named: str) -> None:
    """In the lane, and a little more, so that lanes do not come together."""
    server.script.append(Said(429, headers={"Retry-After": named}))
    time = Time()
    assert outcomes(channel_to(server, time), sms(1), sms(2)) == [Accepted(), Accepted()]
    assert time.slept == [3.5]


@pytest.mark.parametrize("named", ["soon", "-5", "Fri, 99 Foo", "", "١٢"])
def test_a_time_that_is_none_is_passed_over(server: Gateway, named: str) -> None:
    """The usual pauses are made."""
    server.script.append(Said(503, headers={"Retry-After": named.encode().decode("latin-1")}))
    assert outcomes(channel_to(server), sms(1)) == [Accepted()]


def test_three_tries_and_no_more(server: Gateway) -> None:
    """Then the ledger has it."""
    server.usual = lambda _: Said(503)
    assert outcomes(channel_to(server), sms(1), sms(2)) == [Later(AGAIN, "503")] * 2
    assert len(server.asked) == 3


def test_nobody_there_is_later() -> None:
    """Nothing was sent."""
    (port,) = free_ports(1)
    said = outcomes(channel_to(Gateway(f"http://127.0.0.1:{port}")), sms())
    assert said == [Later(AGAIN, "ConnectionRefusedError")]


def test_a_connection_that_the_gateway_closed_is_not_used_again(server: Gateway) -> None:
    """What is asked there would be lost, and unknown."""
    server.script.append(Said(200, headers={"Connection": "close"}))
    assert outcomes(channel_to(server), sms(1), sms(2)) == [Accepted(), Accepted()]
    assert server.connections == 2


def test_a_connection_that_was_closed_since_is_not_used_again(server: Gateway) -> None:
    """Without a word before: it is seen before the next message is lost in it."""
    server.script.append(Said(200, is_last=True))
    channel = channel_to(server)
    first = list(channel.hand_over([sms(1)]))
    connection = channel._wire._connection  # noqa: SLF001 - nobody else knows when it has ended
    assert connection
    assert select.select([connection.sock], [], [], 30)[0]
    assert [*first, *channel.hand_over([sms(2)])] == [
        (id_of(1), Accepted()), (id_of(2), Accepted()),
    ]  # fmt: skip
    channel.close()
    assert server.connections == 2


def test_an_answer_whose_end_does_not_come_has_a_status(server: Gateway) -> None:
    """That is enough where no id is asked for; the next message goes over another connection."""
    server.script.append(Said(202, b"0: Acc", is_stuck=True))
    said = outcomes(channel_to(server, patience=0.3), sms(1), sms(2))
    assert said == [Accepted(), Accepted()]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Said(200, b'{"messages": [{"id": "a-1"}]}'), Accepted("a-1")),
        (Said(200, b'{"messages": [{"id": 17}], "error": null}'), Accepted("17")),
        (Said(200, b'{"messages": [{"id": 17}], "error": {"code": 0}}'), Accepted("17")),
        (Said(200, b'{"error": {"code": "BAD_NUMBER"}}'), Rejected("BAD_NUMBER")),
        (Said(200, b'{"error": {"code": 13}}'), Rejected("13")),
        (Said(200, b'{"error": {"code": true}}'), Rejected("error")),
        (Said(200, b'{"error": {"code": "no such number +70000000000"}}'), Rejected("error")),
        (Said(200, b"<html>welcome to the hotel</html>"), Unknown("not JSON")),
        (Said(200, b'{"messages": []}'), Unknown("no id")),
        (Said(200, b'{"messages": [{"id": "a'), Unknown("not JSON")),
        (Said(200, b'{"messages": [{"id": "a-1"}]', is_cut=True), Unknown("not JSON")),
        (Said(400, b'{"messages": [{"id": "a-1"}]}'), Rejected("400")),
    ],
)
def test_the_body_of_an_answer_tells(server: Gateway, said: Said, outcome: Outcome) -> None:
    """Where the settings name the places of id and error."""
    server.script.append(said)
    assert outcomes(channel_to(server, answer=ID), sms()) == [outcome]


@pytest.mark.parametrize(
    ("host", "is_trusted", "outcome"),
    [
        ("127.0.0.1", True, Accepted()),
        ("127.0.0.1", False, Later(AGAIN, "SSLCertVerificationError")),
        ("other.example", True, Later(AGAIN, "SSLCertVerificationError")),
    ],
)
def test_certificates_are_verified(host: str, outcome: Outcome, *, is_trusted: bool) -> None:
    """A gateway with another's certificate gets nothing, and a stranger neither."""
    authority, context = trustme.CA(), ssl.create_default_context()
    wrapping = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(wrapping)
    if is_trusted:
        authority.configure_trust(context)
    with gateway(wrapping) as server:
        url = server.address
        made = settings(kind="sms", gateway="http", url=url, body=BODY)
        channel = HttpChannel(made, SECRET, context, Time().waits())
        said = outcomes(channel, sms(1), sms(2))
    assert said == [outcome] * 2
    assert len(server.asked) == (2 if outcome == Accepted() else 0)


@given(text=st.text(), to=st.text())
def test_a_value_stays_one_value(text: str, to: str) -> None:
    """In JSON, in a form and in an address: whatever it is, it comes out as it went in."""
    url = "https://gateway.example/?to={{ to }}&text={{ text }}"
    form = "to={{ to }}&text={{ text }}"
    message = sms(to=_whole(to), text=_whole(text))
    wanted = {"to": message.to, "text": message.text}
    as_json = _request(message, url, '{"to": "{{ to }}", "text": "{{ text }}"}')
    as_form = _request(message, url, form)
    assert json.loads(as_json.body) == wanted
    for query in (as_form.body.decode(), as_form.target.partition("?")[2]):
        assert dict(parse_qsl(query, keep_blank_values=True)) == wanted


def test_nothing_of_a_message_is_shown(server: Gateway) -> None:
    """Neither in a repr nor in an outcome."""
    channel = channel_to(server, url=server.address + "/{{ secret }}/{{ to }}")
    server.script.append(Said(400, f"{TO} {TEXT}".encode()))
    shown = repr((channel, channel.__dict__, outcomes(channel, sms())))
    assert TO not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("text", ["79031234567", "x+7", "a b", "", "a" * 41, "E-1234567"])
def test_words_and_numbers_are_no_codes(text: str) -> None:
    """They may be a client's."""
    assert code_of(text) == "error"


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ({"url": "https://{{ to }}.example/"}, "url"),
        ({"url": "{{ text }}"}, "url"),
        ({"url": "ftp://gateway.example/"}, "url"),
        ({"url": "https://u:p@gateway.example/"}, "url"),
        ({"url": "https://gateway.example/a b"}, "url"),
        ({"url": "https://gateway.example/{{ phone }}"}, "url"),
        ({"body": '{"to": {{ to }}}'}, "body"),
        ({"body": '{"to": "{{ to }}"'}, "body"),
        ({"body": "{% if %}"}, "body"),
        ({"body": "{{ 1 / 0 }}"}, "body"),
        ({"body": "{{ ''.__class__.__mro__ }}"}, "body"),
        ({"body": '{"to": "{{ to|safe }}"}'}, "body"),
        ({"headers": {"X-To": "{{ phone }}"}}, "headers.X-To"),
        ({"answer": {"id": "messages"}}, "answer"),
    ],
)
def test_templates_are_looked_at(server: Gateway, keys: dict[str, Any], field: str) -> None:
    """What cannot be filled, would be torn or lead elsewhere is refused when it is opened."""
    with pytest.raises(InputError, match=field) as caught:
        channel_to(server, **keys)
    assert SECRET not in str(caught.value)


def test_a_header_cannot_be_split(server: Gateway) -> None:
    """The message is refused, and the next one goes."""
    channel = channel_to(server, headers={"X-To": "{{ to }}"})
    said = outcomes(channel, sms(1, to="1\r\nX-Other: 2"), sms(2))
    assert said == [Rejected("not a request"), Accepted()]
    assert len(server.asked) == 1


def test_a_message_that_no_template_fits_is_refused(server: Gateway) -> None:
    """Alone."""
    channel = channel_to(server, body='{"to": "{{ to }}", "code": "{{ 1 // text|length }}"}')
    said = outcomes(channel, sms(1, text=""), sms(2), sms(3, to="\ud800", text="a"))
    assert said[:2] == [Rejected("not a request"), Accepted()]
    assert len(server.asked) == 2


def _whole(text: str) -> str:
    """Without halves of surrogates, of which no message is made."""
    return text.encode("utf-8", "ignore").decode()


def _request(message: Outgoing, url: str, body: str) -> Request:
    made = settings(kind="sms", gateway="http", url=url, body=body)
    return RequestTemplate(made, SECRET).request(message)
