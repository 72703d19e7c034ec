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

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication did, and the inventory it leaves: path to digest."""

    added: int
    changed: int
    deleted: int
    unchanged: int
    inventory: Mapping[str, str]

    def as_json(self) -> bytes:
        """The file of the inventory."""
        return json.dumps({"format": FORMAT, "files": self.inventory}, sort_keys=True).encode()


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
    site: Path, store: Store, earlier: Mapping[str, str], progress: Progress
) -> Publication:
    """Bring the folder ``site`` to ``store``.

    What others point to goes first and the loader last; deletions come after all of it, so that
    no reader meets a page whose parts are not there.

    Raises:
        OutsideError: the store cannot be written; a rerun sends the rest.
    """
    paths = sorted(_files(site), key=lambda path: _order(path, earlier))
    inventory: dict[str, str] = {}
    added = changed = 0
    for done, path in enumerate(paths, start=1):
        content = (site / path).read_bytes()
        inventory[path] = blake2b(content, digest_size=20).hexdigest()
        if earlier.get(path) != inventory[path]:
            store.put(path, content)
            added += path not in earlier
            changed += path in earlier
        progress(done, len(paths))
    gone = sorted(earlier.keys() - inventory.keys())
    for path in gone:
        store.delete(path)
    unchanged = len(paths) - added - changed
    return Publication(added, changed, len(gone), unchanged, inventory)


def _order(path: str, earlier: Mapping[str, str]) -> tuple[int, bool, bool, str]:
    """In each folder new files come first: a changed page may name a part that is new."""
    known = [place for place, start in enumerate(ORDER) if path.startswith(start)]
    return (known[0] if known else len(ORDER)), path == LOADER, path in earlier, path


def _files(folder: Path) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield Path(place, name).relative_to(folder).as_posix()
