"""What workers are given to do in tests; they import nothing else, and so start soon."""

import os
import pickle
import signal
import sys
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
BLIND: list[str] = []
"""The folder that this process does not see."""
LOOKS = {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove"}
"""What a process does to see a folder, or to change it (audit events of Python)."""


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


def done_before(_: bytes, __: int) -> list[int]:
    """What this process knows of a night."""
    return DONE


def failing(_: bytes, task: int) -> int:
    """Raises an error of ours."""
    raise ERRORS[task]


def work_of_one_who_dies(brief: bytes, task: Any) -> Any:  # noqa: ANN401 - a night's own types
    """What a partition answers; who has done three first is killed before the third is told."""
    from generator.partition import work  # noqa: PLC0415 - heavy

    marker = _settings(brief).root.parent / "died"
    answer = work(brief, task)
    DONE.append(len(DONE))
    if len(DONE) > 2 and _is_first(marker):
        os.kill(os.getpid(), signal.SIGKILL)
    return answer


def work_far_away(brief: bytes, task: Any) -> Any:  # noqa: ANN401 - a night's own types
    """The same in a process that sees nothing of the site's folder."""
    site = _settings(brief).root
    if not BLIND:
        BLIND.append(f"{site}/")
        sys.addaudithook(_look_away)
    assert not _can_see(site)
    return work_of_one_who_dies(brief, task)


def _look_away(event: str, given: tuple[Any, ...]) -> None:
    if event in LOOKS and given and f"{given[0]}/".startswith(BLIND[0]):
        raise PermissionError(given[0])


def _can_see(site: Path) -> bool:
    try:
        return any(site.iterdir())
    except PermissionError:
        return False


def _is_first(marker: Path) -> bool:
    """Whether nobody was here before; two who come at once are not both the first."""
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _settings(brief: bytes) -> Any:  # noqa: ANN401 - a night's own types
    return pickle.loads(pickled(brief))  # noqa: S301 - our own
