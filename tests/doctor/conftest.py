"""A host that answers right, until a test spoils it; and the doctor who looks at it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from generator.base.config import Publish
from generator.doctor import Finding, Patient, examine
from tests.doctor.host import Host, by_check, hosting

NOW = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)

Examined = Callable[..., dict[str, Finding]]


@pytest.fixture
def host() -> Iterator[Host]:
    """A host on which nothing is wrong."""
    with hosting() as running:
        yield running


@pytest.fixture
def examined(host: Host) -> Examined:
    """Looks at the host; findings by what was looked at."""

    def look(publish: Publish | None = None) -> dict[str, Finding]:
        patient = Patient(host.expected(), publish or Publish(), NOW)
        return by_check(examine(patient, lambda *_: None))

    return look
