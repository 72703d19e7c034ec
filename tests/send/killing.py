"""A sender that dies where a test wants it, and a gateway that counts what it was given.

::

    python -m tests.send.killing NOW ROOT LEDGER PORT HOLDER SIZE [STEP]

The sender is a process of its own and kills itself by SIGKILL: nothing of Python runs after that.
"""

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Barrier, Lock, Thread
from typing import TextIO

from sqlalchemy import Engine, event

from generator.send.ledger import Ledger, open_ledger
from generator.send.values import Accepted, Outcome
from tests.send.ledger.samples import LEASE, NOW, SMS

ROOT = Path(__file__).resolve().parents[2]
COMMITS = ("claim", "attempt", "settle")
"""What a sender writes for a batch, in this order; reading commits nothing."""
STEPS = (
    "before claim",
    "after claim",
    "before attempt",
    "after attempt",
    "in handing over",
    "before settle",
    "after settle",
)


@dataclass
class Gateway:
    """What it was given, by id; it answers each at once."""

    got: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    meeting: Barrier | None = None
    """Where senders wait for each other before the first message of each is answered."""

    def take(self, one: str) -> None:
        """Count a message."""
        with self.lock:
            self.got[one] += 1


@contextmanager
def gateway(senders: int = 1) -> Iterator[tuple[Gateway, int]]:
    """A running gateway and its port; nobody gets an answer until so many senders are there."""
    made = Gateway(meeting=Barrier(senders, timeout=60))
    handler = type("GatewayHandler", (_Handler,), {"gateway": made})
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made, server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class _Handler(StreamRequestHandler):
    gateway: Gateway

    def handle(self) -> None:
        is_first = True
        for line in self.rfile:
            self.gateway.take(line.decode().strip())
            if is_first and self.gateway.meeting:
                self.gateway.meeting.wait()
            is_first = False
            self.wfile.write(b"taken\n")


@contextmanager
def sender(
    root: Path, where: str, port: int, holder: str, *more: str, now: datetime = NOW
) -> Iterator[subprocess.Popen[str]]:
    """A sender that runs; it is over when this is left."""
    words = ("tests.send.killing", now.isoformat(), str(root), where, str(port), holder, *more)
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        yield process


def ended(process: subprocess.Popen[str]) -> int:
    """How the sender ended; what it said if it failed by itself."""
    _, said = process.communicate(timeout=120)
    if process.returncode > 0:
        raise RuntimeError(said)
    return process.returncode


@dataclass(frozen=True)
class Sender:
    """Who hands messages over, and is told of each step of its own."""

    ledger: Ledger
    holder: str
    now: datetime
    size: int
    die: Callable[[str], None]

    def run(self, port: int) -> None:
        """Hand over batches until there is nothing more."""
        with socket.create_connection(("127.0.0.1", port)) as line, line.makefile("rw") as talk:
            while ids := self._claimed():
                mine = self.ledger.sending.attempting(ids, self.holder, self.now, LEASE)
                self.die("after attempt")
                outcomes = {one: self._hand_over(one, talk) for one in self._halved(mine)}
                self.ledger.sending.settle(outcomes, self.holder, self.now)
                self.die("after settle")

    def _claimed(self) -> list[str]:
        found = self.ledger.sending.claim(SMS, self.holder, self.size, self.now, LEASE)
        self.die("after claim")
        return [it.id for it in found]

    def _halved(self, ids: set[str]) -> Iterator[str]:
        for number, one in enumerate(sorted(ids)):
            if number == len(ids) // 2:
                self.die("in handing over")
            yield one

    def _hand_over(self, one: str, talk: TextIO) -> Outcome:
        print(one, file=talk, flush=True)
        if talk.readline() != "taken\n":
            raise RuntimeError("the gateway is gone")
        return Accepted(f"gateway {one}")


def main(words: Sequence[str]) -> None:
    """Be a sender."""
    now, root, where, port, holder, size, *step = words
    wanted = step[0] if step else ""

    def die(step: str) -> None:
        if step == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_ledger(Path(root), where) as ledger:
        commits = iter(COMMITS * 1000)

        @event.listens_for(Engine, "commit")
        def _(_: object) -> None:
            die(f"before {next(commits)}")

        Sender(ledger, holder, datetime.fromisoformat(now), int(size), die).run(int(port))


if __name__ == "__main__":
    main(sys.argv[1:])
