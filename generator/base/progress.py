"""How long work tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""(what is being done, how much is done, how much there is)"""

Counted = Callable[[int, int], None]
"""The same of one thing alone: (how much is done, how much there is)"""


def named(what: str, progress: Progress) -> Counted:
    """Progress of one thing as that of all the work."""
    return lambda done, total: progress(what, done, total)
