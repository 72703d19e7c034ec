"""Pages straight to the store: what a worker does with them where they are not staged.

Comes in: sealed files, each with the digest of what the store has at its address. Goes out: the
store. It remembers nothing: whoever gave the work out does (``direct``).
"""

from dataclasses import dataclass, field
from hashlib import sha256

from generator.publish import File, Store, send_checked
from generator.site.tree import Changes

NOTHING = bytes(32)
"""The digest of a file that the store does not have, or of which nobody knows."""


@dataclass(slots=True)
class Upload:
    """Sends the files of one task to a store, all together."""

    store: Store
    changes: Changes = field(default_factory=Changes)
    _waiting: list[File] = field(default_factory=list)

    def write(self, path: str, content: bytes, earlier: bytes = NOTHING) -> bytes:
        """Keep ``content`` to be sent, unless the store has the very same; its SHA-256."""
        digest = sha256(content).digest()
        if digest == earlier:
            self.changes.unchanged += 1
            return digest
        self._waiting.append((path, content))
        if earlier == NOTHING:
            self.changes.added += 1
        else:
            self.changes.changed += 1
        return digest

    def finish(self) -> None:
        """Send what was kept, and read some of it back.

        Raises:
            OutsideError: the store cannot be written, or has other bytes than it was sent.
        """
        send_checked(self.store, self._waiting)
