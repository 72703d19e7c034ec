"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a thing stands, the worst first."""

    WRONG = "wrong"
    WARNING = "warning"
    UNKNOWN = "unknown"
    """It cannot be told from here, so it is not said to be right."""
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. It never holds an address of a page, nor words of a server."""

    level: Level
    check: str
    """What was looked at: a short name that stays the same from run to run."""
    what: str
    mend: str = ""
    """How to mend it; empty where nothing is to be done."""


def wrong(check: str, what: str, mend: str) -> Finding:
    """A thing that must be mended."""
    return Finding(Level.WRONG, check, what, mend)


def warning(check: str, what: str, mend: str) -> Finding:
    """A thing that should be mended."""
    return Finding(Level.WARNING, check, what, mend)


def unknown(check: str, what: str, mend: str = "") -> Finding:
    """A thing that cannot be told from here."""
    return Finding(Level.UNKNOWN, check, what, mend)


def ok(check: str, what: str) -> Finding:
    """A thing that is as it should be."""
    return Finding(Level.OK, check, what)


def worst_first(findings: list[Finding]) -> list[Finding]:
    """The same findings, by their levels; those of a level in the order in which they came."""
    levels = list(Level)
    return sorted(findings, key=lambda finding: levels.index(finding.level))


def listed(words: list[str], most: int = 6) -> str:
    """Words as a list in a sentence, the rest of a long one counted."""
    more = [f"{len(words) - most} more"] if len(words) > most else []
    return ", ".join([*words[:most], *more])
