"""Files that hold keys: written whole, read by nobody but their owner."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.base.errors import KeyRingError

OTHERS = 0o077


def write_key_file(path: Path, data: Mapping[str, Any]) -> None:
    """Write keys as JSON so that only their owner can read them (0600, the folder 0700)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(data, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read_key_file(path: Path, what: str, missing: str, hint: str) -> str:
    """The text of a file of keys; ``what`` it is, and what is told where there is none.

    Raises:
        KeyRingError: it is missing, cannot be read, or others can read it.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = f"{path}: {missing} — hint: {hint}"
        raise KeyRingError(message) from None
    except (OSError, UnicodeDecodeError):
        message = f"{path}: the {what} cannot be read"
        raise KeyRingError(message) from None
    if mode & OTHERS:
        message = f"{path}: other users can read the {what} — hint: chmod 600 {path}"
        raise KeyRingError(message)
    return text
