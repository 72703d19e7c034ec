"""Changes to single clients as they come during the day, for ``sealpress watch``.

Comes in: a folder of JSON lines, or a table in PostgreSQL, into which other systems put one event
for each row that is new, changed or gone (docs/events.schema.json). Goes out: batches of events
in the order in which they came; those that were not acknowledged come again. It refuses an event
whose shape is wrong, with its place and without its values; whether a marker or a series exists
is for the rules of the night.
"""

from generator.events.database import PostgresEvents, ddl
from generator.events.event import KEYS, Columns, Event
from generator.events.folder import DirectoryEvents
from generator.events.source import Batch, EventSource

__all__ = [
    "KEYS",
    "Batch",
    "Columns",
    "DirectoryEvents",
    "Event",
    "EventSource",
    "PostgresEvents",
    "ddl",
]
