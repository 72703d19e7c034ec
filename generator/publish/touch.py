"""Headers that a store keeps with each file: which files have others than those of today.

A digest of the headers of each kind is remembered beside the inventory: a million files are of a
handful of kinds, and which headers a file has follows from its kind.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import PurePosixPath

from generator.publish.store import Headers

WHOLE = ("p", "q")  # folders in which all files are of one kind


def kind_of(path: str) -> str:
    """What files have in common that have the same headers: folder and ending, or their name."""
    folder, slash, _ = path.partition("/")
    if not slash:
        return path
    return folder if folder in WHOLE else f"{folder}/*{PurePosixPath(path).suffix}"


def marks_of(paths: Iterable[str], headers: Headers) -> dict[str, str]:
    """A digest of the headers of each kind of files."""
    examples = {kind_of(path): path for path in paths}
    return {kind: _mark(headers(path)) for kind, path in examples.items() if headers(path)}


def stale(last: Mapping[str, str], now: Mapping[str, str]) -> Callable[[str], bool] | None:
    """Whether a file that is in the store has other headers; None where none has.

    Of a kind of which nothing is remembered the headers are taken for right.
    """
    kinds = {kind for kind, mark in now.items() if last.get(kind, mark) != mark}
    return (lambda path: kind_of(path) in kinds) if kinds else None


def _mark(headers: Mapping[str, str]) -> str:
    return sha256(repr(sorted(headers.items())).encode()).hexdigest()
