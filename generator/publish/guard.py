"""The guard before a publication that concerns so many clients that it looks like a mistake."""

from typing import NamedTuple

from generator.base.config import CONFIG, Guard
from generator.base.errors import Problem

FEWEST = 100  # clients: of fewer than these a large share is no sign of anything
ALLOW = "look at sealpress publish --dry-run; if it is right, run it again with --allow"


class Share(NamedTuple):
    """Clients who have a page in the store, and what would become of it."""

    clients: int = 0
    changed: int = 0
    """Of these: those of whom at least one page changes."""
    deleted: int = 0
    """Those who have no page any more, under no epoch."""
    fresh: int = 0
    """Besides: clients who have no page there, and would get one."""

    def plus(self, other: "Share") -> "Share":
        """Both together; nobody is in two of them."""
        return Share(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def objections(share: Share, guard: Guard) -> list[Problem]:
    """What looks wrong about a publication; nothing where the store has few clients, or none."""
    if share.clients < FEWEST:
        return []
    asked = (
        ("changed_percent", share.changed, "would change the pages of", guard.changed_percent),
        ("deleted_percent", share.deleted, "would delete all pages of", guard.deleted_percent),
    )
    return [
        Problem(CONFIG, _told(verb, count, share.clients), ALLOW, f"publish.guard.{field}")
        for field, count, verb, most in asked
        if count * 100 > most * share.clients
    ]


def _told(verb: str, count: int, of: int) -> str:
    return f"this publication {verb} {count:,} of {of:,} clients in the store"
