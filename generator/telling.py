"""What becomes of a night's manifest and marks: once published, it is handed on and was told.

The sender takes whole files out of the queue; a file is there or not, and never twice.
"""

import os
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import copyfileobj

import polars as pl

from generator.manifest import MARK, MARKS, NOTHING, load_told
from generator.site.layout import Layout
from generator.site.private import close_folder, open_private, write_private
from generator.site.register import REGISTER
from generator.site.shelf import Shelf
from generator.site.tree import commit, draft

NAMED = 16  # digits of a digest in a file's name


def remember_told(layout: Layout) -> None:
    """Hand the last build's manifest on, and make what it tells what was told.

    Broken off, it is done again from there: a bucket's marks are taken over before they are
    dropped, and the manifest is handed on in the very step in which that is remembered.
    """
    if not layout.night.exists():
        return
    write_private(layout.promise, b"")
    night = load_told(layout.night)
    close_folder(layout.told)
    told, telling = Shelf(layout.told, MARKS), Shelf(layout.telling, MARKS)
    told.deal(Shelf(layout.register, REGISTER).bits)
    for bucket, marks in telling.frames():
        is_told = pl.col(MARK) != NOTHING
        told.write(bucket, night.kept(pl.concat([told.read(bucket), marks.filter(is_told)])))
        telling.write(bucket, marks.filter(~is_told))
    if not is_remembered(layout):
        queued = _queued(layout)
        write_private(draft(layout, layout.state.name), layout.night.read_bytes())
        commit(layout, (), [*queued, layout.state.name])
    layout.promise.unlink()


def finish_remembering(layout: Layout) -> None:
    """Go on where ``remember_told`` was broken off, if it was."""
    if layout.promise.exists():
        remember_told(layout)


def is_remembered(layout: Layout) -> bool:
    """Whether the last build is published, and its manifest handed on."""
    if not (layout.state.exists() and layout.night.exists()):
        return False
    return layout.state.read_bytes() == layout.night.read_bytes()


def put_into_queue(layout: Layout, day: str, manifest: bytes) -> list[str]:
    """Draft a file of the queue; the names to commit, none when there is nothing to tell."""
    if not manifest:
        return []
    close_folder(layout.queue)
    name = _name(layout, day, sha256(manifest).hexdigest())
    write_private(draft(layout, name), manifest)
    return [name]


def manifest_digest(path: Path) -> str:
    """The SHA-256 of a manifest."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _queued(layout: Layout) -> list[str]:
    """The last build's manifest as a draft of the queue: the same file under another name."""
    if not layout.manifest.exists() or not layout.manifest.stat().st_size:
        return []
    close_folder(layout.queue)
    night = load_told(layout.night)
    name = _name(layout, f"{night.as_of}", night.manifest)
    place = draft(layout, name)
    place.unlink(missing_ok=True)
    try:
        os.link(layout.manifest, place)
    except OSError:  # not every disk knows second names
        with layout.manifest.open("rb") as manifest, open_private(place) as copy:
            copyfileobj(manifest, copy)
    return [name]


def _name(layout: Layout, day: str, digest: str) -> str:
    return f"{layout.queue.name}/{day}-{digest[:NAMED]}.jsonl"
