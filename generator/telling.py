"""What becomes of a night's manifest and marks: once published, it is handed on and was told.

The sender takes whole files out of the queue; a file is there or not, and never twice. Each has its
receipt beside it, which is there first: it says that the pages which the file names are published.
"""

from collections.abc import Iterable
from contextlib import suppress
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl

from generator.receipts import SUFFIX, About, Vouched, publication_receipt, sums_of
from generator.site.layout import Layout
from generator.site.private import (
    close_folder,
    hold,
    open_private,
    second_name,
    unwritten,
    where,
    write_private,
)
from generator.site.register import REGISTER
from generator.site.shelf import Shelf
from generator.site.tree import ASIDE, MANIFEST, commit, draft
from generator.told import MARK, MARKS, NOTHING, load_told
from generator.waiting import Courier

NAMED = 16  # digits of a digest in a file's name
TAKEN = "taken-back"
"""What a commit names so that manifests which were taken back are gone with it."""


def remember_told(layout: Layout, courier: Courier, vouched: Vouched) -> None:
    """Hand the last build's manifest on, and make what it tells what was told.

    ``vouched`` is the publication of its pages, for the manifest's receipt.

    Broken off, it is done again from there: a bucket's marks are taken over before they are
    dropped, and the manifest is handed on in the very step in which that is remembered.
    """
    give_back(layout)
    if not layout.night.exists():
        return
    write_private(layout.promise, vouched.as_json())
    night = load_told(layout.night)
    close_folder(layout.told)
    told, telling = Shelf(layout.told, MARKS), Shelf(layout.telling, MARKS)
    told.deal(Shelf(layout.register, REGISTER).bits)
    for bucket, marks in telling.frames():
        is_told = pl.col(MARK) != NOTHING
        told.write(bucket, night.kept(pl.concat([told.read(bucket), marks.filter(is_told)])))
        telling.write(bucket, marks.filter(~is_told))
    if not is_remembered(layout):
        queued = _queued(layout, courier, vouched)
        write_private(draft(layout, layout.state.name), layout.night.read_bytes())
        commit(layout, (), [*queued, layout.state.name], is_held=True)
    layout.promise.unlink()


def finish_remembering(layout: Layout, courier: Courier) -> None:
    """Go on where ``remember_told`` was broken off, if it was.

    Raises:
        OutsideError: what it put down about the publication is damaged.
    """
    give_back(layout)
    if layout.promise.exists():
        remember_told(layout, courier, Vouched.of(layout.promise.read_bytes()))


def is_remembered(layout: Layout) -> bool:
    """Whether the last build is published, and its manifest handed on."""
    if not (layout.state.exists() and layout.night.exists()):
        return False
    return layout.state.read_bytes() == layout.night.read_bytes()


def put_into_queue(
    layout: Layout, day: str, manifest: bytes, courier: Courier, vouched: Vouched
) -> list[str]:
    """Draft a file of the queue and its receipt; the names to commit.

    None when there is nothing to tell.
    """
    if not manifest:
        return []
    close_folder(layout.queue)
    name = _name(layout, day, sha256(manifest).hexdigest())
    if courier.recipient:
        _seal(BytesIO(manifest), draft(layout, name), courier)
    else:
        write_private(draft(layout, name), manifest)
    return [name, _receipt(layout, name, day, courier, vouched)]


def take_back(layout: Layout, names: Iterable[str]) -> list[Path]:
    """Take manifests out of the queue that nobody has collected yet; where they lie now.

    They go for good with a commit that names ``TAKEN``; without it ``give_back`` returns them.
    """
    folder = _taken(layout)
    close_folder(folder)
    taken = []
    for name in names:
        with suppress(FileNotFoundError):  # the sender was faster
            taken.append((layout.queue / name).rename(folder / name))
        with suppress(FileNotFoundError):
            (layout.queue / f"{name}{SUFFIX}").rename(folder / f"{name}{SUFFIX}")
    return taken


def give_back(layout: Layout) -> None:
    """Return to the queue what was taken back by a run that broke off before it was decided."""
    folder = _taken(layout)
    if not folder.exists():
        return
    close_folder(layout.queue)
    for path in sorted(folder.iterdir(), key=lambda path: path.name.endswith(MANIFEST)):
        path.rename(layout.queue / path.name)
    folder.rmdir()


def name_in_queue(day: str, digest: str) -> str:
    """How a manifest is called in the queue, by its day and its SHA-256."""
    return f"{day}-{digest[:NAMED]}{MANIFEST}"


def manifest_digest(path: Path) -> str:
    """The SHA-256 of a manifest."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _queued(layout: Layout, courier: Courier, vouched: Vouched) -> list[str]:
    """The last build's manifest and its receipt as drafts of the queue.

    The manifest is the same file under another name, or sealed to the sender.
    """
    if not layout.manifest.exists() or not layout.manifest.stat().st_size:
        return []
    close_folder(layout.queue)
    night = load_told(layout.night)
    name = _name(layout, f"{night.as_of}", night.manifest)
    place = draft(layout, name)
    place.unlink(missing_ok=True)
    if courier.recipient:
        with layout.manifest.open("rb") as lines:
            _seal(lines, place, courier)
    else:
        second_name(layout.manifest, place)
    hold(place)
    return [name, _receipt(layout, name, f"{night.as_of}", courier, vouched)]


def _seal(lines: BinaryIO, place: Path, courier: Courier) -> None:
    """Write a manifest sealed to the sender.

    Raises:
        OutsideError: the disk did not take it.
    """
    try:
        with open_private(place) as file:
            file.writelines(courier.sealed(lines))
    except OSError as error:
        raise unwritten(where(place), error) from None


def _receipt(layout: Layout, name: str, day: str, courier: Courier, vouched: Vouched) -> str:
    """Draft the receipt of a drafted manifest; its name."""
    sums = sums_of(draft(layout, name))
    about = About(courier.site, day, courier.number, *sums)
    receipt = publication_receipt(courier.ring.signer, vouched, about)
    write_private(draft(layout, f"{name}{SUFFIX}"), receipt)
    return f"{name}{SUFFIX}"


def _name(layout: Layout, day: str, digest: str) -> str:
    return f"{layout.queue.name}/{name_in_queue(day, digest)}"


def _taken(layout: Layout) -> Path:
    return layout.private / f"{TAKEN}{ASIDE}"
