"""What the tests of events share: invented events, and a folder into which they are dropped."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.events import Columns

COLUMNS: Columns = {
    "clients": ("client_id", "last_name", "phone"),
    "policies": ("policy_number", "client_id", "premium"),
    "situations": ("client_id", "product", "marker", "since"),
}
"""Fewer columns than the night has: the room takes those that it is given."""


def event(number: int, client: str = "A-1", **changes: object) -> dict[str, Any]:
    """The event ``number`` of a client, with other fields where they are given."""
    row = {"client_id": client, "last_name": f"Name {number}"}
    return {"id": f"crm-{number}", "table": "clients", "row": row, **changes}


def lines(*events: object) -> bytes:
    """A file of events; a text stands as it is."""
    texts = (one if isinstance(one, str) else json.dumps(one) for one in events)
    return "".join(f"{text}\n" for text in texts).encode()


def drop(folder: Path, name: str, content: bytes) -> None:
    """Put a file there as other systems must: under another name, then renamed."""
    draft = folder / f".{name}.part"
    draft.write_bytes(content)
    draft.rename(folder / name)


def ids(events: Iterable[Any]) -> list[str]:
    """What the events are called."""
    return [one.id for one in events]


@contextmanager
def watcher(program: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs ``program`` and is killed at the end, as by a power cut."""
    command = [sys.executable, "-c", program, *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
