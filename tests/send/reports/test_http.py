"""Reports that gateways bring by HTTP: Devino's, Kannel's, and those of others."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.send.reports import ReportError, http_reports
from generator.send.values import Report

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
OURS = "abcdefghijklmnopqrstuvwx01"


def told(query: str = "", body: object = b"") -> list[tuple[str, str, str, str]]:
    """Status, our id, theirs and the code of each."""
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    reports = http_reports(query, octets, "sms", NOW)
    assert all((one.channel, one.at) == ("sms", NOW) for one in reports)
    return [(one.status, one.id, one.provider, one.code) for one in reports]


def test_devino_reports_with_the_options_of_the_message() -> None:
    """One message, or a list; the id is theirs and ours."""
    one = {"messageId": 123456789, "status": "DELIVERED", "options": {"id": OURS}}
    assert told(body=one) == [("delivered", OURS, "123456789", "delivered")]
    two = {"messageId": "8", "state": "UNDELIVERED", "error": "41"}
    assert told(body=[one, two]) == [
        ("delivered", OURS, "123456789", "delivered"),
        ("failed", "", "8", "41"),
    ]


@pytest.mark.parametrize(
    ("mask", "status"),
    [("1", "delivered"), ("2", "failed"), ("16", "failed"), ("4", None), ("8", None)],
)
def test_kannel_reports_in_numbers(mask: str, status: str | None) -> None:
    """Those of a message on its way tell nothing."""
    expected = [(status, OURS, "7f", mask)] if status else []
    assert told(f"id={OURS}&provider=7f&status={mask}") == expected


def test_others_report_as_a_form_or_as_json() -> None:
    """What stands in the address holds for the body, too."""
    assert told(f"id={OURS}", b"status=expired&code=E7") == [("expired", OURS, "", "E7")]
    assert told(f"id={OURS}", {"status": "dead"}) == [("dead", OURS, "", "dead")]


def test_a_sentence_is_no_code() -> None:
    """An address may stand in it."""
    error = "no route to +79000000001"
    assert told(body={"id": OURS, "status": "failed", "error": error}) == [
        ("failed", OURS, "", "failed")
    ]


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", b""),
        ("status=1", b""),
        ("", b"{"),
        ("", b"[1]"),
        ("", b'{"result": 5}'),
        ("", b"[" * 100_000),
        ("id=short&status=1", b""),
        ("", b'{"id": {"a": 1}, "status": {"b": 2}, "options": []}'),
    ],
)
def test_what_names_no_message_is_refused_without_showing_it(query: str, body: bytes) -> None:
    """Nothing of it stands in the error."""
    with pytest.raises(ReportError, match=r"^(names no message|not JSON|not a list of reports)$"):
        http_reports(query, body, "sms", NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["id", "status", "messageId", "options", "code", "result"]), inner
    ),
)  # fmt: skip


@given(st.text(max_size=60), JSON.map(lambda one: json.dumps(one).encode()) | st.binary())
def test_anything_may_come(query: str, body: bytes) -> None:
    """It is understood or refused, and ids are ids."""
    try:
        reports = http_reports(query, body, "sms", NOW)
    except ReportError:
        return
    assert all(isinstance(one, Report) and (one.id or one.provider) for one in reports)
