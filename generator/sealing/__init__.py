"""Sealed pages: keys, links and files. This room sees bytes only.

**Format.** Version 1, told in full in ``docs/format.md``. A link's fragment carries a 16-byte
secret in base58; HKDF-SHA-256 makes of it the address under which the file lies, the key that
seals it and the key that chooses its nonce. A file is a 4-byte header, a 12-byte nonce and an
AES-256-GCM ciphertext of the padded, possibly deflated page; header and address are bound in as
associated data, so that a file opens only under its own link.

**Threat model.** Storage, CDN, logs and scanners see opaque names, padded sizes and times. They
can neither read a page nor alter it unnoticed. They can withhold it or serve an older one. Whoever
holds a link reads its page; whoever replaces the public loader steals links as they are opened.
Secrets come from a random master key, so nothing is stretched: there is no password to guess.

**Reproducible.** The nonce is a MAC of what is sealed, so the same page under the same link is
the same file, and a night publishes only what changed. Two pages under one link get two nonces.

**Promise.** A file sealed by any release of format version 1 opens in every later release; the
vectors in ``tests/vectors`` hold this.

Not of that format: keys by which receipts are signed, boxes for our own files, and parcels, in
which manifests go to the sender (``parcel.py``).

Comes in: a master key, a kind, a subject, bytes. Goes out: an address and a sealed file, or the
opened bytes. It refuses to know of clients' data, HTML or files on disk other than the keys.
"""

from generator.sealing.box import Box, throwaway_box
from generator.sealing.envelope import BEST, open_sealed, padme, seal
from generator.sealing.generations import Generations, load_generations, next_generation
from generator.sealing.keyring import Epoch, KeyRing, load_key_ring, new_key_ring, save_key_ring
from generator.sealing.link import Link, link_fragment, parse_link
from generator.sealing.parcel import (
    Piece,
    is_parcel,
    notes_of,
    open_parcel,
    parcel_without,
    seal_parcel,
)
from generator.sealing.recipient import (
    SenderKey,
    is_public_key,
    load_sender_key,
    new_sender_key,
)
from generator.sealing.secret import Secret, SecretMaker, path_of
from generator.sealing.signature import Signer, is_signed

__all__ = [
    "BEST",
    "Box",
    "Epoch",
    "Generations",
    "KeyRing",
    "Link",
    "Piece",
    "Secret",
    "SecretMaker",
    "SenderKey",
    "Signer",
    "is_parcel",
    "is_public_key",
    "is_signed",
    "link_fragment",
    "load_generations",
    "load_key_ring",
    "load_sender_key",
    "new_key_ring",
    "new_sender_key",
    "next_generation",
    "notes_of",
    "open_parcel",
    "open_sealed",
    "padme",
    "parcel_without",
    "parse_link",
    "path_of",
    "save_key_ring",
    "seal",
    "seal_parcel",
    "throwaway_box",
]
