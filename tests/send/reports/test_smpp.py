"""Receipts of an SMSC: their words, their parameters, and what is neither."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.reports import plain_id, receipt_of
from generator.send.values import Report

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
USUAL = (
    b"id:0123456789 sub:001 dlvrd:001 submit date:2611210900 done date:2611210901 "
    b"stat:DELIVRD err:000 text:Hello"
)


def told(text: bytes, parameters: dict[int, bytes] | None = None) -> tuple[str, str, str] | None:
    """Status, id and code of a receipt."""
    report = receipt_of(text, parameters or {}, "sms", NOW)
    return (report.status, report.provider, report.code) if report else None


def test_a_usual_receipt() -> None:
    """As the appendix of the standard has it."""
    expected = Report("sms", "delivered", NOW, provider="0123456789", code="000")
    assert receipt_of(USUAL, {}, "sms", NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"id:7 stat:UNDELIV err:001", ("failed", "7", "001")),
        (b"id:7 stat:EXPIRED err:", ("expired", "7", "EXPIRED")),
        (b"id:7 stat:REJECTD", ("failed", "7", "REJECTD")),
        (b"id:7 stat:DELETED", ("failed", "7", "DELETED")),
        (b"ID:7 STAT:delivrd ERR:0A1", ("delivered", "7", "0A1")),
        (b"id: 7-a.b_c stat: DELIVRD", ("delivered", "7-a.b_c", "DELIVRD")),
        (b"id:7 stat:ENROUTE err:000", None),
        (b"id:7 stat:ACCEPTD err:000", None),
        (b"id:7 stat:UNKNOWN err:000", None),
        (b"stat:DELIVRD err:000", None),
        (b"Thank you", None),
        (b"", None),
    ],
)
def test_what_the_words_tell(text: bytes, expected: tuple[str, str, str] | None) -> None:
    """What is not final tells nothing, and so does a client's answer."""
    assert told(text) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({0x1E: b"7f\0", 0x427: b"\2"}, ("delivered", "7f", "000")),
        ({0x1E: b"7f", 0x427: b"\3"}, ("expired", "7f", "000")),
        ({0x1E: b"7f\0", 0x427: b"\5"}, ("failed", "7f", "000")),
        ({0x1E: b"7f\0", 0x427: b"\1"}, None),
        ({0x1E: b"\xff\x07", 0x427: b"\2\2"}, ("delivered", "0123456789", "000")),
    ],
)
def test_parameters_are_believed_before_the_words(
    parameters: dict[int, bytes], expected: tuple[str, str, str] | None
) -> None:
    """Those that can be read."""
    assert told(USUAL, parameters) == expected


def test_words_may_come_as_a_parameter() -> None:
    """Long ones do not go into the message itself."""
    assert told(b"", {0x424: USUAL}) == ("delivered", "0123456789", "000")


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from([0x1E, 0x427, 0x424]), st.binary()))
def test_anything_may_come(text: bytes, parameters: dict[int, bytes]) -> None:
    """It is a receipt with an id and a state, or nothing."""
    report = receipt_of(text, parameters, "sms", NOW)
    assert report is None or (report.provider and report.provider.isprintable())


@pytest.mark.parametrize(
    ("written", "base", "plain"),
    [("001F", 16, "31"), ("0000000031", 10, "31"), ("1f", 10, "1f"), ("1_0", 10, "1_0"),
     ("AbC", None, "AbC"), ("", 16, ""), ("-5", 10, "-5")],
)  # fmt: skip
def test_a_plain_id(written: str, base: int | None, plain: str) -> None:
    """A number where it is one, else as it was."""
    assert plain_id(written, base) == plain
