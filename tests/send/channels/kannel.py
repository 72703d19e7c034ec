"""A real Kannel: bearerbox, smsbox and its fake operator, in a network that nobody else is in.

In 1.4.5 the port for the operator is open on all interfaces, whatever the settings say. So the
tests that need it run in a network namespace (``alone``), where ports are free, too.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from re import findall
from urllib.parse import unquote_to_bytes

import urllib3

from tests.postgres import missing

FAKE = Path("/usr/lib/kannel/test/fakesmsc")
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
ADMIN, BOX, OPERATOR, SEND = 13000, 13001, 13010, 13013
APART = (
    *("unshare", "--net", "--map-root-user", "sh", "-c"),
    *('ip link set lo up && exec "$@"', "sh"),
)
"""Begins a command in a network in which nobody else is."""
STARTED = 30.0  # seconds
USER, WORD = "sealpress", "word-of-nobody"
SETTINGS = f"""
group = core
admin-port = {ADMIN}
admin-interface = 127.0.0.1
admin-password = {WORD}
smsbox-port = {BOX}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {OPERATOR}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {SEND}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = {USER}
password = {WORD}
max-messages = 10
"""


@dataclass(frozen=True)
class Kannel:
    """A running one."""

    folder: Path
    address: str = f"http://127.0.0.1:{SEND}/cgi-bin/sendsms"

    def taken(self) -> list[tuple[str, str]]:
        """Phone and text of each message that the operator has got."""
        text = (self.folder / "fakesmsc.out").read_text(encoding="utf-8")
        found = findall(r"Got message \d+: <\S+ (\S+) (\S+) (.*)>", text)
        return [(to, _text(coding, content)) for to, coding, content in found]

    def wait_for(self, to: str, text: str) -> None:
        """Return when the operator has got it."""
        _until(lambda: (to, text) in self.taken(), "the message does not arrive")


@contextmanager
def kannel(folder: Path) -> Iterator[Kannel]:
    """One whose operator is there; only inside ``alone``."""
    (folder / "kannel.conf").write_text(SETTINGS, encoding="utf-8")
    with ExitStack() as stack:
        stack.enter_context(_running(folder, "bearerbox", "kannel.conf"))
        _wait_for("boxes")
        stack.enter_context(_running(folder, "smsbox", "kannel.conf"))
        _wait_for("<type>smsbox</type>")
        operator = ("-H", "127.0.0.1", "-r", str(OPERATOR), "-i", "0.01", "-m", "0")
        stack.enter_context(_running(folder, str(FAKE), *operator, "1 2 text nothing"))
        _wait_for("<status>online")
        yield Kannel(folder)


def alone(module: Path, folder: Path) -> str:
    """What pytest says of ``module`` in a network of its own; nothing if all went well.

    The test is skipped where Kannel is not installed, and fails there under ``CI``.
    """
    require()
    tests = [sys.executable, "-m", "pytest", "-n", "0", "--basetemp", str(folder), str(module)]
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*APART, *tests],
        env={**known, "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.stdout + done.stderr if done.returncode else ""


def require() -> None:
    """Skip the test where Kannel cannot run; under ``CI`` it fails there."""
    programs = [shutil.which(name, path=PATH) for name in ("bearerbox", "smsbox", "ip", "unshare")]
    if not all(programs) or not FAKE.exists():
        missing("there is no Kannel: see .ci/kannel.sh")
    if subprocess.run([*APART, "true"], capture_output=True, check=False).returncode:
        missing("no network of its own can be made here: unshare is not allowed")


@contextmanager
def _running(folder: Path, program: str, *arguments: str) -> Iterator[None]:
    with (folder / f"{Path(program).name}.out").open("wb") as out:
        found = str(shutil.which(program, path=PATH))
        process = subprocess.Popen([found, *arguments], stdout=out, stderr=out, cwd=folder)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _wait_for(words: str) -> None:
    """Return when the status of Kannel has them."""
    address = f"http://127.0.0.1:{ADMIN}/status.xml?password={WORD}"
    _until(lambda: words in _status(address), f"Kannel does not come so far: {words}")


def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + STARTED
    while not is_so():
        if time.monotonic() > until:
            raise RuntimeError(otherwise)
        time.sleep(0.02)  # it is another process


def _status(address: str) -> str:
    try:
        with urllib3.PoolManager() as pool:
            return pool.request("GET", address, retries=False).data.decode()
    except urllib3.exceptions.HTTPError:
        return ""


def _text(coding: str, content: str) -> str:
    raw = unquote_to_bytes(content.replace("+", " ") if coding == "ucs-2" else content)
    return raw.decode("utf-16-be" if coding == "ucs-2" else "utf-8")
