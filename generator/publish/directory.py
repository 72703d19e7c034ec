"""The embedded default: a folder that a web server on this machine can serve.

What a publication overwrites or deletes gets a second name in a folder beside it, which is never
served, until the next publication begins: that costs no room for bytes, and undoes a publication.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import md5, sha256
from pathlib import Path
from shutil import copyfile, rmtree

from generator.base.errors import OutsideError
from generator.publish.store import Acknowledged, File, Listed, nobody

BESIDE, KEPT = ".sealpress", "previous"
"""The folder beside the served one has its name and the first; below it lies what was kept."""


class DirectoryStore:
    """A folder as a store; headers stand in the file ``_headers`` for its server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = beside(folder) / KEPT

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Write files one by one.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        for path, content in files:
            self.put(path, content)
            acknowledged(path, sha256(content).hexdigest())

    def delete_all(self, paths: Iterable[str]) -> None:
        """Take files away one by one.

        Raises:
            OutsideError: the disk does not let us.
        """
        for path in paths:
            self.delete(path)

    def retouch_all(self, paths: Iterable[str]) -> None:
        """Nothing: headers stand in the file ``_headers``, not with each file."""

    def list_all(self) -> Iterator[Listed]:
        """Every file below the folder, drafts of runs that were killed too.

        Raises:
            OutsideError: the disk does not let us read it.
        """
        for place in sorted(self._folder.rglob("*")):
            if place.is_file():
                path = place.relative_to(self._folder).as_posix()
                content = self.get(path) or b""
                yield Listed(path, md5(content, usedforsecurity=False).hexdigest())

    def get(self, path: str) -> bytes | None:
        """What lies at a path, or None.

        Raises:
            OutsideError: the disk does not let us read it.
        """
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OutsideError(f"the store cannot be read: {error.strerror}") from None

    def has(self, path: str) -> bool:
        """Whether a file is there."""
        return (self._folder / path).exists()

    def put(self, path: str, content: bytes) -> None:
        """Write a file by way of a draft beside it.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        target = self._folder / path
        draft = _draft(target)
        try:
            _write(draft, content)
            self._keep(path)
            draft.replace(target)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()  # half a file would take room, and be served under its own name
            raise OutsideError(f"the store cannot be written: {error.strerror}") from None

    def delete(self, path: str) -> None:
        """Take a file away, and its folder when it was the last one there.

        Raises:
            OutsideError: the disk does not let us.
        """
        try:
            self._keep(path)
            _remove(path, self._folder)
        except OSError as error:
            raise OutsideError(f"the store cannot be written: {error.strerror}") from None

    def erase_all(self, paths: Iterable[str]) -> int:
        """Take files away, and what is kept of them; how many there were.

        Raises:
            OutsideError: the disk does not let us; some of them may be gone.
        """
        try:
            return sum(_remove(path, top) for path in paths for top in (self._folder, self._kept))
        except OSError as error:
            raise OutsideError(f"the store cannot be written: {error.strerror}") from None

    def begin_publication(self) -> None:
        """Drop what was kept until now.

        Raises:
            OutsideError: the disk does not let us.
        """
        try:
            if self._kept.exists():
                rmtree(self._kept)
        except OSError as error:
            raise OutsideError(f"the store cannot be written: {error.strerror}") from None

    def must_keep(self) -> None:
        """Return at once: a folder always keeps what it had."""

    def earlier(self, path: str, digest: str) -> bytes | None:
        """The file with this SHA-256 at a path, as it is now or was kept; None without one.

        Raises:
            OutsideError: the disk does not let us read it.
        """
        for store in (self, DirectoryStore(self._kept)):
            content = store.get(path)
            if content is not None and sha256(content).hexdigest() == digest:
                return content
        return None

    def _keep(self, path: str) -> None:
        """Give what lies at a path its second name; what was kept of this generation stays."""
        target, kept = self._folder / path, self._kept / path
        if not target.exists() or kept.exists():
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(target, kept)
        except OSError:  # not every disk knows second names
            copyfile(target, kept)


def beside(folder: Path) -> Path:
    """The folder for what belongs to a published one and is not served."""
    return folder.with_name(f"{folder.name}{BESIDE}")


def _remove(path: str, top: Path) -> bool:
    """Take a file below ``top`` away, and its folder when it was the last one; whether it was.

    So does the draft of a run that was killed: it may have all bytes of the file.
    """
    target = top / path
    is_there = target.exists()
    for place in (target, _draft(target)):
        place.unlink(missing_ok=True)
    folder = target.parent
    if folder != top and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return is_there


def _draft(target: Path) -> Path:
    return target.with_name(f".{target.name}.draft")


def _write(place: Path, content: bytes) -> None:
    try:
        place.write_bytes(content)
    except FileNotFoundError:  # the first file of its folder
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
