"""Whether a stranger can write, and whether pages of others may read ours.

Only names that were made up a moment before are written to or deleted: never one of the site.
"""

from collections.abc import Callable
from dataclasses import dataclass

from generator.doctor.finding import Finding, ok, unknown, wrong
from generator.doctor.lost import NamedAnew
from generator.doctor.stranger import DONE, MOVED, Stranger

BROKEN = range(500, 600)
NOT_KNOWN = 501  # a method that the server does not have
ELSEWHERE = "https://stranger.example"
ASKING = {"Origin": ELSEWHERE}
OPEN = {"*", "null", ELSEWHERE}
PREFLIGHT = {**ASKING, "Access-Control-Request-Method": "GET"}
NAMED = "sealpress-doctor-"
"""How the names begin that are made up, so that an operator who finds one knows it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stranger tries to write."""

    base: str
    """An address without a slash at its end."""
    check: str
    """What the place is called in findings."""
    mend: str
    remove: Callable[[str], bool] = lambda _: False
    """Takes away a file of this name by other means; whether that went well."""


def writing(stranger: Stranger, place: Place, name: NamedAnew) -> list[Finding]:
    """Whether a file can be put there, and deleted; nothing of it stays, or it is told.

    Raises:
        OutsideError: nothing answers there.
    """
    made = NAMED + name()
    put = stranger.ask("PUT", f"{place.base}/{made}", body=b"").status
    deleted = stranger.ask("DELETE", f"{place.base}/{made}").status
    stays = put in DONE and not place.remove(made) and deleted not in DONE
    told = f"; an empty file {made} stays there: delete it" if stays else ""
    return [
        _refused(f"{place.check}: writing", put, "a stranger can write files", place.mend + told),
        _refused(f"{place.check}: deleting", deleted, "a stranger can delete files", place.mend),
    ]


def reading_by_others(stranger: Stranger, urls: list[str]) -> Finding:
    """Whether a script of another site may read the files at ``urls``.

    Raises:
        OutsideError: the site cannot be reached.
    """
    answers = [
        stranger.ask(method, url, headers, most=1)
        for url in urls
        for method, headers in (("GET", ASKING), ("OPTIONS", PREFLIGHT))
    ]
    if any(answer.get("Access-Control-Allow-Origin") in OPEN for answer in answers):
        mend = "take Access-Control-Allow-Origin away at the host or CDN, and CORS of the bucket"
        return wrong("other sites", "their scripts may read ours (CORS)", mend)
    return ok("other sites", "their scripts may not read ours (CORS)")


def _refused(check: str, status: int, sentence: str, mend: str) -> Finding:
    if status in DONE:
        return wrong(check, sentence, mend)
    if status in MOVED or (status in BROKEN and status != NOT_KNOWN):
        return unknown(check, f"cannot be told here: the answer is {status}")
    return ok(check, "a stranger is refused")
