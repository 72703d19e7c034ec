"""Tables as values: quotes, and clients with their policies and situations.

Comes in: CSV or Parquet files that other systems wrote. Goes out: quotes by ticker, and clients
in batches, each with what is theirs. Every row is checked by a columnar engine, never by a loop;
a row that is wrong is refused with its file, line and column, and without its values.
"""

from generator.data.base import Base, Client, Known, Policy, Situation, read_base
from generator.data.quotes import Fixing, Quotes, read_quotes

__all__ = [
    "Base",
    "Client",
    "Fixing",
    "Known",
    "Policy",
    "Quotes",
    "Situation",
    "read_base",
    "read_quotes",
]
