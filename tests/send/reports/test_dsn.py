"""Letters that came back: of servers that write as the standard wants, and of others."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.reports import ReportError, dsn_report, unsubscribed

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
OURS = "abcdefghijklmnopqrstuvwx01"
ORIGINAL = f"""\
From: Insurer <letters@insurer.example>
To: maria@a.example
Message-ID: <{OURS}@insurer.example>

Hello
"""
BOUNCE = """\
From: MAILER-DAEMON@mx.a.example (Mail Delivery System)
Message-Id: <20261121090000.1234567890123456@mx.a.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Description: Notification

This is the mail system at host mx.a.example.

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.a.example
Arrival-Date: Sat, 21 Nov 2026 12:00:00 +0300 (MSK)

Final-Recipient: rfc822; maria@a.example
Original-Recipient: rfc822;maria@a.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 maria@a.example unknown

--cut
Content-Type: {kind}

{original}
--cut--
"""
"""As Postfix writes it."""


def bounce(action: str, status: str, *, headers_only: bool = False) -> bytes:
    """What a server makes of a letter of ours."""
    original = ORIGINAL.partition("\n\n")[0] if headers_only else ORIGINAL
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    return BOUNCE.format(action=action, status=status, kind=kind, original=original).encode()


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", ("dead", "5.1.1")),
        ("failed", "5.1.2", ("dead", "5.1.2")),
        ("failed (no such user)", "5.2.1 (closed)", ("dead", "5.2.1")),
        ("failed", "5.2.2", ("failed", "5.2.2")),
        ("failed", "5.7.1", ("failed", "5.7.1")),
        ("failed", "4.4.7", ("expired", "4.4.7")),
        ("failed", "", ("failed", "failed")),
        ("error", "5.1.1", ("dead", "5.1.1")),
        ("delivered", "2.0.0", ("delivered", "2.0.0")),
        ("delayed", "4.4.1", None),
        ("relayed", "2.0.0", None),
    ],
)
@pytest.mark.parametrize("headers_only", [False, True])
def test_what_a_server_says(
    action: str, status: str, expected: tuple[str, str] | None, *, headers_only: bool
) -> None:
    """No such mailbox is a dead address, a full one is not; a delay is nothing."""
    report = dsn_report(bounce(action, status, headers_only=headers_only), "letters", NOW)
    told = (report.status, report.code) if report else None
    assert told == expected
    assert report is None or (report.id, report.channel) == (OURS, "letters")


def test_a_server_that_knows_no_standard() -> None:
    """It is qmail, which writes words, and the letter below them."""
    words = (
        "Hi. This is the qmail-send program at mx.a.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<maria@a.example>:\nSorry, no mailbox here by that name.\n\n"
        f"--- Below this line is a copy of the message.\n\n{ORIGINAL}"
    )
    letter = MIMEText(words)
    letter["From"] = "MAILER-DAEMON@mx.a.example"
    report = dsn_report(letter.as_bytes(), "letters", NOW)
    assert report
    assert (report.id, report.status, report.code) == (OURS, "failed", "bounced")


def test_somebody_on_leave_tells_nothing() -> None:
    """They answer our letter, so it is known; it has not come back."""
    letter = EmailMessage()
    letter["From"] = "maria@a.example"
    letter["Auto-Submitted"] = "auto-replied"
    letter["In-Reply-To"] = f"<{OURS}@insurer.example>"
    letter.set_content("I am on leave until Monday.")
    assert dsn_report(letter.as_bytes(), "letters", NOW) is None


@pytest.mark.parametrize("octets", [b"", b"\xff\xfe\0", b"Subject: hello\n\nBuy now"])
def test_a_letter_about_none_of_ours_is_refused(octets: bytes) -> None:
    """Nothing of it stands in the error."""
    with pytest.raises(ReportError, match=r"^not about a letter of ours$"):
        dsn_report(octets, "letters", NOW)


@given(st.data())
def test_a_damaged_letter_is_understood_or_refused(data: st.DataObject) -> None:
    """Cut anywhere, with anything in the middle."""
    whole = bounce("failed", "5.1.1")
    at = data.draw(st.integers(0, len(whole)))
    strange = data.draw(st.binary(max_size=20))
    try:
        report = dsn_report(
            whole[:at] + strange + whole[at:][: data.draw(st.integers(0, 900))], "l", NOW
        )
    except ReportError:
        return
    assert report is None or report.id == OURS


@given(st.binary(max_size=400))
def test_anything_may_come(octets: bytes) -> None:
    """It is refused, or tells nothing: no id of ours is in it."""
    with pytest.raises(ReportError):
        dsn_report(octets, "letters", NOW)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (f"unsubscribe {OURS}", OURS),
        (f"Unsubscribe\n {OURS}", OURS),
        (f"Re: unsubscribe {OURS}", ""),
        ("unsubscribe", ""),
        (f"unsubscribe {OURS}x", ""),
    ],
)
def test_who_unsubscribes_by_mail(subject: str, expected: str) -> None:
    """By the subject that their mail program was given, and no other."""
    assert unsubscribed(f"Subject: {subject}\n\n".encode()) == expected
