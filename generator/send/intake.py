"""Manifests as the sender takes them: signed, whole, new, of this site, and each line as agreed.

Comes in: a file of the queue with its receipt beside it. Goes out: its entries, one after the
other in flat memory, after all of the file was looked at: signature and digest, then each line. It
refuses a manifest without a receipt, under an unknown key, altered, seen before, older than one
that was taken, or of another site; and shows nothing of a client in what it says.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol

from generator.base.errors import InputError, OutsideError, Problem
from generator.receipts import KEY, SUFFIX, another, read_receipt, signed_receipt
from generator.sealing import SenderKey
from generator.send.lines import KINDS
from generator.send.looking import Lines
from generator.send.values import Entry

MANIFESTS = "*.jsonl"


class Taken(Protocol):
    """What the ledger knows of manifests that were taken."""

    def is_known(self, digest: str) -> bool:
        """Whether the manifest with this SHA-256 was taken already."""

    def newest(self, site: str) -> tuple[date, int] | None:
        """Day and number of the newest manifest of the site that was taken; None before one."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the sender believes, and what it can open."""

    site: str
    """The site's address."""
    signers: Sequence[str]
    """Public keys whose receipts are believed."""
    key: SenderKey | None = None
    """Opens manifests that are sealed; without one only plain ones are read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that is right as a whole."""

    site: str
    day: date
    """As of which it tells."""
    number: int
    digest: str
    """SHA-256 of the file as it lies in the queue."""
    lines: int
    entries: Iterator[Entry] = field(repr=False)
    """To be read once, while the file lies where it is or was taken away, but not changed."""


def waiting(queue: Path) -> list[Path]:
    """The manifests in a folder in the order in which they were handed on.

    The order is that of their receipts, whether those are right or not; who has none comes last and
    is refused when it is read.
    """
    found = [(_age_of(path), path) for path in queue.glob(MANIFESTS)]
    return [path for _, path in sorted(found)]


def read_manifest(
    path: Path, trust: Trust, taken: Taken, kinds: Collection[str] = KINDS.keys()
) -> Manifest:
    """A manifest of the queue, all of which was looked at; its entries have a reason of ``kinds``.

    Raises:
        InputError: it is not to be believed, or lines of it are wrong.
        OutsideError: the disk failed.
    """
    receipt = _receipt(path, trust, taken)
    file = _opened(path)  # whatever takes its place later: this one is looked at
    lines = Lines(file, path.name, trust.site, trust.key)
    try:
        if file_digest(file, "sha256").hexdigest() != receipt["manifest"]:
            raise another(_receipt_of(path))
        lines.look(kinds, receipt["lines"])
    except BaseException:
        file.close()
        raise
    return Manifest(
        receipt["site"],
        date.fromisoformat(receipt["day"]),
        receipt["number"],
        receipt["manifest"],
        receipt["lines"],
        lines.entries(),
    )


def _receipt(path: Path, trust: Trust, taken: Taken) -> dict[str, Any]:
    """The receipt of a manifest, after all that it says was held against what is known.

    Raises:
        InputError: something of it is not right.
    """
    place = _receipt_of(path)
    if not place.is_file():
        raise _refused(path, "it has no receipt", "send nothing of it; the receipt is there first")
    key = str(read_receipt(place).get(KEY))
    if key not in trust.signers:
        hint = "write what sealpress receipt key prints into send: signers, if it is to be believed"
        raise _refused(path, "its receipt is signed under a key that is not known here", hint)
    receipt = signed_receipt(place, key)
    _must_be_new(path, receipt, trust.site, taken)
    return receipt


def _must_be_new(path: Path, receipt: dict[str, Any], site: str, taken: Taken) -> None:
    if receipt.get("kind") != "publication" or not {"site", "number"} <= receipt.keys():
        hint = "build and publish with this release"
        raise _refused(path, "its receipt does not say of which site it is, and which", hint)
    if receipt["site"] != site:
        raise _refused(path, "it is of another site", "give each site a queue of its own")
    if taken.is_known(receipt["manifest"]):
        raise _refused(path, "it was taken before", "remove it: nothing is sent twice")
    newest = taken.newest(site)
    if newest and _age(receipt) <= newest:
        hint = "see why it comes so late; remove it then: no night tells it again"
        raise _refused(path, "it is of an older build than one that was taken", hint)


def _opened(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        hint = "let one sender at a time take manifests; run it again"
        raise OutsideError(
            f"{path.name}: cannot be read: {error.strerror} — hint: {hint}"
        ) from None


def _receipt_of(path: Path) -> Path:
    return path.with_name(f"{path.name}{SUFFIX}")


def _age_of(path: Path) -> tuple[date, int]:
    """Day and number of a manifest, as its receipt has them."""
    try:
        return _age(read_receipt(_receipt_of(path)))
    except (InputError, KeyError, ValueError, TypeError):
        return date.max, 0


def _age(receipt: dict[str, Any]) -> tuple[date, int]:
    return date.fromisoformat(receipt["day"]), int(receipt["number"])


def _refused(path: Path, sentence: str, hint: str) -> InputError:
    return InputError([Problem(path.name, sentence, hint)])
