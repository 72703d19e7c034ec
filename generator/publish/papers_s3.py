"""Papers in a bucket: by conditional writes where the server has them, else by names of their own.

What a server can is found by trying it. Some ignore a condition silently; some look at it and then
write, so that of two at once both succeed. So the probe races too. A race that went well proves
nothing; one that did not is enough.
"""

from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING

from generator.publish.control import ABSENT, Control, NoConditionsError, matching
from generator.publish.lanes import at_once
from generator.publish.papers import Paper, Papers, TakenError
from generator.publish.papers_versioned import VersionedPapers

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.publish.control import Conditions

MARK = "without-conditions"
"""An object that says: this server has no conditions. All publishers must agree on that, and a race
of the probe may go well for one of them."""
RACERS = 3
NEVER = f'"{"0" * 32}"'  # a tag that no object has


class ConditionalPapers:
    """Papers as objects, written under ``If-None-Match`` or ``If-Match``."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def read(self, name: str) -> Paper | None:
        """What lies under a name; see ``Papers``."""
        return self._control.get(name)

    def write(self, name: str, content: bytes, tag: str | None) -> str:
        """Replace a paper; see ``Papers``."""
        return self._control.put(name, content, ABSENT if tag is None else matching(tag))


def papers_of(control: Control) -> Papers:
    """The papers of a bucket, in the way that its server can: a dozen requests find that out.

    Raises:
        OutsideError: the store failed.
    """
    if control.get(MARK) is not None:
        return VersionedPapers(control)
    if knows_conditions(control) and control.get(MARK) is None:  # nobody found otherwise meanwhile
        return ConditionalPapers(control)
    control.put(MARK, b"remove this when the server knows conditions, while nobody publishes\n")
    return VersionedPapers(control)


def knows_conditions(control: Control) -> bool:
    """Whether, as far as a trial shows, a server holds the conditions of a write.

    Raises:
        OutsideError: the store failed.
    """
    name = f"probe-{token_hex(8)}"
    try:
        return _creates_once(control, name) and _replaces_once(control, name)
    except NoConditionsError:
        return False
    finally:
        control.delete(name)


def _creates_once(control: Control, name: str) -> bool:
    """Whether what lies there is never written over by who wants nothing there."""
    create = partial(_wins, control, name, ABSENT)
    wins = _raced(create)
    return wins == 1 and not create() if wins else create() and not create()


def _replaces_once(control: Control, name: str) -> bool:
    """Whether only the tag of what lies there is good, and only once."""
    there = control.get(name)
    if there is None or _wins(control, name, matching(NEVER)):
        return False
    replace = partial(_wins, control, name, matching(there.tag))
    wins = _raced(replace)
    return wins == 1 and not replace() if wins else replace() and not replace()


def _raced(attempt: "Callable[[], bool]") -> int:
    """How many of some attempts at once succeed."""
    won: list[bool] = []
    at_once(lambda _: won.append(attempt()), range(RACERS), RACERS)
    return sum(won)


def _wins(control: Control, name: str, conditions: "Conditions") -> bool:
    with suppress(TakenError):
        control.put(name, token_hex(8).encode(), conditions)
        return True
    return False
