"""Bringing the built site to where the world reads it: only what changed, in the right order.

Comes in: ``build/site``, by construction the only folder it can see, and the inventory of the
last publication. Goes out: the store, and a new inventory. It refuses to look into a file.
"""

from generator.publish.publisher import Publication, publish
from generator.publish.store import DirectoryStore, Store

__all__ = ["DirectoryStore", "Publication", "Store", "publish"]
