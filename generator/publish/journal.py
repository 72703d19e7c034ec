"""What a store acknowledged since the inventory was last written: a line a file.

A lot may be some thousands of files, and the inventory says of all of them that nobody knows, until
the last one is there. Whoever comes after a kill or a lost network finds here which are there
already. A line is written at once and never synced: after a power cut lines may be missing, and
their files are sent again.
"""

import os
import re
from pathlib import Path
from threading import Lock

from generator.base.errors import OutsideError

LINE = re.compile(rb"([0-9a-f]{64}) ([!-~]+)\n")


class Journal:
    """A private file, in the folder of the inventory; made when the first line is written."""

    def __init__(self, place: Path) -> None:
        self._place, self._file, self._opening = place, -1, Lock()

    def note(self, path: str, digest: str) -> None:
        """Put down that the store has a file; any thread may do so.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        try:
            if self._file < 0:
                self._open()
            os.write(self._file, f"{digest} {path}\n".encode())
        except OSError as error:
            place = f"build/private/published/{self._place.name}"
            raise OutsideError(f"{place}: cannot be written: {error.strerror}") from None

    def entries(self) -> dict[str, str]:
        """Digests by path, the last one of each; a line that is torn or spoilt is none."""
        try:
            raw = self._place.read_bytes()
        except FileNotFoundError:
            return {}
        found = map(LINE.fullmatch, raw.splitlines(keepends=True))
        return {one[2].decode(): one[1].decode() for one in found if one}

    def close(self) -> None:
        """Let go of the file; what is noted stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def clear(self) -> None:
        """Forget everything: the inventory says it now, or it was not true."""
        self.close()
        self._place.unlink(missing_ok=True)

    def _open(self) -> None:
        with self._opening:
            if self._file < 0:
                how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                self._file = os.open(self._place, how, 0o600)
