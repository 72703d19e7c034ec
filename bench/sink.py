"""An object store that answers at once, or so many milliseconds later: what is waited for is ours.

``python -m bench.sink [--latency 30]`` prints its address, and serves until its input ends.

It is a process of its own that does one thing at a time, on a bare loop: two cores are enough for
it and the client that is measured, and the client's processor time is counted without it. It keeps
all objects in memory: a million take 4 GB. uvloop was no faster; C would be, by five times.
"""

import argparse
import json
import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple
from urllib.request import urlopen

from bench.s3 import Objects, header

MOST_READ = 1 << 16  # bytes at a time; more would be mapped and unmapped each time
BACKLOG = 1024
HEAD_END = b"\r\n\r\n"
TICKS = os.sysconf("SC_CLK_TCK")
USED = slice(11, 13)  # the places of user and system time in a stat line, after the name


# ── The process ──────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Line:
    """A connection, and what has come of a request."""

    socket: socket.socket
    came: bytes = b""
    whole: int = 0
    """Bytes of the request that is coming; 0 while that is not known."""


class Late(NamedTuple):
    """An answer that is to be given later."""

    when: float
    line: Line
    answer: bytes


@dataclass(slots=True)
class Loop:
    """All connections."""

    server: socket.socket
    latency: float
    """Seconds from the end of a request to the answer."""
    answer: Callable[[bytes, bytes], bytes]
    poll: select.epoll = field(default_factory=select.epoll)
    lines: dict[int, Line] = field(default_factory=dict)
    late: deque[Late] = field(default_factory=deque)

    def run(self, until: int) -> None:
        """Serve until something comes, or ends, at the file ``until``."""
        for handle in (self.server.fileno(), until):
            self.poll.register(handle, select.EPOLLIN)
        while True:
            wait = max(0.0, self.late[0].when - time.monotonic()) if self.late else -1
            for handle, _ in self.poll.poll(wait):
                if handle == until:
                    return
                if line := self.lines.get(handle):
                    self._read(line)
                else:
                    self._accept()
            now = time.monotonic() if self.late else 0.0
            while self.late and self.late[0].when <= now:
                self._give(*self.late.popleft()[1:])

    def _accept(self) -> None:
        made, _ = self.server.accept()
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines[made.fileno()] = Line(made)
        self.poll.register(made.fileno(), select.EPOLLIN)

    def _read(self, line: Line) -> None:
        try:
            came = line.socket.recv(MOST_READ)
        except ConnectionError:
            came = b""
        if not came:
            self._close(line)
            return
        line.came = line.came + came if line.came else came
        if line.whole and len(line.came) < line.whole:
            return
        self._take(line)

    def _take(self, line: Line) -> None:
        """Answer a request that has come whole; no client of ours sends two at once."""
        end = line.came.find(HEAD_END)
        if end < 0:
            return
        head, begin = line.came[:end], end + len(HEAD_END)
        if not line.whole:
            low = head.lower()
            line.whole = begin + int(header(low, b"content-length") or 0)
            if len(line.came) == begin < line.whole and header(low, b"expect"):
                line.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(line.came) < line.whole:
            return
        answer = self.answer(head, line.came[begin : line.whole])
        line.came, line.whole = line.came[line.whole :], 0
        if self.latency:
            self.late.append(Late(time.monotonic() + self.latency, line, answer))
        else:
            self._give(line, answer)

    def _give(self, line: Line, answer: bytes) -> None:
        try:
            line.socket.sendall(answer)
        except OSError:
            self._close(line)

    def _close(self, line: Line) -> None:
        if self.lines.pop(line.socket.fileno(), None):
            self.poll.unregister(line.socket.fileno())
        line.socket.close()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m bench.sink", description=__doc__)
    parser.add_argument("--latency", type=float, default=0, help="Milliseconds.")
    options = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as server:
        print(f"http://127.0.0.1:{server.getsockname()[1]}", flush=True)
        Loop(server, options.latency / 1000, Objects().answer).run(sys.stdin.fileno())


# ── For who starts it ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sink:
    """A running one."""

    endpoint: str
    process: int

    def told(self) -> dict[str, int]:
        """How many ``objects`` it has, and how often each method was asked for."""
        with urlopen(self.endpoint, timeout=10) as answer:  # noqa: S310 - it is ours
            told = json.loads(answer.read())
        return {"objects": told["objects"], **told["asked"]}

    def cpu(self) -> float:
        """Seconds of the processor that it has used so far."""
        stat = Path(f"/proc/{self.process}/stat").read_text(encoding="utf-8")
        return sum(map(int, stat.rpartition(")")[2].split()[USED])) / TICKS


@contextmanager
def sink(latency: float = 0) -> Iterator[Sink]:
    """A new one without objects, ``latency`` milliseconds away."""
    command = [sys.executable, "-m", "bench.sink", "--latency", f"{latency}"]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin  # noqa: S101 - so it was asked for
        assert process.stdout  # noqa: S101
        try:
            yield Sink(process.stdout.readline().strip(), process.pid)
        finally:
            process.stdin.close()


if __name__ == "__main__":
    main()
