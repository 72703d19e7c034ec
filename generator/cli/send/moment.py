"""What time it is for the sender."""

from collections.abc import Callable
from datetime import UTC, datetime, time

from generator.cli.options import Run

NOON = time(12, tzinfo=UTC)


def clock_of(run: Run) -> Callable[[], datetime]:
    """The time; with ``--clock`` that day's from noon (UTC) on, as the run goes on."""
    if run.clock is None:
        return lambda: datetime.now(UTC)
    ahead = datetime.combine(run.clock, NOON) - datetime.now(UTC).replace(microsecond=0)
    return lambda: datetime.now(UTC) + ahead
