"""The bucket, as a stranger meets it: nothing of it can be listed, written or looked into."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from generator.base.config import Publish
from generator.doctor.expected import ROBOTS
from generator.doctor.finding import Finding, listed, ok, unknown, warning, wrong
from generator.doctor.hands import Place, writing
from generator.doctor.lost import NamedAnew
from generator.doctor.private import nothing_private
from generator.doctor.stranger import DONE, Answer, Stranger, UnreachableError

SHOWN = 3  # ways in which something is open, of many
REFUSED = {401, 403, 404, 405, 501}
NO_BUCKET = b"NoSuchBucket"
ALL_BUCKETS = b"ListAllMyBucketsResult"
LISTS = (
    "",
    "list-type=2",
    "list-type=2&prefix=p/",
    "prefix=p/",
    "delimiter=/",
    "list-type=2&max-keys=1",
)
SETTINGS = (
    "acl", "policy", "policyStatus", "website", "cors", "lifecycle", "logging", "tagging",
    "versioning", "location", "encryption", "inventory", "publicAccessBlock", "ownershipControls",
    "replication", "notification", "object-lock", "requestPayment", "accelerate", "analytics",
)  # fmt: skip
OF_AN_OBJECT = ("acl", "tagging", "retention", "legal-hold")

NO_LIST = 'take s3:ListBucket (List) away from everybody (Principal "*", AllUsers)'
NO_VERSIONS = "take s3:ListBucketVersions and s3:GetObjectVersion away from everybody"
NO_UPLOADS = "take s3:ListBucketMultipartUploads away from everybody"
NO_SETTINGS = "take s3:GetBucket… and READ_ACP away from everybody"
NO_WRITING = "take s3:PutObject and s3:DeleteObject (Write) away from everybody"
BY_CDN = "let only the CDN read the bucket (origin access control), and close it to everybody"


class Verdict(Enum):
    """What an answer means."""

    OPEN = "open"
    REFUSED = "refused"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Door:
    """One way to ask for the bucket: its name in the path, or in the name of the host."""

    style: str
    address: str
    """Without a slash at its end."""

    def to(self, key: str = "", query: str = "") -> str:
        """The address of an object, or of the bucket, with a query."""
        return f"{self.address}/{quote(key)}" + (f"?{query}" if query else "")


def doors_of(settings: Publish, endpoint: str, stranger: Stranger) -> list[Door]:
    """The ways that there are; the second only where its name leads somewhere."""
    parts = urlsplit(endpoint)
    path = Door("path style", f"{endpoint}/{settings.bucket}")
    if _is_number(parts.hostname or ""):
        return [path]
    host = Door("virtual host style", f"{parts.scheme}://{settings.bucket}.{parts.netloc}")
    try:
        answer = stranger.ask("GET", host.to())
    except UnreachableError:
        return [path]
    # a store that does not know the bucket by that name answers for all of its buckets
    return [path] if ALL_BUCKETS in answer.body else [path, host]


def _is_number(host: str) -> bool:
    """Whether a host is an IP address, before which no name can be put."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Outside:
    """A bucket and the stranger before its doors."""

    stranger: Stranger
    doors: Sequence[Door]
    prefix: str
    """The part of the bucket that is the site's, with a slash at its end; empty for all of it."""

    def listing(self) -> Finding:
        """Whether the objects can be listed: their names are the addresses of pages."""
        own = [f"list-type=2&prefix={quote(self.prefix)}"] if self.prefix else []
        return self._asked("bucket: listing", "", [*LISTS, *own], "addresses", NO_LIST)

    def versions(self) -> Finding:
        """Whether versions can be listed, of what was revoked too."""
        return self._asked("bucket: versions", "", ["versions"], "versions", NO_VERSIONS)

    def uploads(self) -> Finding:
        """Whether uploads can be listed."""
        return self._asked("bucket: uploads", "", ["uploads"], "uploads", NO_UPLOADS)

    def settings(self) -> Finding:
        """Whether the settings can be read."""
        return self._asked("bucket: settings", "", SETTINGS, "settings", NO_SETTINGS)

    def of_an_object(self) -> Finding:
        """Whether more than the content of an object can be read."""
        return self._asked(
            "bucket: an object's own", self._robots, OF_AN_OBJECT, "an object's settings",
            NO_SETTINGS,
        )  # fmt: skip

    def old_versions(self, known: Sequence[str]) -> Finding:
        """Whether a version of an object can be read; ``known`` are ids of real ones."""
        check, queries = "bucket: old versions", [f"versionId={quote(one)}" for one in known]
        if queries:
            return self._asked(check, self._robots, queries, "a version of an object", NO_VERSIONS)
        if self._verdict(self.doors[0], self._robots, "versionId=null") is Verdict.REFUSED:
            return ok(check, "a stranger gets none")
        return unknown(check, "cannot be told here: no version of an object is known")

    def past_the_cdn(self, base_url: str) -> Finding:
        """Whether objects can be read here, where nobody adds headers to them."""
        check = "bucket: past the CDN"
        hosts = {urlsplit(door.address).netloc for door in self.doors}
        if urlsplit(base_url).netloc in hosts:
            return unknown(check, "cannot be told here: base_url is the store itself")
        found = [self._verdict(door, self._robots, "") for door in self.doors]
        if Verdict.OPEN in found:
            sentence = "objects can be read at the store itself, without the CDN's headers"
            return warning(check, sentence, BY_CDN)
        return _closed(check, found, "objects can be read through the CDN only")

    def private(self) -> list[Finding]:
        """Whether anything private lies in the bucket.

        Raises:
            OutsideError: the store cannot be reached.
        """
        base = self.doors[0].to(self.prefix).removesuffix("/")
        nothing = self.stranger.ask("GET", f"{base}/{ROBOTS}.nothing").status
        return nothing_private(self.stranger, base, "bucket: private files", nothing)

    def writing(self, name: NamedAnew, remove: Callable[[str], bool]) -> list[Finding]:
        """Whether a stranger can write and delete; ``remove`` takes a key away as the owner.

        Raises:
            OutsideError: the store cannot be reached.
        """
        base = self.doors[0].to(self.prefix).removesuffix("/")
        place = Place(base, "bucket", NO_WRITING, lambda made: remove(self.prefix + made))
        return writing(self.stranger, place, name)

    @property
    def _robots(self) -> str:
        return self.prefix + ROBOTS

    def _asked(self, check: str, key: str, queries: Sequence[str], what: str, mend: str) -> Finding:
        found = {
            f"{door.style} ?{query}": self._verdict(door, key, query)
            for door in self.doors
            for query in queries
        }
        opened = [way for way, verdict in found.items() if verdict is Verdict.OPEN]
        if opened:
            return wrong(check, f"a stranger gets {what}: {listed(opened, SHOWN)}", mend)
        return _closed(check, list(found.values()), f"a stranger gets nothing ({len(found)} ways)")

    def _verdict(self, door: Door, key: str, query: str) -> Verdict:
        answer = self.stranger.ask("GET", door.to(key, query))
        if query in OF_AN_OBJECT and not answer.body.lstrip().startswith(b"<") and key:
            return Verdict.REFUSED  # the object itself: this store ignores what it does not know
        return _verdict(answer)


def _verdict(answer: Answer) -> Verdict:
    if answer.status in DONE:
        return Verdict.OPEN
    if answer.status not in REFUSED or NO_BUCKET in answer.body:
        return Verdict.UNSURE
    return Verdict.REFUSED


def _closed(check: str, found: Sequence[Verdict], sentence: str) -> Finding:
    if Verdict.UNSURE in found:
        what = "cannot be told here: the store does not say that it refuses"
        return unknown(check, what, "see bucket, endpoint and region in content/site.yaml")
    return ok(check, sentence)


def findings_outside(
    outside: Outside, base_url: str, versions: Sequence[str]
) -> Iterator[list[Finding]]:
    """Every look that reads only, one after the other.

    Raises:
        OutsideError: the store cannot be reached.
    """
    yield [outside.listing()]
    yield [outside.versions(), outside.old_versions(versions)]
    yield [outside.uploads(), outside.settings(), outside.of_an_object()]
    yield [outside.past_the_cdn(base_url)]
    yield outside.private()
