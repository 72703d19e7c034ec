"""Bringing the built site to where the world reads it: only what changed, in the right order.

Comes in: ``build/site``, by construction the only folder it can see, and lots of its files that
know what the store has of them. Goes out: the store. It refuses to look into a file.
"""

from generator.publish.directory import DirectoryStore
from generator.publish.files import Files, Grace, Known, inventory_file, load_inventory
from generator.publish.holder import owner_of
from generator.publish.journal import Journal
from generator.publish.lease import HeldError, Lease, LostError, leased
from generator.publish.papers import Paper, Papers, TakenError
from generator.publish.papers_folder import FolderPapers
from generator.publish.plan import Amount, Plan, planned
from generator.publish.pointer import Pointer, Standing, moved, standing, swap
from generator.publish.publisher import Lot, Publication, before_each, publish, send, take_away
from generator.publish.state import State, load_state, state_file
from generator.publish.store import Deletable, File, Headers, Keeping, Listed, Store, name_of
from generator.publish.verify import send_checked

__all__ = [
    "Amount",
    "Deletable",
    "DirectoryStore",
    "File",
    "Files",
    "FolderPapers",
    "Grace",
    "Headers",
    "HeldError",
    "Journal",
    "Keeping",
    "Known",
    "Lease",
    "Listed",
    "LostError",
    "Lot",
    "Paper",
    "Papers",
    "Plan",
    "Pointer",
    "Publication",
    "Standing",
    "State",
    "Store",
    "TakenError",
    "before_each",
    "inventory_file",
    "leased",
    "load_inventory",
    "load_state",
    "moved",
    "name_of",
    "owner_of",
    "planned",
    "publish",
    "send",
    "send_checked",
    "standing",
    "state_file",
    "swap",
    "take_away",
]
