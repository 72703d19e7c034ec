"""Papers: a few small files beside a published site that say who publishes and what was published.

They lie where the store is, not where the site is built, so that publishers on several machines
meet. A paper is replaced by somebody who knows what lies there, or not at all: of two who replace
the same paper one succeeds. No reader of the site can get one. None holds an address, a client or
a key.

A paper is never taken away. To take away under a condition is what the fewest servers can; so who
lets something go writes that it is free.
"""

from dataclasses import dataclass
from typing import Protocol

from generator.base.errors import OutsideError


@dataclass(frozen=True, slots=True)
class Paper:
    """What lies under a name."""

    content: bytes
    tag: str
    """What it is known by: another content has another."""
    age: float
    """Seconds since it was written, by the store's own clock; never negative."""


class TakenError(OutsideError):
    """Somebody else wrote the paper first; what lies there now is theirs."""


class Papers(Protocol):
    """The papers of one store; names are letters and hyphens."""

    def read(self, name: str) -> Paper | None:
        """What lies under a name, or None.

        Raises:
            OutsideError: the store cannot be read, or tells no time.
        """

    def write(self, name: str, content: bytes, tag: str | None) -> str:
        """The new tag, when ``content`` lies there.

        It is written only over what has the ``tag``, or with None only where nothing lies. No two
        writers may write the same content: by it they know theirs when an answer is lost.

        Raises:
            TakenError: something else lies there; it stays as it is.
            OutsideError: the store failed; whether it was written is not known.
        """
