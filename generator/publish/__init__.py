"""Bringing the built site to where the world reads it: only what changed, in the right order.

Comes in: ``build/site``, by construction the only folder it can see, and lots of its files that
know what the store has of them. Goes out: the store. It refuses to look into a file.
"""

from generator.publish.files import Files, inventory_file, load_inventory
from generator.publish.publisher import Lot, Publication, publish, send
from generator.publish.store import DirectoryStore, Store, name_of, open_store

__all__ = [
    "DirectoryStore",
    "Files",
    "Lot",
    "Publication",
    "Store",
    "inventory_file",
    "load_inventory",
    "name_of",
    "open_store",
    "publish",
    "send",
]
