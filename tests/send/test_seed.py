"""A message to an address of our own: marked, in no plan, and to nobody else."""

from pathlib import Path

import pytest

from generator.base.errors import InputError
from generator.send.seed import send_test
from generator.send.values import Accepted, Later, Outcome
from tests.send.channels.gateway import gateway
from tests.send.channels.mail import relay
from tests.send.house import House, house
from tests.send.manifests import line

PHONE, MAILBOX = "8 999 000-00-09", "we@insurer.example"


def sent(one: House, channel: str, to: str, client: str = "", message: str = "news") -> Outcome:
    """What the gateway said."""
    with one.open() as sender:
        return send_test(sender, channel, to, message, client, "")


def test_an_invented_client(tmp_path: Path) -> None:
    """Over each kind of channel; the ledger has nothing of it."""
    one = house(tmp_path)
    assert isinstance(sent(one, "sms", PHONE), Accepted)
    assert isinstance(sent(one, "push", "a-token"), Accepted)
    texts = one.outbox()
    assert any(text.startswith("+79990000009\n\nTEST ") for text in texts)
    assert any('"subject": "TEST Новости"' in text for text in texts)
    with one.open() as sender:
        assert not sender.ledger.counting.states(one.now.replace(year=2000))


def test_a_letter_of_a_client_who_waits(tmp_path: Path) -> None:
    """With their link, to us, and not to them."""
    with relay() as server:
        one = house(tmp_path).journey(steps=[{"send": "news", "over": ["email"]}])
        keys = {"gateway": "smtp", "host": "127.0.0.1", "port": server.port, "tls": "none"}
        one.channels["email"] |= keys
        one.write().night(line())
        one.plan()
        assert isinstance(sent(one, "email", MAILBOX, "C-001"), Accepted)
        (taken,), (letter,) = server.taken, server.letters()
    assert taken.rcpt_tos == [MAILBOX]
    assert str(letter["Subject"]) == "TEST Новости"
    assert line()["link"].encode() in (taken.content or b"")
    assert one.reasons() == ["planned"]


def test_a_gateway_that_is_away(tmp_path: Path) -> None:
    """Its word is given on; nothing is tried again by itself."""
    with gateway() as operator:
        one = house(tmp_path)
        keys = {"gateway": "http", "url": operator.address, "body": "{{ text }}"}
        one.channels["sms"] |= keys
        one.write()
    assert isinstance(sent(one, "sms", PHONE), Later)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("pigeon", PHONE), "there is no channel pigeon"),
        (("sms", "no phone"), "this is no address for the channel"),
        (("email", PHONE), "this is no address for the channel"),
        (("sms", PHONE, "C-001"), "nothing like it is planned"),
        (("sms", PHONE, "", "nothing"), "there is no such message"),
    ],
    ids=str,
)
def test_refusals(tmp_path: Path, words: tuple[str, str], why: str) -> None:
    """Nothing is sent then."""
    one = house(tmp_path)
    with pytest.raises(InputError, match=why):
        sent(one, *words)
    assert one.outbox() == []
