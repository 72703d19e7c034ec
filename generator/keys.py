"""The keys of a site: its key ring, and the journal of who was revoked or forgotten."""

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
