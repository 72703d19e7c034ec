"""One publication: compare with the last inventory, put in order, delete last."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from generator.base.errors import OutsideError
from generator.publish.store import Store

FORMAT = "sealpress inventory 1"
ORDER = ("assets/", "p/", "q/")
LOADER = "index.html"
UNSURE = ""  # the digest of a file that may or may not have been sent

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication did, in files, and the inventory it leaves: path to digest."""

    added: int
    changed: int
    deleted: int
    unchanged: int
    inventory: Mapping[str, str]


def inventory_file(inventory: Mapping[str, str]) -> bytes:
    """The file of an inventory."""
    return json.dumps({"format": FORMAT, "files": inventory}, sort_keys=True).encode()


def load_inventory(path: Path) -> dict[str, str]:
    """The inventory of the last publication; empty before the first.

    Raises:
        OutsideError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError
        return dict(data["files"])
    except (ValueError, KeyError, TypeError):
        hint = "remove it to publish everything again"
        raise OutsideError(f"{path.name}: the inventory is damaged — hint: {hint}") from None


def publish(
    site: Path,
    store: Store,
    earlier: Mapping[str, str],
    progress: Progress,
    remember: Callable[[Mapping[str, str]], None] = lambda _: None,
) -> Publication:
    """Bring the folder ``site`` to ``store``.

    What others point to goes first and the loader last; deletions come after all of it, so that
    no reader meets a page whose parts are not there. ``remember`` is given an inventory before
    anything is sent and again at the end: should the run break off, the first one names every
    file that may lie in the store, so that a later run can send it again or take it away.

    Raises:
        OutsideError: the store cannot be written; a rerun sends the rest.
    """
    paths = sorted(_files(site), key=lambda path: _order(path, earlier))
    inventory = {path: _digest(site / path) for path in paths}
    sent = [path for path in paths if earlier.get(path) != inventory[path]]
    gone = sorted(earlier.keys() - inventory.keys())
    if sent or gone:
        remember({**earlier, **dict.fromkeys([*sent, *gone], UNSURE)})
    for done, path in enumerate(paths, start=1):
        if earlier.get(path) != inventory[path]:
            store.put(path, (site / path).read_bytes())
        progress(done, len(paths))
    for path in gone:
        store.delete(path)
    remember(inventory)
    added = sum(path not in earlier for path in sent)
    return Publication(added, len(sent) - added, len(gone), len(paths) - len(sent), inventory)


def _digest(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=20).hexdigest()


def _order(path: str, earlier: Mapping[str, str]) -> tuple[int, bool, bool, str]:
    """In each folder new files come first: a changed page may name a part that is new."""
    known = [place for place, start in enumerate(ORDER) if path.startswith(start)]
    return (known[0] if known else len(ORDER)), path == LOADER, path in earlier, path


def _files(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield Path(place, name).relative_to(folder).as_posix()
