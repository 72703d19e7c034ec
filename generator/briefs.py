"""What all tasks of a night share, as bytes that go along with each of them.

A worker unpacks it for the first task and keeps what it made of it for the others. Every brief is
unlike any other, were they of the same settings: files of the theme are read when it is unpacked,
and they may have changed.
"""

import pickle
import secrets
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

TOKEN = 16

_ready: dict[Callable[[Any], Any], tuple[bytes, Any]] = {}
"""Of each way to prepare, the last brief of this process and what was made of it."""


def brief_of(settings: object) -> bytes:
    """The settings as they are sent with each task; they must hold no key."""
    return secrets.token_bytes(TOKEN) + zlib.compress(pickle.dumps(settings))


def pickled(brief: bytes) -> bytes:
    """The settings in a brief, as they are pickled."""
    return zlib.decompress(brief[TOKEN:])


def prepared(brief: bytes, prepare: Callable[[T], R]) -> R:
    """What ``prepare`` makes of the settings in a brief, made once in a process."""
    name = brief[:TOKEN]
    if _ready.get(prepare, (b"",))[0] != name:
        settings: T = pickle.loads(pickled(brief))  # noqa: S301 - our own parent's
        _ready.pop(prepare, None)  # what it held is not needed beside its successor
        _ready[prepare] = name, prepare(settings)
    made: R = _ready[prepare][1]
    return made
