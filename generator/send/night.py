"""What a sender does every night by itself; what one part refuses does not hold up the others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from generator.base.errors import InputError, OutsideError, Problem, SealpressError
from generator.base.progress import Progress
from generator.send.approving import approve_by_itself
from generator.send.handing import never
from generator.send.planning import Proposal, plan
from generator.send.running import Done, run
from generator.send.sender import Sender


@dataclass(frozen=True, slots=True)
class Night:
    """What came of it."""

    plan: Proposal | None
    """None when nothing could be planned."""
    done: Done
    refused: SealpressError | None
    """Why nothing was planned, or why the plan waits for a person."""

    def raise_errors(self) -> None:
        """Raise what went wrong, of all parts at once.

        Raises:
            InputError: something has to be mended, or approved by a person.
            OutsideError: something outside failed; a rerun may help.
        """
        if self.refused is None:
            self.done.raise_errors()
            return
        try:
            self.done.raise_errors()
        except SealpressError as error:
            raise _both(self.refused, error) from None
        raise self.refused


def _both(*errors: SealpressError) -> SealpressError:
    """Two errors as one, of the kind that a person has to see to."""
    if not any(isinstance(one, InputError) for one in errors):
        return OutsideError("\n".join(map(str, errors)))
    told = (
        one.problems if isinstance(one, InputError) else [Problem("send", str(one))]
        for one in errors
    )
    return InputError(chain.from_iterable(told))


def night(
    sender: Sender,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    progress: Progress,
    is_over: Callable[[], bool] = never,
) -> Night:
    """Plan, approve within limits, and hand over: what was approved before goes in any case.

    Raises:
        OutsideError: the ledger failed.
    """
    proposal: Proposal | None = None
    refused: SealpressError | None = None
    try:
        proposal = plan(sender, clock(), progress)
        approve_by_itself(sender, proposal, clock())
    except (InputError, OutsideError) as error:
        refused = error
    return Night(proposal, run(sender, clock, sleep, progress, is_over), refused)
