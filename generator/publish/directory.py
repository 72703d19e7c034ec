"""The embedded default: a folder that a web server on this machine can serve."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import md5
from pathlib import Path

from generator.base.errors import OutsideError
from generator.publish.store import Acknowledged, File, Listed, nobody


class DirectoryStore:
    """A folder as a store; headers stand in the file ``_headers`` for its server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Write files one by one.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        for file in files:
            self.put(*file)
            acknowledged(file)

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
        target = self._folder / path
        try:
            target.unlink(missing_ok=True)
            _draft(target).unlink(missing_ok=True)  # of a run that was killed
            self._drop_if_empty(target.parent)
        except OSError as error:
            raise OutsideError(f"the store cannot be written: {error.strerror}") from None

    def _drop_if_empty(self, folder: Path) -> None:
        if folder != self._folder and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _draft(target: Path) -> Path:
    return target.with_name(f".{target.name}.draft")


def _write(place: Path, content: bytes) -> None:
    try:
        place.write_bytes(content)
    except FileNotFoundError:  # the first file of its folder
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
