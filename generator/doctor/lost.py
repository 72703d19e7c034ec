"""Addresses at which nothing lies: they answer 404, with our page, and say nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

from generator.doctor.expected import Expected
from generator.doctor.finding import Finding, listed, ok, unknown, warning, wrong
from generator.doctor.headers import lacking
from generator.doctor.served import MISSING
from generator.doctor.stranger import Answer, Stranger

NamedAnew = Callable[[], str]
"""Makes a name of 22 characters that nobody has used."""

TELLTALES = (
    b"<error>", b"<listbucketresult", b"<bucketname>", b"<hostid>", b"<requestid>", b"<key>",
    b"index of /", b"directory listing",
)  # fmt: skip
"""In small letters: what object stores and listings of folders say."""

MAPPED = "have the CDN answer 404 with /404.html where the store answers 403 or 404"


@dataclass(frozen=True, slots=True)
class Lost:
    """An address that was made up, and what was answered to it."""

    name: str
    answer: Answer


def random_name() -> str:
    """22 characters that nobody has used."""
    return token_hex(11)


def ask_for_nothing(stranger: Stranger, base_url: str, name: NamedAnew) -> list[Lost]:
    """Made-up addresses of every kind: of a page, a stage page, a mangled link, and of none.

    Raises:
        OutsideError: the site cannot be reached.
    """
    asked = []
    for form in ("/{}", "/p/{}", "/q/{}", "/assets/{}.css", "/%23{}"):
        made = name()
        path = form.format(f"{made[:2]}/{made[2:]}" if form.startswith("/p/") else made)
        asked.append(Lost(made[2:], stranger.ask("GET", base_url + path)))
    return asked


def nothing_is_said(
    lost: Sequence[Lost], expected: Expected, secrets: Sequence[str]
) -> list[Finding]:
    """What the answers show; none of ``secrets``, such as a bucket's name, may stand in them."""
    return [_status(lost), _body(lost, expected, secrets), _headers(lost, expected)]


def _status(lost: Sequence[Lost]) -> Finding:
    others = sorted({one.answer.status for one in lost} - {MISSING})
    if others:
        sentence = f"an address at which nothing lies is answered with {listed(_texts(others))}"
        return wrong("unknown address", sentence, MAPPED)
    return ok("unknown address", "it is answered with 404")


def _body(lost: Sequence[Lost], expected: Expected, secrets: Sequence[str]) -> Finding:
    check = "unknown address: text"
    others = [one for one in lost if sha256(one.answer.body).hexdigest() != expected.lost]
    if not others:
        return ok(check, "it shows the published page, and says nothing of what was asked")
    if any(_tells(one, secrets) for one in others):
        return wrong(check, "the answer names the address, the store, or what lies in it", MAPPED)
    if not expected.lost:
        return unknown(check, "cannot be told here: no page for unknown addresses was published")
    sentence = "another page than ours is shown, which does not mend a link that was rewritten"
    return warning(check, sentence, MAPPED)


def _tells(one: Lost, secrets: Sequence[str]) -> bool:
    body = one.answer.body.lower()
    named = any(word.lower().encode() in body for word in (one.name, *secrets) if word)
    return named or any(word in body for word in TELLTALES)


def _headers(lost: Sequence[Lost], expected: Expected) -> Finding:
    check = "unknown address: headers"
    absent = dict.fromkeys(name for one in lost for name in lacking(expected, one.answer))
    if absent:
        mend = "have the host or CDN add the headers to errors too, not only to files"
        return wrong(check, f"missing or other: {listed(list(absent))}", mend)
    return ok(check, "it has the headers that every answer has")


def _texts(numbers: Sequence[int]) -> list[str]:
    return [str(number) for number in numbers]
