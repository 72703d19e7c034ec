"""Tables as values: quotes, and clients with their policies and situations.

Comes in: files or queries of other systems. Goes out: quotes by ticker, and the base in shards
that fit into memory, each client with what is theirs. Every row is checked by a columnar engine,
never by a loop; a row that is wrong is refused with its file, line and column, and without its
values. What is put down between is locked.
"""

from generator.data.base import Base, estimated, is_newer, read_base
from generator.data.earlier import Earlier
from generator.data.quotes import Fixing, Quotes, read_quotes
from generator.data.records import Client, Policy, Situation
from generator.data.rules import Known
from generator.data.shard import Rows, Shard
from generator.data.vault import Vault

__all__ = [
    "Base",
    "Client",
    "Earlier",
    "Fixing",
    "Known",
    "Policy",
    "Quotes",
    "Rows",
    "Shard",
    "Situation",
    "Vault",
    "estimated",
    "is_newer",
    "read_base",
    "read_quotes",
]
