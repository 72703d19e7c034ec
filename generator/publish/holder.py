"""Who holds a lease, and how that is written for others to read."""

import json
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

FORMAT = "sealpress lease 1"
BOOT = Path("/proc/sys/kernel/random/boot_id")  # another one each time that Linux starts
LONGEST = 100  # characters of what others say of themselves


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease, as others are told: nothing of a client."""

    host: str
    command: str
    """As in ``sealpress publish``, without what stands after it."""
    since: str
    """By the holder's own clock, as in ``2026-11-27 02:30 UTC``."""
    owner: str = ""
    """What is the same for all who can be there one at a time only; empty for nobody."""


def here(command: str, owner: str = "") -> Holder:
    """This machine as a holder."""
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return Holder(socket.gethostname(), command, since, owner)


def owner_of(lock: Path) -> str:
    """What all who hold a lock of the kernel's on this file have in common, one after the other.

    It is of this machine since it was started, and of the very file, not of its name: while we hold
    that lock, whoever had it before is dead. Empty where that cannot be known.
    """
    try:
        boot, file = BOOT.read_text(encoding="ascii").strip(), lock.stat()
    except OSError:
        return ""
    names = socket.gethostname(), boot, f"{file.st_dev}", f"{file.st_ino}"
    return sha256("\0".join(names).encode()).hexdigest()


def written(holder: Holder | None, token: str, renewals: int = 0) -> bytes:
    """The paper of a lease, or with no holder that it is free."""
    data = {"format": FORMAT, "token": token}
    if holder:
        data |= {**asdict(holder), "renewals": f"{renewals}"}
    return json.dumps(data, sort_keys=True).encode()


def told(content: bytes) -> tuple[Holder | None, str]:
    """Who holds the lease, if anybody does, and the token; no token where it cannot be read."""
    try:
        data = json.loads(content)
        token = str(data["token"])
        if data["format"] != FORMAT:
            return None, ""
        if "host" not in data:
            return None, token
        return Holder(*(_plain(data[name]) for name in Holder.__slots__)), token
    except (ValueError, KeyError, TypeError):
        return None, ""


def _plain(text: object) -> str:
    """A short text without anything that a terminal would obey."""
    return "".join(filter(str.isprintable, str(text)))[:LONGEST]
