"""Whether what we remember of the site is true of the site that lies there."""

import json
import os
import struct
from ctypes import CDLL, create_string_buffer
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from generator.sealing import KeyRing
from generator.site.layout import Layout
from generator.site.tree import draft

FORMAT = "sealpress register 3"
HERE, BIRTH = -100, 0x800  # AT_FDCWD and STATX_BTIME of statx(2)
ANSWER, BORN = 256, 80  # bytes of its answer, and where in it the time of birth stands


@dataclass(frozen=True, slots=True)
class About:
    """Of which site the register and the list of common files tell, and what it was made of."""

    site: str
    """The folder's inode and birth: a site that was removed, copied or restored is another.

    An inode alone does not tell: ext4 gives the number of a removed folder to the next one.
    """
    ring: str
    """What stands for the key ring; other keys make other pages at other addresses."""
    files: str
    """Which files remember what the site has: when one is lost, none is believed."""
    as_of: str
    """The day for which it was built."""
    made_of: str
    """What stands for everything that clients' pages share."""
    store: str
    """The store to which clients' pages went straight; empty where they lie in the site."""
    epochs: tuple[int, ...] = ()
    """The live epochs of the key ring under which it was built."""

    @property
    def day(self) -> date:
        """The day for which the site was built."""
        return date.fromisoformat(self.as_of)

    def as_json(self) -> bytes:
        """The file of this."""
        return json.dumps({"format": FORMAT, **asdict(self)}).encode()


def about_next(
    layout: Layout, as_of: date, made_of: str, ring: KeyRing | None = None, store: str = ""
) -> About:
    """What will be true once the staged files are committed, and ``store`` has the pages."""
    folder = layout.site if layout.site.exists() else layout.staged
    register = draft(layout, layout.register.name)
    files = sorted((register if register.exists() else layout.register).glob("[0-9]*"))
    names = " ".join(path.name for path in files)
    live = tuple(epoch.number for epoch in ring.live) if ring else ()
    return About(_identity(folder), _mark(ring), names, as_of.isoformat(), made_of, store, live)


def about(layout: Layout, ring: KeyRing | None = None) -> About | None:
    """What the register tells of, if that is the site that is there; else it is of no use.

    With ``ring`` it must also be of that ring.
    """
    try:
        data = json.loads(layout.about.read_text(encoding="utf-8"))
        if data.pop("format") != FORMAT or data["site"] != _identity(layout.site):
            return None
        if not all((layout.register / name).exists() for name in data["files"].split()):
            return None
        data["epochs"] = tuple(data["epochs"])
        return About(**data) if ring is None or data["ring"] == _mark(ring) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # then every page is built and compared: slower, and right


def is_true(layout: Layout, ring: KeyRing | None = None, store: str = "") -> bool:
    """Whether the register tells of the site that is there, of this ring and of this store."""
    known = about(layout, ring)
    return known is not None and known.store == store


def _mark(ring: KeyRing | None) -> str:
    return ring.pseudonym("register") if ring else ""


def _identity(folder: Path) -> str:
    found = folder.stat()
    return f"{_birth(folder) or found.st_dev}:{found.st_ino}"


def _birth(folder: Path) -> str:
    """When a folder was made, to the nanosecond; empty where the system does not tell."""
    statx, answer = getattr(CDLL(None), "statx", None), create_string_buffer(ANSWER)
    if not statx or statx(HERE, os.fsencode(folder), 0, BIRTH, answer):
        return ""
    (told,) = struct.unpack_from("=I", answer)
    seconds, nanoseconds = struct.unpack_from("=qI", answer, BORN)
    return f"{seconds}.{nanoseconds:09}" if told & BIRTH else ""
