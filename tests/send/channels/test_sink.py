"""Letters to Postfix's sink: what it plays, and what it has of them."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from generator.send.channels.retry import AGAIN
from generator.send.channels.smtp import SmtpChannel
from generator.send.values import Accepted, Later, Outcome, Rejected, Unknown
from tests.send.channels.samples import Time, id_of, letter, outcomes, settings
from tests.send.channels.smtpsink import smtp_sink


def channel_to(port: int) -> SmtpChannel:
    """A channel to it, which waits for nothing."""
    keys = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "a@insurer.example"}
    return SmtpChannel(
        settings(kind="email", gateway="smtp", **keys), waits=Time().waits(), patience=10.0
    )


def test_all_of_it_arrives(tmp_path: Path) -> None:
    """Each letter once, with its id and its picture."""
    with smtp_sink(kept=tmp_path) as port:
        assert outcomes(channel_to(port), *map(letter, range(20))) == [Accepted()] * 20
    made = [message_from_bytes(one.read_bytes(), policy=default) for one in tmp_path.iterdir()]
    ids = sorted(str(one["Message-ID"]) for one in made)
    assert ids == [f"<{id_of(number)}@insurer.example>" for number in range(20)]
    assert all("image/png" in [part.get_content_type() for part in one.walk()] for one in made)


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (("-r", "mail"), Later(AGAIN, "450 4.3.0")),
        (("-r", "rcpt"), Later(AGAIN, "450 4.3.0")),
        (("-r", "data"), Later(AGAIN, "450 4.3.0")),
        (("-r", "."), Later(AGAIN, "450 4.3.0")),
        (("-f", "rcpt"), Rejected("500 5.3.0")),
        (("-f", "."), Rejected("500 5.3.0")),
        (("-B", "550 5.1.1 unknown", "-f", "rcpt"), Rejected("550 5.1.1", is_dead=True)),
        (("-q", "ehlo"), Later(AGAIN, "SMTPServerDisconnected")),
        (("-q", "mail"), Later(AGAIN, "SMTPServerDisconnected")),
        (("-q", "rcpt"), Later(AGAIN, "SMTPServerDisconnected")),
        (("-q", "data"), Later(AGAIN, "SMTPServerDisconnected")),
        (("-Q", "rcpt"), Later(AGAIN, "421 4.0.0")),
        (("-q", "."), Unknown("SMTPServerDisconnected")),
    ],
)
def test_what_it_plays_is_understood(options: tuple[str, ...], outcome: Outcome) -> None:
    """Until the content is out nothing was sent; then only a reply tells."""
    with smtp_sink(*options) as port:
        assert outcomes(channel_to(port), letter()) == [outcome]
