"""What time it is for the sender."""

from collections.abc import Callable
from datetime import UTC, datetime, time

from generator.cli.options import Run

NOON = time(12, tzinfo=UTC)


def clock_of(run: Run) -> Callable[[], datetime]:
    """The time; with ``--clock`` noon (UTC) of that day, on which no time passes."""
    if run.clock is None:
        return lambda: datetime.now(UTC)
    fixed = datetime.combine(run.clock, NOON)
    return lambda: fixed
