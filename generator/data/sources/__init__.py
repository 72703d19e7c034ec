"""Tables as streams: the rows of a file or of a database, a block at a time.

Comes in: where a table lies (CSV, compressed or not, Parquet, or a query to PostgreSQL or SQLite)
and the columns that are wanted. Goes out: blocks of texts, so that memory is flat in the number of
rows, and the lines of the rows that others refuse. It refuses a table that is wrong as a whole,
and shows none of its values.
"""

from generator.data.sources.opening import open_source
from generator.data.sources.source import ROW, Source

__all__ = ["ROW", "Source", "open_source"]
