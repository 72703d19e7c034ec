"""Taking a client's things away: files, records, lines and rows; a dry run only counts.

Comes in: a client, by id and by pseudonym, and the paths of their pages. Goes out: how much there
was. It refuses to leave a manifest without a receipt that fits it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from generator.base.errors import InputError, OutsideError
from generator.columns import WHO
from generator.data.layers import Layers
from generator.inputs import vault_of
from generator.lots import PUBLISHED
from generator.publish import Deletable
from generator.receipts import SUFFIX, Proof, renewed, sums_of
from generator.sealing import KeyRing
from generator.site.layout import Layout
from generator.site.private import open_private, write_private
from generator.site.register import REGISTER
from generator.site.shelf import Shelf
from generator.site.spares import Spares
from generator.told import MARK, MARKS
from generator.waiting import Waiting, left_of, waiting_in


@dataclass(frozen=True, slots=True)
class Erase:
    """Takes a client's things away and counts them; a dry run only counts."""

    layout: Layout
    store: Deletable
    ring: KeyRing
    who: bytes
    dry_run: bool

    def files(self, paths: list[str]) -> tuple[int, int]:
        """Sealed files of the built and of the published site, and that they are on record.

        How many there were, and how many the store erased with all their versions.
        """
        count, versions, spares = 0, 0, Spares(self.layout)
        for path in paths:
            built = self.layout.site / path
            count += built.exists() + self.store.has(path)
            if not self.dry_run:
                built.unlink(missing_ok=True)
                spares.drop(path)
        if not self.dry_run:
            versions = self.store.erase_all(paths)
        for shelf in (
            Shelf(self.layout.register, REGISTER),
            Shelf(self.layout.published, PUBLISHED),
            Shelf(self.layout.former, PUBLISHED),
        ):
            self._drop(shelf, pl.col(WHO) == self.who)
        return count, versions

    def proof(self, paths: list[str]) -> Proof:
        """What the store answers now, asked with our own credentials.

        Raises:
            OutsideError: it still has one of the files.
        """
        if any(map(self.store.has, paths)):
            hint = "run it again; see whether another program writes there"
            raise OutsideError(f"the store still has a page that was erased — hint: {hint}")
        return Proof("gone", len(paths))

    def manifest_lines(self) -> list[Waiting]:
        """The client's lines in the manifest and in what waits for the sender: their link is dead.

        A line that waits stands in the manifest too until the next build; it counts once.
        """
        found = [line for path in self._manifests for line in self._lines(path)]
        return list(dict.fromkeys(found))

    def take_lines(self) -> None:
        """Take these lines out; a file that was collected meanwhile stays so."""
        if self.dry_run:
            return
        for path in self._manifests:
            if any(True for _ in self._lines(path)):
                self._take(path)

    def _lines(self, path: Path) -> Iterator[Waiting]:
        return (line for line in waiting_in(path, self.ring) if line.who == self.who)

    @property
    def _manifests(self) -> list[Path]:
        found = [self.layout.manifest, *sorted(self.layout.queue.glob("*.jsonl"))]
        return [path for path in found if path.exists()]

    def _take(self, path: Path) -> None:
        draft = self.layout.manifest.with_name(".manifest.draft")
        with path.open("rb") as file, open_private(draft) as kept:
            kept.writelines(left_of(file, self.who, self.ring))
        if path.exists():
            self._renew(path, draft)
            draft.replace(path)
        draft.unlink(missing_ok=True)

    def _renew(self, path: Path, changed: Path) -> None:
        """Let a manifest's receipt name what is about to take its place.

        In between the two do not fit, and the sender leaves both where they are. A receipt that is
        not ours goes: it must not stop a withdrawal, and nothing is sent without one.
        """
        receipt = path.with_name(f"{path.name}{SUFFIX}")
        try:
            write_private(receipt, renewed(receipt, self.ring.signer, *sums_of(changed)))
        except InputError:
            receipt.unlink(missing_ok=True)

    def rows(self, client: str, ring: KeyRing) -> None:
        """The client's rows in the locked base, of which changes of the day are built."""
        vault = vault_of(ring, self.layout.base)
        if self.dry_run or vault.bits is None:
            return
        layers = Layers(vault, vault.bucket_of(client, vault.bits))
        for name, left in layers.without(pl.DataFrame({WHO: [self.who]}, {WHO: pl.Binary})):
            write_private(vault.folder / name, vault.box.lock(left, name))

    def marks(self, told: list[bytes] | None) -> int:
        """The notes of what the client was told: those of ``told``, or all."""
        theirs = pl.col(WHO) == self.who
        if told is not None:
            theirs &= pl.col(MARK).is_in(told)
        shelves = (Shelf(folder, MARKS) for folder in (self.layout.told, self.layout.telling))
        return sum(self._drop(shelf, theirs) for shelf in shelves)

    def _drop(self, shelf: Shelf, theirs: pl.Expr) -> int:
        dropped = 0
        for bucket, rows in shelf.frames():
            kept = rows.filter(~theirs)
            dropped += rows.height - kept.height
            if kept.height < rows.height and not self.dry_run:
                shelf.write(bucket, kept, keep=True)  # the register is whole, or not believed
        return dropped
