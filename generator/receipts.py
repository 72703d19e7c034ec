"""Signed receipts: what was withdrawn, and which manifest's pages are published.

Comes in: the key ring's signer and what was done. Goes out: a file that anyone with the public key
can check, years later. It refuses to name a client, an address or a link. The format is in
``docs/receipt.schema.json``.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Literal

from generator.base.errors import InputError, OpenError, OutsideError, Problem
from generator.sealing import Signer, is_parcel, is_signed, notes_of

FORMAT = 1
CONTEXT = b"sealpress receipt 1\n"
"""What is signed begins with this: the key signs nothing that could be taken for another thing."""
FOLDER = "receipts"
"""Withdrawals' receipts lie in this folder beside the key ring."""
SUFFIX = ".receipt.json"
"""A manifest in the queue has its receipt beside it, under its own name and this."""
SIGNATURE, KEY = "signature", "key"
KEPT = ("site", "day", "number", "store", "objects")
"""What a receipt that is renewed goes on telling; earlier releases named no site and number."""
MOST = 1 << 20  # bytes; a receipt has some hundreds

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was answered to whoever asked for the old addresses of a client."""

    answer: Literal["gone", "not asked"]
    addresses: int = 0
    """How many were asked for."""
    statuses: tuple[int, ...] = ()
    """Each status of HTTP that was answered, once."""


NOT_ASKED = Proof("not asked")


@dataclass(frozen=True, slots=True)
class Vouched:
    """A publication that went well, as a manifest's receipt tells of it."""

    store: str
    """The name of the store."""
    objects: int
    """Files that were published together, all of which the store has."""

    @classmethod
    def of(cls, text: bytes) -> "Vouched":
        """What ``as_json`` gave.

        Raises:
            OutsideError: it is damaged.
        """
        try:
            data = json.loads(text)
            return cls(str(data["store"]), int(data["objects"]))
        except (ValueError, KeyError, TypeError):
            hint = "run: sealpress publish"
            sentence = "build/private/telling.promise: the file is damaged"
            raise OutsideError(f"{sentence} — hint: {hint}") from None

    def as_json(self) -> bytes:
        """A file of it."""
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True, slots=True)
class About:
    """A manifest, as its receipt tells of it."""

    site: str
    """The site's address."""
    day: str
    number: int
    """Greater than that of each manifest that the site handed on before."""
    manifest: str
    """SHA-256 of the file as it lies in the queue, sealed or not."""
    lines: int


def publication_receipt(signer: Signer, vouched: Vouched, about: About) -> bytes:
    """The receipt of a manifest: its pages are published."""
    return receipt_file(signed(signer, "publication", {**asdict(about), **asdict(vouched)}))


def renewed(path: Path, signer: Signer, manifest: str, lines: int) -> bytes:
    """The receipt in a file for a manifest from which lines were taken; all else as it was.

    Raises:
        InputError: the file was altered, or is another's: it is not vouched for anew.
    """
    earlier = signed_receipt(path, signer.public)
    fields = {name: earlier[name] for name in KEPT if name in earlier}
    fields |= {"manifest": manifest, "lines": lines}
    return receipt_file(signed(signer, "publication", fields))


def signed(signer: Signer, kind: str, fields: Fields) -> dict[str, Any]:
    """A receipt of some kind, with public key and signature."""
    receipt = {"format": FORMAT, "kind": kind, **fields, KEY: signer.public}
    return {**receipt, SIGNATURE: signer.sign(_message(receipt))}


def receipt_file(receipt: Fields) -> bytes:
    """The file of a receipt."""
    return json.dumps(receipt, indent=1).encode() + b"\n"


def verified(path: Path, key: str) -> dict[str, Any]:
    """A receipt that was signed under the public key ``key``.

    The manifest of a publication must lie beside it and be the one that it names.

    Raises:
        InputError: it is no receipt, was altered, or is another's; or the manifest is.
    """
    receipt = signed_receipt(path, key)
    if receipt.get("kind") == "publication":
        _check_manifest(path, receipt)
    return receipt


def signed_receipt(path: Path, key: str) -> dict[str, Any]:
    """The same, whatever lies beside it.

    Raises:
        InputError: it is no receipt, was altered, or is another's.
    """
    receipt = read_receipt(path)
    unsigned = {name: value for name, value in receipt.items() if name != SIGNATURE}
    if receipt.get(KEY) != key:
        raise _refused(path, "it was signed under another key", "give that one with --key")
    if not is_signed(_message(unsigned), str(receipt.get(SIGNATURE)), key):
        raise _refused(path, "the signature is wrong: it was altered", "ask for the original")
    return receipt


def sums_of(manifest: Path) -> tuple[str, int]:
    """SHA-256 and number of lines of a manifest, sealed or not.

    Raises:
        OpenError: it begins as a sealed one, and is none.
    """
    with manifest.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return digest, sum(1 for _ in (notes_of(file) if is_parcel(file) else file))


def _message(receipt: Fields) -> bytes:
    """What is signed: the canonical form of RFC 8785, which for whole numbers and texts is this."""
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return CONTEXT + text.encode()


def read_receipt(path: Path) -> dict[str, Any]:
    """What a receipt says, which need not be true.

    Raises:
        InputError: it is no receipt.
    """
    try:
        if path.stat().st_size > MOST:
            raise ValueError
        receipt = json.loads(path.read_bytes())
        if receipt["format"] != FORMAT:
            raise ValueError
        return dict(receipt)
    except FileNotFoundError:
        raise _refused(path, "there is no such file", "give the path of a receipt") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise _refused(path, "this is not a receipt of format 1", "give another file") from None


def _check_manifest(path: Path, receipt: Fields) -> None:
    manifest = path.with_name(path.name.removesuffix(SUFFIX))
    if manifest == path or not manifest.is_file():
        hint = "put the manifest beside it, under its own name"
        raise _refused(path, "its manifest is not beside it", hint)
    if not _fits(manifest, receipt):
        raise another(path)


def another(path: Path) -> InputError:
    """What is said of a manifest that is not the one which the receipt in ``path`` names."""
    hint = "send nothing of it; one that is just being changed is right in a moment"
    return _refused(path, "the manifest beside it is another", hint)


def _fits(manifest: Path, receipt: Fields) -> bool:
    try:
        return sums_of(manifest) == (receipt.get("manifest"), receipt.get("lines"))
    except OpenError:
        return False


def _refused(path: Path, sentence: str, hint: str) -> InputError:
    return InputError([Problem(path.name, sentence, hint)])
