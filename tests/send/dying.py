"""A run of the sender that kills itself by SIGKILL where a test wants it.

::

    python -m tests.send.dying ROOT NOW [STEP NUMBER]

It is ``sealpress send run``, in a process of its own; nothing of Python runs after the signal.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

from generator.send import handing
from generator.send.channels import Handing, open_channel
from generator.send.ledger.sending import Sending
from generator.send.running import run
from generator.send.sender import open_sender
from generator.send.values import Outcome, Outgoing

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("claim", "attempting", "settle")
"""What a run writes for messages, in this order."""
TAKEN = "as a gateway has taken one"
STEPS = (*(f"{when} {method}" for method in METHODS for when in ("before", "after")), TAKEN)


@contextmanager
def sender(root: Path, now: datetime, *step: str) -> Iterator[subprocess.Popen[str]]:
    """A run that is under way; it is over when this is left."""
    command = [sys.executable, "-m", "tests.send.dying", str(root), now.isoformat(), *step]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        yield process


def ended(process: subprocess.Popen[str]) -> int:
    """How it ended; what it said if it failed by itself."""
    _, said = process.communicate(timeout=120)
    if process.returncode > 0:
        raise RuntimeError(said)
    return process.returncode


def die() -> None:
    """End at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def doomed(method: Callable[..., Any], when: str, number: int) -> Callable[..., Any]:
    """The method, whose call of this number nobody survives."""
    calls = count(1)

    @wraps(method)
    def wrapped(*words: Any, **more: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
        is_last = next(calls) == number
        if is_last and when == "before":
            die()
        found = method(*words, **more)
        if is_last and when == "after":
            die()
        return found

    return wrapped


class Mortal:
    """A channel; when so many messages are in the hands of the gateway, it dies."""

    def __init__(self, channel: Handing, number: int, taken: Iterator[int]) -> None:
        self._channel, self._number, self._taken = channel, number, taken
        self.most, self.close = channel.most, channel.close

    def hand_over(self, messages: Sequence[Outgoing]) -> Iterator[tuple[str, Outcome]]:
        """As the channel does."""
        for outcome in self._channel.hand_over(messages):
            if next(self._taken) == self._number:
                die()
            yield outcome


def doom(step: str, number: int) -> None:
    """Let this run die at the step, when it comes to it for so many times."""
    if step == TAKEN:
        taken = count(1)

        def opened(*words: Any) -> Handing:  # noqa: ANN401
            return Mortal(open_channel(*words), number, taken)

        setattr(handing, open_channel.__name__, opened)
        return
    when, method = step.split()
    setattr(Sending, method, doomed(getattr(Sending, method), when, number))


def silent(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def main(words: Sequence[str]) -> None:
    """Be a run."""
    root, now, *step = words
    if step:
        doom(step[0], int(step[1]))
    began = datetime.fromisoformat(now)
    real = datetime.now(began.tzinfo)
    with open_sender(Path(root)) as one:
        run(one, lambda: began + (datetime.now(began.tzinfo) - real), sleep, silent).raise_errors()


if __name__ == "__main__":
    main(sys.argv[1:])
