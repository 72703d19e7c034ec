"""Who is to be told what: one line of the manifest for each client who has a reason.

Comes in: a client with what was worked out for them, and what earlier nights told. Goes out:
manifest entries and the marks of what they tell, so that nothing is told twice. It refuses to
send, to choose a channel, and to tell a reason that no published page shows.
"""

from generator.manifest.due import due
from generator.manifest.entry import entry_line
from generator.manifest.reasons import (
    Night,
    Reason,
    Window,
    digest_due,
    observed_in,
)
from generator.told import reason_key

__all__ = [
    "Night",
    "Reason",
    "Window",
    "digest_due",
    "due",
    "entry_line",
    "observed_in",
    "reason_key",
]
