"""Stores: where a published site lies."""

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from generator.base.config import Publish
from generator.base.errors import OutsideError


class Store(Protocol):
    """What a publisher needs of a store; paths are those below ``build/site``."""

    def put(self, path: str, content: bytes) -> None:
        """Write a file so that no reader ever meets half of it."""

    def delete(self, path: str) -> None:
        """Take a file away; nothing happens when it is not there."""

    def has(self, path: str) -> bool:
        """Whether a file is there."""


class DirectoryStore:
    """The embedded default: a folder that a web server on this machine can serve."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[Path] = set()

    def put(self, path: str, content: bytes) -> None:
        """Write a file by way of a draft beside it.

        Raises:
            OutsideError: the disk is full, or does not let us write.
        """
        target = self._folder / path
        draft = target.with_name(f".{target.name}.draft")
        try:
            self._make(target.parent)
            draft.write_bytes(content)
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
            self._drop_if_empty(target.parent)
        except OSError as error:
            raise OutsideError(f"the store cannot be written: {error.strerror}") from None

    def has(self, path: str) -> bool:
        """Whether a file is there."""
        return (self._folder / path).exists()

    def _drop_if_empty(self, folder: Path) -> None:
        if folder != self._folder and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            self._made.discard(folder)

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)


def name_of(settings: Publish) -> str:
    """What tells the store of a site from any other that it may get."""
    return f"{settings.store} {settings.path}"


def open_store(root: Path, settings: Publish) -> Store:
    """The store in which the site in ``root`` is published."""
    return DirectoryStore(root / settings.path)
