"""What a real Kannel takes and reports; run by ``test_kannel.py`` in a network of its own."""

from collections.abc import Iterator
from queue import SimpleQueue
from urllib.parse import parse_qsl, urlsplit

import pytest

from generator.send.channels.http import HttpChannel
from generator.send.channels.retry import AGAIN
from generator.send.values import Accepted, Later, Rejected
from tests.send.channels.gateway import Asked, Said, gateway
from tests.send.channels.kannel import USER, WORD, Kannel, kannel
from tests.send.channels.samples import TO, Time, id_of, outcomes, settings, sms

QUERY = (
    f"?username={USER}&password={{{{ secret }}}}&from={{{{ sender }}}}&to={{{{ to }}}}"
    "&text={{ text }}&coding=2&charset=UTF-8&dlr-mask=3&dlr-url={{ reports ~ id ~ '&status=%d' }}"
)
DELIVERED = "1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    """One for all of these tests."""
    with kannel(tmp_path_factory.mktemp("kannel")) as made:
        yield made


def channel_to(
    address: str, word: str = WORD, reports: str = "http://127.0.0.1:9/?id="
) -> HttpChannel:
    """A channel to it."""
    url = address + QUERY.replace("reports", f"'{reports}'")
    made = settings(kind="sms", gateway="http", method="GET", url=url, sender="Insurer")
    return HttpChannel(made, word, waits=Time().waits())


def test_a_text_arrives_as_it_is(running: Kannel) -> None:
    """In any script, and with the signs of an address in it; the report bears our id."""
    reports: SimpleQueue[Asked] = SimpleQueue()

    def report(asked: Asked) -> Said:
        reports.put(asked)
        return Said()

    text = "Купон 12,50 ₽ & «Тех» #1 https://x.example/a"
    with gateway() as server:
        server.usual = report
        channel = channel_to(running.address, reports=f"{server.address}/?id=")
        assert outcomes(channel, sms(7, text=text)) == [Accepted()]
        told = dict(parse_qsl(urlsplit(reports.get(timeout=30).path).query))
    assert told == {"id": id_of(7), "status": DELIVERED}
    running.wait_for(TO, text)


def test_many_go_over_one_connection(running: Kannel) -> None:
    """Each is accepted."""
    said = outcomes(channel_to(running.address), *map(sms, range(200)))
    assert said == [Accepted()] * 200


def test_a_wrong_word_is_refused(running: Kannel) -> None:
    """And nothing is sent."""
    said = outcomes(channel_to(running.address, word="another"), sms(text="never"))
    assert said == [Rejected("403")]
    assert outcomes(channel_to(running.address), sms(text="afterwards")) == [Accepted()]
    running.wait_for(TO, "afterwards")
    assert (TO, "never") not in running.taken()


def test_no_kannel_is_later() -> None:
    """Nothing was sent."""
    said = outcomes(channel_to("http://127.0.0.1:13999/cgi-bin/sendsms"), sms())
    assert said == [Later(AGAIN, "ConnectionRefusedError")]
