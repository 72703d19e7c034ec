"""How often a request is made, and when: while that may help, and no longer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from generator.publish.failure import Failure, FailureError
from generator.publish.pace import Pace

T = TypeVar("T")

MOST = 6  # of a request that may go well the next time
FIRST_PAUSE = 0.2  # seconds before the second try; each is twice the one before
PATIENCE = 30.0  # seconds for one answer, and with a store that refuses everything


@dataclass(slots=True)
class Tries:
    """What one request has been through."""

    pace: Pace
    began: float
    """By the clock of the pace."""
    _failed: int = 0
    """How often, refusals not counted: those tell only how fast to go."""

    def pause(self, failure: Failure) -> float:
        """The seconds until it is made again; what was refused goes at the pace of the store.

        Raises:
            OutsideError: it is not.
        """
        if not failure.may_help:
            raise failure.told()
        if failure.is_busy:
            self.pace.refused(failure.pause)
            # a store of which nothing was asked for an hour was not silent for an hour
            if min(self.pace.silence(), self.pace.clock() - self.began) <= PATIENCE:
                return 0.0
        else:
            self._failed += 1
            if self._failed < MOST:
                return FIRST_PAUSE * 2.0 ** (self._failed - 1)
        raise failure.told()


def tried(request: Callable[[], T], pace: Pace) -> T:
    """What a request answers, which raises ``FailureError``; it is made again while that may help.

    Raises:
        OutsideError: the store failed.
    """
    tries = Tries(pace, pace.clock())
    while True:
        pace.wait()
        try:
            answer = request()
        except FailureError as error:
            pause = tries.pause(error.failure)
        else:
            pace.accepted()
            return answer
        pace.sleep(pause)
