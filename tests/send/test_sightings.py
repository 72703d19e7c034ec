"""What clients did: lines that are right are taken, the others told by their number alone."""

import json
from datetime import UTC, datetime

import pytest

from generator.base.errors import Problem
from generator.send.ledger import Seen
from generator.send.sightings import sightings

AT = "2026-11-28T09:30:00+00:00"
BY_TAG = {"what": "opened", "at": AT, "client": "A-1", "tag": "k7Q"}
BY_ID = {"what": "followed", "at": AT, "message": "k3q"}


def test_a_message_is_named_by_its_id_or_by_client_and_tag() -> None:
    """Both ways, in the order of the lines."""
    problems = list[Problem]()
    lines = [json.dumps(one).encode() for one in (BY_TAG, BY_ID)]
    moment = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
    assert list(sightings(lines, "events.jsonl", problems)) == [
        Seen("opened", moment, client="A-1", tag="k7Q"),
        Seen("followed", moment, message="k3q"),
    ]
    assert problems == []


@pytest.mark.parametrize(
    "wrong",
    [
        b"{",
        b"[]",
        json.dumps({**BY_TAG, "what": "danced"}).encode(),
        json.dumps({**BY_TAG, "at": "2026-11-28T09:30:00"}).encode(),
        json.dumps({**BY_TAG, "at": "noon"}).encode(),
        json.dumps({**BY_TAG, "tag": ""}).encode(),
        json.dumps({**BY_ID, "message": 7}).encode(),
        json.dumps({"what": "opened", "at": AT, "client": "A-1"}).encode(),
    ],
)
def test_a_line_that_is_wrong_is_told_by_its_number(wrong: bytes) -> None:
    """The others are taken; nothing of the line is told."""
    problems = list[Problem]()
    found = list(sightings([json.dumps(BY_ID).encode(), wrong], "events.jsonl", problems))
    assert len(found) == 1
    assert [one.line for one in problems] == [2]
    assert "A-1" not in str(problems[0])
