"""What clients did with a message, as whoever counts it tells: lines of JSON.

Conditions of journeys ask for it. A line names a message by its id, or by its client and the tag of
its link: ``{"what": "opened", "at": "2026-11-28T09:30:00Z", "client": "A-1", "tag": "k7Q"}``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from generator.base.errors import Problem
from generator.send.ledger import Seen

WHAT = ("opened", "followed")
HINT = "write what (opened or followed), at, and message; or client and tag"


def sightings(lines: Iterable[bytes], name: str, problems: list[Problem]) -> Iterator[Seen]:
    """What each line tells; a line that tells nothing is a problem, without its values."""
    for number, line in enumerate(lines, 1):
        try:
            yield _seen(json.loads(line))
        except (ValueError, KeyError, TypeError):
            problems.append(Problem(name, "the line is not as expected", HINT, line=number))


def _seen(data: Mapping[str, Any]) -> Seen:
    what, at = data["what"], datetime.fromisoformat(data["at"])
    if what not in WHAT or at.tzinfo is None:
        raise ValueError
    known = [data["message"]] if "message" in data else [data["client"], data["tag"]]
    if not all(isinstance(one, str) and one for one in known):
        raise ValueError
    if "message" in data:
        return Seen(what, at, message=data["message"])
    return Seen(what, at, client=data["client"], tag=data["tag"])
