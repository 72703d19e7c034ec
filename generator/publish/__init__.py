"""Bringing the built site to where the world reads it: only what changed, in the right order.

Comes in: ``build/site``, by construction the only folder it can see, and lots of its files that
know what the store has of them. Goes out: the store. It refuses to look into a file.
"""

from generator.publish.directory import DirectoryStore
from generator.publish.files import Files, inventory_file, load_inventory
from generator.publish.plan import Amount, Plan, planned
from generator.publish.publisher import Lot, Publication, publish, send
from generator.publish.store import Deletable, File, Headers, Store, name_of

__all__ = [
    "Amount",
    "Deletable",
    "DirectoryStore",
    "File",
    "Files",
    "Headers",
    "Lot",
    "Plan",
    "Publication",
    "Store",
    "inventory_file",
    "load_inventory",
    "name_of",
    "planned",
    "publish",
    "send",
]
