"""Reports that lie in files: letters in a folder of mail, or what a gateway gave to download."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from generator.base.errors import Problem
from generator.send.reports.dsn import dsn_report, unsubscribed, written_at
from generator.send.reports.http import ReportError, http_reports
from generator.send.values import Report

Kind = Literal["mail", "json"]
LARGEST = 4 << 20  # octets of a letter that are read: what is told stands before what comes back
Reader = Callable[[bytes, str, datetime], list[Report]]


def read_reports(
    path: Path, kind: Kind, channel: str, at: datetime
) -> tuple[list[Report], list[Problem]]:
    """What a file tells, or all files of a folder; of a maildir those that are there, not moved.

    A file that tells nothing that we understand is a problem, by its place: nothing is fatal. JSON
    is read line by line.
    """
    reports: list[Report] = []
    problems: list[Problem] = []
    for place, line, octets in _lots(path, kind, problems):
        try:
            reports += KINDS[kind](octets, channel, at)
        except ReportError as error:
            problems.append(Problem(place, f"is no report: {error}", line=line))
    return reports, problems


def wishes_in(path: Path, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Of each letter that asks for no more of them: the message that it answers, and when.

    The time is the letter's own, so that an old wish does not undo what was agreed since.
    """
    for _, _, octets in _lots(path, "mail", []):
        if message := unsubscribed(octets):
            yield message, min(written_at(octets) or now, now)


def _mail(octets: bytes, channel: str, at: datetime) -> list[Report]:
    report = dsn_report(octets, channel, at)
    return [report] if report else []


def _json(octets: bytes, channel: str, at: datetime) -> list[Report]:
    return http_reports("", octets, channel, at)


KINDS: Mapping[Kind, Reader] = {"mail": _mail, "json": _json}


def _lots(path: Path, kind: Kind, problems: list[Problem]) -> Iterator[tuple[str, int, bytes]]:
    """Place, line and content of each."""
    for file in _files(path):
        try:
            with file.open("rb") as opened:
                octets = opened.read(LARGEST) if kind == "mail" else opened.read()
        except OSError as error:
            problems.append(Problem(str(file), f"cannot be read: {error.strerror}"))
            continue
        if kind == "mail":
            yield str(file), 0, octets
            continue
        for number, line in enumerate(octets.splitlines(), start=1):
            if line.strip():
                yield str(file), number, line


def _files(path: Path) -> list[Path]:
    """Itself, or what lies in it: of a maildir in ``new`` and ``cur``, never in ``tmp``."""
    if not path.is_dir():
        return [path]
    folders = [path / name for name in ("new", "cur") if (path / name).is_dir()] or [path]
    return sorted(file for folder in folders for file in folder.iterdir() if file.is_file())
