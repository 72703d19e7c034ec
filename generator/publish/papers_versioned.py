"""Papers in a bucket whose server knows no conditions: each version has a name of its own.

A version is the object ``NAME/NUMBER-TOKEN``; the highest number counts. Who replaces it puts the
next number, and lists. Who sees nobody else with that number, or a higher one, has won: whoever
comes later sees the winner. Two who see each other both have not; the one whose name is first
waits for the other to withdraw. It is Lamport's bakery, with LIST as the look around.

What is not promised: where LIST does not show what was put before, two may win. Where a writer died
between its put and its look, readers see what it put as if it had won. And the credentials must be
allowed to list. An object that lies under the bare name counts as number 0: it was written under
conditions, before it was known that they do not hold.
"""

from collections.abc import Sequence
from contextlib import suppress
from secrets import token_hex
from time import sleep as wait
from typing import TYPE_CHECKING, NamedTuple

from generator.base.errors import OutsideError
from generator.publish.papers import Paper, TakenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.publish.control import Control

PAUSES = (0.2, 0.4, 0.8, 1.6)  # seconds in which a rival withdraws, which takes it two requests
LOOKS = 5  # at what changes while it is looked at


class Version(NamedTuple):
    """One version of a paper; they sort by number, then name."""

    number: int
    name: str


class VersionedPapers:
    """Papers as objects that are never written over."""

    def __init__(self, control: "Control", sleep: "Callable[[float], None]" = wait) -> None:
        self._control, self._sleep = control, sleep

    def read(self, name: str) -> Paper | None:
        """What lies under a name; see ``Papers``."""
        for _ in range(LOOKS):
            newest = _newest(self._versions(name))
            if not newest:
                return None
            there = self._control.get(newest[0].name)
            if there:  # else it was replaced in between
                return Paper(there.content, newest[0].name, there.age)
        raise TakenError("somebody else keeps writing it")

    def write(self, name: str, content: bytes, tag: str | None) -> str:
        """Replace a paper; see ``Papers``."""
        newest = _newest(self._versions(name))
        before = next((version for version in newest if version.name == tag), None)
        if (before is None) != (tag is None) or (tag is None and newest):
            raise TakenError("somebody else has written it")
        number = before.number + 1 if before else 1
        mine = Version(number, f"{name}/{number:012}-{token_hex(8)}")
        self._control.put(mine.name, content)
        if not self._has_won(name, mine, before):
            self._control.delete(mine.name)
            raise TakenError("somebody else has written it")
        with suppress(OutsideError):  # what stays counts for nothing, and goes with the next one
            self._drop_before(name, mine)
        return mine.name

    def _drop_before(self, name: str, mine: Version) -> None:
        for version in self._versions(name):
            if version.number < mine.number:
                self._control.delete(version.name)

    def _has_won(self, name: str, mine: Version, before: Version | None) -> bool:
        """Whether nobody else wants to be what comes after ``before``."""
        for pause in (*PAUSES, None):
            there = self._versions(name)
            rivals = [one for one in there if one.number >= mine.number and one != mine]
            is_as_known = before in there if before else len(there) == len(rivals) + 1
            if not rivals and mine in there and is_as_known:
                return True
            is_first = all(one.number == mine.number and one > mine for one in rivals)
            if pause is None or not is_as_known or not is_first:
                return False
            self._sleep(pause)
        raise AssertionError

    def _versions(self, name: str) -> list[Version]:
        """All versions that lie there; also of 0, which has the bare name."""
        names = self._control.names(name)
        numbered = [one for one in names if one.startswith(f"{name}/")]
        bare = [Version(0, name)] if name in names else []
        return bare + [Version(_number(one), one) for one in numbered]


def _newest(versions: Sequence[Version]) -> list[Version]:
    """Those of the highest number, in their order: one, unless there are rivals."""
    highest = max((version.number for version in versions), default=0)
    return sorted(version for version in versions if version.number == highest)


def _number(name: str) -> int:
    number = name.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdecimal() else 0
