"""Postfix's sink of letters: a mail server of another hand, with the failures that it can play."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import missing
from tests.s3 import free_ports

STARTED = 20.0  # seconds
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


@contextmanager
def smtp_sink(*options: str, kept: Path | None = None) -> Iterator[int]:
    """Its port; every letter is a file in ``kept``.

    The test is skipped where Postfix is not installed, and fails there under ``CI``.
    """
    program = shutil.which("smtp-sink", path=PATH)
    if not program:
        missing("there is no smtp-sink: see .ci/postfix.sh")
    (port,) = free_ports(1)
    files = ("-d", f"{kept}/%M.") if kept else ()
    user = () if os.geteuid() else ("-u", "root")  # it asks for one, and writes below pytest's
    command = [str(program), *user, *files, *options, f"127.0.0.1:{port}", "100"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until_open(port, process)
        yield port
    finally:
        process.kill()
        process.communicate()


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when the process listens."""
    until = time.monotonic() + STARTED
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{process.args!r} does not listen") from None
            time.sleep(0.05)  # it is another process that starts
        else:
            return
