"""What is remembered of a store beside its inventory: what was true of the last publication."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from generator.base.errors import OutsideError

FORMAT = "sealpress published 1"


@dataclass(frozen=True, slots=True)
class State:
    """What one publication leaves to the next."""

    epochs: tuple[int, ...] = ()
    """The live epochs of the key ring under which the published pages were built."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """A digest of the headers that the store keeps, by kind of file."""
    occasion: str = ""
    """Of the publication that is under way, for the CDN; empty when it ended."""
    to_purge: tuple[str, ...] = ()
    """What the CDN is to forget when that publication ends."""
    rate: float = 0.0
    """Files a second that the last publication of many files sent; 0 when there was none."""
    store: str = ""
    """The name of the store that the last publication went to, when it ended."""


def state_file(state: State) -> bytes:
    """The file of a state."""
    return json.dumps({"format": FORMAT, **asdict(state)}, sort_keys=True).encode()


def load_state(path: Path) -> State:
    """The state in a file; that of a store of which nothing is known where there is none.

    Raises:
        OutsideError: the file is damaged.
    """
    if not path.exists():
        return State()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.pop("format") != FORMAT:
            raise ValueError
        epochs, to_purge = tuple(map(int, data.pop("epochs"))), tuple(data.pop("to_purge"))
        return State(epochs=epochs, to_purge=to_purge, **data)
    except (ValueError, KeyError, TypeError, AttributeError):
        hint = "remove build/private/published to publish everything again"
        raise OutsideError(f"{path.name}: the file is damaged — hint: {hint}") from None
