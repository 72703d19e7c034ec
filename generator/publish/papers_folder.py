"""Papers in a folder: beside a published folder, never in what is served.

Only one at a time writes, by a lock of the kernel's that ends with its process. On NFS the Linux
kernel makes such a lock one of the server (NLM for version 3, its own for 4). A server that has
none is told as an error: then nothing is written.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile

from generator.base.errors import OutsideError
from generator.publish.papers import Paper, TakenError

LOCK = ".lock"
PAUSE = 0.01  # seconds between two tries to write: another does it in milliseconds
TRIES = 1000  # then the other one is stopped, and nobody should wait for it


class FolderPapers:
    """Papers as files of a folder, which is made with the first of them."""

    def __init__(self, folder: Path, sleep: Callable[[float], None] = time.sleep) -> None:
        self._folder, self._sleep = folder, sleep

    def read(self, name: str) -> Paper | None:
        """What lies under a name; see ``Papers``."""
        try:
            with (self._folder / name).open("rb") as file:
                content, written = file.read(), os.fstat(file.fileno()).st_mtime
            return Paper(content, _tag(content), max(0.0, self._now() - written))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(error) from None

    def write(self, name: str, content: bytes, tag: str | None) -> str:
        """Replace a paper; see ``Papers``."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                if self._tag(name) != tag:
                    raise TakenError("somebody else has written it")
                self._replace(self._folder / name, content)
        except OSError as error:
            raise _failed(error) from None
        return _tag(content)

    def _now(self) -> float:
        """The time of the machine that has the disk: this one's may be another."""
        with TemporaryFile(dir=self._folder) as file:
            os.utime(file.fileno())
            return os.fstat(file.fileno()).st_mtime

    def _tag(self, name: str) -> str | None:
        try:
            return _tag((self._folder / name).read_bytes())
        except FileNotFoundError:
            return None

    def _replace(self, place: Path, content: bytes) -> None:
        draft = place.with_name(f".{place.name}.draft")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._lock(handle)
            yield
        finally:
            os.close(handle)

    def _lock(self, handle: int) -> None:
        for _ in range(TRIES):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._sleep(PAUSE)
            else:
                return
        hint = "see whether a publisher is stopped; run it again"
        raise OutsideError(f"somebody else does not stop writing beside the store — hint: {hint}")


def _tag(content: bytes) -> str:
    return sha256(content).hexdigest()


def _failed(error: OSError) -> OutsideError:
    sentence = f"the folder beside the store cannot be used: {error.strerror}"
    locks = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
    hint = "mount it with locks" if error.errno in locks else "see to it, and run it again"
    return OutsideError(f"{sentence} — hint: {hint}")
