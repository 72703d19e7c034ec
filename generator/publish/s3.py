"""An object store that speaks S3: AWS, Yandex Object Storage, Ceph, SeaweedFS and others.

Small files go by libcurl, many at a time in one thread; it signs their bytes, so a server refuses
what was altered on the way. What is few and special goes by boto3, which has everything that S3
has; so do all files where that is set, for a store with which libcurl gets on badly. Credentials
are those that boto3 finds (environment, profile, the machine's own role) and are renewed by it.
Words of a server may hold addresses: they are never shown, only what kind of answer it was.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from generator.base.config import CONFIG, Publish
from generator.base.errors import InputError, Problem
from generator.publish.along import sent
from generator.publish.failure import FailureError
from generator.publish.lanes import at_once
from generator.publish.many import Many
from generator.publish.pace import Pace
from generator.publish.store import Acknowledged, File, Headers, Listed, nobody
from generator.publish.touch import kind_of
from generator.publish.tries import PATIENCE, tried
from generator.publish.wire import Answer, Request, Wire

if TYPE_CHECKING:
    from generator.publish.special import Special

T = TypeVar("T")

LANES = 16  # requests of boto3 at a time
MOST_DELETED = 1000  # keys a request (S3's own limit)
CONNECTING = 10.0  # seconds
METADATA = "x-amz-meta-"


class S3Store:
    """A bucket, or the part of it below a prefix."""

    def __init__(self, settings: Publish, headers: Headers, pace: Pace | None = None) -> None:
        """No request is made yet.

        Raises:
            OutsideError: there are no credentials.
        """
        self._settings, self._headers, self._pace = settings, headers, pace or Pace()
        self._prefix = settings.prefix and f"{settings.prefix}/"
        self._wire = Wire(settings, CONNECTING, PATIENCE)
        self._many = Many(self._wire, self._pace)
        self._lines = dict[str, tuple[str, ...]]()

    def put_all(self, files: Iterable[File], acknowledged: Acknowledged = nobody) -> None:
        """Write files, many at a time; by one thread at a time.

        Raises:
            OutsideError: the store cannot be written; some of them may be there.
        """
        if self._settings.puts == "libcurl":
            start = len(self._prefix)
            self._many.ask(
                map(self._to_put, files), lambda done: acknowledged(done.key[start:], done.digest)
            )
            return
        special = self._special

        def put(file: File) -> None:
            path, content = file
            self._tried(partial(special.put, path, content, self._headers(path)))
            acknowledged(path, sha256(content).hexdigest())

        at_once(put, files, LANES)

    def delete_all(self, paths: Iterable[str]) -> None:
        """Take files away, a thousand a request.

        Raises:
            OutsideError: the store cannot be written; some of them may be gone.
        """
        source = iter(paths)
        while some := list(islice(source, MOST_DELETED)):
            self._tried(partial(self._special.delete, some))

    def retouch_all(self, paths: Iterable[str]) -> None:
        """Copy files onto themselves within the store, with the headers of today.

        Raises:
            OutsideError: the store cannot be written, or a file is not there.
        """
        special = self._special  # made once, and not by each lane
        at_once(
            lambda path: self._tried(partial(special.retouch, path, self._headers(path))),
            paths,
            LANES,
        )

    def erase_all(self, paths: Iterable[str]) -> int:
        """Take objects away, all versions of each, also where the bucket keeps none; how many.

        Raises:
            OutsideError: the store cannot be written, or kept one; some of them may be gone.
        """
        special, erased = self._special, list[int]()
        at_once(lambda path: erased.append(self._tried(partial(special.erase, path))), paths, LANES)
        return sum(erased)

    def begin_publication(self) -> None:
        """Return at once: the bucket itself keeps versions."""

    def must_keep(self) -> None:
        """Refuse a bucket without versioning: what is overwritten there is lost.

        Raises:
            InputError: it is one.
            OutsideError: the store failed.
        """
        if not self._tried(self._special.are_kept):
            hint = "turn versioning on for the bucket; publications from then on can be undone"
            sentence = "the bucket keeps no versions of what is overwritten"
            raise InputError([Problem(CONFIG, sentence, hint, "publish.bucket")])

    def list_all(self) -> Iterator[Listed]:
        """Every object below the prefix, a thousand a request; old versions are not listed.

        Raises:
            OutsideError: the store cannot be read.
        """
        token = ""
        while True:
            found, token = self._tried(partial(self._special.page, token))
            yield from found
            if not token:
                return

    def earlier(self, path: str, digest: str) -> bytes | None:
        """The version with this SHA-256 of an object; None where there is none.

        Raises:
            OutsideError: the store cannot be read.
        """
        return self._tried(partial(self._special.earlier, path, digest))

    def get(self, path: str) -> bytes | None:
        """What lies at a path, or None.

        Raises:
            OutsideError: the store cannot be read.
        """
        answer = self._asked("GET", path)
        return answer.body if answer.is_good else None

    def has(self, path: str) -> bool:
        """Whether a file is there.

        Raises:
            OutsideError: the store cannot be read.
        """
        return self._asked("HEAD", path).is_good

    def _asked(self, method: str, path: str) -> Answer:
        """The answer to a question for an object, which may be that there is none."""

        def ask() -> Answer:
            answer = self._wire.ask(Request(method, self._prefix + path))
            if not answer.is_good and not answer.is_missing:
                raise FailureError(answer.failure())
            return answer

        return self._tried(ask)

    def _tried(self, request: Callable[[], T]) -> T:
        return tried(request, self._pace)

    def _to_put(self, file: File) -> Request:
        path, content = file
        kind = kind_of(path)
        lines = self._lines.get(kind)
        if lines is None:
            lines = self._lines[kind] = tuple(header_lines(self._headers(path)))
        return Request("PUT", self._prefix + path, lines, content, sha256(content).hexdigest())

    @cached_property
    def _special(self) -> "Special":
        from generator.publish.special import Special  # noqa: PLC0415 - takes half a second

        return Special(self._settings, max_pool_connections=LANES)


def header_lines(headers: Mapping[str, str]) -> Iterator[str]:
    """Headers as they are sent with an object."""
    kept, metadata = sent(headers)
    yield from (f"{name}: {value}" for name, value in kept.items())
    yield from (f"{METADATA}{name}: {value}" for name, value in metadata.items())
