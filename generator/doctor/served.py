"""Files as they are served: their bytes, and what was added to the answers on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from generator.doctor.expected import LOADER, LOST, PART, Expected, Sample
from generator.doctor.finding import Finding, listed, ok, unknown, warning, wrong
from generator.doctor.stranger import Answer, Stranger

FOUND, MISSING = 200, 404
ALSO = {LOST: {MISSING}}
"""Other statuses that are right: hosts answer 404 even where that page is asked for by its name."""
SHOWN = 12  # characters of a digest, to compare it with one that somebody wrote down
BROWSER = {"Accept-Encoding": "gzip"}
"""As a browser asks: a host that compresses does it now."""
REPORTS = ("NEL", "Report-To", "Reporting-Endpoints")

PUBLISHED = "publish it again; if it stays, see where the host or CDN looks for the files"
NOT_OURS = (
    "invalidate the CDN's cache; if it stays, find out who can write into the store or the "
    "host: who replaces this page reads what is opened"
)
REWRITTEN = "switch off whatever rewrites pages on the way: minifying, injected scripts"


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was asked for, and the answer."""

    sample: Sample
    answer: Answer

    @property
    def is_there(self) -> bool:
        """Whether the file came."""
        return self.answer.status in {FOUND, *ALSO.get(self.sample.kind, ())}


def look(stranger: Stranger, expected: Expected) -> list[Seen]:
    """Every file of the sample, asked for as a browser would.

    Raises:
        OutsideError: the site cannot be reached.
    """
    return [
        Seen(sample, stranger.ask("GET", expected.base_url + sample.path, BROWSER))
        for sample in expected.samples()
    ]


def bytes_as_published(seen: Sequence[Seen]) -> list[Finding]:
    """Whether the files came, as they were published: a finding for each kind."""
    kinds = dict.fromkeys(one.sample.kind for one in seen)
    return [_of_kind(kind, [one for one in seen if one.sample.kind == kind]) for kind in kinds]


def nothing_added(seen: Sequence[Seen]) -> list[Finding]:
    """Whether the answers are free of cookies, of reports to others, of useless compression."""
    return [_cookies(seen), _reports(seen), _compression(seen)]


def _of_kind(kind: str, seen: Sequence[Seen]) -> Finding:
    check = f"content: {kind}"
    absent = sorted({one.answer.status for one in seen if not one.is_there})
    if absent:
        return wrong(check, f"it is answered with {listed(list(map(str, absent)))}", PUBLISHED)
    if not all(one.sample.digest for one in seen):
        sentence = "cannot be told here: the last publication is under way, or broke off"
        return unknown(check, sentence, "run: sealpress publish")
    if not all(sha256(one.answer.body).hexdigest() == one.sample.digest for one in seen):
        is_root = kind in {LOADER, LOST}
        sentence = "it is not the published one" if is_root else "it was altered on the way"
        return wrong(check, sentence, NOT_OURS if is_root else REWRITTEN)
    digest = f", SHA-256 {seen[0].sample.digest[:SHOWN]}…" if len(seen) == 1 else ""
    return ok(check, f"byte for byte as published{digest}")


def _cookies(seen: Sequence[Seen]) -> Finding:
    at = _kinds([one for one in seen if one.answer.all("Set-Cookie")])
    if at:
        mend = "switch off what sets them: bot protection, sticky sessions, analytics of the CDN"
        return wrong("cookies", f"cookies are set by {listed(at)}", mend)
    return ok("cookies", "none is set")


def _reports(seen: Sequence[Seen]) -> Finding:
    at = _kinds([one for one in seen if any(map(one.answer.all, REPORTS))])
    if at:
        sentence = f"browsers are told to report addresses to others, by {listed(at)}"
        mend = f"switch off network error logging at the CDN ({', '.join(REPORTS)})"
        return warning("reports", sentence, mend)
    return ok("reports", "browsers are not told to report to anyone")


def _compression(seen: Sequence[Seen]) -> Finding:
    parts = [one for one in seen if one.sample.kind == PART and one.is_there]
    if not parts:
        return unknown("compression", "cannot be told here: no sealed part was answered")
    if any(one.answer.get("Content-Encoding") not in {"", "identity"} for one in parts):
        mend = "let the host or CDN compress text only, not application/octet-stream"
        return warning(
            "compression", "sealed files are compressed again, which gains nothing", mend
        )
    return ok("compression", "sealed files are sent as they are")


def _kinds(seen: Sequence[Seen]) -> list[str]:
    return list(dict.fromkeys(one.sample.kind for one in seen))
