"""What a command cost: seconds, seconds of processors, bytes of memory, and whether it lived."""

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from resource import struct_rusage
from subprocess import DEVNULL, Popen
from threading import Event, Thread

PAUSE = 0.02  # seconds between two looks at the memory, at least
REST = 50  # times what a look took: a look at three large processes costs them milliseconds
MOST_SECONDS = 1800.0
MOST_SHARE = 0.85  # of the machine's memory; beyond it the kernel would choose whom to kill
MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
KIB = 1024
SESSION = 3  # the place of a process's session in its stat line, after its name

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Cost:
    """What writing ``pages`` pages took.

    ``peak`` is the kernel's own high-water mark where the command was one process. Where it was
    several, it is the largest sum of their PSS (which counts shared memory once) in any look.
    ``ru_maxrss`` would be wrong: a child begins with that of the process which started it.
    """

    pages: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of the process and its children, user and system."""
    peak: int
    """Bytes."""
    died: str = ""
    """Why not all pages are there; empty when they are."""
    parent: int = 0
    """The most bytes that the process of the command held."""
    worker: int = 0
    """The most that one of its children held."""


@dataclass(slots=True)
class _Watch:
    """Looks at a session's memory again and again; ends it where it asks for too much."""

    session: int
    most_seconds: float
    peak: int = 0
    parent: int = 0
    worker: int = 0
    ended: str = ""
    over: Event = field(default_factory=Event)

    def __call__(self) -> None:
        last = time.monotonic() + self.most_seconds
        while True:
            began = time.monotonic()
            held = memories_of(self.session)
            self.peak = max(self.peak, sum(held.values()))
            self.parent = max(self.parent, held.pop(self.session, 0))
            self.worker = max(self.worker, *held.values(), 0)
            pause = max(PAUSE, REST * (time.monotonic() - began))
            if self.peak > MOST_SHARE * MACHINE:
                self._end(f"stopped at {self.peak / KIB**3:.1f} GiB")
            elif time.monotonic() > last:
                self._end(f"stopped after {self.most_seconds:.0f} s")
            if self.over.wait(pause):
                return

    def _end(self, why: str) -> None:
        self.ended = why
        _kill(self.session)


def measured(
    command: Command,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    most_seconds: float = MOST_SECONDS,
) -> Cost:
    """What ``command`` cost, run in ``folder``; of ``pages`` it knows nothing.

    Its output goes to ``output.log`` in ``folder``.
    """
    with (folder / "output.log").open("wb") as log:
        began = time.perf_counter()
        process = Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        watch = _Watch(process.pid, most_seconds)
        code, ended, used = _waited(process, watch)
    wall = ended - began
    cpu, why = used.ru_utime + used.ru_stime, watch.ended or _ending(code)
    return Cost(0, wall, cpu, watch.peak, why, watch.parent, watch.worker)


def _waited(process: Popen[bytes], watch: _Watch) -> tuple[int, float, struct_rusage]:
    """A process's exit code, when it ended, and what it used; it is watched until then."""
    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
        ended = time.perf_counter()
    except BaseException:
        _kill(process.pid)  # it would outlive an interrupted benchmark
        raise
    finally:
        watch.over.set()
        thread.join()
    process.returncode = os.waitstatus_to_exitcode(status)  # Popen did not see it end
    return process.returncode, ended, used


def _ending(code: int) -> str:
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"ended with code {code}" if code else ""


def _kill(session: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)


def memories_of(session: int) -> dict[int, int]:
    """Bytes held by each process of a session by its number; the most so far where it is one."""
    members = list(_members(session))
    if len(members) == 1:
        return {int(members[0].name): _kib(members[0] / "status", "VmHWM:")}
    return {int(member.name): _kib(member / "smaps_rollup", "Pss:") for member in members}


def _members(session: int) -> Iterator[Path]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):  # it may end between two looks
                stat = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
                if stat.rpartition(")")[2].split()[SESSION] == f"{session}":
                    yield Path(entry.path)


def _kib(path: Path, name: str) -> int:
    """The bytes that a line of a file in ``/proc`` gives in KiB; 0 when the process is gone."""
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * KIB
    return 0
