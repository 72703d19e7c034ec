"""What handing over costs beside a bare loop over the same library, to the same server.

``python -m bench.send`` hands letters to Postfix's smtp-sink and SMS to a real Kannel, in turns
with a loop that only calls ``smtplib`` or ``http.client`` with what was made beforehand. Ours makes
each message, and looks at each answer. The ledger and the pace are not in it; one connection each.

Both servers are those of the tests, in a network that nobody else is in.
"""

import argparse
import os
import smtplib
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from subprocess import run
from urllib.parse import urlencode, urlsplit

from bench.report import Measured, limit, table
from generator.base.sending import Channel
from generator.send.channels.channel import Handing
from generator.send.channels.http import HttpChannel
from generator.send.channels.letter import Letter, letter_of
from generator.send.channels.smtp import LETTERS, SmtpChannel
from generator.send.values import Accepted, Outgoing
from tests.send.channels.kannel import APART, SEND, USER, WORD, kannel
from tests.send.channels.smtpsink import smtp_sink

MOST = 1.5  # times the bare loop
INSIDE = "SEALPRESS_BENCH_INSIDE"
SENDER, NAME = "letters@insurer.example", "Insurer"
TEXT = "Купон начислен: https://plans.example/a#"
HTML = "<p>" + "Купон начислен. " * 500 + '</p><img src="cid:chart">'
CHART = bytes(range(256)) * 80  # 20 KB
ACCEPTED = 202
Run = Callable[[], None]
Make = Callable[[int, int], Outgoing]
Prepare = Callable[[Sequence[Outgoing]], Run]
"""What is done beforehand, and what is measured."""


def main() -> None:
    """Measure, print, and fail if a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.send", description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    sys.exit(_sms_too(options) if INSIDE in os.environ else _letters_first(options))


def _letters_first(options: argparse.Namespace) -> int:
    with smtp_sink() as port:
        held = _told("letters", _letter, _ours_letters(port), _bare_letters(port), options)
    apart = [*APART, sys.executable, "-m", "bench.send", *sys.argv[1:]]
    done = run(apart, env={**os.environ, INSIDE: "1"}, check=False)
    return done.returncode or int(not held)


def _sms_too(options: argparse.Namespace) -> int:
    """In a network of its own, where Kannel may open what it likes."""
    with tempfile.TemporaryDirectory() as folder, kannel(Path(folder)) as running:
        address = running.address
        return int(not _told("SMS", _sms, _ours_sms(address), _bare_sms(address), options))


def _told(what: str, make: Make, ours: Prepare, bare: Prepare, options: argparse.Namespace) -> bool:
    """Whether ours stays near the bare loop; both are printed."""
    measured = _measured(what, make, ours, bare, options)
    rows = [
        (one.name, f"{one.median:.2f} s", f"{options.messages / one.median:.0f}")
        for one in measured
    ]
    table(f"{options.messages} messages over one connection", ("what", "median", "a second"), rows)
    return limit(f"{what}, ours / bare", measured[0].median / measured[1].median, MOST)


def _measured(
    what: str, make: Make, ours: Prepare, bare: Prepare, options: argparse.Namespace
) -> tuple[Measured, Measured]:
    """Runs of both in turns: what else the machine does disturbs them alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(options.runs):
        some = [make(one, number) for one in range(options.messages)]
        for prepare, taken in zip((ours, bare), times, strict=True):
            loop = prepare(some)
            began = time.perf_counter()
            loop()
            taken.append(time.perf_counter() - began)
    return Measured(f"{what}, ours", times[0]), Measured(f"{what}, bare", times[1])


def _letter(number: int, run: int) -> Outgoing:
    return Outgoing(
        f"{run:06d}{number:020d}",
        f"client{number}@client.example",
        TEXT,
        subject="Купон начислен",
        html=HTML,
        images={"chart": CHART},
    )


def _sms(number: int, run: int) -> Outgoing:
    return Outgoing(f"{run:06d}{number:020d}", f"+7000{number:07d}", TEXT)


def _handed_over(channel: Handing, messages: Sequence[Outgoing]) -> None:
    for begin in range(0, len(messages), channel.most):
        for _, outcome in channel.hand_over(messages[begin : begin + channel.most]):
            if not isinstance(outcome, Accepted):
                raise RuntimeError(outcome)  # noqa: TRY004 - it is no type that is wrong
    channel.close()


def _ours_letters(port: int) -> Prepare:
    keys = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": SENDER}
    settings = Channel.model_validate({"kind": "email", "gateway": "smtp", **keys})
    return lambda messages: partial(_handed_over, SmtpChannel(settings), messages)


def _bare_letters(port: int) -> Prepare:
    """The loop of ``smtplib``'s documentation, reconnecting as often as ours."""

    def loop(letters: Sequence[Letter]) -> None:
        for begin in range(0, len(letters), LETTERS):
            with smtplib.SMTP("127.0.0.1", port) as server:
                for one in letters[begin : begin + LETTERS]:
                    server.sendmail(one.sender, one.to, one.content)

    now = datetime.now(UTC)
    return lambda messages: partial(loop, [letter_of(one, SENDER, now) for one in messages])


def _ours_sms(address: str) -> Prepare:
    query = "?username={{ sender }}&password={{ secret }}&to={{ to }}&text={{ text }}"
    url = f"{address}{query}&from={NAME}&coding=2&charset=UTF-8"
    keys = {"kind": "sms", "gateway": "http", "method": "GET", "url": url, "sender": USER}
    settings = Channel.model_validate(keys)
    return lambda messages: partial(_handed_over, HttpChannel(settings, WORD), messages)


def _bare_sms(address: str) -> Prepare:
    """Requests over one connection of ``http.client``."""
    path = urlsplit(address).path

    def loop(targets: Sequence[str]) -> None:
        connection = HTTPConnection("127.0.0.1", SEND)
        for target in targets:
            connection.request("GET", target)
            response = connection.getresponse()
            response.read()
            if response.status != ACCEPTED:
                raise RuntimeError("not all were accepted")
        connection.close()

    return lambda messages: partial(loop, [f"{path}?{_query(one)}" for one in messages])


def _query(outgoing: Outgoing) -> str:
    known = {"username": USER, "password": WORD, "to": outgoing.to, "text": outgoing.text}
    return urlencode({**known, "from": NAME, "coding": 2, "charset": "UTF-8"})


if __name__ == "__main__":
    main()
