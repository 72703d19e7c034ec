"""Headers as they arrive, against those that each kind of file must have."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum

from generator.doctor.expected import Expected
from generator.doctor.finding import Finding, listed, ok, unknown, warning, wrong
from generator.doctor.served import Seen
from generator.doctor.stranger import Answer
from generator.site.headers import EVERYTHING, POLICY

HSTS = "Strict-Transport-Security"
MORE_IS_RIGHT = ("Permissions-Policy", "X-Robots-Tag")
"""Headers that may say more than they must."""
EVERY = "every file that was looked at"
SHORT = 70  # characters of a value that is told as a whole


class Verdict(StrEnum):
    """How a header stands, the worst first; the text as it is told."""

    MISSING = "is missing on"
    OTHER = "says something else on"
    WEAKER = "says less than it should on"
    RIGHT = "is right on"


def headers_as_demanded(seen: Sequence[Seen], expected: Expected) -> list[Finding]:
    """A finding for each header: on which kinds of files it is right, and on which it is not."""
    there = [one for one in seen if one.is_there]
    wanted = {one: expected.headers(one.sample.path) for one in there}
    names = dict.fromkeys(name for headers in wanted.values() for name in headers)
    if not names:
        return [unknown("headers", "cannot be told here: no file was answered")]
    return [
        _finding(
            name,
            [(one.sample.kind, verdict(name, headers[name], one.answer))
             for one, headers in wanted.items() if name in headers],
            {headers[name] for headers in wanted.values() if name in headers},
        )
        for name in names
    ]  # fmt: skip


def lacking(expected: Expected, answer: Answer) -> list[str]:
    """The headers of every answer that this one lacks, or has wrongly."""
    demanded = expected.rules.get(EVERYTHING, {})
    return [
        name for name, value in demanded.items()
        if verdict(name, value, answer) in {Verdict.MISSING, Verdict.OTHER}
    ]  # fmt: skip


def verdict(name: str, wanted: str, answer: Answer) -> Verdict:
    """How a header of an answer stands to what it must be."""
    came = answer.get(name)
    if not came:
        return Verdict.MISSING
    if name == HSTS:
        return _hsts(wanted, came)
    read = _policy if name == POLICY else _words
    if name in MORE_IS_RIGHT:
        return Verdict.RIGHT if read(wanted) <= read(came) else Verdict.WEAKER
    return Verdict.RIGHT if read(wanted) == read(came) else Verdict.OTHER


def _hsts(wanted: str, came: str) -> Verdict:
    """A policy that holds as long and as wide, or longer (RFC 6797, 6.1)."""
    if not _age(came):  # 0 takes back what was said before
        return Verdict.OTHER
    is_wide = "includesubdomains" in _words(came)
    return Verdict.RIGHT if is_wide and _age(came) >= _age(wanted) else Verdict.WEAKER


def _age(value: str) -> int:
    found = re.search(r'max-age\s*=\s*"?(\d+)', value, re.IGNORECASE)
    return int(found[1]) if found else 0


def _words(value: str) -> set[str]:
    """What stands between commas and semicolons, in any order, case and spacing."""
    return {re.sub(r"\s", "", word).lower() for word in re.split("[,;]", value) if word.strip()}


def _policy(value: str) -> set[str]:
    """The directives of a policy; a second policy, after a comma, makes it another one."""
    return {" ".join(directive.split()) for directive in value.split(";") if directive.strip()}


def _finding(name: str, verdicts: Iterable[tuple[str, Verdict]], values: set[str]) -> Finding:
    by_verdict: dict[Verdict, dict[str, None]] = {}
    for kind, found in verdicts:
        by_verdict.setdefault(found, {})[kind] = None
    bad = [found for found in Verdict if found in by_verdict and found != Verdict.RIGHT]
    everywhere = len(by_verdict) == 1
    if not bad:
        return ok(name, f"right on {_counted(by_verdict[Verdict.RIGHT])}")
    what = "; ".join(
        f"{found} {EVERY if everywhere else listed(list(by_verdict[found]))}" for found in bad
    )
    say: Callable[[str, str, str], Finding] = warning if bad == [Verdict.WEAKER] else wrong
    return say(name, f"it {what}", _mend(name, values))


def _counted(kinds: Mapping[str, None]) -> str:
    return f"{len(kinds)} kinds of files" if len(kinds) > 1 else listed(list(kinds))


def _mend(name: str, values: set[str]) -> str:
    value = values.pop() if len(values) == 1 else ""
    if value and len(value) <= SHORT:
        return f"have the host or CDN send {name}: {value}"
    return "have the host or CDN send what the file build/site/_headers has for each path"
