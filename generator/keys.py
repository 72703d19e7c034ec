"""The keys of a site: its key ring, the journal of who was revoked, marks of what was told."""

import os
from pathlib import Path

from generator.base.config import Site
from generator.sealing import Generations, KeyRing, load_generations, load_key_ring


def keys_of(root: Path, site: Site) -> tuple[KeyRing, Generations]:
    """The key ring of the site and the journal beside it.

    Raises:
        KeyRingError: it is missing, unsafe or damaged.
    """
    ring = load_key_ring(root / site.keys, os.environ)
    return ring, load_generations(ring, root / site.keys)


def told_mark(ring: KeyRing, key: tuple[str, ...]) -> bytes:
    """What stands in the state for a told reason, beside the client's pseudonym."""
    return ring.digest("told", *key)
