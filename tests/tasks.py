"""What workers are given to do in tests; they import nothing else, and so start soon."""

import os
import pickle
import signal
from pathlib import Path
from typing import Any

from generator.base.errors import (
    InputError,
    KeyRingError,
    LinkError,
    NotFoundError,
    OpenError,
    OutsideError,
    Problem,
)
from generator.briefs import pickled

PROBLEM = Problem("content/a.yaml", "is wrong", "mend it", "rate", 3, 7)
ERRORS = [
    InputError([PROBLEM]),
    KeyRingError("keys/ring.json: there is no key ring"),
    LinkError("cut"),
    NotFoundError("there is no such client"),
    OpenError("authentication"),
    OutsideError("the disk is full"),
]

DONE: list[int] = []
"""What this process was given to do of a night."""


def whose(brief: bytes, task: int) -> tuple[bytes, int, int]:
    """The brief, the task's square, and the process that worked it out."""
    return brief, task * task, os.getpid()


def dying(brief: bytes, task: int) -> int:
    """Is killed in the middle of task 5, as by a lack of memory, unless it was so before."""
    marker = Path(brief.decode())
    if task == 5 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return -task


def deadly(brief: bytes, task: int) -> int:
    """Is killed in the middle of task 5, always, and notes it."""
    if task == 5:
        with Path(brief.decode()).open("a", encoding="utf-8") as file:
            file.write("†")
        os.kill(os.getpid(), signal.SIGKILL)
    return -task


def failing(_: bytes, task: int) -> int:
    """Raises an error of ours."""
    raise ERRORS[task]


def work_of_one_who_dies(brief: bytes, task: Any) -> Any:  # noqa: ANN401 - a night's own types
    """What a partition answers; the worker who has done two first is killed over the third."""
    from generator.partition import work  # noqa: PLC0415 - heavy

    marker = Path(pickle.loads(pickled(brief)).root) / "died"  # noqa: S301 - our own
    DONE.append(len(DONE))
    if len(DONE) > 2 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return work(brief, task)
